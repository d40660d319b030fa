"""市场监督管理局, the register itself: identity, people, capital, changes."""

import numpy as np
import polars as pl

from datahub.demo.city import City
from datahub.demo.firms import BRANCH, COMPANY, COOPERATIVE, INDIVIDUAL
from datahub.demo.names import firm_names, people
from datahub.demo.rows import later, only, pick, repeat, serials, table
from datahub.engine.industry import section_of

STATE_CODES = np.array(["active", "cancelled", "revoked", "moved"])
ENT_TYPES = {
    COMPANY: [
        "有限责任公司（自然人投资或控股）",
        "有限责任公司（自然人独资）",
        "其他有限责任公司",
        "有限责任公司（外商投资企业法人独资）",
    ],
    INDIVIDUAL: ["个体工商户"],
    COOPERATIVE: ["农民专业合作社"],
    BRANCH: ["有限责任公司分公司（自然人投资或控股）"],
}


def registration(city: City) -> pl.DataFrame:
    """Every firm as the register knows it now; ``changed`` is the day of its last entry."""
    rng, firms = city.rng("market.registration"), city.firms
    size = firms.size
    kinds = np.empty(size, dtype=object)
    for kind, types in ENT_TYPES.items():
        here = firms.kind == kind
        kinds[here] = pick(rng, types, int(here.sum()), [0.62, 0.24, 0.12, 0.02] if len(types) == 4 else None)
    ended = city.panel.ended
    approved = np.where(ended >= 0, ended, _last_change(city, rng))
    industry = city.words.column("code")[firms.industry].astype(object)
    industry_name = city.words.column("name")[firms.industry].astype(object)
    unknown = rng.random(size) < 0.003
    unknown[city.cast.firms] = False
    industry[unknown] = None
    industry_name[unknown] = None
    divisions = city.words.divisions
    return table(
        np.arange(size),
        register_no=firms.register_no,
        ent_type=kinds,
        reg_state=STATE_CODES[city.panel.state],
        reg_capital=pl.Series(firms.capital).set(pl.Series(firms.kind == BRANCH), None),
        currency=only(~(firms.kind == BRANCH), "人民币"),
        established_on_days=firms.established,
        approved_on_days=approved,
        operating_from_days=firms.established,
        operating_to_days=np.where(rng.random(size) < 0.25, firms.established + 365 * 20 + 4, -1),
        industry_code=industry,
        industry_name=industry_name,
        domicile=_addresses(city, rng),
        town_code=np.array([d.code for d in divisions], dtype=object)[firms.town],
        scope=_scopes(city, rng),
        reg_org="慈溪市市场监督管理局",
        legal_person=firms.legal_person,
    )


def _last_change(city: City, rng: np.random.Generator) -> np.ndarray:
    span = (city.today - 40 - city.firms.established).clip(min=0)
    return city.firms.established + (span * rng.random(city.firms.size) ** 2).astype(int)


def _addresses(city: City, rng: np.random.Generator) -> np.ndarray:
    towns = np.array([division.name for division in city.words.divisions], dtype=object)[city.firms.town]
    road = pick(rng, city.words.names["roads"], city.firms.size)
    number = rng.integers(1, 988, size=city.firms.size).astype(str).astype(object)
    return "浙江省慈溪市" + towns + road + number + "号"


def _scopes(city: City, rng: np.random.Generator) -> np.ndarray:
    words = np.array([industry.words[0] for industry in city.words.industries], dtype=object)
    second = np.array([industry.words[-1] for industry in city.words.industries], dtype=object)
    verbs = city.words.phrases["scopes"]
    verb = [verbs.get(section_of(industry.code), verbs["other"]) for industry in city.words.industries]
    by_industry = words + np.where(second != words, "、" + second, "") + np.array(verb, dtype=object)
    permitted = np.where(
        rng.random(city.firms.size) < 0.3, "（依法须经批准的项目，经相关部门批准后方可开展经营活动）", ""
    )
    return by_industry[city.firms.industry] + permitted.astype(object)


def persons(city: City) -> pl.DataFrame:
    """Legal representatives and, for companies, supervisor and manager; no identity numbers, no telephones."""
    rng, firms = city.rng("market.persons"), city.firms
    everyone = np.arange(firms.size)
    others = everyone[(firms.kind == COMPANY) & (firms.heads >= 2)]
    lead = np.select(
        [firms.kind == COMPANY, firms.kind == COOPERATIVE], ["执行董事兼总经理", "理事长"], default="负责人"
    ).astype(object)
    role = np.where(firms.kind == COMPANY, "legal_person", "principal").astype(object)
    place = np.concatenate([everyone, others, others])
    ended = np.concatenate([city.panel.ended, city.panel.ended[others], np.full(others.size, -1)])
    return table(
        place,
        person_name=np.concatenate([firms.legal_person, people(city.words, 2 * others.size, rng)]),
        position=np.concatenate(
            [lead, np.full(others.size, "监事", object), np.full(others.size, "财务负责人", object)]
        ),
        role=np.concatenate(
            [role, np.full(others.size, "supervisor", object), np.full(others.size, "manager", object)]
        ),
        cert_type=None,
        cert_no=None,
        mobile=None,
        since_days=firms.established[place],
        until_days=np.where(ended >= 0, ended, -1),
    )


