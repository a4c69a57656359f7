"""The school's duties about messages through HTTP while time goes on: over the end of the year in which a class is
taught, both changes of the clocks and the end of the calendar year; what is refused beside what is allowed.

Beside its own pages: reviews (blueprints/office/test_reviews.py), successors (test_successors.py), retention
(services/test_retention.py), planned announcements and stops (services/test_announcements.py, policy/test_stops.py).
"""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from gradebook import actor
from gradebook.extensions import db
from gradebook.jobs.worker import do_one
from gradebook.models import Announcement, WritingClosure
from gradebook.services import retention
from tests.blueprints.messages.test_reach import KEY, plain
from tests.school import YEAR

LIST, NEW = "/messages/announcements", "/messages/announcements/new"
BACK = datetime(2026, 11, 1, 6, tzinfo=UTC)
"""In New York the clocks are put back: it is 2:00 of summer time and becomes 1:00."""
FORWARD = datetime(2027, 3, 14, 7, tzinfo=UTC)
"""There they are put forward: 2:00 becomes 3:00."""


def announced(browser, title, *, day=None, time="", **more):
    """The address of an announcement, sent at once or planned for that day; the key of its form is the browser's."""
    key = re.search(r'name="client_key" value="([^"]*)"', browser.get(NEW).text)[1]
    when = {"when": "now"}
    if day is not None:
        when = {"when": "later", "day-day": day.day, "day-month": day.month, "day-year": day.year, "time": time}
    data = {"title": title, "body": f"All about {title}", "client_key": key, **when, **more}
    page = browser.post(LIST, data={**data, "do": "preview"})
    if page.status_code != 200:
        return plain(page.text)
    shown = re.search(r'name="shown" value="([^"]*)"', page.text)[1]
    return browser.post(LIST, data={**data, "do": "send", "shown": shown}).location


def worked():
    """The worker does what is due by now."""
    actor.nobody_acts()
    db.session.commit()
    while do_one():
        pass


def test_what_is_planned_keeps_to_the_clocks_of_the_school_and_to_the_rights_of_its_day(school, sign_in, clock):
    last, over = YEAR[1] - timedelta(days=1), YEAR[1]
    rivera, pat, algebra = sign_in(school.rivera), sign_in(school.pat), {"sections": school.algebra.public_id}
    assert "clocks are turned forward" in announced(rivera, "Never", day=FORWARD.date(), time="2:30", **algebra)
    jump = announced(rivera, "After the jump", day=FORWARD.date(), time="3:00", **algebra)
    in_time = announced(rivera, "Last day", day=last, time="8:00", **algebra)
    too_late = announced(rivera, "Too late", day=over, time="8:00", **algebra)
    of_office = announced(pat, "Holidays", day=over, time="8:00", to="school")
    clock.set(FORWARD - timedelta(seconds=1))
    worked()
    assert sign_in(school.dana).get(jump).status_code == 404
    clock.set(FORWARD)
    worked()
    assert sign_in(school.dana).get(jump).status_code == 200
    for day, read, unread in ((last, [in_time], [too_late, of_office]), (over, [in_time, of_office], [too_late])):
        clock.set(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))  # 8:00 in New York
        worked()
        dana = sign_in(school.dana)
        assert [dana.get(each).status_code for each in read] == [200] * len(read), day
        assert [dana.get(each).status_code for each in unread] == [404] * len(unread), day
    assert "and was not sent" in plain(sign_in(school.rivera).get(too_late).text)
    assert "Answer about" not in sign_in(school.dana).get(in_time).text  # nobody writes about a class that is over


