"""Announcements: who gets one, sent once, planned, taken back; by the rights of the moment."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from gradebook import actor
from gradebook.extensions import db
from gradebook.jobs.worker import do_one
from gradebook.models import (
    Announcement,
    AnnouncementRecipient,
    AnnouncementState,
    AuditEntry,
    ClosureScope,
    Job,
    Notice,
    NoticeKind,
    Position,
    Restriction,
    RoleKind,
    User,
)
from gradebook.policy import announcements as policy
from gradebook.policy.access import NotFound
from gradebook.policy.conversations import correspondence
from gradebook.policy.rules import can
from gradebook.services import announced, announcements, attention, message_rules, messaging
from gradebook.services.accounts import person_acting_as
from gradebook.services.announcements import Draft
from tests.school import TODAY, enroll

ALGEBRA = {"dana", "erin", "tess"}


@pytest.fixture
def acting(school, clock):
    """acting("dana"), acting("rivera", RoleKind.TEACHER): the person now, for whom the database is asked too."""

    def acting(name, kind=RoleKind.PARENT):
        actor.acts(school.people[name].id, clock())
        return person_acting_as(school.people[name], clock(), kind)

    yield acting
    actor.nobody_acts()


@pytest.fixture
def announce(acting, school, clock):
    """announce("rivera", "algebra"): the announcement, by a teacher; by the office with kind."""

    def announce(name, *sections, kind=RoleKind.TEACHER, to_school=False, key=None, send_at=None, body="Bring a coat"):
        person = acting(name, kind)
        keys = [school.sections[each].public_id for each in sections]
        audience = policy.audience_of(person, keys, to_school=to_school)
        draft = Draft("Trip on Friday", body, key or str(uuid4()), send_at)
        return announcements.announce(person, audience, draft, clock())

    return announce


def names_of(announcement):
    """Who got it; asked as the author, who may count them."""
    db.session.flush()
    with actor.acting_as(announcement.author_id, announcement.created_at):
        who = select(AnnouncementRecipient.user_id).where(AnnouncementRecipient.announcement_id == announcement.id)
        return set(db.session.scalars(select(User.username).where(User.id.in_(db.session.scalars(who).all()))))


# --- Who gets it


def test_a_teacher_reaches_the_guardians_of_the_class_and_nobody_else(announce):
    """Not Rex, who is under an order, and not Gus, whose link has ended; Leo has two guardians."""
    assert names_of(announce("rivera", "algebra")) == ALGEBRA


def test_the_office_reaches_the_school(announce):
    assert names_of(announce("pat", kind=RoleKind.OFFICE, to_school=True)) == {*ALGEBRA, "chris"}


def test_a_guardian_of_two_students_gets_it_once(announce, school):
    announcement = announce("pat", "algebra", "history", kind=RoleKind.OFFICE)
    assert names_of(announcement) == {*ALGEBRA, "chris"}
    assert announced.recipients_of([announcement.id])[announcement.id] == (4, 0)
    told = select(func.count()).select_from(Notice).where(Notice.recipient_id == school.erin.id)
    assert db.session.scalar(told) == 1


def test_a_teacher_does_not_write_to_the_family_of_an_own_child(announce):
    """Tess teaches History and is Leo's stepmother: his mother hears of History from Mr Osei."""
    assert names_of(announce("tess", "history")) == {"chris"}
    assert names_of(announce("osei", "history")) == {"chris", "erin", "tess"}


@pytest.mark.parametrize(
    "change",
    [
        lambda school: setattr(school.dana, "deactivated_at", school.dana.identity_seen_at),
        lambda school: setattr(school.dana, "identity_seen_at", None),
        lambda school: setattr(school.dana_of_maya, "may_message", False),
        lambda school: setattr(school.dana_of_maya, "ends_on", TODAY),
        lambda school: setattr(school.dana_of_maya, "begins_on", TODAY + timedelta(days=1)),
    ],
    ids=["locked", "not confirmed", "may not write", "ended", "not yet"],
)
def test_who_may_not_be_written_to_gets_nothing(announce, school, change):
    change(school)
    db.session.flush()
    assert names_of(announce("rivera", "algebra")) == {"erin", "tess"}


