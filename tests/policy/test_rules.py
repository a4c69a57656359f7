"""The table of rules: complete, refusing by default, and following the dates of the school's own time zone."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gradebook.models import RoleKind
from gradebook.policy.actions import Action
from gradebook.policy.rules import RULES, can
from gradebook.services import accounts
from tests.school import enroll, make_role, make_section, make_user


def test_every_action_has_its_rule_and_the_names_are_in_order():
    assert set(RULES) == set(Action)
    assert [action.value for action in Action] == sorted(action.value for action in Action)


def test_an_unknown_action_is_an_error_and_a_visitor_may_nothing(school):
    with pytest.raises(ValueError, match="section:burn"):
        can(None, "section:burn")
    assert not any(can(None, action, school.algebra) for action in Action)


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati", "Asia/Tokyo", "Pacific/Honolulu"])
def test_a_right_ends_at_the_schools_own_midnight(school, zone):
    """West and east of UTC: one minute before midnight the right holds, at midnight it is gone."""
    from zoneinfo import ZoneInfo

    school.oak.timezone = zone
    last, first_without = date(2026, 10, 20), date(2026, 10, 21)
    section = make_section(school.oak, "Chess")
    teacher = make_user("chess", "Cora Chess")
    make_role(teacher, school.oak, RoleKind.TEACHER)
    enroll(teacher, section, "lead", ends_on=first_without)
    midnight = datetime(first_without.year, first_without.month, first_without.day, tzinfo=ZoneInfo(zone))
    before = accounts.person_acting_as(teacher, (midnight - timedelta(minutes=1)).astimezone(UTC), RoleKind.TEACHER)
    after = accounts.person_acting_as(teacher, midnight.astimezone(UTC), RoleKind.TEACHER)
    assert before.school_days[school.oak.id] == last
    assert can(before, "section:grade", section)
    assert not can(after, "section:grade", section)


def test_a_right_begins_at_midnight_too(school):
    section = make_section(school.elm, "Go")
    teacher = make_user("go", "Gen Go")
    make_role(teacher, school.elm, RoleKind.TEACHER)
    enroll(teacher, section, "lead", begins_on=date(2026, 10, 21))
    tokyo_midnight = datetime(2026, 10, 20, 15, 0, tzinfo=UTC)
    early = accounts.person_acting_as(teacher, tokyo_midnight - timedelta(minutes=1), RoleKind.TEACHER)
    there = accounts.person_acting_as(teacher, tokyo_midnight, RoleKind.TEACHER)
    assert not can(early, "section:grade", section)
    assert can(there, "section:grade", section)


def test_rights_come_from_the_role_in_use_only(school, clock):
    """Tess teaches Leo's history class and is his stepmother."""
    as_teacher = accounts.person_acting_as(school.tess, clock(), RoleKind.TEACHER)
    as_parent = accounts.person_acting_as(school.tess, clock(), RoleKind.PARENT)
    assert can(as_teacher, "section:grade", school.history)
    assert not can(as_teacher, "grades:see_child", school.leo)
    assert can(as_parent, "grades:see_child", school.leo)
    assert not can(as_parent, "section:grade", school.history)


def test_a_guardian_opens_messages_only_once_the_office_has_seen_who_it_is(school, clock):
    dana = accounts.person_acting_as(school.dana, clock(), RoleKind.PARENT)
    assert can(dana, "messages:use")
    school.dana.identity_seen_at = None
    dana = accounts.person_acting_as(school.dana, clock(), RoleKind.PARENT)
    assert not can(dana, "messages:use")
    assert can(dana, "grades:see_child", school.maya), "grades are shown at once"
