"""What families, teachers and the office of the demonstration school have written, and what the office did about it.

Everything goes through the services, in the name of who does it and at the moment of the story: so the rules held and
the log has its entries. None of it is for students.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from gradebook import actor
from gradebook.extensions import db
from gradebook.models import (
    Announcement,
    Conversation,
    Duty,
    Guardianship,
    Message,
    OversightReview,
    ReportReason,
    ReviewReason,
    RoleKind,
    User,
)
from gradebook.policy import announcements as announcement_policy
from gradebook.policy.conversations import Correspondence
from gradebook.services import announced, announcements, duties, messaging, record_exports, reports, reviews, rosters
from gradebook.services.accounts import person_acting_as
from gradebook.services.announcements import Draft

if TYPE_CHECKING:
    from gradebook.policy.person import Person
    from gradebook.services.demonstration import Demonstration

Lines = Sequence[tuple[User, str]]
"""Who wrote what, in order."""

OPENED_OF_THREE = 2
"""Two of three guardians have opened what was announced."""


def add_messages(demo: Demonstration) -> None:
    """Announcements, conversations, a reported message, two reviews, and a record that waits for a second person."""
    _name_overseers(demo)
    _add_announcements(demo)
    _add_conversations(demo)
    _add_report(demo)
    _add_reviews(demo)
    _ask_for_record(demo)


def _name_overseers(demo: Demonstration) -> None:
    """Each is named by the other: nobody names themselves, and who reads does not choose who watches."""
    office, second = demo.people["office"], demo.people["office2"]
    at = demo.moment(30, 9)
    duties.give(second, demo.school, Duty.SUPERVISOR, at, actor_id=office.id)
    db.session.flush()
    duties.give(office, demo.school, Duty.REVIEWER, at, actor_id=second.id)
    db.session.flush()


# --- Announcements


def _add_announcements(demo: Demonstration) -> None:
    ortiz, office = demo.people["ortiz"], demo.people["office"]
    road = Draft(
        "No cars at the school gate",
        "From Monday on the road in front of the gate is closed to cars between 8:00 and 8:45. Bring your child to the "
        "side door in Mill Lane, or let them walk the last part.\n\nIf you have a question, call the office.",
        "demonstration-road",
    )
    evening = Draft(
        "Maths evening in room 12",
        "On the last Thursday of this month the class shows its tiling projects, from 17:00 to 18:30. Come when it "
        "suits you, with brothers and sisters.\n\nIf you bring something to eat: some of us cannot eat nuts.",
        "demonstration-evening",
    )
    calculators = Draft(
        "A calculator for the term test",
        "For the term test each student needs a calculator with a square root key. The school lends one to whoever has "
        "none: write to me a few days before.",
        "demonstration-calculators",
        demo.moment(-3, 8),
    )
    _announce(demo, office, RoleKind.OFFICE, road, demo.moment(8, 10))
    shown = _announce(demo, ortiz, RoleKind.TEACHER, evening, demo.moment(5, 12))
    _announce(demo, ortiz, RoleKind.TEACHER, calculators, demo.moment(1, 14))
    _answer(demo, shown)


def _announce(demo: Demonstration, author: User, kind: RoleKind, draft: Draft, now: datetime) -> Announcement:
    """The office to the whole school, a teacher to Maths 7B; most of those who got it have opened it by now."""
    with actor.acting_as(author.id, now):
        person = person_acting_as(author, now, kind, demo.school.id)
        sections = [demo.sections["Maths 7B"].public_id]
        audience = announcement_policy.audience_of(person, sections, to_school=kind == RoleKind.OFFICE)
        got = sorted({one.guardian.id for one in announcement_policy.receiving(person, audience)})
        announcement = announcements.announce(person, audience, draft, now)
    if announcement.sent_at is not None:
        for number, key in enumerate(got):
            if number % 3 < OPENED_OF_THREE:
                with actor.acting_as(key, now):
                    announced.mark_opened(announcement, key, now + timedelta(minutes=20 * number))
    return announcement


def _answer(demo: Demonstration, announcement: Announcement) -> None:
    """Two guardians answer; each in the own conversation with the teachers."""
    maria, lee, ortiz = (demo.people[name] for name in ("maria.gomez", "lee", "ortiz"))
    ana, teo = demo.people["ana.gomez"], demo.people["teo.lee"]
    for child, lines in (
        (ana, ((maria, "We will come at half past five. I can bring a cake without nuts."),)),
        (
            teo,
            (
                (lee, "I teach until five on Thursdays, so Teo comes first with his grandmother. Is that all right?"),
                (ortiz, "Of course. He can show her his project, and you the rest."),
            ),
        ),
    ):
        _talk(demo, child, "Maths 7B", lines, demo.moment(4, 17), answers=announcement)


# --- Conversations


def _add_conversations(demo: Demonstration) -> None:
    ana, maria, david, ortiz = (demo.people[name] for name in ("ana.gomez", "maria.gomez", "david.gomez", "ortiz"))
    begins = demo.now - timedelta(days=2)
    for guardian_lines in (
        (
            (maria, "Good afternoon. Ana was unwell on Thursday. Can she still do the quiz on ratio?"),
            (ortiz, "Of course. She can sit it on Monday at lunch, room 12."),
            (maria, "Thank you, she will be there. Is there anything she should read before?"),
            (ortiz, "Pages 40 to 43, and the two examples we did in class. She will be fine."),
        ),
        ((david, "Hello Ms Ortiz, when is the next test? I would like to practise with Ana on Sunday."),),
    ):
        _talk(demo, ana, "Maths 7B", guardian_lines, begins)
    for index, words in ((2, "Could we talk about the reading log this week?"), (9, "Thank you for the kind comment.")):
        student = demo.students["7B"][index]
        guardian = _guardian_of(student)
        _talk(demo, student, "English 7B", ((guardian, words),), begins)
    office = demo.people["office"]
    asked = (
        (maria, "We move on the first of the month. Can Ana stay at this school if we live on the other side of town?"),
        (office, "Yes. Send us the new address a week before, so that the bus card is right from the first day."),
        (maria, "Thank you. I will bring the form on Friday."),
    )
    _talk(demo, ana, None, asked, begins)


def _guardian_of(student: User) -> User:
    """The one of the student's guardians who was recorded first."""
    link = select(User).join(Guardianship, Guardianship.guardian_id == User.id)
    mine = link.where(Guardianship.student_id == student.id, Guardianship.ends_on.is_(None))
    return db.session.scalars(mine.order_by(User.id).limit(1)).one()


