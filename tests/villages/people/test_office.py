"""The village office: register, import, attendance, bulk awards, notices, and who may see whom."""

import datetime as dt
import io
from typing import Any

import pytest
import xlsxwriter
from django.urls import reverse
from django.utils import timezone
from guardian.shortcuts import assign_perm

from accounts.models import InboxItem
from accounts.roles import Role
from tests.people import client_of, make_person
from tests.villages.worlds import ORIGIN, PHONE, World, make_activity, make_resident, make_village, make_world
from villages import access
from villages.models import BulkAward, Household, Opening, Resident, ResidentImport, Tap
from villages.selectors.balances import points_of
from villages.selectors.residents import find_residents, statement_of
from villages.services import bulk_awards, publicity, residents
from villages.services.attendance import UnableToEnterSheet, enter_sheet
from villages.services.bulk_awards import UnableToAwardInBulk
from villages.services.publicity import UnableToIssueNotice
from villages.services.resident_import import UnableToImport, carry_out, parse, read_file
from villages.services.residents import UnableToChangeResident
from villages.services.ties import declare_tie

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def today() -> dt.date:
    return timezone.localdate()


# -- who may see whom --------------------------------------------------------------------------------
def test_a_grant_on_a_village_opens_it_and_no_other(world: World) -> None:
    other = make_village("330282109914", "五丰村", world.village.agency.parent)
    third = make_village("330282109915", "丰潭村", world.village.agency.parent)
    assign_perm(access.ADMINISTER, world.admin, other)
    assert set(access.villages_administered_by(world.admin)) == {world.village, other}
    there, elsewhere = make_resident(other, "五丰人"), make_resident(third, "丰潭人")
    visible = access.residents_visible_to(world.admin, timezone.now())
    assert there in visible and elsewhere not in visible


def test_the_town_opens_a_resident_only_with_a_reason_until_midnight(world: World) -> None:
    url, client = reverse("villages:resident", args=[world.resident.pk]), client_of(world.town)
    assert client.get(url).status_code == 404
    told = {"resident": world.resident.pk, "reason": "核"}
    assert client.post(reverse("villages:check"), told).status_code == 200
    assert client.get(url).status_code == 404
    client.post(reverse("villages:check"), told | {"reason": "处理信访件核查"})
    assert client.get(url).status_code == 200
    assert Opening.objects.filter(resident=world.resident, user=world.town).exists()
    tomorrow = timezone.now() + dt.timedelta(days=1)
    assert world.resident not in access.residents_visible_to(world.town, tomorrow)


def test_a_villager_sees_own_data_and_nobody_elses(world: World) -> None:
    neighbour = make_resident(world.village, "邻居甲")
    tap = Tap.objects.create(
        id="00000000-0000-7000-8000-000000000001", activity=make_activity(world.village), village=world.village,
        resident=neighbour, body_digest="", occasion="once", occurred_at=timezone.now(), received_at=timezone.now(),
        state="counted",
    )  # fmt: skip
    client = client_of(world.user)
    assert client.get(reverse("villages:my_record", args=[tap.pk])).status_code == 404
    assert client.get(reverse("villages:resident", args=[neighbour.pk])).status_code == 403


# -- finding and changing ----------------------------------------------------------------------------
@pytest.mark.parametrize("words", ["岑阿根", "岑", "cenagen", "cag", "0001", "001", "001 岑", "CENA"])
def test_a_resident_is_found_by_name_pinyin_phone_tail_and_household(world: World, words: str) -> None:
    make_resident(
        world.village,
        "胡佳宁",
        "13912348888",
        household=Household.objects.create(village=world.village, number="020"),
    )
    assert [r.name for r in find_residents(world.village, words)] == ["岑阿根"]


def test_a_changed_phone_signs_the_old_devices_out(world: World) -> None:
    from villages.services.sign_in import find_device, remember_device

    opened = remember_device(world.resident, "旧手机", now=timezone.now())
    residents.correct_resident(
        world.resident, world.admin, now=timezone.now(), origin=ORIGIN, on_date=today(), name="岑阿根",
        phone="13700000000", household_number="001", birth_year=1950,
    )  # fmt: skip
    assert find_device(opened.token, now=timezone.now()) is None