def test_a_teacher_announces_to_own_classes_only_and_never_to_the_school(acting, school):
    person = acting("rivera", RoleKind.TEACHER)
    keys = [school.algebra.public_id, school.history.public_id, school.botany.public_id]
    audience = policy.audience_of(person, keys, to_school=True)
    assert [one.title for one in audience.sections] == ["Algebra"]
    assert not audience.to_school


def test_the_office_announces_in_its_own_school_only(acting, school):
    person = acting("quinn", RoleKind.OFFICE)
    audience = policy.audience_of(person, [school.algebra.public_id, school.botany.public_id])
    assert [one.title for one in audience.sections] == ["Botany"]


def test_whose_writing_is_closed_announces_nothing(acting, school, clock):
    assert can(acting("rivera", RoleKind.TEACHER), "announcement:write")
    message_rules.close_writing(school.rivera, school.oak, "Reason", clock(), actor_id=school.pat.id)
    assert not can(acting("rivera", RoleKind.TEACHER), "announcement:write")
    assert not can(acting("dana"), "announcement:write")
    assert not can(acting("maya", RoleKind.STUDENT), "announcement:write")


def test_the_preview_is_what_is_sent(acting, announce, school):
    person = acting("tess", RoleKind.TEACHER)
    found = announcements.preview(person, policy.audience_of(person, [school.history.public_id]))
    assert found.count == 1
    assert [family.student.username for family in found.reached] == ["zoe"]
    assert [(family.student.username, family.is_own) for family in found.left_out] == [("leo", True)]
    school.chris_of_zoe.may_message = False
    db.session.flush()
    assert announcements.preview(person, policy.audience_of(person, [school.history.public_id])).mark != found.mark


def test_to_nobody_nothing_is_sent(announce, school):
    school.chris_of_zoe.may_message = False
    db.session.flush()
    with pytest.raises(announcements.Nobody):
        announce("tess", "history")


# --- Once


def test_the_same_form_twice_is_one_announcement(announce):
    first = announce("rivera", "algebra", key="a" * 36)
    assert announce("rivera", "algebra", key="a" * 36).id == first.id
    assert db.session.scalar(select(func.count()).select_from(Announcement)) == 1
    assert db.session.scalar(select(func.count()).select_from(Notice)) == len(ALGEBRA)
    with pytest.raises(announcements.OtherWords):
        announce("rivera", "algebra", key="a" * 36, body="Other words")


def test_no_more_than_some_in_an_hour(announce, monkeypatch, clock):
    monkeypatch.setattr(announcements, "MOST_AN_HOUR", 2)
    announce("rivera", "algebra")
    announce("rivera", "algebra")
    with pytest.raises(announcements.TooMany):
        announce("rivera", "algebra")
    clock.advance(hours=2)
    announce("rivera", "algebra")


def test_who_has_muted_a_conversation_is_told_all_the_same(acting, announce, school, clock):
    """M28: what is muted is a conversation."""
    dana = acting("dana")
    pair = correspondence(dana, school.maya.public_id, school.algebra.public_id, None)
    talk = messaging.open_conversation(pair, actor_id=dana.id, now=clock())
    message_rules.set_muted(dana, talk, True, clock())
    announce("rivera", "algebra")
    notice = db.session.scalars(select(Notice).where(Notice.recipient_id == dana.id)).one()
    assert notice.kind == NoticeKind.ANNOUNCEMENT
    assert notice.kind.is_required
    assert notice.due_at == clock() + policy.RECALL_FOR
    assert messaging.unread_count(acting("dana")) == 1


# --- Read, and counted from one place