def _talk(
    demo: Demonstration,
    student: User,
    title: str | None,
    lines: Lines,
    begins: datetime,
    *,
    answers: Announcement | None = None,
) -> Conversation:
    """Write this, a message every three hours; the first is a guardian's, and perhaps answers an announcement. `title`
    is that of the class; None: with the office."""
    guardian = lines[0][0]
    pair = Correspondence(student, demo.school if title is None else demo.sections[title], guardian, ())
    with actor.acting_as(guardian.id, begins):
        conversation = messaging.open_conversation(pair, actor_id=guardian.id, now=begins)
    for number, (author, body) in enumerate(lines):
        now = begins + timedelta(hours=3 * number)
        with actor.acting_as(author.id, now):
            messaging.send(
                conversation, author_id=author.id, body=body, now=now,
                client_key=f"demonstration-{now.timestamp():.0f}",
                announcement_id=answers.id if answers and not number else None,
            )  # fmt: skip
    return conversation


# --- What the office does about messages


def _add_report(demo: Demonstration) -> None:
    """A teacher has reported a message that threatens; the office has not looked at it yet."""
    student, teacher = demo.students["7B"][25], demo.people["haddad"]
    guardian = _guardian_of(student)
    talk = _talk(
        demo,
        student,
        "Science 7B",
        (
            (guardian, "Jonas says he got a low score for the lab report. Why?"),
            (teacher, "Good morning. The drawing and the conclusion are missing. He can hand both in until Friday."),
            (guardian, "He sat over it for two evenings. You are not fair to him."),
            (teacher, "I am sorry that it looks like this. I would be glad to go through it with you on the phone."),
            (guardian, "Change the score, or I will wait for you after your lesson, and then you will be sorry."),
            (teacher, "I will not answer this here. The school office will call you."),
        ),
        demo.moment(4, 7),
    )
    now = demo.moment(1, 8)
    with actor.acting_as(teacher.id, now):
        query = select(Message).where(Message.conversation_id == talk.id, Message.seq == 5)
        reported = db.session.scalars(query).one()
        reporter = person_acting_as(teacher, now, RoleKind.TEACHER)
        reports.report(reporter, reported, ReportReason.HURTFUL, "He knows when my last lesson ends.", now)


