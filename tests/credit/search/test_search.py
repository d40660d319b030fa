"""Finding enterprises in a real index, against plain reading of the register."""

import random
from datetime import date

import pytest
from django.db import connection
from django.utils import timezone

from bench.search_register import make_register, store
from credit.models import Standing
from credit.search.filters import ELSEWHERE, Filters
from credit.search.query import understand
from credit.search.text import fold, runs
from credit.selectors import search_frequency, search_sql
from credit.selectors.search import count_enterprises, every_enterprise, find_enterprises
from credit.services.search_index import rebuild, refresh
from datahub.models import Enterprise
from tests.credit.search.firms import register

pytestmark = pytest.mark.django_db


def find(typed, **filters):
    return find_enterprises(understand(typed), Filters(**filters))


def names(found):
    return [hit.name for hit in found.hits]


def reason_labels(hit):
    return {reason.label: reason for reason in hit.reasons}


@pytest.fixture
def city():
    """A dozen firms one can tell apart."""
    register(
        "慈溪市公牛电器有限公司", "慈溪县插座厂", legal_person="阮立平", code="91330282671205242Y",
        register_no="330282000000002", size="large",
    )  # fmt: skip
    register("宁波慈星轴承有限公司", legal_person="张伟明", size="medium", town_code="330282002")
    register("慈溪市宏达精密轴承厂", legal_person="张伟", kind="individual", size="micro")
    register("ABC（宁波）贸易有限公司", industry_section="F", size="small")
    register("慈溪市老轴承有限公司", state="cancelled", size="large")
    register("慈溪市长河弹簧有限公司", established_on="2001-02-03")
    register("上海外地商贸有限公司", industry_section="F", town_code="310115001")
    refresh()


@pytest.mark.usefixtures("city")
class TestWhatIsFound:
    @pytest.mark.parametrize(
        ("typed", "label", "marked"),
        [
            ("91330282671205242y", "统一社会信用代码", "91330282671205242Y"),
            ("9133 0282 6712 0524 2Y", "统一社会信用代码", "91330282671205242Y"),
            ("9133028267", "统一社会信用代码", "9133028267"),
            ("330282000000002", "注册号", "330282000000002"),
            ("33028200000000", "注册号", "33028200000000"),
            ("牛电", "名称", "牛电"),
            ("插座", "曾用名", "插座"),
            ("cxsgn", "拼音首字母", "慈溪市公牛"),
            ("cxxcz", "曾用名拼音首字母", "慈溪县插座"),
            ("阮立平", "法定代表人", "阮立平"),
        ],
    )
    def test_each_kind_of_query_finds_the_firm_and_says_why(self, typed, label, marked):
        hit = find(typed).hits[0]
        assert hit.name == "慈溪市公牛电器有限公司"
        reason = reason_labels(hit)[label]
        assert "".join(span.text for span in reason.spans if span.marked) == marked

    def test_terms_need_not_stand_together(self):
        assert set(names(find("慈溪 轴承"))) == {"慈溪市宏达精密轴承厂", "慈溪市老轴承有限公司"}

    def test_pinyin_and_characters_mix(self):
        assert names(find("cx 精密轴承")) == names(find("cx精密轴承")) == ["慈溪市宏达精密轴承厂"]

    def test_all_terms_must_be_found(self):
        assert find("公牛 轴承").count == 0

    def test_brackets_width_and_case_do_not_matter(self):
        assert names(find("ａｂｃ(宁波)")) == ["ABC（宁波）贸易有限公司"]

    def test_a_character_with_two_readings_is_found_by_either(self):
        for typed in ("cxschth", "cxszhdh"):
            assert names(find(typed)) == ["慈溪市长河弹簧有限公司"]

    def test_one_character_is_enough(self):
        assert names(find("簧")) == ["慈溪市长河弹簧有限公司"]

    def test_a_cancelled_firm_stands_last_though_it_is_the_largest(self):
        assert names(find("轴承"))[-1] == "慈溪市老轴承有限公司"

    def test_the_exact_name_stands_first_even_if_cancelled(self):
        assert names(find("慈溪市老轴承有限公司"))[0] == "慈溪市老轴承有限公司"

    def test_a_name_that_begins_so_stands_before_one_that_contains_it(self):
        register("宁波宏达实业有限公司", size="large")
        register("宏达贸易商行", size="micro", kind="individual")
        refresh()
        assert names(find("宏达"))[0] == "宏达贸易商行"

    def test_digits_of_a_name_are_found_though_codes_begin_with_digits(self):
        register("慈溪市8090服饰店")
        refresh()
        assert names(find("8090")) == ["慈溪市8090服饰店"]

    def test_the_beginning_of_a_code_narrows_together_with_a_word(self):
        assert names(find("91330282 公牛")) == ["慈溪市公牛电器有限公司"]

    def test_an_unknown_code_finds_nothing_and_no_near_match(self):
        found = find("91330282PDY00001XU")
        assert (found.count, found.near) == (0, ())