def test_who_died_or_moved_can_neither_tap_nor_sign_in_and_may_come_back(world: World) -> None:
    residents.leave_register(
        world.resident,
        "moved_out",
        world.admin,
        on_date=today(),
        note="迁往浒山",
        now=timezone.now(),
        origin=ORIGIN,
    )
    world.user.refresh_from_db()
    assert not world.user.is_active
    residents.return_to_register(
        world.resident, world.admin, on_date=today(), note="", now=timezone.now(), origin=ORIGIN
    )
    world.resident.refresh_from_db()
    assert (world.resident.status, world.resident.left_on) == ("active", None)
    assert [event.kind for event in world.resident.events.all()] == ["returned", "moved_out"]


def test_merging_brings_points_and_record_over_once(world: World) -> None:
    double = make_resident(world.village, "岑亚根")
    on = enter_sheet(
        make_activity(world.village, points=7),
        today(),
        {double.pk: 0},
        world.admin,
        now=timezone.now(),
        origin=ORIGIN,
    )
    assert on.points == 7
    residents.merge_residents(
        double, world.resident, world.admin, on_date=today(), now=timezone.now(), origin=ORIGIN
    )
    assert (points_of(double), points_of(world.resident)) == (0, 7)
    assert Tap.objects.get().resident_id == world.resident.pk
    with pytest.raises(UnableToChangeResident, match="已合并"):
        residents.merge_residents(
            double, world.resident, world.admin, on_date=today(), now=timezone.now(), origin=ORIGIN
        )


def test_the_statement_adds_up_to_the_balance(world: World) -> None:
    for points in (3, 4):
        enter_sheet(
            make_activity(world.village, points=points),
            today(),
            {world.resident.pk: 0},
            world.admin,
            now=timezone.now(),
            origin=ORIGIN,
        )
    rows = statement_of(world.resident, today(), today())
    assert sum(row["points"] for row in rows) == points_of(world.resident) == 7
    page = client_of(world.admin).get(reverse("villages:resident_statement", args=[world.resident.pk]))
    assert "+4" in page.content.decode()


# -- attendance ----------------------------------------------------------------------------------------
def test_a_sheet_counts_everybody_with_the_true_date_and_nobody_twice(world: World) -> None:
    now = timezone.now()
    past = now - dt.timedelta(days=5)
    activity = make_activity(world.village, mode="hours", points=0, points_per_hour=10, budget=1000, now=past)
    people = [make_resident(world.village, f"村民{n}号") for n in range(3)]
    on = timezone.localdate(past)
    told = enter_sheet(
        activity, on, {p.pk: 60 * (n + 1) for n, p in enumerate(people)}, world.admin, now=now, origin=ORIGIN
    )
    assert (told.people, told.points) == (3, 60)
    tap = Tap.objects.get(resident=people[2])
    assert (tap.minutes, timezone.localdate(tap.occurred_at), tap.by_user_id) == (180, on, world.admin.pk)
    again = enter_sheet(activity, on, {people[0].pk: 60}, world.admin, now=now, origin=ORIGIN)
    assert again.people == 0 and again.left_out == ((people[0].name, "已参加过"),)


def test_a_sheet_leaves_out_the_clerks_own_family(world: World) -> None:
    declare_tie(world.admin, world.resident.pk, "relative", now=timezone.now(), origin=ORIGIN)
    told = enter_sheet(
        make_activity(world.village),
        today(),
        {world.resident.pk: 0},
        world.admin,
        now=timezone.now(),
        origin=ORIGIN,
    )
    assert told.people == 0 and "亲属" in told.left_out[0][1]


@pytest.mark.parametrize(("days", "words"), [(-30, "活动期间"), (30, "活动期间")])
def test_a_sheet_has_a_day_of_the_activity(world: World, days: int, words: str) -> None:
    with pytest.raises(UnableToEnterSheet, match=words):
        enter_sheet(
            make_activity(world.village), today() + dt.timedelta(days=days), {world.resident.pk: 0}, world.admin,
            now=timezone.now(), origin=ORIGIN,
        )  # fmt: skip


def test_an_activity_is_published_from_a_template_with_two_clicks(world: World) -> None:
    client = client_of(world.admin)
    page = client.get(reverse("villages:activity_new", args=["clean_up"]))
    form = page.context["form"]
    told = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    told |= {name: f"{timezone.localtime(told[name]):%Y-%m-%dT%H:%M}" for name in ("opens_at", "closes_at")}
    answer = client.post(
        page.request["PATH_INFO"], {k: v for k, v in told.items() if v is not None and v is not False}
    )
    assert answer.status_code == 302, answer.context["form"].errors
    assert world.village.activities.get().title == "人居环境清洁日"


