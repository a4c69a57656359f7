"""A1: signing in, being refused, being held up, and going on to where one wanted."""

import statistics
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from gradebook.extensions import db
from gradebook.jobs.worker import do_one
from gradebook.models import Attempt, AuditEntry, Job, KnownDevice, LoginSession
from tests.school import PASSWORD, make_role, make_user

WRONG = "The username or password is not right."


def sign_in_with(client, username, password=PASSWORD, **more):
    return client.post("/auth/sign-in", data={"username": username, "password": password, **more})


def test_the_right_password_opens_the_home_of_the_role(client, school):
    answer = sign_in_with(client, "rivera")
    assert (answer.status_code, answer.location) == (303, "/teacher/")
    assert client.get("/").location == "/teacher/"


@pytest.mark.parametrize("username", [" Rivera ", "RIVERA"])
def test_case_and_blanks_of_the_username_do_not_matter(client, school, username):
    assert sign_in_with(client, username).status_code == 303


@pytest.mark.parametrize(
    ("username", "password"),
    [("rivera", "wrong"), ("nobody", PASSWORD), ("rivera", PASSWORD.upper()), ("rivera", PASSWORD + " ")],
)
def test_every_wrong_combination_gets_the_same_answer(client, school, username, password):
    answer = sign_in_with(client, username, password)
    assert answer.status_code == 422
    assert WRONG in answer.text
    assert PASSWORD not in answer.text
    assert client.get("/").location.startswith("/auth/sign-in")


def test_a_nul_is_refused_before_anything_looks_at_it(client, school):
    assert sign_in_with(client, "\0", "\0").status_code == 400


def test_nothing_typed_is_asked_for_in_words(client, school):
    answer = client.post("/auth/sign-in", data={})
    assert answer.status_code == 422
    assert "Enter your username or email" in answer.text
    assert "Enter your password" in answer.text


def test_a_deactivated_account_is_refused_like_a_wrong_password(client, school, clock):
    school.rivera.deactivated_at = clock()
    assert WRONG in sign_in_with(client, "rivera").text


def test_an_account_without_a_password_is_refused_like_a_wrong_one(client, school):
    school.rivera.password_hash = None
    assert WRONG in sign_in_with(client, "rivera", "").text or sign_in_with(client, "rivera", "x").status_code == 422


def test_an_address_signs_in_only_once_confirmed_and_only_where_one_account_has_it(client, school, clock):
    school.dana.email, school.dana.email_key = "Home@Example.org", "home@example.org"
    assert sign_in_with(client, "home@example.org").status_code == 422
    school.dana.email_confirmed_at = clock()
    assert sign_in_with(client, "HOME@example.org").status_code == 303
    school.gus.email, school.gus.email_key, school.gus.email_confirmed_at = (
        "home@example.org",
        "home@example.org",
        clock(),
    )
    client.post("/auth/sign-out")
    assert sign_in_with(client, "home@example.org").status_code == 422


def test_ten_wrong_tries_hold_the_account_up_for_five_minutes(client, app, school, clock):
    for _ in range(10):
        assert sign_in_with(client, "rivera", "wrong").status_code == 422
    held_up = sign_in_with(client, "rivera")
    assert held_up.status_code == 429
    assert "Too many tries" in held_up.text
    assert sign_in_with(app.test_client(), "osei").status_code == 303, "others are not held up"
    clock.advance(minutes=5, seconds=1)
    assert sign_in_with(client, "rivera").status_code == 303


def test_a_stranger_cannot_lock_out_a_device_that_signed_in_before(app, school, clock):
    own_device, stranger = app.test_client(), app.test_client()
    assert sign_in_with(own_device, "rivera").status_code == 303
    own_device.post("/auth/sign-out")
    for _ in range(12):
        sign_in_with(stranger, "rivera", "wrong")
    assert sign_in_with(stranger, "rivera").status_code == 429
    assert sign_in_with(own_device, "rivera").status_code == 303


def test_a_device_known_to_one_account_gets_no_allowance_for_another(app, school, clock):
    device, stranger = app.test_client(), app.test_client()
    assert sign_in_with(device, "osei").status_code == 303
    device.post("/auth/sign-out")
    for _ in range(10):
        sign_in_with(stranger, "rivera", "wrong")
    assert sign_in_with(device, "rivera").status_code == 429


def test_a_network_is_held_up_after_a_hundred_failures(client, app, school, clock):
    db.session.add_all(
        Attempt(kind="password", at=clock(), account_key=f"a{number}", network="127.0.0.1") for number in range(100)
    )
    assert sign_in_with(client, "rivera").status_code == 429
    other = app.test_client()
    answer = other.post(
        "/auth/sign-in", data={"username": "rivera", "password": PASSWORD}, environ_base={"REMOTE_ADDR": "10.9.8.7"}
    )
    assert answer.status_code == 303


def test_successes_do_not_count(client, school):
    for _ in range(12):
        assert sign_in_with(client, "rivera").status_code == 303
        client.post("/auth/sign-out")
    assert db.session.scalar(select(func.count()).select_from(Attempt)) == 0