def test_unread_is_counted_once_everywhere_until_it_is_opened(acting, announce, school, clock):
    announcement = announce("rivera", "algebra")
    dana = acting("dana")
    assert messaging.unread_count(dana) == 1
    (line,) = attention.unread_talks(dana)
    assert (line.announcement, line.student_id, line.unread) == ("Trip on Friday", school.maya.id, 1)
    before = messaging.inbox_of(dana).mark
    announced.mark_opened(announcement, dana.id, clock())
    assert messaging.unread_count(dana) == 0
    assert messaging.inbox_of(dana).mark != before
    assert attention.unread_talks(dana) == []
    acting("rivera", RoleKind.TEACHER)
    assert announced.recipients_of([announcement.id])[announcement.id] == (3, 1)


def test_a_colleague_and_the_office_may_count_and_others_may_not(acting, announce):
    announcement = announce("rivera", "algebra")
    for name, kind, may in (
        ("cole", RoleKind.TEACHER, True),
        ("pat", RoleKind.OFFICE, True),
        ("osei", RoleKind.TEACHER, False),
        ("quinn", RoleKind.OFFICE, False),
        ("dana", RoleKind.PARENT, False),
    ):
        assert can(acting(name, kind), "announcement:count_readers", announcement) is may, name


def test_who_reads_it(acting, announce, school):
    announcement = announce("rivera", "algebra")
    for name, kind, reads in (
        ("dana", RoleKind.PARENT, True),
        ("tess", RoleKind.PARENT, True),
        ("cole", RoleKind.TEACHER, True),
        ("pat", RoleKind.OFFICE, True),
        ("chris", RoleKind.PARENT, False),
        ("rex", RoleKind.PARENT, False),
        ("gus", RoleKind.PARENT, False),
        ("tess", RoleKind.TEACHER, False),
        ("osei", RoleKind.TEACHER, False),
        ("quinn", RoleKind.OFFICE, False),
        ("maya", RoleKind.STUDENT, False),
    ):
        person = acting(name, kind)
        listed = announcement.id in {line.announcement.id for line in announced.announcements(person)}
        assert listed is reads, name
        if reads:
            assert policy.announcement_for(person, announcement.public_id)
        else:
            with pytest.raises(NotFound):
                policy.announcement_for(person, announcement.public_id)


def test_a_link_that_ends_leaves_it_to_read_and_an_order_takes_it(acting, announce, school, clock):
    announcement = announce("rivera", "algebra")
    key = announcement.public_id
    school.dana_of_maya.ends_on = TODAY
    db.session.flush()
    dana = acting("dana")
    assert policy.announcement_for(dana, key)
    assert messaging.unread_count(dana) == 0
    assert not policy.is_new_to(dana, announcement)
    school.oak.hides_past_conversations = True
    db.session.flush()
    with pytest.raises(NotFound):
        policy.announcement_for(acting("dana"), key)
    order = Restriction(
        school_id=school.oak.id, student_id=school.leo.id, adult_id=school.erin.id, no_contact=True, no_records=False,
        hide_address=False, document_reference="1", begins_on=TODAY, entered_by=school.pat.id, entered_at=clock(),
    )  # fmt: skip
    assert policy.announcement_for(acting("erin"), key)
    db.session.add(order)
    db.session.flush()
    with pytest.raises(NotFound):
        policy.announcement_for(acting("erin"), key)


# --- Taking it back


def test_for_a_minute_it_can_be_taken_back(acting, announce, clock):
    announcement = announce("rivera", "algebra")
    clock.advance(seconds=59)
    assert announcements.recall(acting("rivera", RoleKind.TEACHER), announcement, clock())
    assert announcement.state == AnnouncementState.RECALLED
    assert db.session.scalar(select(func.count()).select_from(Notice)) == 0
    dana = acting("dana")
    assert messaging.unread_count(dana) == 0
    assert attention.unread_talks(dana) == []
    assert announced.announcements(dana) == []