# -- bulk awards ---------------------------------------------------------------------------------------
def propose(world: World, user: Any = None, **values: Any) -> BulkAward:
    told = {"points": 10, "reason": "台风后清淤", "on": today()} | values
    return bulk_awards.propose(
        world.village,
        [world.resident.pk],
        user=user or world.admin,
        now=timezone.now(),
        origin=ORIGIN,
        **told,
    )


def test_a_bulk_award_needs_a_second_signer(world: World) -> None:
    award = propose(world)
    assert points_of(world.resident) == 0
    assert InboxItem.objects.get(user=world.other_admin).title.startswith("批量发放待确认")
    with pytest.raises(UnableToAwardInBulk, match="不能自己确认"):
        bulk_awards.sign(award.pk, world.admin, now=timezone.now(), origin=ORIGIN)
    done = bulk_awards.sign(award.pk, world.other_admin, now=timezone.now(), origin=ORIGIN)
    assert (done.granted_people, done.granted_points, points_of(world.resident)) == (1, 10, 10)
    with pytest.raises(UnableToAwardInBulk, match="已发放"):
        bulk_awards.sign(award.pk, world.other_admin, now=timezone.now(), origin=ORIGIN)


def test_a_bulk_award_nobody_signs_in_time_goes_to_the_town(world: World) -> None:
    award = propose(world)
    with pytest.raises(UnableToAwardInBulk, match="管理范围"):
        bulk_awards.sign(award.pk, world.town, now=timezone.now(), origin=ORIGIN)
    assert bulk_awards.escalate_unsigned(now=timezone.now() + dt.timedelta(days=14)) == 1
    assert bulk_awards.sign(award.pk, world.town, now=timezone.now(), origin=ORIGIN).state == "done"


def test_a_second_signer_on_the_list_is_refused(world: World) -> None:
    award = propose(world)
    declare_tie(world.other_admin, world.resident.pk, "self", now=timezone.now(), origin=ORIGIN)
    with pytest.raises(UnableToAwardInBulk, match="本人"):
        bulk_awards.sign(award.pk, world.other_admin, now=timezone.now(), origin=ORIGIN)


@pytest.mark.parametrize(
    "wrong", [{"reason": " "}, {"points": 0}, {"points": 501}, {"on": dt.date(2020, 1, 1)}]
)
def test_a_bulk_award_without_reason_or_measure_is_refused(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(UnableToAwardInBulk):
        propose(world, **wrong)


# -- import --------------------------------------------------------------------------------------------
def sheet(
    *rows: tuple[Any, ...], head: tuple[str, ...] = ("户号", "姓名", "手机号", "出生年份", "性别")
) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, ["桥头镇村民名单"])
    page.write_row(2, 0, head)
    for number, row in enumerate(rows, 3):
        page.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def test_rows_are_new_known_doubtful_or_wrong_and_nothing_is_written_before_the_answers(world: World) -> None:
    content = sheet(
        ("001", "岑阿根", PHONE, 1950, "男"),
        ("002", "岑阿根", "", 1988, "男"),
        ("003", "毛建军", "13900001111", 1970, "男"),
        ("004", "沈静", PHONE, 1990, "女"),
        ("005", "", "", 1990, "女"),
        ("006", "罗敏", "123", 1990, "女"),
    )
    batch = read_file(world.village, content, "名单.xlsx", world.admin, now=timezone.now(), origin=ORIGIN)
    assert [row["kind"] for row in batch.rows] == ["same", "ask", "new", "ask", "bad", "bad"]
    assert PHONE not in str(batch.rows), "waiting rows keep no phone in the clear"
    assert Resident.objects.count() == 1
    with pytest.raises(UnableToImport, match="第 5、7 行"):
        carry_out(batch, {}, world.admin, now=timezone.now(), origin=ORIGIN)
    done = carry_out(batch, {5: "new", 7: "skip"}, world.admin, now=timezone.now(), origin=ORIGIN)
    assert (done.added, done.changed, done.skipped) == (2, 1, 3)
    new = Resident.objects.get(name="毛建军")
    assert new.phone == "13900001111" and new.household is not None and new.household.number == "003"
    with pytest.raises(UnableToImport, match="已处理"):
        carry_out(ResidentImport.objects.get(), {}, world.admin, now=timezone.now(), origin=ORIGIN)


def test_an_answer_may_only_name_a_candidate(world: World) -> None:
    stranger = make_resident(make_village("330282109916", "潭河沿村", world.village.agency.parent), "外人")
    batch = read_file(
        world.village,
        sheet(("002", "岑阿根", "", 1988, "男")),
        "a.xlsx",
        world.admin,
        now=timezone.now(),
        origin=ORIGIN,
    )
    carry_out(batch, {4: str(stranger.pk)}, world.admin, now=timezone.now(), origin=ORIGIN)
    stranger.refresh_from_db()
    assert stranger.name == "外人"


