"""From the day on which a student comes of age a guardian has only what a recorded basis keeps (decision 0040)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import AccessBasis, AuditEntry, Guardianship, Role, RoleKind
from gradebook.policy import scopes
from gradebook.policy.coming_of_age import day_of_age
from gradebook.policy.conversations import Correspondence
from gradebook.services import accounts, coming_of_age, custody, family, messaging, rosters
from gradebook.services.rosters import RosterError, RosterFault
from tests.school import TODAY, YEAR

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
DAY = date(2026, 11, 20)
"""Maya comes of age: the birthday of somebody born 18 years before."""
BORN = date(2008, 11, 20)


def born(school, day, now=NOW):
    details = rosters.details_of(school.maya)
    rosters.change_person(school.maya, school.oak, replace(details, birth_date=day), now, actor_id=school.pat.id)


def replace(values, **changes):
    return type(values)(**{**values.__dict__, **changes})


def change(school, link, now=NOW, **changes):
    return rosters.change_guardianship(link, replace(rosters.link_of(link), **changes), now, actor_id=school.pat.id)


def keep(school, link, now=NOW, **changes):
    basis = {"basis": AccessBasis.CONSENT, "basis_reference": "Form 7", **changes}
    return change(school, link, now, **basis)


def ends(link):
    return link.ends_on, link.rights_pass_on, link.ends_on_otherwise


def access(school, moment, adult=None):
    return custody.access_of(adult or school.dana, school.maya.id, school.oak, moment)


def midnight(school, day):
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(school.oak.timezone)).astimezone(UTC)


# --- The day


@pytest.mark.parametrize(
    ("birth_date", "age", "day"),
    [
        (BORN, 18, DAY),
        (BORN, 19, date(2027, 11, 20)),
        (date(2008, 2, 29), 18, date(2026, 3, 1)),
        (date(2008, 2, 29), 20, date(2028, 2, 29)),
        (None, 18, None),
        (BORN, None, None),
        (date(9990, 1, 1), 18, None),
    ],
)
def test_the_birthday_makes_the_day(birth_date, age, day):
    assert day_of_age(birth_date, age) == day


def test_a_recorded_day_goes_before_the_birthday_and_can_be_taken_back(school):
    born(school, BORN)
    link, other = school.dana_of_maya, date(2027, 1, 8)
    assert coming_of_age.of_age_on(school.maya, school.oak) == DAY
    coming_of_age.record_day(school.maya, school.oak, other, NOW, actor_id=school.pat.id)
    assert coming_of_age.of_age_on(school.maya, school.oak) == other
    assert link.ends_on == other
    coming_of_age.record_day(school.maya, school.oak, None, NOW, actor_id=school.pat.id)
    assert link.ends_on == DAY
    assert not coming_of_age.record_day(school.dana, school.oak, other, NOW, actor_id=school.pat.id), "no student"


def test_a_day_alone_is_enough(school):
    coming_of_age.record_day(school.maya, school.oak, DAY, NOW, actor_id=school.pat.id)
    assert school.maya.birth_date is None
    assert ends(school.dana_of_maya) == (DAY, DAY, None)


# --- What ends, and what goes on


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati", "Pacific/Honolulu"])
def test_it_ends_at_the_schools_own_midnight(school, zone):
    school.oak.timezone = zone
    born(school, BORN)
    before = access(school, midnight(school, DAY) - timedelta(minutes=1))
    assert (before.grades, before.messages) == (True, True)
    after = access(school, midnight(school, DAY))
    assert (after.grades, after.messages) == (False, False)


def test_with_a_basis_it_goes_on_and_the_other_guardian_learns_nothing(school):
    born(school, BORN)
    keep(school, school.dana_of_maya)
    assert ends(school.dana_of_maya) == (None, None, None)
    assert school.dana_of_maya.basis_entered_by == school.pat.id
    assert ends(school.rex_of_maya) == (DAY, DAY, None)
    after = access(school, midnight(school, DAY))
    assert (after.grades, after.messages) == (True, True)
    assert access(school, midnight(school, DAY), school.rex).grades is False


def test_a_basis_with_an_end_ends_then_and_never_before_the_day(school):
    born(school, BORN)
    keep(school, school.dana_of_maya, basis=AccessBasis.DEPENDENT, basis_ends_on=date(2027, 1, 1))
    assert school.dana_of_maya.ends_on == date(2027, 1, 1)
    keep(school, school.dana_of_maya, basis_ends_on=date(2026, 10, 20))
    assert school.dana_of_maya.ends_on == DAY


def test_a_basis_needs_a_reference(school):
    with pytest.raises(RosterError) as refused:
        keep(school, school.dana_of_maya, basis_reference=" ")
    assert refused.value.fault == RosterFault.NO_DOCUMENT


def test_the_links_own_end_is_kept_beside_it_and_given_back(school):
    born(school, BORN)
    change(school, school.dana_of_maya, ends_on=date(2027, 6, 30))
    assert ends(school.dana_of_maya) == (DAY, DAY, date(2027, 6, 30))
    born(school, date(2010, 1, 1))
    assert ends(school.dana_of_maya) == (date(2027, 6, 30), None, None)
    born(school, BORN)
    change(school, school.dana_of_maya, ends_on=date(2026, 11, 1))
    assert ends(school.dana_of_maya) == (date(2026, 11, 1), None, None)
    assert ends(school.gus_of_maya) == (TODAY, None, None), "what was over stays as it was"


def test_what_is_learned_late_ends_today_and_not_before(school):
    born(school, date(2008, 3, 1))
    link = school.dana_of_maya
    assert ends(link) == (TODAY, TODAY, None)
    assert ends(school.gus_of_maya) == (TODAY, None, None), "it had ended by itself"
    later = NOW + timedelta(days=40)
    change(school, link, later, relationship="mum")
    assert link.ends_on == TODAY, "the day on which it ended stays true"
    keep(school, link, later)
    assert link.ends_on is None
    change(school, link, later, basis=None)
    assert link.ends_on == later.date(), "it was used until then"


def test_a_new_guardian_of_a_student_of_age_has_nothing_without_a_basis(school):
    born(school, date(2008, 3, 1))
    link = rosters.Link("mother", TODAY)
    made = rosters.link_guardian(school.maya, school.erin, school.oak, link, NOW, actor_id=school.pat.id)
    assert not access(school, NOW, school.erin).grades
    keep(school, made)
    assert access(school, NOW, school.erin).grades


def test_another_age_of_the_school_moves_the_days(school):
    born(school, date(2008, 3, 1))
    effect = coming_of_age.effect_of_age(school.oak, 21, NOW, actor_id=school.pat.id)
    assert (effect.end_now, effect.hold_again, effect.end_later) == (0, 2, 0)
    assert (school.oak.age_of_majority, school.dana_of_maya.ends_on) == (18, TODAY), "only tried"
    coming_of_age.set_age(school.oak, 21, NOW, actor_id=school.pat.id)
    assert ends(school.dana_of_maya) == (date(2029, 3, 1), date(2029, 3, 1), None)
    coming_of_age.set_age(school.oak, None, NOW, actor_id=school.pat.id)
    assert ends(school.dana_of_maya) == (None, None, None)


def test_another_school_has_its_own_age_and_day(school):
    school.elm.age_of_majority = 21
    db.session.add(
        Role(user_id=school.maya.id, account_kind="student", school_id=school.elm.id, kind="student", begins_on=YEAR[0])
    )
    there = Guardianship(
        school_id=school.elm.id, student_id=school.maya.id, guardian_id=school.dana.id, relationship_name="mother",
        begins_on=YEAR[0],
    )  # fmt: skip
    db.session.add(there)
    born(school, BORN)
    assert (school.dana_of_maya.ends_on, there.ends_on) == (DAY, date(2029, 11, 20))
    coming_of_age.record_day(school.maya, school.oak, date(2026, 12, 1), NOW, actor_id=school.pat.id)
    assert (school.dana_of_maya.ends_on, there.ends_on) == (date(2026, 12, 1), date(2029, 11, 20))


# --- Everything that follows from the end of a link


def test_pages_and_messages_follow(school):
    """And the second wall of PostgreSQL: tests/access/test_row_security.py."""
    db.session.commit()
    pair = Correspondence(school.maya, school.algebra, school.dana, (school.rivera, school.cole))
    talk = messaging.open_conversation(pair, actor_id=school.dana.id, now=NOW)
    messaging.send(talk, author_id=school.rivera.id, body="About Maya", client_key="1", now=NOW)
    born(school, BORN)
    db.session.commit()
    minute, day = midnight(school, DAY) - timedelta(minutes=1), midnight(school, DAY)
    for moment, holds in ((minute, True), (day, False)):
        dana = accounts.person_acting_as(school.dana, moment, RoleKind.PARENT)
        assert bool(family.children_of_guardian(dana)) is holds
        assert bool(db.session.scalars(scopes.children_of(dana)).all()) is holds
        of_dana = custody.access_of(school.dana, school.maya.id, school.oak, moment)
        assert (bool(of_dana.conversations), bool(of_dana.readable)) == (holds, True), "as with a link that has ended"
    school.oak.hides_past_conversations = True
    assert not custody.access_of(school.dana, school.maya.id, school.oak, day).readable


# --- Who is told, and the log


def test_the_office_is_told_60_days_before_of_those_without_a_basis(school):
    born(school, BORN)
    assert coming_of_age.students_ending_soon(school.oak, DAY - timedelta(days=61)) == 0
    assert coming_of_age.students_ending_soon(school.oak, DAY - timedelta(days=60)) == 1
    soon = coming_of_age.ending_soon(school.oak, TODAY)
    assert {link.guardian_id for link in soon} == {school.dana.id, school.rex.id}
    assert coming_of_age.students_ending_soon(school.elm, TODAY) == 0
    keep(school, school.dana_of_maya)
    keep(school, school.rex_of_maya)
    assert coming_of_age.students_ending_soon(school.oak, TODAY) == 0


def test_each_moved_end_is_in_the_log_once(school):
    born(school, BORN)
    born(school, BORN)
    change(school, school.dana_of_maya, relationship="mum")
    acts = db.session.scalars(
        select(AuditEntry).where(AuditEntry.act.in_(("guardianship.ends_with_age", "guardianship.goes_on")))
    ).all()
    assert sorted((each.act, each.facts["guardian"], each.facts["day"]) for each in acts) == sorted(
        ("guardianship.ends_with_age", guardian.id, "2026-11-20") for guardian in (school.dana, school.rex)
    )
