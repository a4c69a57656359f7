"""Who may write to whom about which child, and who reads it, on which day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gradebook.extensions import db
from gradebook.models import Position, Restriction, RoleKind
from gradebook.policy import conversations as policy
from gradebook.policy.access import NotFound
from gradebook.policy.conversations import Closed
from gradebook.policy.rules import can
from gradebook.services import messaging
from gradebook.services.accounts import person_acting_as
from tests.school import TODAY, enroll, make_role, make_user

KEYS = iter(range(10**6))


@pytest.fixture
def acting(clock):
    """acting(user): the person in a role, at this moment."""

    def acting(user, kind=RoleKind.PARENT):
        db.session.flush()
        return person_acting_as(user, clock(), kind)

    return acting


@pytest.fixture
def begin(school, acting, clock):
    """begin(guardian, student, section): their conversation with one message of the guardian."""

    def begin(guardian, student, section):
        person = acting(guardian)
        pair = policy.correspondence(person, student.public_id, section.public_id, None)
        opened = messaging.open_conversation(pair, actor_id=guardian.id, now=clock())
        messaging.send(opened, author_id=guardian.id, body="Hello", client_key=f"{next(KEYS)}", now=clock())
        db.session.flush()
        db.session.expire_all()
        return opened

    return begin


def names(users) -> list[str]:
    return [user.display_name for user in users]


def written_to(person) -> dict[tuple[str, str], list[str]]:
    return {
        (pair.student.called, pair.section.title): names(pair.teachers)
        for pair in policy.correspondences_of_guardian(person)
    }


def reads(person, conversation) -> bool:
    try:
        policy.conversation_for(person, conversation.public_id)
    except NotFound:
        return False
    return True


# --- What a guardian may begin


def test_a_guardian_writes_to_the_present_teachers_of_the_child_only(school, acting):
    assert written_to(acting(school.dana)) == {("Maya", "Algebra"): ["Inés Rivera", "Abe Cole"]}
    assert written_to(acting(school.chris)) == {("Zoe", "History"): ["Kofi Osei", "Tess Tanner"]}


def test_the_substitute_reads_until_the_last_day_and_not_after(school, acting, clock):
    clock.set(datetime(2026, 10, 14, 3, 59, tzinfo=UTC))  # one minute before midnight in New York
    assert "Sue Subb" in written_to(acting(school.dana))["Maya", "Algebra"]
    clock.set(datetime(2026, 10, 14, 4, 0, tzinfo=UTC))
    assert "Sue Subb" not in written_to(acting(school.dana))["Maya", "Algebra"]


def test_a_guardianship_gives_nothing_from_its_last_midnight_on(school, acting, clock):
    clock.set(datetime(2026, 10, 14, 3, 59, tzinfo=UTC))
    assert written_to(acting(school.gus))
    clock.set(datetime(2026, 10, 14, 4, 0, tzinfo=UTC))
    assert not written_to(acting(school.gus))


def test_an_order_of_no_contact_takes_the_right_away(school, acting):
    assert not written_to(acting(school.rex))
    db.session.query(Restriction).update({"ends_on": TODAY})
    assert written_to(acting(school.rex))


def test_a_guardian_without_the_right_to_write_does_not(school, acting):
    school.dana_of_maya.may_message = False
    assert not written_to(acting(school.dana))


def test_a_guardian_whom_the_office_has_not_seen_does_not(school, acting):
    school.dana.identity_seen_at = None
    assert not written_to(acting(school.dana))


def test_the_right_to_see_grades_is_another_right(school, acting):
    school.dana_of_maya.may_see_grades = False
    assert written_to(acting(school.dana))


def test_a_teacher_who_is_the_childs_guardian_is_not_written_to_as_its_teacher(school, acting):
    assert written_to(acting(school.erin))["Leo", "History"] == ["Kofi Osei"]
    assert written_to(acting(school.tess))["Leo", "History"] == ["Kofi Osei"]


def test_the_same_holds_for_a_guardianship_that_has_ended(school, acting):
    school.tess_of_leo.ends_on = date(2026, 9, 5)
    assert written_to(acting(school.erin))["Leo", "History"] == ["Kofi Osei"]


def test_a_class_with_no_other_teacher_cannot_be_written_to(school, acting):
    school.osei.deactivated_at = datetime(2026, 9, 1, tzinfo=UTC)
    assert ("Leo", "History") not in written_to(acting(school.erin))
    assert written_to(acting(school.chris))["Zoe", "History"] == ["Tess Tanner"]


@pytest.mark.parametrize("ending", ["class", "term", "place", "role"])
def test_what_is_over_cannot_be_written_about(school, acting, ending):
    if ending == "class":
        school.algebra.ended = True
    elif ending == "term":
        school.algebra.term.ends_on = TODAY
    elif ending == "place":
        place_of(school.maya, school.algebra).ends_on = TODAY
    else:
        role_of(school.maya).ends_on = TODAY
    assert not written_to(acting(school.dana))
    teacher = acting(school.rivera, RoleKind.TEACHER)
    assert not policy.correspondences_of_teacher(teacher, school.algebra, school.maya)


def place_of(user, section):
    from gradebook.models import Enrollment

    return db.session.query(Enrollment).filter_by(user_id=user.id, section_id=section.id).one()


def role_of(user):
    from gradebook.models import Role

    return db.session.query(Role).filter_by(user_id=user.id).one()


def test_a_student_and_the_office_may_begin_nothing(school, acting):
    assert not policy.correspondences_of_guardian(acting(school.maya, RoleKind.STUDENT))
    assert not policy.correspondences_of_guardian(acting(school.pat, RoleKind.OFFICE))
    office = acting(school.pat, RoleKind.OFFICE)
    assert not policy.correspondences_of_teacher(office, school.algebra, school.maya)


def test_a_person_with_two_roles_begins_only_what_the_role_in_use_gives(school, acting):
    as_teacher = acting(school.tess, RoleKind.TEACHER)
    assert not policy.correspondences_of_guardian(as_teacher)
    with pytest.raises(NotFound):
        policy.correspondence(acting(school.tess), school.zoe.public_id, school.history.public_id, None)


def test_the_choice_costs_the_same_for_one_child_and_for_many(school, acting, count_statements):
    person = acting(school.dana)
    with count_statements() as few:
        policy.correspondences_of_guardian(person)
    for number in range(5):
        child = make_user(f"child{number}", f"Child {number}")
        child.account_kind = "student"
        make_role(child, school.oak, RoleKind.STUDENT)
        enroll(child, school.algebra, Position.STUDENT)
        enroll(child, school.history, Position.STUDENT)
        guard(school, school.dana, child)
    db.session.flush()
    with count_statements() as many:
        assert len(policy.correspondences_of_guardian(person)) == 11
    assert len(few) == len(many) == 1


def guard(school, adult, child, **more):
    from gradebook.models import Guardianship

    link = Guardianship(
        school_id=school.oak.id, student_id=child.id, guardian_id=adult.id, relationship_name="father",
        begins_on=date(2026, 8, 31), **more,
    )  # fmt: skip
    db.session.add(link)
    db.session.flush()
    return link


# --- What a teacher may begin


def guardians(person, section, student) -> list[str]:
    return names(pair.guardian for pair in policy.correspondences_of_teacher(person, section, student))


def test_a_teacher_writes_to_each_guardian_who_may_be_written_to(school, acting):
    rivera = acting(school.rivera, RoleKind.TEACHER)
    assert guardians(rivera, school.algebra, school.maya) == ["Dana Diaz"]  # not Gus, whose link ended, nor Rex
    assert guardians(rivera, school.algebra, school.leo) == ["Erin Evans", "Tess Tanner"]


def test_a_teacher_of_another_class_writes_to_none(school, acting):
    assert not guardians(acting(school.osei, RoleKind.TEACHER), school.algebra, school.maya)
    assert not guardians(acting(school.finch, RoleKind.TEACHER), school.algebra, school.maya)


def test_a_teacher_never_writes_as_teacher_about_a_child_of_their_own(school, acting):
    tess = acting(school.tess, RoleKind.TEACHER)
    assert guardians(tess, school.history, school.zoe) == ["Chris Clark"]
    assert not guardians(tess, school.history, school.leo)
    assert not policy.guardians_not_confirmed(tess, school.history, school.leo)
    assert {line.student.called for line in policy.families_of(tess, school.history)} == {"Zoe"}


def test_a_guardian_not_yet_confirmed_is_named_but_not_written_to(school, acting):
    school.erin.identity_seen_at = None
    rivera = acting(school.rivera, RoleKind.TEACHER)
    assert guardians(rivera, school.algebra, school.leo) == ["Tess Tanner"]
    waiting = policy.guardians_not_confirmed(rivera, school.algebra, school.leo)
    assert names(pair.guardian for pair in waiting) == ["Erin Evans"]


@pytest.mark.parametrize("everyone_is_confirmed", [True, False])
def test_what_is_listed_for_a_class_is_what_can_be_begun(school, acting, everyone_is_confirmed):
    if not everyone_is_confirmed:
        school.erin.identity_seen_at = None
    for user, section in (
        (school.rivera, school.algebra),
        (school.tess, school.history),
        (school.osei, school.history),
    ):
        person = acting(user, RoleKind.TEACHER)
        listed = {(line.student.id, line.guardian.id) for line in policy.families_of(person, section)}
        possible = {
            (student.id, pair.guardian.id)
            for student in (school.maya, school.leo, school.zoe)
            for pair in policy.correspondences_of_teacher(person, section, student)
        }
        assert listed == possible
        assert listed


def test_a_teacher_must_name_the_guardian(school, acting):
    rivera = acting(school.rivera, RoleKind.TEACHER)
    keys = (school.leo.public_id, school.algebra.public_id)
    for nobody in (None, "", school.dana.public_id, school.gus.public_id, "\0", "x" * 4000):
        with pytest.raises(NotFound):
            policy.correspondence(rivera, *keys, nobody)
    assert policy.correspondence(rivera, *keys, school.tess.public_id).guardian is school.tess


def test_a_guardian_cannot_begin_in_the_name_of_another(school, acting):
    with pytest.raises(NotFound):
        policy.correspondence(
            acting(school.erin), school.leo.public_id, school.algebra.public_id, school.tess.public_id
        )


# --- Who reads


def test_everyone_of_the_class_and_the_one_guardian_read(school, acting, begin):
    talk = begin(school.dana, school.maya, school.algebra)
    may = {"dana": RoleKind.PARENT, "rivera": RoleKind.TEACHER, "cole": RoleKind.TEACHER}
    for name, user in school.people.items():
        for kind in (RoleKind.PARENT, RoleKind.TEACHER, RoleKind.OFFICE, RoleKind.STUDENT):
            assert reads(acting(user, kind), talk) == (may.get(name) == kind), (name, kind)


def test_two_guardians_of_one_child_have_two_conversations(school, acting, begin):
    erins, tesss = (begin(adult, school.leo, school.algebra) for adult in (school.erin, school.tess))
    assert erins.id != tesss.id
    assert reads(acting(school.erin), erins)
    assert not reads(acting(school.erin), tesss)
    assert not reads(acting(school.tess), erins)
    rivera = acting(school.rivera, RoleKind.TEACHER)
    assert reads(rivera, erins)
    assert reads(rivera, tesss)


def test_a_guardian_who_teaches_the_class_does_not_read_the_other_guardians_conversation(school, acting, begin):
    talk = begin(school.erin, school.leo, school.history)
    assert not reads(acting(school.tess, RoleKind.TEACHER), talk)
    assert not reads(acting(school.tess), talk)
    assert reads(acting(school.osei, RoleKind.TEACHER), talk)


def test_a_teacher_who_becomes_the_childs_guardian_is_out_at_once(school, acting, begin):
    talk = begin(school.dana, school.maya, school.algebra)
    make_role(school.cole, school.oak, RoleKind.PARENT)
    guard(school, school.cole, school.maya, ends_on=date(2026, 9, 1))
    assert not reads(acting(school.cole, RoleKind.TEACHER), talk)
    standing = policy.standing(acting(school.dana), talk)
    assert names(standing.teachers) == ["Inés Rivera"]


def test_a_role_gives_only_its_own_conversations(school, acting, begin):
    own = begin(school.tess, school.leo, school.algebra)
    taught = begin(school.chris, school.zoe, school.history)
    assert reads(acting(school.tess), own)
    assert not reads(acting(school.tess, RoleKind.TEACHER), own)
    assert reads(acting(school.tess, RoleKind.TEACHER), taught)
    assert not reads(acting(school.tess), taught)


def test_a_teacher_who_comes_later_is_named_and_reads_when_admitted(school, acting, begin, clock):
    talk = begin(school.dana, school.maya, school.algebra)
    enroll(school.osei, school.algebra, Position.CO_TEACHER, begins_on=TODAY)
    messaging.admit_teacher_to_class(school.algebra, school.osei, clock())
    assert reads(acting(school.osei, RoleKind.TEACHER), talk)
    assert "Kofi Osei" in names(policy.standing(acting(school.dana), talk).teachers)


def test_a_teacher_whose_place_begins_later_reads_from_that_day(school, acting, begin, clock):
    talk = begin(school.dana, school.maya, school.algebra)
    enroll(school.osei, school.algebra, Position.SUBSTITUTE, begins_on=TODAY + timedelta(days=1))
    messaging.admit_teacher_to_class(school.algebra, school.osei, clock())
    assert not reads(acting(school.osei, RoleKind.TEACHER), talk)
    clock.advance(days=1)
    assert reads(acting(school.osei, RoleKind.TEACHER), talk)


def test_whoever_reads_is_named(school, acting, begin, clock):
    """The promise under the words on the page: nobody can read who is not in the list of readers."""
    talks = [
        begin(school.dana, school.maya, school.algebra),
        begin(school.erin, school.leo, school.algebra),
        begin(school.erin, school.leo, school.history),
        begin(school.tess, school.leo, school.history),
        begin(school.chris, school.zoe, school.history),
    ]
    for talk in talks:
        standing = policy.standing(acting(talk.guardian), talk)
        named = {user.id for user in (*standing.teachers, talk.guardian)}
        readers = {user.id for user in school.people.values() for kind in RoleKind if reads(acting(user, kind), talk)}
        assert readers == named


# --- Answering


def closed(person, conversation) -> Closed | None:
    db.session.flush()
    found = policy.standing(person, conversation).closed
    assert policy.may_reply(person, conversation) == (found is None)
    assert can(person, "conversation:reply", conversation) == (found is None)
    return found


@pytest.fixture
def both(school, acting, begin):
    """Maya's conversation and, anew at each call, its guardian and its teacher."""
    talk = begin(school.dana, school.maya, school.algebra)
    return talk, lambda: (acting(school.dana), acting(school.rivera, RoleKind.TEACHER))