@pytest.mark.parametrize("content", [b"not a workbook", sheet(), sheet(("1", "甲乙"), head=("a", "b"))])
def test_a_file_that_is_no_list_is_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(UnableToImport):
        parse(content, 2026)


def test_a_broken_formula_is_named_with_its_cell_and_not_taken_for_a_blank() -> None:
    content = formulas(("=A9", "001"), ("=1/0", "#DIV/0!"))
    (sound, broken) = parse(content, 2026)
    assert (sound.kind, sound.household, broken.kind) == ("new", "001", "bad")
    assert "工作表“Sheet1”单元格 B5 的公式出错（#DIV/0!）" in broken.note


def test_a_household_typed_as_a_number_keeps_the_zeros_it_is_shown_with() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, ["户号", "姓名"])
    page.write_number(1, 0, 7, book.add_format({"num_format": "000"}))
    page.write(1, 1, "岑阿根")
    book.close()
    assert [row.household for row in parse(out.getvalue(), 2026)] == ["007"]


def formulas(*households: tuple[str, str]) -> bytes:
    """A list that begins at B3 and whose households are formulas with these values."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row("B3", ["户号", "姓名"])
    for number, (formula, value) in enumerate(households, 3):
        page.write_formula(number, 1, formula, None, value)
        page.write(number, 2, f"村民{number}")
    book.close()
    return out.getvalue()


def test_the_blank_sheet_can_be_read_back(world: World) -> None:
    content = client_of(world.admin).get(reverse("villages:import_blank")).content
    assert [row.name for row in parse(content, 2026)] == ["张三（示例，请删除）"]


# -- notices -------------------------------------------------------------------------------------------
def test_a_notice_is_fixed_when_issued_and_names_only_who_agreed(world: World) -> None:
    last = today().replace(day=1) - dt.timedelta(days=1)
    noon = timezone.make_aware(dt.datetime.combine(last, dt.time(12)))
    shy = make_resident(world.village, "沈默然")
    from villages.models import Consent

    Consent.objects.create(
        resident=world.resident, kind="board", version=1, is_given=True, at=noon, by_user=world.user
    )
    activity = make_activity(world.village, points=6, now=noon)
    enter_sheet(activity, last, {world.resident.pk: 0, shy.pk: 0}, world.admin, now=noon, origin=ORIGIN)
    notice = publicity.issue_notice(
        world.village, last.replace(day=1), world.admin, now=timezone.now(), origin=ORIGIN
    )
    assert {(row["name"], row["earned"]) for row in notice.rows} == {("岑阿根", 6), ("沈**", 6)}
    assert notice.totals == {"earned": 12, "spent": 0, "corrected": 0, "people": 2}
    with pytest.raises(UnableToIssueNotice, match="已经公示"):
        publicity.issue_notice(
            world.village, last.replace(day=1), world.admin, now=timezone.now(), origin=ORIGIN
        )
    page = client_of(world.user).get(reverse("villages:notice", args=[notice.pk])).content.decode()
    assert notice.digest in page and "沈默然" not in page
    assert client_of(world.admin).get(reverse("villages:notice_sheet", args=[notice.pk])).content[:2] == b"PK"


def test_the_running_month_cannot_be_issued(world: World) -> None:
    with pytest.raises(UnableToIssueNotice, match="已经结束"):
        publicity.issue_notice(
            world.village, today().replace(day=1), world.admin, now=timezone.now(), origin=ORIGIN
        )


def test_the_first_page_takes_a_fixed_number_of_queries(
    world: World, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        make_resident(world.village, f"村民{number}号")
        make_activity(world.village)
    client = client_of(world.admin)
    client.get(reverse("villages:desk"))
    with django_assert_max_num_queries(40):
        page = client.get(reverse("villages:desk")).content.decode()
    assert "90 天未参与" in page and "开始使用" in page


def test_the_towns_page_takes_the_same_queries_for_one_village_and_for_five(world: World) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_of(make_person(Role.TOWN_ADMIN, agency=world.village.agency.parent))
    counts = []
    for number in range(5):
        client.get(reverse("villages:town"))
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse("villages:town")).status_code == 200
        counts.append(len(asked))
        make_village(f"33028210992{number}", f"演示{number}村", world.village.agency.parent)
    assert counts[0] == counts[-1] < 40
