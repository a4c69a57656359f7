"""Who may write to whom about which child, and who reads it, on which day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gradebook.extensions import db
from gradebook.models import Notice, NoticeKind, Position, Restriction, RoleKind
from gradebook.policy import conversations as policy
from gradebook.policy.access import NotFound
from gradebook.policy.conversations import Verdict, WhyNot
from gradebook.policy.rules import can
from gradebook.services import message_rules, messaging
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


def closed(person, conversation) -> WhyNot | None:
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
    assert [closed(person, talk) for person in people()] == [WhyNot.CHILD_LEFT, WhyNot.CHILD_LEFT]


def test_when_the_class_is_over_nobody_answers(school, both):
    talk, people = both
    school.algebra.term.ends_on = TODAY
    assert [closed(person, talk) for person in people()] == [WhyNot.CLASS_OVER, WhyNot.CLASS_OVER]


def test_when_no_teacher_is_left_the_guardian_does_not_write_into_the_void(school, both):
    talk, people = both
    for teacher in (school.rivera, school.cole):
        place_of(teacher, school.algebra).ends_on = TODAY
    assert closed(people()[0], talk) == WhyNot.NO_TEACHER


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
    assert closed(teacher, talk) == WhyNot.GUARDIAN
    assert reads(teacher, talk)
    assert not policy.standing(teacher, talk).guardian_reads


# --- Verdicts: may read, may reply, why not


def judged(person, conversation) -> Verdict:
    db.session.flush()
    found = policy.verdict(person, conversation)
    assert can(person, "conversation:read", conversation) == found.may_read
    assert can(person, "conversation:reply", conversation) == found.may_reply
    return found


READS_AND_REPLIES, NOTHING = Verdict(may_read=True, may_reply=True), Verdict()


def only_reads(why_not) -> Verdict:
    return Verdict(may_read=True, why_not=why_not)


def test_who_takes_part_reads_and_replies_and_nobody_else_is_told_why_not(school, both, acting):
    talk, people = both
    assert [judged(person, talk) for person in people()] == [READS_AND_REPLIES] * 2
    for user, kind in ((school.erin, RoleKind.PARENT), (school.rex, RoleKind.PARENT), (school.osei, RoleKind.TEACHER)):
        assert judged(acting(user, kind), talk) == NOTHING
    for kind in (RoleKind.OFFICE, RoleKind.STUDENT):
        assert judged(acting(school.pat if kind == RoleKind.OFFICE else school.maya, kind), talk) == NOTHING


def test_an_ended_guardian_reads_and_takes_part_no_more(school, both):
    talk, people = both
    school.dana_of_maya.ends_on = TODAY
    assert judged(people()[0], talk) == only_reads(WhyNot.ENDED)
    assert judged(people()[1], talk) == only_reads(WhyNot.GUARDIAN)
    person = people()[0]
    assert not reads(person, talk)  # nothing live, nothing counted
    assert not policy.takes_part(person, talk)
    assert policy.conversation_read_by(person, talk.public_id) == talk
    assert messaging.inbox_of(person) == messaging.inbox_of(people()[0])
    assert messaging.inbox_of(person).conversations == 0
    [line] = messaging.conversations(person)
    assert not line.goes_on
    assert line.unread == 0


@pytest.mark.parametrize("how", ["school", "order", "right", "identity"])
def test_what_an_ended_guardian_reads_can_be_hidden(school, both, how):
    talk, people = both
    school.dana_of_maya.ends_on = TODAY
    if how == "school":
        school.oak.hides_past_conversations = True
    elif how == "order":
        db.session.query(Restriction).one().adult_id = school.dana.id
    elif how == "right":
        school.dana_of_maya.may_message = False
    else:
        school.dana.identity_seen_at = None
    assert judged(people()[0], talk) == NOTHING
    if how != "identity":  # there the door is closed before
        assert messaging.conversations(people()[0]) == []


def test_a_link_that_ends_tomorrow_gives_everything_today(school, both, clock):
    talk, people = both
    school.dana_of_maya.ends_on = TODAY + timedelta(days=1)
    assert judged(people()[0], talk) == READS_AND_REPLIES
    clock.set(datetime(2026, 10, 15, 3, 59, 59, tzinfo=UTC))
    assert judged(people()[0], talk) == READS_AND_REPLIES
    clock.set(datetime(2026, 10, 15, 4, tzinfo=UTC))
    assert judged(people()[0], talk) == only_reads(WhyNot.ENDED)


@pytest.mark.parametrize("right", ["no_contact", "no_records", "hide_address"])
@pytest.mark.parametrize("when", ["before", "in force", "over"])
def test_an_order_takes_exactly_what_it_names_on_exactly_its_days(school, both, right, when):
    talk, people = both
    order = db.session.query(Restriction).one()
    order.adult_id = school.dana.id
    order.no_contact, order.no_records, order.hide_address = (name == right for name in
        ("no_contact", "no_records", "hide_address"))  # fmt: skip
    order.begins_on = TODAY + timedelta(days=1) if when == "before" else TODAY - timedelta(days=9)
    order.ends_on = TODAY if when == "over" else None
    holds = when == "in force"
    expected = NOTHING if holds and right == "no_contact" else READS_AND_REPLIES
    assert judged(people()[0], talk) == expected
    assert bool(written_to(people()[0])) == (expected == READS_AND_REPLIES)
    assert can(people()[0], "grades:see_child", school.maya) != (holds and right == "no_records")


def test_a_school_that_hides_nothing_does_not_open_what_another_hides(school, both, acting):
    talk, people = both
    school.elm.hides_past_conversations = True
    school.dana_of_maya.ends_on = TODAY
    assert judged(people()[0], talk) == only_reads(WhyNot.ENDED)


def test_an_ended_guardian_learns_of_no_teacher_who_came_later(school, both, acting):
    talk, people = both
    school.dana_of_maya.ends_on = TODAY
    enroll(school.osei, school.algebra, Position.CO_TEACHER, TODAY)
    standing = policy.standing(people()[0], talk)
    assert names(standing.teachers) == ["Inés Rivera", "Abe Cole", "Sue Subb"]  # of the last day
    assert policy.teacher_changes(standing, TODAY - timedelta(days=30), TODAY + timedelta(days=30)) == [
        policy.TeacherChange(TODAY, policy.Reader(school.sub.id, school.sub.display_name, school.sub.name_key), False)
    ]


def test_the_office_closes_the_writing_of_a_person_and_reading_goes_on(school, both, acting, clock):
    talk, people = both
    message_rules.close_writing(school.dana, school.oak, "Please call us.", clock(), actor_id=school.pat.id)
    assert judged(people()[0], talk) == only_reads(WhyNot.WRITING)
    assert [told.reason for told in message_rules.stops_told(people()[0])] == ["Please call us."]
    assert judged(people()[1], talk) == READS_AND_REPLIES  # others write to them
    assert message_rules.stops_told(people()[1]) == []
    assert not written_to(people()[0])
    assert {pair.why_not for pair in policy.classes_of_guardian(people()[0])} == {WhyNot.WRITING}
    message_rules.open_writing(school.dana, school.oak, clock(), actor_id=school.pat.id)
    assert judged(people()[0], talk) == READS_AND_REPLIES


def test_a_teacher_whose_writing_is_closed_begins_nothing_either(school, both, clock):
    talk, people = both
    message_rules.close_writing(school.rivera, school.oak, "Wait.", clock(), actor_id=school.pat.id)
    teacher = people()[1]
    assert judged(teacher, talk) == only_reads(WhyNot.WRITING)
    assert policy.correspondences_of_teacher(teacher, school.algebra, school.maya) == []
    assert policy.families_of(teacher, school.algebra) == []
    assert policy.guardians_reached(teacher, school.algebra, [school.maya.id]) == []


def test_a_class_without_a_teacher_is_named_with_the_reason(school, acting):
    place_of(school.osei, school.history).ends_on = TODAY  # Tess is left, Leo's own stepmother
    found = {pair.section.title: pair.why_not for pair in policy.classes_of_guardian(acting(school.erin))}
    assert found == {"Algebra": None, "History": WhyNot.NO_TEACHER}


# --- Who reads, from which day on


def changes(standing, since, until):
    found = policy.teacher_changes(standing, since, until)
    return [(change.day, change.user.display_name, change.reads) for change in found]


def test_the_family_sees_who_joined_and_who_left_on_the_days_of_their_places(school, both):
    talk, people = both
    later = TODAY + timedelta(days=7)
    enroll(school.osei, school.algebra, Position.SUBSTITUTE, TODAY, later)
    standing = policy.standing(people()[0], talk)
    sub, osei = school.sub.display_name, school.osei.display_name
    assert changes(standing, TODAY - timedelta(days=1), TODAY) == [(TODAY, osei, True), (TODAY, sub, False)]
    assert changes(standing, TODAY, later) == [(later, osei, False)]
    assert changes(standing, later, later) == []


def test_a_place_that_begins_later_is_announced(school, both):
    talk, people = both
    enroll(school.osei, school.algebra, Position.SUBSTITUTE, TODAY + timedelta(days=1), TODAY + timedelta(days=3))
    standing = policy.standing(people()[0], talk)
    assert "Kofi Osei" not in names(standing.teachers)
    assert [place.user.id for place in policy.to_come(standing, TODAY)] == [school.osei.id]


def test_a_teacher_who_is_a_guardian_of_the_child_is_in_no_line(school, acting, begin):
    talk = begin(school.erin, school.leo, school.algebra)
    enroll(school.tess, school.algebra, Position.CO_TEACHER, TODAY)
    standing = policy.standing(acting(school.erin), talk)
    assert school.tess.id not in [place.user.id for place in standing.places]
    assert changes(standing, TODAY - timedelta(days=9), TODAY) == [(TODAY, school.sub.display_name, False)]


# --- Two guardians together


@pytest.fixture
def together(school, clock):
    """A conversation about Maya that the office opened for Dana and for Gus, whose link holds again."""
    school.gus_of_maya.ends_on = None
    db.session.flush()
    found = policy.may_be_joined(school.maya, school.oak, TODAY)
    teachers = tuple(policy.teachers_who_read(school.algebra, school.maya.id, TODAY))
    first, second = (
        policy.Correspondence(school.maya, school.algebra, guardian, teachers, words) for guardian, words in found
    )
    return message_rules.open_joint((first, second), clock(), actor_id=school.pat.id)


def test_only_guardians_with_the_right_and_without_any_order_are_put_together(school):
    assert [guardian.called for guardian, _relation in policy.may_be_joined(school.maya, school.oak, TODAY)] == ["Dana"]
    db.session.query(Restriction).update({"no_contact": False, "no_records": False})  # the address stays hidden
    assert len(policy.may_be_joined(school.maya, school.oak, TODAY)) == 1
    db.session.query(Restriction).update({"ends_on": TODAY})
    db.session.expire_all()
    assert [guardian.called for guardian, _relation in policy.may_be_joined(school.maya, school.oak, TODAY)] == [
        "Dana",
        "Rex",
    ]


def test_both_guardians_and_the_teachers_read_and_each_sees_who(school, together, acting):
    people = [acting(school.dana), acting(school.gus), acting(school.rivera, RoleKind.TEACHER)]
    assert [judged(person, together) for person in people] == [READS_AND_REPLIES] * 3
    for person in people:
        standing = policy.standing(person, together)
        assert [side.user for side in standing.guardians] == [school.dana, school.gus]
        assert names(standing.teachers) == ["Inés Rivera", "Abe Cole"]
    assert judged(acting(school.pat, RoleKind.OFFICE), together) == NOTHING
    assert judged(acting(school.rex), together) == NOTHING
    assert judged(acting(school.erin), together) == NOTHING


def test_it_is_opened_once_and_is_no_conversation_of_one_of_them(school, together, acting, begin, clock):
    own = begin(school.dana, school.maya, school.algebra)
    assert own.id != together.id
    assert judged(acting(school.gus), own) == NOTHING
    found = policy.may_be_joined(school.maya, school.oak, TODAY)
    pairs = [policy.Correspondence(school.maya, school.algebra, one, (), words) for one, words in reversed(found)]
    assert message_rules.open_joint((pairs[0], pairs[1]), clock(), actor_id=school.pat.id).id == together.id
    assert db.session.query(Notice).filter_by(kind=NoticeKind.JOINT).count() == 2


def test_it_ends_for_writing_when_one_of_the_two_loses_the_right(school, together, acting):
    school.gus_of_maya.ends_on = TODAY
    assert judged(acting(school.gus), together) == only_reads(WhyNot.ENDED)
    assert judged(acting(school.dana), together) == only_reads(WhyNot.OTHER_GUARDIAN)
    assert judged(acting(school.rivera, RoleKind.TEACHER), together) == only_reads(WhyNot.OTHER_GUARDIAN)


def test_an_order_against_one_of_the_two_hides_it_from_that_one_at_once(school, together, acting):
    db.session.query(Restriction).update({"adult_id": school.gus.id})
    db.session.expire_all()
    assert judged(acting(school.gus), together) == NOTHING
    assert judged(acting(school.dana), together) == only_reads(WhyNot.OTHER_GUARDIAN)


def test_separated_guardians_are_in_nothing_of_each_other(school, acting, begin):
    """Two conversations about one child: neither page, list, nor choice of the one names the other."""
    school.gus_of_maya.ends_on = None
    db.session.flush()
    talks = {name: begin(school.people[name], school.maya, school.algebra) for name in ("dana", "gus")}
    for name, other in (("dana", "gus"), ("gus", "dana")):
        person = acting(school.people[name])
        assert judged(person, talks[other]) == NOTHING
        standing = policy.standing(person, talks[name])
        named = [*standing.teachers, *(side.user for side in standing.guardians)]
        assert school.people[other] not in named
        assert [line.other_guardian for line in messaging.conversations(person)] == [None]
