"""What the school office and roster files write about people, guardians and classes."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.models import (
    AcademicSession,
    AccountKind,
    AuditEntry,
    Category,
    Course,
    Enrollment,
    Participant,
    Position,
    Restriction,
    RoleKind,
    SessionKind,
    User,
)
from gradebook.policy import scopes
from gradebook.policy.conversations import Correspondence
from gradebook.services import accounts, custody, directory, messaging, rosters
from gradebook.services.directory import AccountStatus, PeopleFilter
from gradebook.services.rosters import Details, Link, Order, Place, RosterError, RosterFault
from tests.school import TODAY, YEAR, make_role, make_user

TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)


def details(name="Nora North", **more):
    return Details(**{"display_name": name, "sort_name": name, "called": name, "username": "nora", **more})


def add_person(school, kind=RoleKind.PARENT, **more):
    return rosters.add_person(school.oak, kind, details(**more), TODAY, utc_now(), actor_id=school.pat.id)


def refused(fault, act):
    with pytest.raises(RosterError) as error:
        act()
    assert error.value.fault == fault


def acts():
    db.session.flush()
    return [entry.act for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


# --- People


def test_a_new_person_has_a_role_and_no_password(school):
    nora = add_person(school, RoleKind.TEACHER, email="Nora@Oak.example")
    assert (nora.account_kind, nora.password_hash, nora.email_key) == (AccountKind.ADULT, None, "nora@oak.example")
    assert rosters.role_of(nora, school.oak, RoleKind.TEACHER).begins_on == TODAY
    assert acts() == ["person.created", "role.created"]


def test_a_username_is_taken_whatever_its_case_and_school(school):
    refused(RosterFault.USERNAME_TAKEN, lambda: add_person(school, username="QUINN"))


def test_two_at_the_same_moment_cannot_have_one_username(school, monkeypatch):
    """The look before the insert finds nobody; the constraint does."""
    db.session.commit()
    monkeypatch.setattr(db.session, "scalar", lambda *_args: None)
    refused(RosterFault.USERNAME_TAKEN, lambda: add_person(school, username="quinn"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Inés Rivera", "ines.rivera"), ("Maya", "maya2"), ("María del Mar Ruiz", "maria.ruiz"), ("O’Neil", "o.neil")],
)
def test_a_username_is_made_from_the_name(school, name, expected):
    assert rosters.suggest_username(name) == expected


def test_a_name_without_latin_letters_gets_a_username_too(school):
    assert rosters.suggest_username("王秀英").startswith("user")


def test_a_new_address_is_not_confirmed(school):
    school.dana.email, school.dana.email_key, school.dana.email_confirmed_at = "d@x.org", "d@x.org", utc_now()
    changed = {**rosters.details_of(school.dana).__dict__, "email": "other@x.org"}
    assert rosters.change_person(school.dana, school.oak, Details(**changed), utc_now(), actor_id=school.pat.id)
    assert school.dana.email_confirmed_at is None
    assert acts() == ["person.changed"]


def test_nothing_changed_is_no_entry(school):
    same = rosters.details_of(school.dana)
    assert not rosters.change_person(school.dana, school.oak, same, utc_now(), actor_id=school.pat.id)
    assert acts() == []


def test_one_office_cannot_change_how_another_schools_account_signs_in(school):
    make_role(school.dana, school.elm, RoleKind.TEACHER)
    taken_over = Details(**{**rosters.details_of(school.dana).__dict__, "username": "mine.now"})
    refused(
        RosterFault.USED_ELSEWHERE,
        lambda: rosters.change_person(school.dana, school.oak, taken_over, utc_now(), actor_id=school.pat.id),
    )
    refused(
        RosterFault.USED_ELSEWHERE,
        lambda: rosters.deactivate(school.dana, school.oak, utc_now(), actor_id=school.pat.id),
    )
    phone = Details(**{**rosters.details_of(school.dana).__dict__, "phone": "555"})
    assert rosters.change_person(school.dana, school.oak, phone, utc_now(), actor_id=school.pat.id)


def test_a_role_that_ended_elsewhere_does_not_count(school):
    make_role(school.dana, school.elm, RoleKind.TEACHER, ends_on=YESTERDAY)
    assert not rosters.is_used_elsewhere(school.dana, school.oak, utc_now())


# --- Roles and the account


def test_a_students_account_holds_no_other_role(school):
    for kind in (RoleKind.TEACHER, RoleKind.PARENT, RoleKind.OFFICE):
        refused(
            RosterFault.STUDENT_ACCOUNT,
            lambda kind=kind: rosters.give_role(
                school.maya, school.oak, kind, TODAY, utc_now(), actor_id=school.pat.id
            ),
        )


def test_an_adult_does_not_become_a_student(school):
    refused(
        RosterFault.ADULT_ACCOUNT,
        lambda: rosters.give_role(school.dana, school.oak, RoleKind.STUDENT, TODAY, utc_now(), actor_id=school.pat.id),
    )


def test_a_role_is_held_once_and_an_ended_one_opens_again(school):
    role = rosters.role_of(school.rivera, school.oak, RoleKind.TEACHER)
    refused(
        RosterFault.HAS_ROLE,
        lambda: rosters.give_role(school.rivera, school.oak, RoleKind.TEACHER, TODAY, utc_now(), actor_id=1),
    )
    rosters.end_role(role, YESTERDAY, utc_now(), actor_id=school.pat.id)
    rosters.give_role(school.rivera, school.oak, RoleKind.TEACHER, TODAY, utc_now(), actor_id=school.pat.id)
    assert (role.begins_on, role.ends_on) == (TODAY, None)


def test_the_end_of_a_role_ends_the_places_in_classes(school):
    number = school.algebra.last_seq
    role = rosters.role_of(school.maya, school.oak, RoleKind.STUDENT)
    rosters.end_role(role, TODAY, utc_now(), actor_id=school.pat.id)
    place = db.session.scalar(select(Enrollment).where(Enrollment.user_id == school.maya.id))
    assert (place.ends_on, school.algebra.last_seq) == (TODAY, number + 1)


def test_the_last_office_role_stays(school):
    role = rosters.role_of(school.pat, school.oak, RoleKind.OFFICE)
    refused(RosterFault.LAST_OFFICE, lambda: rosters.end_role(role, TODAY, utc_now(), actor_id=school.pat.id))
    without_password = add_person(school, RoleKind.OFFICE)
    refused(RosterFault.LAST_OFFICE, lambda: rosters.end_role(role, TODAY, utc_now(), actor_id=school.pat.id))
    without_password.password_hash = "x"
    rosters.end_role(role, TODAY, utc_now(), actor_id=school.pat.id)
    assert role.ends_on == TODAY


def test_nobody_locks_the_own_account_and_locking_ends_every_session(school):
    refused(RosterFault.ONE_SELF, lambda: rosters.deactivate(school.pat, school.oak, utc_now(), actor_id=school.pat.id))
    epoch = school.dana.auth_epoch
    rosters.deactivate(school.dana, school.oak, utc_now(), actor_id=school.pat.id)
    assert (school.dana.deactivated_at, school.dana.auth_epoch) == (utc_now(), epoch + 1)
    rosters.reactivate(school.dana, school.oak, utc_now(), actor_id=school.pat.id)
    assert school.dana.deactivated_at is None
    assert acts() == ["account.deactivated", "account.reactivated"]


def test_identity_is_seen_by_someone_else(school):
    school.dana.identity_seen_at = None
    refused(
        RosterFault.ONE_SELF,
        lambda: rosters.see_identity(school.pat, school.oak, True, utc_now(), actor_id=school.pat.id),
    )
    rosters.see_identity(school.dana, school.oak, True, utc_now(), actor_id=school.pat.id)
    rosters.see_identity(school.dana, school.oak, True, utc_now(), actor_id=school.pat.id)
    assert school.dana.identity_seen_at == utc_now()
    assert acts() == ["account.identity_seen"]


# --- Guardians


def link(school, relationship="mother", guardian=None, student=None, **more):
    return rosters.link_guardian(
        student or school.zoe, guardian or school.dana, school.oak, Link(relationship, TODAY, **more), utc_now(),
        actor_id=school.pat.id,
    )  # fmt: skip


@pytest.mark.parametrize("relationship", ["Mother", "father", "Legal guardian", "foster_carer"])
def test_parents_and_legal_guardians_have_rights(school, relationship):
    made = link(school, relationship)
    assert made.may_see_grades
    assert made.may_message


@pytest.mark.parametrize("relationship", ["relative", "grandmother", "neighbour", "emergency contact", "other"])
def test_nobody_else_has_rights_unless_the_office_says_so(school, relationship):
    made = link(school, relationship)
    assert not made.may_see_grades
    assert not made.may_message
    rosters.end_guardianship(made, TODAY, utc_now(), actor_id=school.pat.id)
    assert link(school, relationship, may_see_grades=True).may_see_grades


def test_a_link_gives_the_parent_role(school):
    link(school, guardian=school.rivera)
    role = rosters.role_of(school.rivera, school.oak, RoleKind.PARENT)
    assert (role.begins_on, role.ends_on) == (TODAY, None)


def test_a_link_from_earlier_brings_the_parent_role_forward(school):
    nora = add_person(school)
    earlier = TODAY - timedelta(days=30)
    rosters.link_guardian(school.zoe, nora, school.oak, Link("mother", earlier), utc_now(), actor_id=school.pat.id)
    assert rosters.role_of(nora, school.oak, RoleKind.PARENT).begins_on == earlier


def test_who_cannot_be_a_guardian(school):
    refused(RosterFault.ONE_SELF, lambda: link(school, guardian=school.zoe))
    refused(RosterFault.STUDENT_ACCOUNT, lambda: link(school, guardian=school.leo))
    refused(RosterFault.NOT_A_STUDENT, lambda: link(school, student=school.erin))
    refused(RosterFault.ALREADY_LINKED, lambda: link(school, guardian=school.chris))
    refused(RosterFault.DATES, lambda: link(school, ends_on=YESTERDAY))


def test_a_link_that_ended_opens_again_as_the_same_row(school):
    again = link(school, "foster carer", guardian=school.gus, student=school.maya)
    assert again.id == school.gus_of_maya.id
    assert (again.begins_on, again.ends_on, again.ended_by_office) == (TODAY, None, False)


def test_an_end_holds_at_once_and_says_who_ended_it(school):
    def sees():
        person = accounts.person_acting_as(school.dana, utc_now(), RoleKind.PARENT)
        return school.maya.id in db.session.scalars(scopes.children_of(person)).all()

    assert sees()
    rosters.end_guardianship(school.dana_of_maya, TODAY, utc_now(), actor_id=school.pat.id)
    assert not sees()
    assert school.dana_of_maya.ended_by_office
    rosters.change_guardianship(school.dana_of_maya, Link("mother", YEAR[0]), utc_now(), actor_id=school.pat.id)
    assert sees()
    rosters.end_guardianship(school.dana_of_maya, TODAY, utc_now(), actor_id=None)
    assert not school.dana_of_maya.ended_by_office
    assert acts() == ["guardianship.changed"] * 3


# --- Orders


def order(**more):
    return Order(**{"no_contact": True, "no_records": True, "hide_address": False, "document_reference": "FC 1",
                    "begins_on": TODAY, **more})  # fmt: skip


def restrict(school, **more):
    return rosters.restrict(school.maya, school.dana, school.oak, order(**more), utc_now(), actor_id=school.pat.id)


def test_an_order_holds_before_anyone_confirms_it(school):
    assert custody.access_of(school.dana, school.maya.id, school.oak, utc_now()).grades
    restrict(school)
    assert not custody.access_of(school.dana, school.maya.id, school.oak, utc_now()).grades
    assert acts() == ["restriction.created"]


def test_an_order_says_what_it_takes_away_and_where_it_is_written(school):
    refused(RosterFault.NOTHING_RESTRICTED, lambda: restrict(school, no_contact=False, no_records=False))
    refused(RosterFault.NO_DOCUMENT, lambda: restrict(school, document_reference="  "))
    refused(RosterFault.DATES, lambda: restrict(school, ends_on=TODAY))


def test_an_order_is_confirmed_by_a_second_person_who_is_not_its_subject(school):
    made = restrict(school)
    refused(RosterFault.SECOND_PERSON, lambda: rosters.confirm_restriction(made, utc_now(), actor_id=school.pat.id))
    refused(RosterFault.ONE_SELF, lambda: rosters.confirm_restriction(made, utc_now(), actor_id=school.dana.id))
    rosters.confirm_restriction(made, utc_now(), actor_id=school.tess.id)
    assert made.confirmed_by == school.tess.id
    refused(
        RosterFault.ALREADY_CONFIRMED, lambda: rosters.confirm_restriction(made, utc_now(), actor_id=school.erin.id)
    )


def test_lifting_waits_for_a_second_person(school):
    made = restrict(school)
    refused(RosterFault.NOT_ASKED, lambda: rosters.lift(made, TODAY, utc_now(), actor_id=school.tess.id))
    refused(RosterFault.ONE_SELF, lambda: rosters.ask_to_lift(made, TODAY, utc_now(), actor_id=school.dana.id))
    rosters.ask_to_lift(made, TODAY, utc_now(), actor_id=school.pat.id)
    assert made.ends_on is None
    refused(RosterFault.SECOND_PERSON, lambda: rosters.lift(made, TODAY, utc_now(), actor_id=school.pat.id))
    refused(RosterFault.ONE_SELF, lambda: rosters.lift(made, TODAY, utc_now(), actor_id=school.dana.id))
    rosters.lift(made, TOMORROW, utc_now(), actor_id=school.tess.id)
    assert made.ends_on == TOMORROW, "it held until the second person agreed"
    assert made.lift_on is None


def test_a_request_to_lift_can_be_turned_down(school):
    made = restrict(school)
    rosters.ask_to_lift(made, TODAY, utc_now(), actor_id=school.pat.id)
    rosters.keep_restriction(made, utc_now(), actor_id=school.tess.id)
    refused(RosterFault.NOT_ASKED, lambda: rosters.lift(made, TODAY, utc_now(), actor_id=school.tess.id))


# --- What a change would do


def test_a_preview_says_what_the_policy_will_say_and_writes_nothing(school):
    _talk(school)

    def end():
        rosters.end_guardianship(school.dana_of_maya, TODAY, utc_now(), actor_id=school.pat.id)

    preview = custody.preview(end, school.maya, school.oak, utc_now())
    (effect,) = preview.effects
    assert (effect.guardian, effect.is_today, effect.before.grades, effect.after.grades) == (
        "Dana Diaz",
        True,
        True,
        False,
    )
    assert len(effect.before.conversations) == 1
    assert effect.teachers == ("Abe Cole", "Inés Rivera")
    assert preview.nobody_left == TODAY, "Gus has left and Rex is under an order"
    db.session.expire_all()
    assert school.dana_of_maya.ends_on is None
    assert acts() == []
    assert custody.access_of(school.dana, school.maya.id, school.oak, utc_now()) == effect.before
    end()
    db.session.flush()
    assert custody.access_of(school.dana, school.maya.id, school.oak, utc_now()) == effect.after


def test_a_preview_looks_at_the_days_to_come(school):
    later = TODAY + timedelta(days=40)

    def end():
        rosters.end_guardianship(school.erin_of_leo, later, utc_now(), actor_id=school.pat.id)

    preview = custody.preview(end, school.leo, school.oak, utc_now())
    assert [(effect.guardian, effect.day, effect.is_today) for effect in preview.effects] == [
        ("Erin Evans", later, False)
    ]
    assert preview.nobody_left is None, "Tess is still there"


def test_a_preview_of_someone_new_leaves_nobody_behind(school):
    def add():
        rosters.link_guardian(
            school.zoe, add_person(school), school.oak, Link("mother", TODAY), utc_now(), actor_id=school.pat.id
        )

    (effect,) = custody.preview(add, school.zoe, school.oak, utc_now()).effects
    assert (effect.guardian, effect.after.grades, effect.waits_for_identity) == ("Nora North", True, True)
    assert db.session.scalar(select(User.id).where(User.username_key == "nora")) is None


def test_the_list_of_guardians_says_what_the_policy_says(school):
    school.erin.identity_seen_at = None
    rosters.deactivate(school.chris, school.oak, utc_now(), actor_id=school.pat.id)
    link(school, guardian=school.rivera, may_message=True, may_see_grades=False)
    rosters.end_role(
        rosters.role_of(school.tess, school.oak, RoleKind.PARENT), TODAY, utc_now(), actor_id=school.pat.id
    )
    db.session.flush()
    seen = set()
    for student in (school.maya, school.leo, school.zoe):
        for line in custody.guardians_of(student, school.oak, TODAY):
            adult = line.guardianship.guardian
            access = custody.access_of(adult, student.id, school.oak, utc_now())
            writes = access.messages and (adult.identity_seen_at or adult.email_confirmed_at) is not None
            assert (line.sees_grades, line.writes) == (access.grades, writes), adult.username
            seen.add((line.sees_grades, line.writes))
    assert seen == {(True, True), (True, False), (False, True), (False, False)}


def _talk(school):
    pair = Correspondence(school.maya, school.algebra, school.dana, (school.rivera, school.cole))
    conversation = messaging.open_conversation(pair, actor_id=school.dana.id, now=utc_now())
    messaging.send(conversation, author_id=school.dana.id, body="Hello", client_key="1", now=utc_now())
    return conversation


def test_what_is_over_keeps_the_day_on_which_it_ended(school):
    """A page that was left open, or a second click, must not say that someone stayed until today."""
    place = db.session.query(Enrollment).filter_by(user_id=school.sub.id).one()
    link = school.gus_of_maya
    role = rosters.role_of(school.gus, school.oak, RoleKind.PARENT)
    role.ends_on = TODAY
    later = TODAY + timedelta(days=9)
    rosters.end_enrollment(place, later, utc_now(), actor_id=school.pat.id)
    rosters.end_guardianship(link, later, utc_now(), actor_id=school.pat.id)
    rosters.end_role(role, later, utc_now(), actor_id=school.pat.id)
    assert (place.ends_on, link.ends_on, role.ends_on) == (TODAY, TODAY, TODAY)
    assert acts() == []


# --- Classes


def test_a_new_class_has_one_category_for_the_whole_grade(school):
    course = rosters.add_course(school.oak, "Art")
    made = rosters.add_class(school.oak, "Art 7", course, school.algebra.term, utc_now(), actor_id=school.pat.id)
    (category,) = db.session.scalars(select(Category).where(Category.section_id == made.id))
    assert (category.title, category.weight) == ("Everything", 100)
    assert acts() == ["section.created"]


def test_a_place_takes_the_next_number_of_the_class(school):
    number = school.algebra.last_seq
    place = rosters.enroll(school.zoe, school.algebra, Position.STUDENT, TODAY, utc_now(), actor_id=school.pat.id)
    rosters.change_enrollment(place, Place(Position.STUDENT, YESTERDAY), utc_now(), actor_id=school.pat.id)
    rosters.end_enrollment(place, TODAY, utc_now(), actor_id=school.pat.id)
    assert school.algebra.last_seq == number + 3
    assert acts() == ["enrollment.created", "enrollment.changed", "enrollment.changed"]


def test_who_cannot_join_a_class(school):
    def join(user, position, **more):
        return lambda: rosters.enroll(user, school.algebra, position, TODAY, utc_now(), actor_id=school.pat.id, **more)

    refused(RosterFault.ALREADY_IN_CLASS, join(school.maya, Position.STUDENT))
    refused(RosterFault.NO_ROLE, join(school.dana, Position.LEAD))
    refused(RosterFault.NO_ROLE, join(school.rivera, Position.STUDENT))
    refused(RosterFault.NO_ROLE, join(school.fern, Position.STUDENT))
    refused(RosterFault.DATES, join(school.zoe, Position.STUDENT, ends_on=TODAY))


def test_a_place_that_ended_opens_again(school):
    again = rosters.enroll(school.sub, school.algebra, Position.SUBSTITUTE, TODAY, utc_now(), actor_id=school.pat.id)
    assert (again.begins_on, again.ends_on) == (TODAY, None)


def test_a_teacher_stays_a_teacher(school):
    place = db.session.scalar(select(Enrollment).where(Enrollment.user_id == school.cole.id))
    refused(
        RosterFault.NO_ROLE,
        lambda: rosters.change_enrollment(place, Place(Position.STUDENT, TODAY), utc_now(), actor_id=school.pat.id),
    )


def test_a_teacher_who_joins_reads_the_conversations_of_the_class(school):
    conversation = _talk(school)
    rosters.enroll(school.osei, school.algebra, Position.CO_TEACHER, TODAY, utc_now(), actor_id=school.pat.id)
    members = db.session.scalars(
        select(Participant.user_id).where(Participant.conversation_id == conversation.id)
    ).all()
    assert school.osei.id in members


# --- The calendar


def add_session(school, kind, begins_on, ends_on, parent=None):
    return rosters.add_session(
        school.elm, kind, "New", begins_on, ends_on, utc_now(), actor_id=school.quinn.id, parent=parent
    )


def test_terms_lie_within_their_year_and_do_not_overlap(school):
    year = db.session.scalar(select(AcademicSession).where(AcademicSession.school_id == school.elm.id))
    term = add_session(school, SessionKind.TERM, YEAR[0], date(2027, 1, 1), year)
    with pytest.raises(RosterError) as error:
        add_session(school, SessionKind.TERM, date(2026, 12, 31), date(2027, 3, 1), year)
    assert (error.value.fault, error.value.facts["title"]) == (RosterFault.OVERLAP, term.title)
    add_session(school, SessionKind.TERM, date(2027, 1, 1), date(2027, 3, 1), year)
    refused(
        RosterFault.OUTSIDE_PARENT,
        lambda: add_session(school, SessionKind.TERM, date(2027, 5, 1), date(2027, 7, 1), year),
    )
    refused(
        RosterFault.OUTSIDE_PARENT,
        lambda: add_session(school, SessionKind.YEAR, date(2026, 9, 1), date(2026, 10, 1), term),
    )
    refused(RosterFault.DATES, lambda: add_session(school, SessionKind.TERM, TODAY, TODAY, year))


# --- Finding people


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INES", ["rivera"]),
        ("rivera ines", ["rivera"]),
        ("maya", ["rex", "dana", "maya", "gus"]),
        ("zoe clark", ["chris", "zoe"]),
        ("fern", []),
        ("%", []),
    ],
)
def test_people_are_found_by_name_and_by_their_child(school, text, expected):
    found = directory.people(school.oak, PeopleFilter(text=text), TODAY, 1)
    assert sorted(line.user.username for line in found.lines) == sorted(expected)


def test_people_are_found_by_how_they_stand(school):
    nora = add_person(school, RoleKind.TEACHER)
    rosters.deactivate(school.dana, school.oak, utc_now(), actor_id=school.pat.id)
    gone = make_user("gone", "Gone Gray")
    make_role(gone, school.oak, RoleKind.TEACHER, ends_on=TODAY)
    db.session.flush()

    def names(**wanted):
        return {
            line.user.username: line.status
            for line in directory.people(school.oak, PeopleFilter(**wanted), TODAY, 1).lines
        }

    assert names(status=AccountStatus.INVITED) == {nora.username: AccountStatus.INVITED}
    assert names(status=AccountStatus.LOCKED) == {"dana": AccountStatus.LOCKED}
    assert names(status=AccountStatus.LEFT) == {"gone": AccountStatus.LEFT}
    assert "gone" not in names(role=RoleKind.TEACHER)
    assert set(names(status=AccountStatus.ACTIVE).values()) == {AccountStatus.ACTIVE}
    assert names(role=RoleKind.TEACHER, status=AccountStatus.LEFT) == {"gone": AccountStatus.LEFT}


def test_the_orders_about_a_child_name_the_adult(school):
    (found,) = custody.restrictions_about(school.maya, school.oak)
    assert isinstance(found, Restriction)
    assert found.adult.display_name == "Rex Diaz"


def test_courses_belong_to_one_school(school):
    titles = [course.title for course in directory.courses_of(school.oak)]
    assert titles == ["Algebra", "History"]
    assert db.session.scalar(select(Course).where(Course.title == "Botany")).school_id == school.elm.id
