"""Password rules, each with its own reason; history, issued and aged passwords."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

import audit
from accounts.models import User
from accounts.passwords import _without_runs
from accounts.roles import Role
from accounts.services.passwords import UnableToChangePassword, change_password, issue_password
from tests.people import PASSWORD, client_of, make_person

SYSTEM = audit.Origin.system("test")
GOOD = ["Kiln-glaze 41 harbour", "Vt9#rem-Lugo", "越窑Celadon#28晨露"]


def reasons(password: str, user: User | None = None) -> set[str]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {str(problem.code) for problem in error.error_list}
    return set()


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Ab1#efgh", "password_too_short"),
        ("Vt9#rem-Lug", "password_too_short"),
        ("only lower case words", "password_too_uniform"),
        ("Nodigitshere-Xyq", "password_too_uniform"),
        ("12345678", "password_weak"),
        ("Password@2026", "password_weak"),
        ("P@ssw0rd12345!", "password_weak"),
        ("Woaini1314520#", "password_weak"),
        ("1qaz2wsx3edC!!", "password_weak"),
        ("Qwertyuiop123!", "password_weak"),
        ("Cixi@2026#Admin", "password_weak"),
        ("Aaaaaaaaaaaa1!", "password_weak"),
        ("Abcdefghijkl1!", "password_weak"),
        ("９８７６５４３２１０Ab!", "password_weak"),
    ],
)
def test_a_poor_password_is_refused_with_its_reason(password: str, code: str) -> None:
    assert code in reasons(password)


@pytest.mark.parametrize("password", GOOD)
def test_a_good_password_is_taken(password: str) -> None:
    assert reasons(password) == set()


@pytest.mark.parametrize("password", ["Vt9#bank.manager", "Vt9#BANK.Manager", "Vt9#reganam.knab"])
def test_the_user_name_is_no_part_of_the_password(password: str) -> None:
    assert reasons(password, User(username="bank.manager")) == {"password_like_name"}


def test_three_classes_are_enough_where_the_setting_says_so(settings: object) -> None:
    settings.PASSWORD_CLASSES = 3  # type: ignore[attr-defined]
    assert reasons("kiln-glaze 41 harbour") == set()


@given(st.text(alphabet="abcdxyz0123", max_size=24))
def test_runs_are_shortened_as_the_plain_reading_says(text: str) -> None:
    kept, rest = "", text
    while rest:
        best = 1
        for length in range(2, len(rest) + 1):
            steps = {ord(b) - ord(a) for a, b in pairwise(rest[:length])}
            if len(steps) == 1 and steps <= {-1, 0, 1}:
                best = length
        kept += rest[0]
        rest = rest[best:] if best >= 4 else rest[1:]
    assert _without_runs(text) == kept


@pytest.mark.django_db
def test_the_last_five_passwords_are_refused_and_the_sixth_is_free() -> None:
    user = make_person(Role.BANK_OFFICER)
    used = [PASSWORD] + [f"Kiln-glaze {n}1 harbour" for n in range(1, 6)]
    for before, after in pairwise(used):
        change_password(user, before, after, now=timezone.now(), origin=SYSTEM)
    for password in used[1:]:
        with pytest.raises(UnableToChangePassword) as refusal:
            change_password(user, used[-1], password, now=timezone.now(), origin=SYSTEM)
        assert refusal.value.reasons == ["密码不能与最近 5 次用过的相同。"]
    change_password(user, used[-1], used[0], now=timezone.now(), origin=SYSTEM)


@pytest.mark.django_db
def test_the_current_password_is_asked_for() -> None:
    user = make_person(Role.BANK_OFFICER)
    with pytest.raises(UnableToChangePassword) as refusal:
        change_password(user, "wrong", GOOD[0], now=timezone.now(), origin=SYSTEM)
    assert refusal.value.field == "current"


@pytest.mark.django_db
def test_issued_passwords_keep_the_rules_themselves() -> None:
    user = make_person(Role.BANK_OFFICER)
    for _ in range(50):
        assert reasons(issue_password(user, timezone.now())) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("values", [
    {"must_change_password": True},
    {"password_changed_at": timezone.now() - timedelta(days=91)},
])  # fmt: skip
def test_an_issued_or_old_password_opens_only_the_change_page(values: dict[str, object]) -> None:
    client = client_of(make_person(Role.BANK_OFFICER, **values))
    for page in ("/", "/accounts/me/", "/inbox/"):
        assert client.get(page)["Location"] == "/accounts/password/"
    assert client.get("/api/v1/me").status_code == 403
    words = {"current": PASSWORD, "new": GOOD[0], "again": GOOD[0]}
    assert client.post("/accounts/password/", words)["Location"] == "/"
    assert client.get("/accounts/me/").status_code == 200


@pytest.mark.django_db
def test_a_demo_password_does_not_age() -> None:
    old = timezone.now() - timedelta(days=400)
    client = client_of(make_person(Role.BANK_OFFICER, is_demo=True, password_changed_at=old))
    assert client.get("/accounts/me/").status_code == 200


@pytest.mark.django_db
def test_every_broken_rule_is_named_on_the_page() -> None:
    client = client_of(make_person(Role.BANK_OFFICER, username="bank1"))
    page = client.post("/accounts/password/", {"current": PASSWORD, "new": "bank1", "again": "bank1"})
    text = page.content.decode()
    for sentence in ("密码至少 12 位", "须同时包含大写字母", "不能包含用户名"):
        assert text.count(sentence) == 2  # once as a rule, once as an error


@pytest.mark.django_db
def test_a_change_of_password_ends_the_other_sessions_and_keeps_this_one() -> None:
    user = make_person(Role.BANK_OFFICER)
    here, there = client_of(user), client_of(user)
    here.post("/accounts/password/", {"current": PASSWORD, "new": GOOD[0], "again": GOOD[0]})
    assert here.get("/accounts/me/").status_code == 200
    assert there.get("/accounts/me/").status_code == 302
    assert not there.session.exists(there.session.session_key or "") or "_auth_user_id" not in there.session


@pytest.mark.django_db
def test_guessing_the_current_password_ends_the_session() -> None:
    client = client_of(make_person(Role.BANK_OFFICER))
    words = {"current": "wrong", "new": GOOD[0], "again": GOOD[0]}
    answers = [client.post("/accounts/password/", words).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 200, 302]
    assert client.get("/accounts/me/")["Location"].startswith("/accounts/sign-in/")


@pytest.mark.django_db
def test_only_hashes_of_passwords_are_kept() -> None:
    user = make_person(Role.BANK_OFFICER)
    change_password(user, PASSWORD, GOOD[0], now=timezone.now(), origin=SYSTEM)
    kept = [user.password, *user.password_records.values_list("digest", flat=True)]
    assert len(kept) == 2
    assert all(PASSWORD not in digest and GOOD[0] not in digest for digest in kept)


@pytest.mark.django_db
def test_a_wrong_current_password_stands_in_the_log_as_refused(client: Client) -> None:
    from audit.models import AuditEntry as Entry

    user = make_person(Role.BANK_OFFICER)
    client_of(user).post("/accounts/password/", {"current": "no", "new": GOOD[0], "again": GOOD[0]})
    entry = Entry.objects.get(action="accounts.password.changed")
    assert (entry.result, entry.target) == ("refused", f"user:{user.pk}")