@pytest.mark.parametrize(
    ("name", "kind", "seconds"),
    [("rivera", RoleKind.TEACHER, 60), ("cole", RoleKind.TEACHER, 1), ("pat", RoleKind.OFFICE, 1)],
)
def test_not_later_and_not_by_others(acting, announce, clock, name, kind, seconds):
    announcement = announce("rivera", "algebra")
    clock.advance(seconds=seconds)
    assert not announcements.recall(acting(name, kind), announcement, clock())
    assert announcement.state == AnnouncementState.SENT
    assert messaging.unread_count(acting("dana")) == 1


# --- Planned


def tried(announcement):
    """What the worker does by now; what became of it."""
    actor.nobody_acts()
    db.session.commit()
    while do_one():
        pass
    return announcement.state


def stopped(school, scope, clock, **more):
    message_rules.stop(school.oak, scope, "A harmful link", clock(), actor_id=school.pat.id, **more)
    db.session.flush()


@pytest.mark.parametrize("scope", [ClosureScope.EVERYONE, ClosureScope.TEACHERS])
def test_what_is_planned_waits_while_messages_are_stopped(announce, school, clock, scope):
    announcement = announce("rivera", "algebra", send_at=clock() + timedelta(hours=1))
    stopped(school, scope, clock)
    clock.advance(hours=1)
    assert tried(announcement) == AnnouncementState.SCHEDULED
    assert policy.waits_until(announcement, clock()) == clock() + timedelta(days=1)
    clock.advance(hours=23)
    assert tried(announcement) == AnnouncementState.SCHEDULED
    message_rules.lift(message_rules.closures_of(school.oak, clock())[0], school.oak, clock(), actor_id=school.pat.id)
    clock.advance(minutes=5)
    assert policy.waits_until(announcement, clock()) is None
    assert tried(announcement) == AnnouncementState.SENT
    assert db.session.query(Job).filter(Job.kind == "send_announcement", Job.done_at.is_(None)).count() == 0


def test_it_goes_when_a_stop_ends_by_itself_and_not_after_a_day(announce, school, clock):
    announcement = announce("rivera", "algebra", send_at=clock() + timedelta(hours=1))
    stopped(school, ClosureScope.EVERYONE, clock, ends_at=clock() + timedelta(hours=1, minutes=1))
    clock.advance(hours=1)
    assert tried(announcement) == AnnouncementState.SCHEDULED
    clock.advance(minutes=1)
    assert tried(announcement) == AnnouncementState.SENT


def test_it_is_not_sent_a_day_late(announce, school, clock):
    announcement = announce("rivera", "algebra", send_at=clock() + timedelta(hours=1))
    stopped(school, ClosureScope.EVERYONE, clock)
    clock.advance(hours=1)
    assert tried(announcement) == AnnouncementState.SCHEDULED
    clock.advance(days=1)
    assert policy.waits_until(announcement, clock()) is None
    assert tried(announcement) == AnnouncementState.STOPPED


def test_a_stop_that_means_it_ends_it(announce, school, clock):
    """Of its author, or of an address that is in it: nobody looks at it again when that is lifted."""
    announcement = announce("rivera", "algebra", send_at=clock() + timedelta(hours=1), body="See www.example.com")
    stopped(school, ClosureScope.LINKS, clock)
    clock.advance(hours=1)
    assert tried(announcement) == AnnouncementState.STOPPED


def test_what_is_planned_goes_out_at_its_moment_to_who_is_there_then(acting, announce, school, clock):
    announcement = announce("rivera", "algebra", send_at=clock() + timedelta(hours=1))
    assert announcement.state == AnnouncementState.SCHEDULED
    assert names_of(announcement) == set()
    assert messaging.unread_count(acting("dana")) == 0
    actor.nobody_acts()
    db.session.commit()
    assert not do_one()
    enroll(school.zoe, school.algebra, Position.STUDENT)
    school.dana_of_maya.ends_on = TODAY
    db.session.commit()
    clock.advance(hours=1)
    assert do_one()
    assert announcement.state == AnnouncementState.SENT
    assert names_of(announcement) == {"erin", "tess", "chris"}
    announcements.send_due(announcement.id, clock())
    assert names_of(announcement) == {"erin", "tess", "chris"}


