"""The search as SQL: conditions, order and parameters. Executes nothing.

Wanted are the first thousand matches of the rank, and what that costs depends on how common a match is.
PostgreSQL judges it badly (it does not know how dear it is to look into an array), so the way is chosen
here and fenced with ``OFFSET 0``:

* rare: look all of them up in the GIN index;
* common: walk down the rank, a thousand are met soon;
* in between: look up band by band. The rows are cut by rank into 64 bands, a row's band is one of its
  pieces, and the walk over the bands ends as soon as a thousand are found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from credit.search.filters import ELSEWHERE, Filters
from credit.search.query import Query
from credit.search.ranking import BANDS, STATE_STEPS, STATE_WEIGHT
from credit.search.tokens import band_piece, filter_piece, number

from .search_frequency import RARE

COUNTED_UP_TO = 1_000
CANDIDATES = COUNTED_UP_TO + 1
LOOKED_UP_TO_SHARE = 0.016  # of 200,000 rows: 3,200, as many as a band has
FEW_SHARE = 0.0005
CROSSED_UP_TO_SHARE = 0.1
CROSSED_IN_BANDS_UP_TO_SHARE = 0.5
MOST_CROSSED = 6
WALKED_FROM_SHARE = 0.25
COLUMNS = (
    "enterprise_id", "rank", "code", "register_no", "name", "former_names", "legal_person", "kind", "state",
    "town_code", "industry_section", "size", "established_on", "hay", "sound",
)  # fmt: skip
DECIDING = "s.enterprise_id, s.rank, s.hay, s.sound"
LISTED = ", ".join("s." + column for column in COLUMNS)
BY_RANK = "s.rank DESC, s.enterprise_id"
# Whole names first; then firms one can deal with before ended ones; within a state what fits better.
RELEVANCE = (
    f"CASE c.tier WHEN 0 THEN 0 ELSE c.tier + 10 * ({max(STATE_STEPS.values())} - c.rank / {STATE_WEIGHT}) END,"
    " c.rank DESC, c.enterprise_id"
)
ORDERS = {
    "": BY_RANK,
    "rank": BY_RANK,
    "newest": f"s.established_on DESC NULLS LAST, {BY_RANK}",
    "grade": f"g.total DESC NULLS LAST, {BY_RANK}",
}
_FILTER_COLUMNS = {"industry": "industry_section", "kind": "kind", "size": "size", "state": "state"}


@dataclass(frozen=True)
class City:
    """What the filters mean here: codes of the city's towns, grades from the best."""

    towns: Sequence[str]
    grades: Sequence[str]


@dataclass
class Conditions:
    """``WHERE`` clauses over ``credit_search s`` with their parameters, and the pieces one could look up.

    The clauses alone are the whole condition: pieces only lead to the rows faster.
    """

    shares: Mapping[int, float]
    clauses: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)
    pieces: set[int] = field(default_factory=set)
    share: float = 1.0  # expected share of the rows
    exact: bool = False  # a complete code or number: its clause brings its own index
    prefix: "tuple[str, list[int], str] | None" = None  # beginning of a code, its pieces and LIKE as initials

    def add(self, clause: str, *parameters: Any) -> None:
        self.clauses.append(clause)
        self.parameters.extend(parameters)

    def narrow(self, pieces: Sequence[str]) -> None:
        """Rows must hold all ``pieces``, which stand for one term or filter."""
        numbers = [number(piece) for piece in pieces]
        self.pieces.update(numbers)
        self.share *= min((self.shares.get(one, RARE) for one in numbers), default=1.0)

    @property
    def rarest_first(self) -> list[tuple[float, int]]:
        """``(share, piece)``, the best to look up first."""
        return sorted((self.shares.get(one, RARE), one) for one in self.pieces)

    @property
    def looked_up(self) -> list[int]:
        """The rarest pieces, no more of them than bring the hits down to a few: to cross a long list costs
        more than to compare the text of the rows that it would exclude."""
        chosen: list[int] = []
        left = 1.0
        for share, one in self.rarest_first:
            if chosen and (left <= FEW_SHARE or share > CROSSED_UP_TO_SHARE):
                break
            chosen.append(one)
            left *= share
        return chosen

    @property
    def sql(self) -> str:
        return " AND ".join(self.clauses) or "TRUE"


