"""When a teacher is told: by the clocks of the school, through days off and both changes of the clocks."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.exc import IntegrityError

from gradebook.clock import Span
from gradebook.extensions import db
from gradebook.services import office_hours
from gradebook.services.office_hours import HoursOf, WrongHours

WORKDAYS = {str(day): [480, 960] for day in range(5)}  # Monday to Friday, 08:00 to 16:00
NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def told(moment: str, days=WORKDAYS, zone=NEW_YORK, off=()) -> datetime:
    return HoursOf(days, zone, off).from_then(at(moment))


@pytest.mark.parametrize(
    ("sent", "is_told"),
    [
        ("2026-10-14T08:00-04:00", "2026-10-14T08:00-04:00"),  # the first minute
        ("2026-10-14T15:59:59-04:00", "2026-10-14T15:59:59-04:00"),  # the last second
        ("2026-10-14T07:59:59-04:00", "2026-10-14T08:00-04:00"),
        ("2026-10-14T16:00-04:00", "2026-10-15T08:00-04:00"),
        ("2026-10-14T23:59-04:00", "2026-10-15T08:00-04:00"),
        ("2026-10-16T16:00-04:00", "2026-10-19T08:00-04:00"),  # Friday afternoon
        ("2026-10-17T12:00-04:00", "2026-10-19T08:00-04:00"),  # Saturday
    ],
)
def test_a_notice_is_held_until_the_minute_in_which_the_hours_begin(sent, is_told):
    assert told(sent) == at(is_told)


def test_without_hours_a_teacher_is_told_at_once():
    assert told("2026-10-17T03:00-04:00", {}) == at("2026-10-17T03:00-04:00")


def test_the_day_is_that_of_the_school():
    assert told("2026-10-14T23:30+00:00", zone="Asia/Tokyo") == at("2026-10-15T08:30+09:00")  # Thursday there
    assert told("2026-10-16T22:30+00:00", zone="Asia/Tokyo") == at("2026-10-19T08:00+09:00")  # Saturday there


def test_days_without_lessons_are_passed_over():
    off = [Span(date(2026, 10, 15), date(2026, 10, 20)), Span(date(2026, 10, 20), date(2026, 10, 21))]
    assert told("2026-10-14T17:00-04:00", off=off) == at("2026-10-21T08:00-04:00")
    assert told("2026-10-15T10:00-04:00", off=off) == at("2026-10-21T08:00-04:00")
    assert told("2026-10-14T15:00-04:00", off=off) == at("2026-10-14T15:00-04:00")


def test_a_school_that_never_says_when_lessons_begin_again_holds_nothing_back_for_ever():
    off = [Span(date(2026, 1, 1), date(2036, 1, 1))]
    assert told("2026-10-14T17:00-04:00", off=off) == at("2026-10-14T17:00-04:00")


# --- The clocks are put forward in New York on 14 March 2027, and back on 1 November 2026, both a Sunday at 02:00

SUNDAY = "6"


def test_hours_begin_at_the_same_time_of_day_before_and_after_the_clocks_change():
    assert told("2026-10-30T17:00-04:00") == at("2026-11-02T08:00-05:00")
    assert told("2027-03-12T17:00-05:00") == at("2027-03-15T08:00-04:00")
    assert told("2027-03-26T17:00+01:00", zone=BERLIN) == at("2027-03-29T08:00+02:00")


def test_hours_that_begin_at_a_time_that_does_not_exist_begin_with_the_jump():
    assert told("2027-03-14T01:00-05:00", {SUNDAY: [150, 300]}) == at("2027-03-14T03:00-04:00")
    assert told("2027-03-28T01:00+01:00", {SUNDAY: [150, 300]}, BERLIN) == at("2027-03-28T03:00+02:00")


def test_hours_that_lie_in_the_jump_are_none_on_that_day():
    assert told("2027-03-14T01:00-05:00", {SUNDAY: [125, 175]}) == at("2027-03-21T02:05-04:00")


def test_hours_that_end_in_the_jump_end_with_it():
    assert told("2027-03-14T01:59-05:00", {SUNDAY: [60, 150]}) == at("2027-03-14T01:59-05:00")
    assert told("2027-03-14T03:00-04:00", {SUNDAY: [60, 150]}) == at("2027-03-21T01:00-04:00")


def test_hours_that_begin_at_a_time_that_comes_twice_begin_the_first_time():
    assert told("2026-11-01T00:30-04:00", {SUNDAY: [90, 300]}) == at("2026-11-01T01:30-04:00")
    assert told("2026-11-01T01:10-05:00", {SUNDAY: [90, 300]}) == at("2026-11-01T01:10-05:00")  # begun an hour ago


def test_hours_that_last_over_the_hour_that_comes_twice_last_an_hour_longer():
    within = "2026-11-01T03:59-05:00"
    assert told(within, {SUNDAY: [0, 240]}) == at(within)
    assert told("2026-11-01T04:00-05:00", {SUNDAY: [0, 240]}) == at("2026-11-08T00:00-05:00")


def test_hours_last_to_midnight():
    assert told("2026-11-01T23:59:59-05:00", {SUNDAY: [0, 1440]}) == at("2026-11-01T23:59:59-05:00")
    assert told("2026-11-02T00:00-05:00", {SUNDAY: [0, 1440]}) == at("2026-11-08T00:00-05:00")


# --- What is stored


def test_hours_are_kept_changed_and_given_up(school):
    who = (school.rivera.id, school.oak.id)
    assert office_hours.own_days(*who) == {}
    for days in ({"0": [480, 960]}, {"1": [0, 1440]}, {}):
        office_hours.set_own_days(*who, days)
        assert office_hours.own_days(*who) == days


@pytest.mark.parametrize("span", [[480, 480], [960, 480], [-1, 480], [480, 1441]])
def test_hours_end_after_they_begin(school, span):
    with pytest.raises(WrongHours):
        office_hours.set_own_days(school.rivera.id, school.oak.id, {"0": span})


def test_only_a_teacher_can_have_hours(school):
    office_hours.set_own_days(school.maya.id, school.oak.id, {"0": [480, 960]})
    with pytest.raises(IntegrityError):
        db.session.flush()


def test_days_off_are_the_schools_own(school, clock):
    span = Span(date(2026, 10, 19), date(2026, 10, 24))
    office_hours.add_days_off(school.oak, "Autumn break", span, clock(), actor_id=school.pat.id)
    assert office_hours.days_off_of(school.oak.id) == [span]
    assert office_hours.days_off_of(school.elm.id) == []
    [row] = office_hours.days_off(school.oak)
    office_hours.remove_days_off(school.oak, row, clock(), actor_id=school.pat.id)
    assert office_hours.days_off_of(school.oak.id) == []
    with pytest.raises(WrongHours):
        office_hours.add_days_off(school.oak, "None", Span(*[span.begins_on] * 2), clock(), actor_id=school.pat.id)