@pytest.mark.parametrize("turn", [BACK, FORWARD], ids=["back", "forward"])
def test_a_minute_to_take_back_is_a_minute_where_the_clocks_change(school, sign_in, clock, turn):
    clock.set(turn - timedelta(seconds=30))
    rivera, algebra = sign_in(school.rivera), {"sections": school.algebra.public_id}
    early, late = (announced(rivera, title, **algebra) for title in ("Early", "Late"))
    dana = sign_in(school.dana)
    assert dana.get(early).status_code == 200
    clock.advance(seconds=59)
    rivera.post(f"{early}/recall")
    clock.advance(seconds=1)
    rivera.post(f"{late}/recall")
    assert "This announcement was withdrawn" in dana.get(early).text
    assert "All about Early" not in dana.get(early).text
    assert "All about Late" in dana.get(late).text
    recalled = db.session.scalars(select(Announcement.title).where(Announcement.recalled_at.is_not(None))).all()
    assert recalled == ["Early"]


@pytest.mark.parametrize(
    ("turn", "until"), [(BACK, "Sun 1 Nov, 19:00"), (FORWARD, "Sun 14 Mar, 21:00")], ids=["back", "forward"]
)
def test_a_stop_of_a_day_ends_after_24_hours_where_the_clocks_change(school, sign_in, talk, clock, turn, until, bodies):
    address = talk("dana", "maya", "algebra")
    clock.set(turn - timedelta(hours=6))
    stop = {"scope": "everyone", "lasts": "24", "reason": "A harmful message", "confirm": "yes"}
    assert sign_in(school.pat).post("/office/messages/stops", data=stop).status_code == 303
    clock.advance(hours=24, seconds=-1)
    dana = sign_in(school.dana)
    assert f"Until {until}." in plain(dana.get(address).text)
    assert dana.post(f"{address}/messages", data={"body": "Still?", "client_key": KEY}).status_code == 403
    clock.advance(seconds=1)
    assert dana.post(f"{address}/messages", data={"body": "Again", "client_key": KEY}).status_code == 303
    assert bodies() == ["Hello", "Again"]
    assert db.session.query(WritingClosure).one().opened_at is None  # it is over by itself


def test_after_the_year_it_is_read_reported_and_kept_by_who_may_read_it(school, sign_in, talk, clock):
    address = talk("dana", "maya", "algebra", ("rivera", "Some words"))
    clock.set(datetime(2027, 6, 21, 12, tzinfo=UTC))
    dana = sign_in(school.dana)
    assert "Algebra is over" in plain(dana.get(address).text)
    assert dana.post(f"{address}/messages", data={"body": "One more", "client_key": KEY}).status_code == 403
    assert dana.post(f"{address}/messages/1/report", data={"reason": "hurtful"}).status_code == 303
    assert dana.post(f"{address}/record").status_code == 200
    for name in ("gus", "chris", "maya", "osei"):
        other = sign_in(school.people[name])
        for path in (f"{address}/messages/1/report", f"{address}/record"):
            assert other.post(path, data={"reason": "hurtful"}).status_code in (403, 404), (name, path)
    school.dana_of_maya.ends_on = date(2027, 6, 21)
    db.session.commit()
    assert "Some words" in sign_in(school.dana).get(address).text  # what was written before stays hers to read
    assert sign_in(school.dana).post(f"{address}/record").status_code == 200


def test_what_is_held_goes_when_the_hold_is_over_and_not_with_the_year(school, sign_in, talk, clock):
    held = talk("dana", "maya", "algebra", ("dana", "Held words"))
    free = talk("erin", "leo", "algebra", ("erin", "Free words"))
    new_year, later = (datetime(2034, month, 1, 5, tzinfo=UTC) for month in (1, 2))  # midnight in New York
    second = timedelta(seconds=1)

    def left(moment):
        clock.set(moment)
        retention.sweep(clock())
        db.session.commit()
        rivera = sign_in(school.rivera)
        return ["Held words" in rivera.get(held).text, "Free words" in rivera.get(free).text]

    assert left(new_year - second) == [True, True]
    until = {"last_day-day": "31", "last_day-month": "1", "last_day-year": "2034"}
    page = f"/office/people/{school.maya.public_id}/hold"
    assert sign_in(school.pat).post(page, data={"reason": "A claim", **until}).status_code == 303
    assert left(new_year) == [True, False]
    assert left(later - second) == [True, False]
    assert left(later) == [False, False]