def test_the_name_as_typed_is_not_kept(client, school):
    sign_in_with(client, PASSWORD, "wrong")
    kept = db.session.scalars(select(Attempt)).one()
    assert PASSWORD not in (kept.account_key, kept.network)


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/auth/sessions", "/auth/sessions"),
        ("/auth/sessions?page=2", "/auth/sessions?page=2"),
        ("//evil.example", "/teacher/"),
        ("/\\evil.example", "/teacher/"),
        ("\\\\evil.example", "/teacher/"),
        ("///evil.example", "/teacher/"),
        ("https://evil.example/auth/sessions", "/teacher/"),
        ("/auth/sessions\n//evil.example", "/teacher/"),
        ("/no/such/page", "/teacher/"),
        ("/auth/sign-out", "/teacher/"),
        ("/auth/sign-in", "/teacher/"),
        ("javascript:alert(1)", "/teacher/"),
        ("", "/teacher/"),
    ],
)
def test_next_leads_only_to_known_pages_of_this_site(client, school, wanted, goes_to):
    answer = client.post(
        "/auth/sign-in", query_string={"next": wanted}, data={"username": "rivera", "password": PASSWORD}
    )
    assert (answer.status_code, answer.location) == (303, goes_to)


def test_a_closed_page_comes_back_after_signing_in(client, school):
    answer = client.get("/auth/sessions?page=2")
    assert answer.location == "/auth/sign-in?next=/auth/sessions?page%3D2"
    assert client.get("/auth/sessions", headers={"X-Requested-With": "fetch"}).status_code == 401


def test_someone_without_a_role_today_is_told_so(client, school):
    make_user("stray", "Stan Stray")
    sign_in_with(client, "stray")
    answer = client.get("/")
    assert answer.status_code == 403
    assert "no role at a school today" in answer.text


def test_a_role_that_has_not_begun_or_has_ended_opens_nothing(client, school, clock):
    late = make_user("late", "Lara Late")
    make_role(late, school.oak, "teacher", begins_on=clock().date() + timedelta(days=1))
    gone = make_user("gone", "Gil Gone")
    make_role(gone, school.oak, "teacher", ends_on=clock().date())
    for username in ("late", "gone"):
        sign_in_with(client, username)
        assert client.get("/").status_code == 403
        client.post("/auth/sign-out")


def test_unknown_and_known_names_take_the_same_time(client, school):
    """The hash is worked out either way: without it an unknown name would answer in a tenth of the time."""
    times: dict[str, list[float]] = {"rivera": [], "nobody": []}
    for round_ in range(4):
        for username, taken in times.items():
            db.session.query(Attempt).delete()
            started = time.process_time()
            sign_in_with(client, username, f"wrong {round_}")
            taken.append(time.process_time() - started)
    known, unknown = statistics.median(times["rivera"]), statistics.median(times["nobody"])
    assert 0.5 < known / unknown < 2


@pytest.mark.parametrize(("username", "most"), [("maya", 6), ("rivera", 8)])
def test_signing_in_on_a_new_device_costs_six_statements_and_an_adult_two_more(
    app, school, count_statements, username, most
):
    """An adult can have a second step, and a new device is written down."""
    browser = app.test_client()
    browser.get("/auth/sign-in")
    with count_statements() as statements:
        assert sign_in_with(browser, username).status_code == 303
    assert len(statements) <= most, statements
    assert db.session.scalar(select(func.count()).select_from(KnownDevice)) == 1
    assert db.session.scalar(select(func.count()).select_from(LoginSession)) == 1


# --- What the log keeps of it


def logged(act):
    """(who, facts) of each such entry."""
    rows = db.session.scalars(select(AuditEntry).where(AuditEntry.act == act).order_by(AuditEntry.id))
    return [(row.person_id, row.facts) for row in rows]


def test_a_new_device_of_a_guardian_is_written_down_and_a_known_one_is_not(client, school):
    for _ in range(2):
        sign_in_with(client, "dana")
        client.post("/auth/sign-out")
    ((who, facts),) = logged("account.signed_in")
    assert who == school.dana.id
    assert facts == {"device": "Browser", "new": True, "kept": False, "step": None}


def test_a_student_is_written_down_only_on_a_device_that_is_kept(client, app, school):
    """A school's own devices forget who was there: each sign-in would be one on a new device."""
    sign_in_with(client, "maya")
    assert logged("account.signed_in") == []
    sign_in_with(app.test_client(), "maya", own_device="y")
    ((who, facts),) = logged("account.signed_in")
    assert (who, facts["kept"]) == (school.maya.id, True)


def test_each_sign_in_of_the_office_is_written_down(client, school):
    sign_in_with(client, "pat")
    client.post("/auth/sign-out")
    sign_in_with(client, "pat")
    assert [facts["new"] for _who, facts in logged("account.signed_in")] == [True, False]


def test_an_account_that_is_held_up_is_written_down_once_an_hour(client, school, clock):
    for _ in range(13):
        sign_in_with(client, "rivera", "wrong")
    while do_one():
        pass
    assert logged("account.held_up") == [(school.rivera.id, {"tried": "password"})]


def test_a_name_that_nobody_has_is_held_up_just_the_same_and_not_written_down(client, school, count_statements):
    """Whether there is such an account shows neither in the answer nor in what it costs."""
    asked = {}
    for name in ("rivera", PASSWORD):
        for _ in range(10):
            sign_in_with(client, name, "wrong")
        with count_statements() as statements:
            assert sign_in_with(client, name, "wrong").status_code == 429
        asked[name] = len(statements)
    assert asked["rivera"] == asked[PASSWORD]
    assert PASSWORD not in repr([job.arguments for job in db.session.scalars(select(Job))])
    while do_one():
        pass
    assert [who for who, _facts in logged("account.held_up")] == [school.rivera.id]
