"""Why an enterprise matches, in the words a person reads, and what to mark in its names."""

from collections.abc import Sequence
from dataclasses import dataclass

from .near import Likeness, Near
from .query import Query, Term
from .text import fold, fold_with_places


@dataclass(frozen=True)
class Span:
    """A stretch of a shown text, marked or not."""

    text: str
    marked: bool


@dataclass(frozen=True)
class Reason:
    """``kind`` of match, its Chinese ``label``, and the text it was found in, with the match marked; no text
    where the marks in the name say all."""

    kind: str
    label: str
    spans: tuple[Span, ...]

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True)
class NearName:
    """Which of an enterprise's names is near (0 the present one), and how."""

    number: int
    near: Near


LABELS: dict[str, str] = {
    "name": "名称", "former": "曾用名", "pinyin": "拼音首字母", "former_pinyin": "曾用名拼音首字母",
    "person": "法定代表人", "code": "统一社会信用代码", "register_no": "注册号",
    Likeness.SHORT_FORM: "简称", Likeness.SOUND: "读音相近", Likeness.ONE_OFF: "差一个字", Likeness.PAIRS: "名称相近",
}  # fmt: skip


def marked(text: str, places: set[int]) -> tuple[Span, ...]:
    """``text`` cut into stretches that are marked or not; ``places`` are indexes into ``text``."""
    if not places:
        return (Span(text, False),) if text else ()
    spans: list[Span] = []
    begun = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or (place in places) != (begun in places):
            spans.append(Span(text[begun:place], begun in places))
            begun = place
    return tuple(spans)


def reasons_for(
    query: Query,
    name: str,
    former_names: Sequence[str],
    legal_person: str,
    code: str,
    register_no: str,
    sound: str,
) -> tuple[Reason, ...]:
    """One reason per field in which terms were found, the name first.

    The name is always given, so that a list can show it with or without marks. ``sound`` is the index
    row's: line by line the initials of name and former names.
    """
    if query.code or query.register_no:
        shown, kind = (code, "code") if query.code else (register_no, "register_no")
        return (_unmarked(name), Reason(kind, LABELS[kind], (Span(shown, True),)))
    names = _Names(name, former_names, sound)
    own: set[int] = set()
    found: dict[tuple[str, str], set[int]] = {}
    for term in query.terms:
        where = _find(term, names, legal_person, code, register_no)
        if where is None:
            continue
        kind, text, places = where
        if kind in ("name", "pinyin"):
            own |= places
        if kind != "name":
            found.setdefault((kind, text), set()).update(places)
    return (
        Reason("name", LABELS["name"], marked(name, own)),
        *(Reason(kind, LABELS[kind], _told(kind, text, places)) for (kind, text), places in found.items()),
    )


def _told(kind: str, text: str, places: set[int]) -> tuple[Span, ...]:
    """The text the match is in; of the present name, which is shown anyway, only what the initials stand for."""
    if kind != "pinyin":
        return marked(text, places)
    first = min(places)
    return marked(text[first : max(places) + 1], {place - first for place in places})


def _unmarked(name: str) -> Reason:
    return Reason("name", LABELS["name"], (Span(name, False),))


def near_reasons(found: NearName, name: str, former_names: Sequence[str]) -> tuple[Reason, ...]:
    """The name, then how it (or a former name, which is then told) is near to what was typed."""
    text = [name, *former_names][found.number]
    _, origin = fold_with_places(text)
    spans = marked(text, {origin[place] for place in found.near.places})
    label = LABELS[found.near.likeness] + ("（曾用名）" if found.number else "")
    if found.near.likeness is Likeness.PAIRS:
        label += f"：{found.near.of} 组相邻字中 {found.near.shared} 组相同"
    if found.number:
        return _unmarked(name), Reason(found.near.likeness.value, label, spans)
    return Reason("name", LABELS["name"], spans), Reason(found.near.likeness.value, label, ())


class _Names:
    """The names of one enterprise with their foldings and readings, the present name first."""

    def __init__(self, name: str, former_names: Sequence[str], sound: str) -> None:
        self.texts = [name, *former_names]
        self.folded = [fold_with_places(text) for text in self.texts]
        self.sounds = [line.split(" ") for line in sound.split("\n")]

    def find_text(self, wanted: str) -> tuple[int, set[int]] | None:
        """Which name holds ``wanted``, and where in it as written."""
        for number, (folded, places) in enumerate(self.folded):
            start = folded.find(wanted)
            if start >= 0:
                return number, set(places[start : start + len(wanted)])
        return None

    def find_sound(self, wanted: str) -> tuple[int, set[int]] | None:
        """Which name is read so, and where in it as written."""
        for number, variants in enumerate(self.sounds):
            for variant in variants:
                start = variant.find(wanted)
                if start >= 0:
                    return number, set(self.folded[number][1][start : start + len(wanted)])
        return None


def _find(
    term: Term, names: _Names, legal_person: str, code: str, register_no: str
) -> tuple[str, str, set[int]] | None:
    """The best place a term is found in: ``(kind, text, places)``."""
    if term.may_be_code:
        for kind, text in (("code", code), ("register_no", register_no)):
            if text.startswith(term.text.upper()):
                return kind, text, set(range(len(term.text)))
    written = names.find_text(term.text)
    heard = names.find_sound(term.text) if term.latin and written is None else None
    if written is not None or heard is not None:
        number, places = written or heard or (0, set())
        kind = ("former" if number else "name") if written else ("former_pinyin" if number else "pinyin")
        if kind == "name":
            return kind, names.texts[0], places
        return kind, names.texts[number], places
    folded, origin = fold_with_places(legal_person)
    start = folded.find(fold(term.text))
    if start >= 0 and not term.latin:
        return "person", legal_person, set(origin[start : start + len(term.text)])
    return None