def test_what_was_cancelled_is_not_sent(acting, announce, clock):
    announcement = announce("rivera", "algebra", send_at=clock() + timedelta(hours=1))
    for name, kind in (("osei", RoleKind.TEACHER), ("cole", RoleKind.TEACHER), ("quinn", RoleKind.OFFICE)):
        assert not can(acting(name, kind), "announcement:cancel", announcement), name
    assert announcements.cancel(acting("pat", RoleKind.OFFICE), announcement, clock())
    assert not announcements.cancel(acting("pat", RoleKind.OFFICE), announcement, clock())
    actor.nobody_acts()
    clock.advance(hours=1)
    assert do_one()
    assert announcement.state == AnnouncementState.CANCELLED
    assert names_of(announcement) == set()


def test_who_has_left_the_class_announces_nothing_any_more(announce, school, clock):
    announcement = announce("cole", "algebra", send_at=clock() + timedelta(hours=1))
    actor.nobody_acts()
    for place in db.session.scalars(select(type(enroll(school.cole, school.history, Position.CO_TEACHER)))):
        if place.user_id == school.cole.id:
            place.ends_on = TODAY
    db.session.commit()
    clock.advance(hours=1)
    assert do_one()
    assert db.session.scalars(select(Job.last_error)).all() == [None]
    assert announcement.state == AnnouncementState.STOPPED
    assert db.session.scalar(select(func.count()).select_from(Notice)) == 0


# --- Answered in private, and written down


def test_it_is_answered_about_the_child_to_the_teachers_of_the_class(acting, announce, school):
    announcement = announce("rivera", "algebra")
    (pair,) = policy.answers_to(acting("tess"), announcement)
    assert (pair.student.username, pair.section.title) == ("leo", "Algebra")
    assert {teacher.username for teacher in pair.teachers} == {"rivera", "cole"}
    office = announce("pat", kind=RoleKind.OFFICE, to_school=True)
    (pair,) = policy.answers_to(acting("dana"), office)
    assert (pair.student.username, pair.section, pair.at) == ("maya", None, school.oak)
    assert {one.username for one in pair.teachers} == {"pat"}


def test_an_answer_to_what_one_did_not_get_is_refused(acting, announce, school):
    announcement = announce("osei", "history")
    erin = acting("erin")
    for section, may in (("history", True), ("algebra", False)):
        pair = correspondence(erin, school.leo.public_id, school.sections[section].public_id, None)
        if may:
            assert policy.answered(erin, announcement.public_id, pair).id == announcement.id
        else:
            with pytest.raises(NotFound):
                policy.answered(erin, announcement.public_id, pair)
    dana = acting("dana")
    pair = correspondence(dana, school.maya.public_id, school.algebra.public_id, None)
    with pytest.raises(NotFound):
        policy.answered(dana, announcement.public_id, pair)


def test_the_log_says_what_was_done_and_no_word_of_it(acting, announce, school, clock):
    announcements.recall(acting("rivera", RoleKind.TEACHER), announce("rivera", "algebra"), clock())
    entries = list(
        db.session.scalars(select(AuditEntry).where(AuditEntry.act.startswith("announcement")).order_by(AuditEntry.id))
    )
    assert [entry.act for entry in entries] == ["announcement.sent", "announcement.recalled"]
    assert entries[0].section_id == school.algebra.id
    assert entries[0].facts["guardians"] == 3
    assert "Trip" not in str([entry.facts for entry in entries])


def test_it_is_found_by_who_has_it(acting, announce):
    announce("rivera", "algebra", body="Bring a café receipt")
    assert [line.announcement.title for line in announced.find(acting("dana"), ["cafe", "trip"])]
    assert announced.find(acting("dana"), ["afe"]) == []
    assert announced.find(acting("chris"), ["cafe"]) == []