def subscribed_capital(city: City) -> pl.DataFrame:
    """Shareholders and what they promised; shares of one firm add up to the whole."""
    rng, firms = city.rng("market.subscribed_capital"), city.firms
    owned = np.flatnonzero((firms.kind == COMPANY) | (firms.kind == COOPERATIVE))
    count = np.where(
        firms.kind[owned] == COOPERATIVE, 1, rng.choice([1, 2, 3], size=owned.size, p=[0.4, 0.45, 0.15])
    )
    place, number = repeat(owned, count)
    split = {1: [1.0], 2: [0.6, 0.4], 3: [0.5, 0.3, 0.2]}
    share = np.array([split[int(c)][int(n)] for c, n in zip(np.repeat(count, count), number, strict=True)])
    investor = people(city.words, place.size, rng)
    investor = np.where(number == 0, firms.legal_person[place], investor)
    legal = (number > 0) & (rng.random(place.size) < 0.12)
    investor[legal] = "宁波" + firms.brand[rng.integers(firms.size, size=int(legal.sum()))] + "投资有限公司"
    return table(
        place,
        investor=investor,
        investor_type=np.where(legal, "company", "natural"),
        subscribed_amount=firms.capital[place] * share,
        method=pick(rng, ["货币", "货币", "实物"], place.size),
        subscribed_on_days=firms.established[place],
        share=share,
    )


def paid_capital(city: City) -> pl.DataFrame:
    """What was really paid in, by the first shareholder on behalf of all."""
    rng, firms = city.rng("market.paid_capital"), city.firms
    place = city.draw(
        "market.paid_capital", 0.6, among=(firms.kind == COMPANY) & (firms.established < city.today - 200)
    )
    paid = pick(rng, [1.0, 0.8, 0.5, 0.3, 0.1], place.size, [0.35, 0.15, 0.2, 0.18, 0.12]).astype(float)
    paid[np.isin(place, city.cast.firms)] = 1.0
    first = firms.established[place] + 30
    return table(
        place,
        investor=firms.legal_person[place],
        paid_amount=np.round(firms.capital[place] * paid),
        method="货币",
        # Folded back, not cut off: a whole city that pays in on one day would be an event.
        paid_on_days=first
        + (later(rng, firms.established[place], 30, 900) - first) % (city.today - 30 - first),
    )


def changes(city: City) -> pl.DataFrame:
    """Changes of register entries, former names among them."""
    rng, firms = city.rng("market.changes"), city.firms
    able = np.ones(firms.size, dtype=bool)
    able[city.cast.firms] = False
    able &= firms.established < city.today - 400
    chosen = np.flatnonzero(able)
    place, _number = repeat(chosen, rng.poisson(np.where(firms.kind[chosen] == INDIVIDUAL, 0.35, 1.5)))
    kinds = ["legal_person", "capital", "address", "shareholder", "scope", "other", "name"]
    kind = pick(rng, kinds, place.size, [0.13, 0.13, 0.2, 0.17, 0.27, 0.06, 0.04])
    labels = {
        "legal_person": "法定代表人变更",
        "capital": "注册资本变更",
        "address": "住所变更",
        "shareholder": "投资人变更",
        "scope": "经营范围变更",
        "other": "其他事项备案",
        "name": "名称变更",
    }
    ended = np.where(city.panel.ended[place] >= 0, city.panel.ended[place], city.today - 15)
    span = (ended - firms.established[place] - 60).clip(min=1)
    day = firms.established[place] + 30 + (span * rng.random(place.size)).astype(int)
    before, after = _before_after(city, rng, place, kind)
    return table(
        place,
        seq=serials("BG", place.size, 8),
        alt_item=np.array([labels[k] for k in kind], dtype=object),
        alt_kind=kind,
        before=before,
        after=after,
        changed_on_days=day,
    )


def _before_after(
    city: City, rng: np.random.Generator, place: np.ndarray, kind: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    firms = city.firms
    before, after = np.full(place.size, "旧", dtype=object), np.full(place.size, "新", dtype=object)
    named = np.flatnonzero(kind == "name")
    where = place[named]
    old = firm_names(
        city.words, firms.kind[where], firms.town[where], firms.industry[where], rng, taken=set(firms.name)
    )
    before[named], after[named] = old.full, firms.name[where]
    if named.size > 1 and where[0] != where[1]:
        before[named[1]] = before[named[0]]  # one former name that two firms bore: it decides nothing
    led = np.flatnonzero(kind == "legal_person")
    before[led], after[led] = people(city.words, led.size, rng), firms.legal_person[place[led]]
    money = np.flatnonzero(kind == "capital")
    now = firms.capital[place[money]] / 1e4
    after[money] = [f"{value:.0f}万元" for value in now]
    before[money] = [
        f"{max(1, value * factor):.0f}万元"
        for value, factor in zip(now, rng.choice([0.2, 0.5, 0.6], money.size), strict=True)
    ]
    moved = np.flatnonzero(kind == "address")
    addresses = _addresses(city, rng)
    before[moved], after[moved] = addresses[place[moved]], _addresses(city, rng)[place[moved]]
    rest = np.flatnonzero(np.isin(kind, ["shareholder", "scope", "other"]))
    before[rest] = "详见登记档案变更前内容"
    after[rest] = "详见登记档案变更后内容"
    return before, after


TABLES = {
    "market.registration": registration,
    "market.persons": persons,
    "market.subscribed_capital": subscribed_capital,
    "market.paid_capital": paid_capital,
    "market.changes": changes,
}