def conditions(query: Query, filters: Filters, city: City, shares: Mapping[int, float]) -> Conditions:
    """What a row must satisfy. ``shares``: how common each piece is."""
    found = Conditions(shares)
    if query.code or query.register_no:
        found.exact = True
        found.add("s.code = %s" if query.code else "s.register_no = %s", query.code or query.register_no)
    else:
        _add_terms(found, query)
    add_filters(found, filters, city)
    return found


def _add_terms(found: Conditions, query: Query) -> None:
    for term in query.terms:
        like = f"%{term.text}%"
        if term.may_be_code:
            prefix = term.text.upper() + "%"
            found.prefix = prefix, [number(piece) for piece in term.pieces], like
            found.add("(s.code LIKE %s OR s.register_no LIKE %s OR s.sound LIKE %s)", prefix, prefix, like)
        else:
            found.narrow(term.pieces)
            found.add(f"s.{'sound' if term.latin else 'hay'} LIKE %s", like)


def add_filters(found: Conditions, filters: Filters, city: City) -> None:
    """Narrow by the chips. A state also bounds the rank, whose millions it makes: the walk starts there."""
    inside = [town for town in filters.town if town != ELSEWHERE]
    if ELSEWHERE in filters.town:
        found.add("(s.town_code = ANY(%s) OR s.town_code <> ALL(%s))", inside, list(city.towns))
    elif inside:
        _add_filter(found, "town", "town_code", inside)
    for name, column in _FILTER_COLUMNS.items():
        if getattr(filters, name):
            _add_filter(found, name, column, getattr(filters, name))
    if filters.state:
        steps = [STATE_STEPS[state] for state in filters.state]
        found.add("s.rank >= %s AND s.rank < %s", min(steps) * STATE_WEIGHT, (max(steps) + 1) * STATE_WEIGHT)
    if filters.grade:
        numbers = [list(city.grades).index(letters) for letters in filters.grade]
        found.add(
            "s.enterprise_id = ANY(ARRAY(SELECT enterprise_id FROM credit_standing WHERE grade = ANY(%s)))",
            numbers,
        )


def _add_filter(found: Conditions, name: str, column: str, values: Sequence[str]) -> None:
    found.add(f"s.{column} = ANY(%s)", list(values))
    if len(values) == 1 and name != "state":
        found.narrow([filter_piece(name, values[0])])


def candidates(filters: Filters, where: Conditions) -> tuple[str, list[Any]]:
    """The first ``CANDIDATES`` matches in the order asked for, as a ``SELECT``."""
    order = ORDERS[filters.sort]
    if where.prefix and len(where.clauses) == 1 and not filters.sort:
        return _by_prefix(*where.prefix)
    if order == BY_RANK and not where.exact:
        if where.share >= WALKED_FROM_SHARE:
            walk = f"SELECT * FROM credit_search s ORDER BY {BY_RANK} OFFSET 0"
            return f"SELECT {DECIDING} FROM ({walk}) s WHERE {where.sql} LIMIT {CANDIDATES}", where.parameters
        if where.pieces and where.share > LOOKED_UP_TO_SHARE:
            return _by_bands(where)
    inner, parameters = matches(where)
    join = "LEFT JOIN credit_standing g USING (enterprise_id)" if filters.sort == "grade" else ""
    return f"SELECT {DECIDING} FROM ({inner}) s {join} ORDER BY {order} LIMIT {CANDIDATES}", parameters


def _by_bands(where: Conditions) -> tuple[str, list[Any]]:
    """A band's list is the shortest of those crossed, so that the others are read only where it lies: the
    table is stored by rank."""
    rarest = where.rarest_first[:MOST_CROSSED]
    pieces = [
        one for share, one in rarest if share <= CROSSED_IN_BANDS_UP_TO_SHARE or (share, one) == rarest[0]
    ]
    bands = [number(band_piece(band)) for band in range(BANDS)]
    lookup = (
        f"SELECT * FROM credit_search s WHERE s.tokens @> (%s::int[] || band.piece) AND {where.sql}"
        f" ORDER BY {BY_RANK}"
    )
    return (
        f"SELECT {DECIDING} FROM unnest(%s::int[]) band (piece) CROSS JOIN LATERAL ({lookup}) s LIMIT {CANDIDATES}",
        [bands, pieces, *where.parameters],
    )