@pytest.mark.usefixtures("city")
class TestNearMatches:
    @pytest.mark.parametrize(
        ("typed", "name", "label"),
        [
            ("慈兴轴承", "宁波慈星轴承有限公司", "读音相近"),
            ("公生电器", "慈溪市公牛电器有限公司", "差一个字"),
            ("慈溪宏达轴承", "慈溪市宏达精密轴承厂", "简称"),
            ("慈溪市公牛电气集团有限公司", "慈溪市公牛电器有限公司", None),
        ],
    )
    def test_a_slip_or_a_short_form_is_found_and_named(self, typed, name, label):
        found = find(typed)
        near = {hit.name: hit for hit in found.near}
        assert found.count == 0
        assert name in near
        assert label is None or label in reason_labels(near[name])

    def test_a_near_former_name_is_named_as_such(self):
        near = {hit.name: hit for hit in find("慈溪县插头厂").near}
        assert any("曾用名" in label for label in reason_labels(near["慈溪市公牛电器有限公司"]))

    def test_where_there_is_a_hit_nothing_near_is_looked_for(self):
        found = find("慈星轴承")
        assert names(found) == ["宁波慈星轴承有限公司"]
        assert found.near == ()

    def test_near_matches_obey_the_filters(self):
        assert find("公生电器", size=("micro",)).near == ()


@pytest.mark.usefixtures("city")
class TestFilters:
    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"town": ("330282002",)}, {"宁波慈星轴承有限公司"}),
            ({"town": (ELSEWHERE,)}, {"上海外地商贸有限公司"}),
            ({"industry": ("F",)}, {"ABC（宁波）贸易有限公司", "上海外地商贸有限公司"}),
            ({"industry": ("F",), "town": ("330282107",)}, {"ABC（宁波）贸易有限公司"}),
            ({"kind": ("individual",)}, {"慈溪市宏达精密轴承厂"}),
            (
                {"size": ("large", "medium"), "state": ("active",)},
                {"慈溪市公牛电器有限公司", "宁波慈星轴承有限公司"},
            ),
            ({"state": ("cancelled",)}, {"慈溪市老轴承有限公司"}),
        ],
    )
    def test_each_filter_narrows_alone_and_with_others(self, filters, expected):
        assert set(names(find("", **filters))) == expected

    def test_the_grade_narrows_by_the_present_standing(self):
        rows = {e.name: e.pk for e in Enterprise.objects.all()}
        for name, grade in (("慈溪市公牛电器有限公司", 0), ("宁波慈星轴承有限公司", 3)):
            Standing.objects.create(
                enterprise_id=rows[name], run_id=1, as_of=date(2026, 11, 1), total=800, grade=grade, word=1,
                thin=False, digest=b"", changed_at=timezone.now(),
            )  # fmt: skip
        found = find("", grade=("AAA",))
        assert names(found) == ["慈溪市公牛电器有限公司"]
        assert found.hits[0].grade == "AAA"
        assert names(find("", sort="grade"))[0] == "慈溪市公牛电器有限公司"

    def test_sorting_by_foundation_puts_unknown_days_last(self):
        assert names(find("", sort="newest"))[0] == "慈溪市长河弹簧有限公司"


def plain_reading(folded):
    """Every enterprise whose name, former name or representative has the folded text in it: no index."""
    found = set()
    for firm in Enterprise.objects.filter(is_registered=True).prefetch_related("former_names"):
        texts = [
            fold(firm.name),
            fold(firm.legal_person),
            *(fold(one.name) for one in firm.former_names.all()),
        ]
        if any(folded in text for text in texts):
            found.add(firm.pk)
    return found


