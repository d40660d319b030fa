"""The front of the package: raise the city and write what its departments deliver."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from datahub.contracts import DeliveryMode, Department, ItemDefinition, Supply
from datahub.demo import mess
from datahub.demo.cells import as_text, with_nulls
from datahub.demo.city import City, build_city
from datahub.demo.files import file_format, write_file
from datahub.demo.manifest import MANIFEST_FILE, Delivery, Manifest, Notable
from datahub.demo.notable import notable_facts, with_notables
from datahub.demo.plan import Part, name_of, notes_of, parts_of
from datahub.demo.styles import header_of, style_of
from datahub.demo.tables import TABLES
from datahub.engine.definitions import load_definitions

DEFAULT_ENTERPRISES, DEFAULT_SEED = 5_000, 20_260_101

Report = Callable[[int, int, str], None]


def generate_city(
    folder: Path,
    *,
    as_of: date,
    enterprises: int = DEFAULT_ENTERPRISES,
    seed: int = DEFAULT_SEED,
    deliver_tax: bool = False,
    report: Report | None = None,
) -> Manifest:
    """Write the departments' files of a demonstration city into ``folder`` (emptied first).

    Same arguments, same bytes. deliver_tax: also write the items that nobody supplies today.
    report: called with (items done, items in all, item name). Raises UnableToBuildCity for a number of
    enterprises that the reserved block of codes cannot hold.
    """
    city = build_city(enterprises, seed, as_of)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    definitions = load_definitions()
    departments = {department.code: department for department in definitions.departments}
    items = [item for item in definitions.items if deliver_tax or item.supply is not Supply.NONE]
    writer = _Writer(city, folder)
    for done, item in enumerate(items):
        if report:
            report(done, len(items), item.name)
        writer.write_item(item, departments[item.department_code])
    manifest = Manifest(
        folder=folder,
        enterprises=enterprises,
        seed=seed,
        as_of=as_of,
        deliver_tax=deliver_tax,
        facts=writer.facts,
        deliveries=tuple(delivery for _, delivery in sorted(writer.written, key=lambda pair: pair[0])),
        notable=notable_firms(city),
    )
    manifest.save()
    return manifest


def notable_firms(city: City) -> tuple[Notable, ...]:
    """The firms with a part, as the demonstration's home page names them."""
    cast = city.cast
    return tuple(
        Notable(role.role, str(city.firms.code[place]), city.firms.name[place], role.title, role.why)
        for role in cast.roles
        for place in [cast.firm_of[role.role]]
    )


class _Writer:
    """Writes item after item; ``written`` holds (order, delivery)."""

    def __init__(self, city: City, folder: Path) -> None:
        self.city, self.folder = city, folder
        self.stories = notable_facts(city)
        self.written: list[tuple[tuple[int, str, int], Delivery]] = []
        self.facts = 0
        self.names = self._names_without_code()

    def write_item(self, item: ItemDefinition, department: Department) -> None:
        frame = with_notables(TABLES[item.code](self.city), self.stories.get(item.code, []))
        self.facts += frame.height
        for part in parts_of(item, frame, self.city):
            delivery = self._write_part(item, department, part)
            day = part.file_date.isoformat() if part.rank == 2 else ""
            self.written.append(((part.rank, day, len(self.written)), delivery))

    def _write_part(self, item: ItemDefinition, department: Department, part: Part) -> Delivery:
        city, style = self.city, style_of(item.code)
        rng = city.rng(f"{item.code}/{part.file_date}/cells")
        firms = part.frame["firm"].to_numpy()
        subject = part.frame.select(
            pl.Series(item.subject.code, city.firms.code[firms].tolist(), dtype=pl.String),
            pl.Series(item.subject.name, city.firms.name[firms].tolist(), dtype=pl.String),
        )
        text = as_text(pl.concat([subject, part.frame.drop("firm")], how="horizontal"), item, style, rng)
        if part.rank == 9 or (part.rank == 2 and item.delivery.mode is DeliveryMode.FULL):
            style = replace(style, bad=0.0)
        text, counts = mess.make_messy(mess.Sheet(item, text, firms), style, city, self.names, rng)
        fields = {field.code: field for field in item.fields}
        header = [header_of(item, fields[code], style) for code in text.columns]
        rows = with_nulls(text, style)
        if style.serial:
            header, rows = (
                ["序号", *header],
                rows.select(pl.int_range(1, pl.len() + 1).cast(pl.String).alias("#"), pl.all()),
            )
        encoding = file_format(style, rows.height)
        name = name_of(item, department.short, part, "xlsx" if encoding == "xlsx" else "csv")
        write_file(
            self.folder / name,
            header,
            notes_of(item, department.short, part) if style.notes else [],
            rows,
            encoding,
        )
        return Delivery(
            item=item.code, file=name, period=part.period, file_date=part.file_date, encoding=encoding, rows=counts.rows,
            good=counts.good, bad=counts.bad, waiting=counts.waiting, late=counts.late, duplicates=counts.duplicates,
            named=counts.named,
        )  # fmt: skip

    def _names_without_code(self) -> mess.Names:
        """Former names that only one firm bore, and one that two bore."""
        renames = (
            TABLES["market.changes"](self.city).filter(pl.col("alt_kind") == "name").select("firm", "before")
        )
        bearers = renames.group_by("before", maintain_order=True).agg(
            pl.col("firm").n_unique().alias("bearers")
        )
        shared = bearers.filter(pl.col("bearers") > 1)["before"]
        single = renames.join(bearers.filter(pl.col("bearers") == 1), on="before", maintain_order="left")
        former = dict(zip(single["firm"].to_list(), single["before"].to_list(), strict=True))
        return mess.Names(former, shared[0] if len(shared) else None)


__all__ = ["DEFAULT_ENTERPRISES", "DEFAULT_SEED", "MANIFEST_FILE", "Manifest", "generate_city"]