def test_both_sides_may_answer(both):
    talk, people = both
    assert [closed(person, talk) for person in people()] == [None, None]


def test_when_the_child_has_left_the_class_nobody_answers(school, both):
    talk, people = both
    place_of(school.maya, school.algebra).ends_on = TODAY
    assert [closed(person, talk) for person in people()] == [Closed.CHILD_LEFT, Closed.CHILD_LEFT]


def test_when_the_class_is_over_nobody_answers(school, both):
    talk, people = both
    school.algebra.term.ends_on = TODAY
    assert [closed(person, talk) for person in people()] == [Closed.CLASS_OVER, Closed.CLASS_OVER]


def test_when_no_teacher_is_left_the_guardian_does_not_write_into_the_void(school, both):
    talk, people = both
    for teacher in (school.rivera, school.cole):
        place_of(teacher, school.algebra).ends_on = TODAY
    assert closed(people()[0], talk) == Closed.NO_TEACHER


@pytest.mark.parametrize("how", ["ended", "no right", "order", "account", "identity", "role"])
def test_a_teacher_does_not_write_to_a_guardian_who_may_no_longer_read(school, both, how):
    talk, people = both
    if how == "ended":
        school.dana_of_maya.ends_on = TODAY
    elif how == "no right":
        school.dana_of_maya.may_message = False
    elif how == "order":
        order = db.session.query(Restriction).one()
        order.adult_id = school.dana.id
    elif how == "account":
        school.dana.deactivated_at = datetime(2026, 9, 1, tzinfo=UTC)
    elif how == "identity":
        school.dana.identity_seen_at = None
    else:
        role_of(school.dana).ends_on = TODAY
    teacher = people()[1]
    assert closed(teacher, talk) == Closed.GUARDIAN
    assert reads(teacher, talk)
    assert not policy.standing(teacher, talk).guardian_reads


def test_an_ended_guardian_cannot_answer_nor_read(school, both):
    talk, people = both
    school.dana_of_maya.ends_on = TODAY
    db.session.flush()
    person = people()[0]
    assert not reads(person, talk)
    assert not policy.may_reply(person, talk)