@pytest.fixture
def many():
    """Two thousand firms of the demo city, some of them cancelled, some renamed."""
    _, tables = make_register(2_000, seed=5)
    store(connection, tables)
    rebuild()
    return list(Enterprise.objects.all())


@pytest.mark.parametrize("way", ["rare", "common", "bands"])
def test_every_fragment_of_a_name_finds_the_firm_whichever_way_is_taken(many, monkeypatch, way):
    lower, upper = {"rare": (1.1, 2.0), "common": (0.0, 0.0), "bands": (0.0, 2.0)}[way]
    monkeypatch.setattr(search_sql, "LOOKED_UP_TO_SHARE", lower)
    monkeypatch.setattr(search_sql, "WALKED_FROM_SHARE", upper)
    rng = random.Random(way)
    for firm in rng.sample(many, 40):
        start = rng.randrange(len(firm.name) - 1)
        fragment = firm.name[start : start + rng.randint(2, 6)]
        folded = fold(fragment)
        if len(list(runs(folded))) != 1 or folded.isascii():
            continue
        query = understand(fragment)
        found = {hit.enterprise_id for hits in every_enterprise(query, Filters()) for hit in hits}
        assert found == plain_reading(folded), fragment
        page = find_enterprises(query, Filters(), size=500)
        assert page.count == min(len(found), search_sql.COUNTED_UP_TO)
        assert {hit.enterprise_id for hit in page.hits} <= found
        if len(found) <= 500:
            assert {hit.enterprise_id for hit in page.hits} == found


def test_the_three_ways_list_the_same_firms_in_the_same_order(many, monkeypatch):
    for typed in ("慈溪", "轴承", "有限公司", "cx", "慈溪 电", "店"):
        orders = []
        for lower, upper in ((1.1, 2.0), (0.0, 0.0), (0.0, 2.0)):
            monkeypatch.setattr(search_sql, "LOOKED_UP_TO_SHARE", lower)
            monkeypatch.setattr(search_sql, "WALKED_FROM_SHARE", upper)
            orders.append([hit.enterprise_id for hit in find(typed).hits])
        assert orders[0] == orders[1] == orders[2]
        assert len(orders[0]) > 10


def test_a_row_that_changes_later_keeps_its_place_in_the_order(many, monkeypatch):
    monkeypatch.setattr(search_sql, "LOOKED_UP_TO_SHARE", 0.0)
    monkeypatch.setattr(search_sql, "WALKED_FROM_SHARE", 2.0)
    before = [hit.enterprise_id for hit in find("慈溪").hits]
    Enterprise.objects.filter(pk__in=before[:5] + before[-5:]).update(changed_at=timezone.now())
    assert refresh().mode == "rows"
    assert [hit.enterprise_id for hit in find("慈溪").hits] == before


def test_counts_are_capped_and_the_export_is_not(many, monkeypatch):
    monkeypatch.setattr(search_sql, "COUNTED_UP_TO", 1_000)
    query = understand("慈溪")
    found = find_enterprises(query, Filters())
    assert found.is_capped and found.count == 1_000
    exported = [hit.enterprise_id for hits in every_enterprise(query, Filters()) for hit in hits]
    assert (
        len(exported)
        == len(set(exported))
        == count_enterprises(query, Filters())
        == len(plain_reading("慈溪"))
    )


def test_an_export_over_several_blocks_is_complete(many, monkeypatch):
    monkeypatch.setattr("credit.selectors.search.EXPORT_BLOCK", 137)
    exported = [hit.enterprise_id for hits in every_enterprise(understand(""), Filters()) for hit in hits]
    assert sorted(exported) == sorted(row.pk for row in many)


def test_pages_follow_each_other_without_gap_or_repeat(many):
    query, seen = understand("轴承"), []
    found = find_enterprises(query, Filters())
    for page in range(1, found.pages + 1):
        seen += [hit.enterprise_id for hit in find_enterprises(query, Filters(), page=page).hits]
    assert len(seen) == len(set(seen)) == found.count


def test_statistics_tell_common_pieces_from_rare_ones(many):
    from credit.search.tokens import number

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE credit_search")
    shares = search_frequency.shares()
    assert 0.3 < shares[number("慈溪")] < 1.0
    assert shares[number("轴承")] < 0.1