def _by_prefix(prefix: str, pieces: list[int], like: str) -> tuple[str, list[Any]]:
    """Most codes of a city begin alike, so the matches of a short beginning are the first in the order of the
    codes, not of the rank. Digits may also stand in a name, whose initials they are part of."""
    ways = (
        "SELECT enterprise_id FROM credit_search s WHERE s.code LIKE %s ORDER BY s.code USING ~<~",
        "SELECT enterprise_id FROM credit_search s WHERE s.register_no LIKE %s AND s.register_no <> ''"
        " ORDER BY s.register_no USING ~<~",
        "SELECT enterprise_id FROM credit_search s WHERE s.tokens @> %s::int[] AND s.sound LIKE %s",
    )
    first = " UNION ALL ".join(f"({way} LIMIT {CANDIDATES})" for way in ways)
    return (
        f"SELECT {DECIDING} FROM credit_search s WHERE s.enterprise_id = ANY(ARRAY({first})) LIMIT {CANDIDATES}",
        [prefix, prefix, pieces, like],
    )


def matches(where: Conditions) -> tuple[str, list[Any]]:
    """``SELECT`` of every match, in no order."""
    if where.pieces:
        return (
            f"SELECT * FROM credit_search s WHERE s.tokens @> %s::int[] AND {where.sql} OFFSET 0",
            [where.looked_up, *where.parameters],
        )
    return f"SELECT * FROM credit_search s WHERE {where.sql} OFFSET 0", where.parameters


def page_sql(query: Query, filters: Filters, where: Conditions) -> tuple[str, list[Any]]:
    """One page as one statement; append ``[offset, offset + size]`` to the parameters.

    Of the candidates only what decides the order is carried; the page's own rows are read at the end.
    """
    inner, parameters = candidates(filters, where)
    tier, tier_parameters = ("1", []) if filters.sort else _tier(query)
    order = "" if filters.sort else f"ORDER BY {RELEVANCE}"
    sql = f"""
        WITH judged AS (SELECT s.enterprise_id, s.rank, {tier} AS tier FROM ({inner}) s OFFSET 0),
        placed AS (
            SELECT c.enterprise_id, row_number() OVER ({order}) AS place, count(*) OVER () AS found FROM judged c
        )
        SELECT {LISTED}, g.total, g.grade, g.word, g.thin, p.found
        FROM (SELECT * FROM placed WHERE place > %s AND place <= %s) p
        JOIN credit_search s USING (enterprise_id)
        LEFT JOIN credit_standing g USING (enterprise_id) ORDER BY p.place
    """
    return sql, [*tier_parameters, *parameters]


def _tier(query: Query) -> tuple[str, list[Any]]:
    """How well a candidate fits, 0 best: whole name, its beginning, all in it, part of the sound, elsewhere."""
    if query.code or query.register_no or query.is_empty:
        return "1", []
    whole = query.folded
    if not query.plain:
        return (
            "CASE WHEN s.sound LIKE %s THEN CASE WHEN s.sound = %s OR s.sound LIKE %s OR s.sound LIKE %s"
            " THEN 0 ELSE 1 END ELSE 4 END",
            [f"{whole}%", whole, f"{whole}\n%", f"{whole} %"],
        )
    # The first line of the hay is the name.
    in_name = "strpos(s.hay, %s) BETWEEN 1 AND strpos(s.hay, E'\n')"
    tiers = [f"WHEN {in_name} THEN 2"] if whole else []
    parameters = [f"{whole}%", f"{whole}\n%", whole]
    if len(query.plain) > 1 or query.plain[0] != whole:
        tiers.append(f"WHEN {' AND '.join([in_name] * len(query.plain))} THEN 3")
        parameters += query.plain
    return (
        f"CASE WHEN s.hay LIKE %s THEN CASE WHEN s.hay LIKE %s THEN 0 ELSE 1 END {' '.join(tiers)} ELSE 4 END",
        parameters,
    )