def _add_reviews(demo: Demonstration) -> None:
    """One is closed, and its conversation says so; one is open for some days more."""
    ana, maria, adeyemi = (demo.people[name] for name in ("ana.gomez", "maria.gomez", "adeyemi"))
    talk = _talk(
        demo,
        ana,
        "English 7B",
        (
            (maria, "Ana tells me that the reading groups have changed. Which one is she in now?"),
            (adeyemi, "She is in the second group. We read the same book, with more time for questions."),
            (maria, "Was this because of the test? I would have liked to hear it from you before."),
            (adeyemi, "You are right. It was not the test: the second group suits how she reads. I should have asked."),
        ),
        demo.moment(20, 8),
    )
    words = "Ana’s mother says that she was not told about the reading group. What was written, and when?"
    note = "Ms Adeyemi explained it, after the change. Talked with both on the phone."
    _review(demo, talk, ReviewReason.COMPLAINT, words, demo.moment(12, 9), note=note, closed=True)
    student, teacher = demo.students["7B"][22], demo.people["haddad"]
    guardian = _guardian_of(student)
    talk = _talk(
        demo,
        student,
        "Science 7B",
        (
            (guardian, "Elif does not want to go to swimming any more. She says that she is pushed on the stairs."),
            (teacher, "Thank you for telling me. I will stand at the stairs from tomorrow, and talk with her class."),
            (guardian, "It happened again today."),
        ),
        demo.moment(5, 9),
    )
    words = "A father writes that his daughter is pushed on the stairs. Was it passed on?"
    _review(demo, talk, ReviewReason.SAFETY, words, demo.moment(1, 9), note="Called the family. They come on Monday.")


def _review(
    demo: Demonstration,
    talk: Conversation,
    reason: ReviewReason,
    words: str,
    now: datetime,
    *,
    note: str,
    closed: bool = False,
) -> None:
    """The office looks into the conversations about the child of this one, opens it, and notes something."""
    day, office = demo.school.today(now), demo.people["office"]
    student = db.session.get_one(User, talk.student_id)
    wanted = reviews.Wanted(student, reason, words, day - timedelta(days=30), day, days=7)
    with actor.acting_as(office.id, now):
        person = person_acting_as(office, now, RoleKind.OFFICE, demo.school.id)
        review = reviews.open_review(person, demo.school, wanted, now)
        _read(demo, person, review, talk.public_id)
        reviews.add_note(review, note, now + timedelta(minutes=30), actor_id=office.id)
        if closed:
            reviews.close(rosters.locked(review), demo.school, now + timedelta(hours=1), actor_id=office.id)


def _read(demo: Demonstration, person: Person, review: OversightReview, public_id: str) -> None:
    """Open a conversation, which is written down first."""
    talk = reviews.conversation_in(person, review, demo.school, public_id)
    assert talk is not None  # noqa: S101 - it was written above, within the days of the review
    numbers = [message.seq for message in reviews.messages_in(review, talk, demo.school).messages]
    reviews.note_reading(review, talk, person.now + timedelta(minutes=5), messages=numbers)


def _ask_for_record(demo: Demonstration) -> None:
    """The other person of the office asks for the record of a conversation: it waits for who signs in first."""
    ana, david, second = (demo.people[name] for name in ("ana.gomez", "david.gomez", "office2"))
    now = demo.now - timedelta(hours=20)
    with actor.acting_as(second.id, now):
        person = person_acting_as(second, now, RoleKind.OFFICE, demo.school.id)
        reason = "The father’s lawyer asks for it, with his consent, by the end of the month."
        record_exports.ask(person, ana, demo.sections["Maths 7B"], (david.id,), reason, now)
