"""S3: what is due when, and the secret link from which a calendar app reads it."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from icalendar import Calendar

from gradebook.extensions import db
from gradebook.models import CalendarLink, Role
from gradebook.services import accounts, calendar_links
from tests.families import add_category, add_class, add_work, score, words
from tests.school import TODAY

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


@pytest.fixture
def maya(school, sign_in):
    return sign_in(school.maya)


@pytest.fixture
def work(school):
    """A category of Algebra for work on days."""
    return add_category(school.algebra, "On days", 10)


def month(client, query="") -> str:
    answer = client.get(f"/student/calendar{query}")
    assert answer.status_code == 200
    return answer.text


# --- The page


def test_the_month_of_today_lists_what_is_ahead_and_folds_what_is_behind(school, maya, work):
    add_work(work, "Ahead", due_on=date(2026, 10, 20), due_time=time(15, 30))
    text = words(month(maya))
    assert "October 2026" in text
    assert text.rindex("Earlier this month") < text.rindex("Fractions test") < text.rindex("Ahead")
    assert "Tue 20 Oct Ahead Algebra 15:30" in text


def test_all_classes_stand_together_and_each_line_leads_to_its_piece(school, maya, work):
    other = add_class(school.oak, "Maths", school.maya, pieces=0)
    piece = add_work(add_category(other, "Sheets"), "Sheet", due_on=date(2026, 10, 20))
    add_work(work, "Ahead", due_on=date(2026, 10, 20))
    page = month(maya)
    assert "Ahead Algebra" in words(page)
    assert f'href="/student/classes/{other.public_id}#work-{piece.public_id}"' in page


def test_the_table_is_a_table_of_weeks_with_today_in_it(school, maya, work):
    add_work(work, "Ahead", due_on=date(2026, 10, 20))
    table = month(maya)
    table = table[table.index('<table class="month">') : table.index("</table>")]
    assert "October 2026, 2 things due" in table
    assert len(re.findall(r"<th ", table)) == 7
    assert re.search(r'aria-current="date"><time datetime="2026-10-14">', table)
    assert 'href="#day-2026-10-20"' in table


def test_missing_work_stands_on_top_in_the_month_of_today_only(school, maya, work):
    score(add_work(work, "Lost", due_on=date(2026, 9, 2)), school.maya, status="missing")
    add_work(work, "Ahead", due_on=date(2026, 11, 20))
    assert "Missing 1 piece Lost" in words(month(maya))
    assert "1 piece" not in words(month(maya, "?month=2026-11"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"points": "5"}, "Graded"),
        ({"status": "missing"}, "Missing"),
        ({"status": "excused"}, "Excused"),
        ({"status": "turned_in"}, "Turned in"),
        ({}, "Not graded yet"),
    ],
)
def test_each_line_says_what_became_of_it_and_never_a_score(school, maya, work, content, says):
    piece = add_work(work, "The piece", due_on=date(2026, 9, 2))
    score(piece, school.maya, **content)
    text = words(month(maya, "?month=2026-09"))
    line = text[text.rindex("The piece") :]
    assert line.startswith(f"The piece Algebra {says}")


@pytest.mark.parametrize("text", ["x", "2026-13", "2026-00", "2026-1", "٢٠٢٦-١٠", "2026-10-01", ""])
def test_a_month_that_is_none_is_the_month_of_today(maya, text):
    assert "October 2026" in words(month(maya, f"?month={text}"))


@pytest.mark.parametrize(("text", "way"), [("2026-09", "next"), ("2026-12", "prev")])
def test_the_first_and_the_last_month_with_work_end_there(maya, work, text, way):
    add_work(work, "First", due_on=date(2026, 9, 20))
    add_work(work, "Last", due_on=date(2026, 12, 1))
    assert re.findall(r'rel="(prev|next)"', month(maya, f"?month={text}")) == [way]


@pytest.mark.parametrize("text", ["2026-07", "2027-01", "9999-12", "0000-01"])
def test_beyond_them_is_the_month_of_today(maya, work, text):
    add_work(work, "Last", due_on=date(2026, 12, 1))
    assert "October 2026" in words(month(maya, f"?month={text}"))


def test_work_from_before_joining_is_not_there(school, maya, work):
    add_work(work, "Long ago", due_on=date(2026, 8, 20))
    assert "Long ago" not in month(maya, "?month=2026-08")


def test_an_empty_month_and_no_classes_say_so(school, maya):
    add_work(add_category(school.algebra, "On days", 10), "Later", due_on=date(2026, 12, 1))
    assert "Nothing is due in this month." in words(month(maya, "?month=2026-11"))
    school.algebra.ended = True
    db.session.commit()
    assert "No classes yet" in words(month(maya))


@pytest.mark.parametrize("classes", [1, 6])
def test_the_page_takes_four_statements_whatever_it_shows(school, maya, count_statements, classes):
    for number in range(classes):
        add_class(school.oak, f"Class {number}", school.maya)
    db.session.commit()
    with count_statements() as seen:
        month(maya)
    assert len(seen) == 4, seen


# --- The links


def made(client) -> str:
    """The path of a new link."""
    answer = client.post("/student/calendar/links")
    assert answer.status_code == 200
    return re.search(r'value="http://[^/"]+(/student/calendar/[^"]+\.ics)"', answer.text)[1]


def test_a_link_is_shown_once_and_kept_as_a_hash(school, maya):
    path = made(maya)
    token = path.rpartition("/")[2].removesuffix(".ics")
    assert len(token) >= 43
    assert token not in maya.get("/student/calendar/links").text
    link = db.session.query(CalendarLink).one()
    assert link.token_hash == accounts.token_hash(token)
    assert (link.user_id, link.made_at) == (school.maya.id, NOW)


def test_there_are_only_so_many_links(school, maya):
    for _number in range(calendar_links.MOST_LINKS):
        made(maya)
    answer = maya.post("/student/calendar/links")
    assert answer.status_code == 422
    assert "You have 5 links. Revoke one before you make another" in answer.text
    assert db.session.query(CalendarLink).count() == calendar_links.MOST_LINKS


def test_a_revoked_link_and_a_made_up_one_get_the_same_answer(school, maya, client):
    path = made(maya)
    assert client.get(path).status_code == 200
    link = db.session.query(CalendarLink).one()
    assert maya.post(f"/student/calendar/links/{link.public_id}/ending").status_code == 303
    revoked, unknown = client.get(path), client.get("/student/calendar/AAAA.ics")
    assert revoked.status_code == unknown.status_code == 404
    assert revoked.data == unknown.data
    assert dict(revoked.headers) == dict(unknown.headers)
    assert "You have no link." in maya.get("/student/calendar/links").text


def test_nobody_revokes_the_link_of_another(school, maya, sign_in, client):
    path = made(maya)
    link = db.session.query(CalendarLink).one()
    assert sign_in(school.leo).post(f"/student/calendar/links/{link.public_id}/ending").status_code == 404
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("why", ["no role", "deactivated"])
def test_a_link_ends_with_the_student(school, maya, client, why):
    path = made(maya)
    if why == "no role":
        db.session.query(Role).filter_by(user_id=school.maya.id).one().ends_on = TODAY
    else:
        school.maya.deactivated_at = NOW
    db.session.commit()
    assert client.get(path).status_code == 404


# --- The feed


def events(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    return {str(event["summary"]): event for event in Calendar.from_ical(answer.data).walk("VEVENT")}


def test_the_feed_reads_back_with_days_and_moments(school, maya, client, work):
    add_work(work, "All day; with, signs \\ ü", due_on=date(2026, 10, 20))
    add_work(work, "At three", due_on=date(2026, 10, 21), due_time=time(15))
    add_work(work, "No day")
    found = events(client, made(maya))
    assert set(found) == {
        "Integers quiz, Algebra", "Fractions test, Algebra", "All day; with, signs \\ ü, Algebra", "At three, Algebra"
    }  # fmt: skip
    assert found["All day; with, signs \\ ü, Algebra"]["dtstart"].dt == date(2026, 10, 20)
    assert found["At three, Algebra"]["dtstart"].dt == datetime(2026, 10, 21, 19, tzinfo=UTC)  # 15:00 in New York
    assert len({str(event["uid"]) for event in found.values()}) == 4
    assert all(event["dtstamp"].dt.tzinfo for event in found.values())


def test_the_feed_has_no_scores_no_status_and_no_names(school, maya, client, work):
    piece = add_work(work, "Graded", due_on=date(2026, 10, 1))
    path = made(maya)
    before = client.get(path).data
    score(piece, school.maya, "7.31", comment="Well done")
    score(add_work(work, "Lost"), school.maya, status="missing")
    school.test.posted_at = NOW
    db.session.commit()
    text = client.get(path).data
    assert text == before
    for word in (b"7.31", b"18", b"41.5", b"Well done", b"Maya", b"Leo", b"Rivera", b"MISSING"):
        assert word not in re.sub(rb"(UID|URL|DTSTART|DTSTAMP)[^\r]*", b"", text)


def test_the_feed_is_the_students_own_classes_of_today(school, maya, client):
    path = made(maya)
    assert not [title for title in events(client, path) if "History" in title]
    add_work(add_category(add_class(school.oak, "Maths", school.maya, 0), "Work"), "Sheet", due_on=TODAY)
    db.session.commit()
    assert "Sheet, Maths" in events(client, path)


def test_work_that_is_long_over_or_not_the_students_leaves_the_feed(school, maya, client, clock, work):
    add_work(work, "Before joining", due_on=date(2026, 8, 20))
    add_work(work, "Early", due_on=date(2026, 9, 1))
    db.session.commit()
    path = made(maya)
    assert "Before joining, Algebra" not in events(client, path)
    assert "Early, Algebra" in events(client, path)
    clock.set(NOW + timedelta(days=60))
    assert "Early, Algebra" not in events(client, path)


def test_the_feed_may_be_kept_a_while_and_says_when_nothing_changed(school, maya, client):
    path = made(maya)
    answer = client.get(path)
    assert answer.headers["Cache-Control"] == "private, max-age=900"
    assert "Set-Cookie" not in answer.headers
    again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert not again.data


def test_a_link_with_nothing_behind_it_is_an_empty_calendar(school, sign_in, client):
    school.algebra.ended = True
    db.session.commit()
    assert events(client, made(sign_in(school.maya))) == {}


@pytest.mark.parametrize("token", ["x" * 5000, "%27", "é", "..%2f", "%E2%80%AE"])
def test_nonsense_for_a_link_is_not_found(school, client, token):
    assert client.get(f"/student/calendar/{token}.ics").status_code == 404


@pytest.mark.parametrize("name", ["dana", "rivera", "pat"])
@pytest.mark.parametrize("path", ["/student/calendar", "/student/calendar/links"])
def test_only_students_come_in(school, sign_in, name, path):
    assert sign_in(school.people[name]).get(path).status_code == 404
