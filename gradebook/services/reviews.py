"""Reviews: the office looks into the conversations about a child, with a reason, between two days and for a week at
most. Each thing that is read is written down first; when the review has ended the conversations that were opened say
so. Whoever calls has asked the policy first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import aliased, joinedload

from gradebook import actor
from gradebook.extensions import db
from gradebook.models import (
    Approval,
    Conversation,
    Enrollment,
    Guardianship,
    Message,
    MessageKind,
    OversightReview,
    ReviewNote,
    ReviewOpening,
    ReviewReason,
    Role,
    RoleKind,
    School,
    Section,
    User,
)
from gradebook.policy import oversight
from gradebook.policy.person import Person
from gradebook.services import approvals, attachments, audit, messaging, office_reading, queue, rosters
from gradebook.services.approvals import ApprovalError, ApprovalFault
from gradebook.services.attachments import FileLine
from gradebook.services.grades import day_begins
from gradebook.services.office_reading import ShownMessage

LONGEST_WORDS = 2000
ON_A_PAGE = 50
LONGEST_SPAN = timedelta(days=366)
HOLD = oversight.HOLD
"""The act that a second person agrees to."""
HOLDS = (14, 30, 90, 180)
"""Days for which a line may be held back."""
LINE = "office-read"
"""The code of the line in a conversation: with the first and the last day on which it was opened."""


class Over(ValueError):
    """The review has ended."""


class Said(ValueError):
    """The conversations have been told already."""


@dataclass(frozen=True)
class Wanted:
    """What is asked for: about whom, why, which messages, for how long."""

    student: User
    reason: ReviewReason
    words: str
    first_day: date
    last_day: date
    days: int
    section: Section | None = None
    guardian: User | None = None


@dataclass(frozen=True)
class TalkLine:
    """A conversation that a review covers, without a word of it."""

    conversation: Conversation
    messages: int
    relationship: str
    opening: ReviewOpening | None


@dataclass(frozen=True)
class OpenedLine:
    """A conversation that was opened, as the record says it: also when the review is over."""

    opening: ReviewOpening
    section: str
    guardian: str


@dataclass(frozen=True)
class TalkPage:
    """Messages of a conversation that the review covers, oldest first."""

    messages: list[ShownMessage]
    has_earlier: bool


# --- Opening


def classes_with_guardians(student: User, school: School) -> list[tuple[Section, User, str]]:
    """Each class that the child is or was in with each guardian it has or had: between whom there may be a
    conversation. Whether there is one is not said."""
    rows = db.session.execute(
        select(Section, User, Guardianship.relationship_name)
        .select_from(Enrollment)
        .join(Section, Section.id == Enrollment.section_id)
        .join(Guardianship, Guardianship.student_id == Enrollment.user_id)
        .join(User, User.id == Guardianship.guardian_id)
        .where(
            Enrollment.user_id == student.id,
            Enrollment.role_kind == RoleKind.STUDENT,
            Enrollment.school_id == school.id,
            Guardianship.school_id == school.id,
        )
        .order_by(Section.title, Section.id, User.name_key, User.id)
    )
    return list({(row[0].id, row[1].id): (row[0], row[1], row[2]) for row in rows}.values())


def open_review(person: Person, school: School, wanted: Wanted, now: datetime) -> OversightReview:
    """From now on what it covers can be read, until it is closed or its last day is over."""
    review = OversightReview(
        school_id=school.id, opened_by=person.id, opened_at=now, begins_on=school.today(now), days=wanted.days,
        reason=wanted.reason, words=wanted.words, student_id=wanted.student.id,
        section_id=wanted.section.id if wanted.section else None,
        guardian_id=wanted.guardian.id if wanted.guardian else None,
        first_day=wanted.first_day, last_day=wanted.last_day,
    )  # fmt: skip
    db.session.add(review)
    db.session.flush()
    scope = {"section": review.section_id, "guardian_id": review.guardian_id}
    span = {"first_day": wanted.first_day.isoformat(), "last_day": wanted.last_day.isoformat(), "days": wanted.days}
    _note("review.opened", review, now, person.id, reason=wanted.reason.value, **scope, **span)
    _plan(review, day_begins(review.ends_on, ZoneInfo(school.timezone)))
    return review


def _plan(review: OversightReview, moment: datetime) -> None:
    """A job for the moment at which the conversations are to be told."""
    queue.enqueue("end_reviews", moment, key=f"end_reviews {review.id} {moment.isoformat()}")


def all_of(person: Person, limit: int = 100) -> list[OversightReview]:
    """The reviews that this person may see, the newest first."""
    query = select(OversightReview).options(joinedload(OversightReview.student), joinedload(OversightReview.opener))
    rows = query.where(oversight.reviews_of_office(person)).order_by(OversightReview.id.desc()).limit(limit)
    return list(db.session.scalars(rows))


# --- Reading


def covered(person: Person, review: OversightReview, school: School) -> list[TalkLine]:
    """The conversations with messages that the review covers, by class and guardian."""
    with actor.reading_in_review(review.id):
        rows = db.session.execute(
            select(Conversation, func.count(Message.id), Guardianship.relationship_name)
            .join(Message, (Message.school_id == Conversation.school_id) & (Message.conversation_id == Conversation.id))
            .join(Section, Section.id == Conversation.section_id)
            .join(User, User.id == Conversation.guardian_id)
            .outerjoin(
                Guardianship,
                (Guardianship.school_id == Conversation.school_id)
                & (Guardianship.student_id == Conversation.student_id)
                & (Guardianship.guardian_id == Conversation.guardian_id),
            )
            .where(oversight.covered_conversations(person, review), oversight.covered_messages(review, school.timezone))
            .group_by(Conversation.id, Guardianship.relationship_name, Section.title, User.name_key)
            .order_by(Section.title, User.name_key, Conversation.id)
            .options(joinedload(Conversation.section), joinedload(Conversation.guardian))
        ).all()
    opened = {one.conversation_id: one for one in openings(review)}
    return [TalkLine(row[0], row[1], row[2] or "", opened.get(row[0].id)) for row in rows]


def conversation_in(person: Person, review: OversightReview, school: School, public_id: str) -> Conversation | None:
    """A conversation with messages that the review covers."""
    with actor.reading_in_review(review.id):
        of = (Message.school_id == Conversation.school_id, Message.conversation_id == Conversation.id)
        has_some = select(Message.id).where(*of, oversight.covered_messages(review, school.timezone))
        return db.session.scalar(
            select(Conversation)
            .options(
                joinedload(Conversation.student), joinedload(Conversation.guardian), joinedload(Conversation.section)
            )
            .where(
                Conversation.public_id == public_id,
                oversight.covered_conversations(person, review),
                has_some.correlate(Conversation).exists(),
            )
        )


def note_reading(review: OversightReview, talk: Conversation, now: datetime, **facts: Any) -> None:
    """Write down that messages or a file of a conversation are read. To be committed before anything is shown."""
    act = "review.file_read" if "file" in facts else "review.read"
    keys = {"conversation": talk.public_id, "section": talk.section_id, "guardian_id": talk.guardian_id}
    _note(act, review, now, review.opened_by, **keys, **facts)
    with actor.reading_in_review(review.id):
        opening = db.session.get(ReviewOpening, (review.id, talk.id))
        if opening is None:
            opening = ReviewOpening(
                review_id=review.id, conversation_id=talk.id, school_id=review.school_id, section_id=talk.section_id,
                guardian_id=talk.guardian_id, first_at=now, times=0,
            )  # fmt: skip
            db.session.add(opening)
        opening.last_at, opening.times = now, opening.times + 1


def messages_in(review: OversightReview, talk: Conversation, school: School, before: int | None = None) -> TalkPage:
    """The newest messages of a conversation that the review covers, or those before a number."""
    covered_ones = [oversight.covered_messages(review, school.timezone)]
    if before is not None:
        covered_ones.append(Message.seq < before)
    with actor.reading_in_review(review.id):
        of = (Message.school_id == talk.school_id, Message.conversation_id == talk.id)
        numbers = list(
            db.session.scalars(
                select(Message.seq).where(*of, *covered_ones).order_by(Message.seq.desc()).limit(ON_A_PAGE + 1)
            )
        )
        page = numbers[:ON_A_PAGE]
        found = office_reading.messages(talk, Message.seq.in_(page), *covered_ones) if page else []
    return TalkPage(found, len(numbers) > len(page))


def file_in(
    review: OversightReview, talk: Conversation, school: School, public_id: str
) -> tuple[FileLine, bytes] | None:
    """A file of a message that the review covers, also of one that was removed."""
    with actor.reading_in_review(review.id):
        return attachments.file_in(
            talk, public_id, also_removed=True, only=oversight.covered_messages(review, school.timezone)
        )


def relationships(review: OversightReview) -> dict[int, str]:
    """What each guardian of the child is to it, by the key of the guardian."""
    rows = db.session.execute(
        select(Guardianship.guardian_id, Guardianship.relationship_name).where(
            Guardianship.student_id == review.student_id, Guardianship.school_id == review.school_id
        )
    )
    return {row[0]: row[1] for row in rows}


def openings(review: OversightReview) -> list[ReviewOpening]:
    """What was opened."""
    query = select(ReviewOpening).where(ReviewOpening.review_id == review.id)
    return list(db.session.scalars(query.order_by(ReviewOpening.conversation_id)))


def opened_lines(review: OversightReview) -> list[OpenedLine]:
    """The same with the names, for the record."""
    guardian = aliased(User)
    rows = db.session.execute(
        select(ReviewOpening, Section.title, guardian.display_name)
        .join(Section, Section.id == ReviewOpening.section_id)
        .join(guardian, guardian.id == ReviewOpening.guardian_id)
        .where(ReviewOpening.review_id == review.id)
        .order_by(ReviewOpening.first_at, ReviewOpening.conversation_id)
    )
    return [OpenedLine(*row) for row in rows]


# --- Notes


def add_note(review: OversightReview, body: str, now: datetime, *, actor_id: int) -> None:
    """Keep a note with the review."""
    db.session.add(
        ReviewNote(review_id=review.id, school_id=review.school_id, author_id=actor_id, body=body, written_at=now)
    )
    _note("review.noted", review, now, actor_id)


def notes_of(review: OversightReview) -> list[ReviewNote]:
    """The notes, the oldest first."""
    query = select(ReviewNote).options(joinedload(ReviewNote.author)).where(ReviewNote.review_id == review.id)
    return list(db.session.scalars(query.order_by(ReviewNote.id)))


# --- Ending, and telling the conversations


def close(review: OversightReview, school: School, now: datetime, *, actor_id: int) -> None:
    """It opens nothing any more, and the conversations that were opened say so. A second time changes nothing.

    The row is to be locked (rosters.locked).
    """
    if review.closed_at is None and review.is_open(school.today(now)):
        review.closed_at, review.closed_by = now, actor_id
        _note("review.closed", review, now, actor_id)
    _settle(review, school, now)


def end_due(now: datetime, school_id: int | None = None) -> int:
    """End the reviews whose last day is over, and tell the conversations of those that are not held back. Returns how
    many were told. Being run twice does no harm."""
    told = 0
    for user_id in _openers(school_id):
        with actor.acting_as(user_id, now):
            for key in _not_told(user_id, school_id):
                review = rosters.locked(db.session.get_one(OversightReview, key))
                told += _settle(review, db.session.get_one(School, review.school_id), now)
    return told


def has_due(person: Person, school: School, now: datetime) -> bool:
    """Whether a review that this person may see waits to be ended or told."""
    query = select(OversightReview).where(oversight.reviews_of_office(person), OversightReview.said_at.is_(None))
    return any(_is_due(review, school.today(now)) for review in db.session.scalars(query))


def _openers(school_id: int | None) -> list[int]:
    """Everyone who has or had the office role: the database shows a review to who opened it."""
    query = select(Role.user_id).where(Role.kind == RoleKind.OFFICE)
    if school_id is not None:
        query = query.where(Role.school_id == school_id)
    return list(db.session.scalars(query.distinct().order_by(Role.user_id)))


def _not_told(user_id: int, school_id: int | None) -> list[int]:
    query = select(OversightReview.id).where(OversightReview.opened_by == user_id, OversightReview.said_at.is_(None))
    if school_id is not None:
        query = query.where(OversightReview.school_id == school_id)
    return list(db.session.scalars(query.order_by(OversightReview.id)))


def _is_due(review: OversightReview, day: date) -> bool:
    is_held = review.held_until is not None and day < review.held_until
    return review.said_at is None and not review.is_open(day) and not is_held


def _settle(review: OversightReview, school: School, now: datetime) -> bool:
    """End it if its time is over, and tell the conversations unless that is held back."""
    day = school.today(now)
    if review.said_at is not None or review.is_open(day):
        return False
    if review.closed_at is None:
        review.closed_at = day_begins(review.ends_on, ZoneInfo(school.timezone))
        _note("review.ended", review, review.closed_at, None)
    if not _is_due(review, day):
        return False
    with actor.acting_as(review.opened_by, now):  # whoever closes it, or a worker: the line is the reviewer's
        _tell(review, openings(review), school, now)
    review.said_at = now
    return True


def _tell(review: OversightReview, opened: Iterable[ReviewOpening], school: School, now: datetime) -> None:
    """A line in each conversation that was opened, by nobody's name; both sides have it as they have messages."""
    opener = db.session.get_one(User, review.opened_by)
    for one in opened:
        with actor.classes_opened([one.section_id]):  # the office takes no part in it
            talk = db.session.scalars(select(Conversation).where(Conversation.id == one.conversation_id)).one()
            messaging.admit(talk, opener, RoleKind.OFFICE, now)
            days = (school.today(moment).isoformat() for moment in (one.first_at, one.last_at))
            messaging.send(
                talk, author_id=opener.id, body=" ".join((LINE, *days)), now=now, kind=MessageKind.SYSTEM,
                client_key=str(uuid5(NAMESPACE_OID, f"{review.public_id} {talk.public_id}")),
            )  # fmt: skip
            _note("review.said", review, now, None, conversation=talk.public_id, section=talk.section_id)


def days_of(code: str) -> tuple[date, date] | None:
    """The first and the last day of which such a line speaks; None for a code of another version of the product."""
    kind, *days = code.split()
    try:
        first, last = (date.fromisoformat(text) for text in days)
    except ValueError:
        return None
    return (first, last) if kind == LINE else None


# --- Holding the line back


def ask_to_hold(person: Person, review: OversightReview, days: int, reason: str, now: datetime) -> Approval:
    """Ask that the conversations are not told before so many days have passed; who watches agrees, or does not.

    Raises Said, and ApprovalError.
    """
    if review.said_at is not None:
        raise Said
    details = {"review": review.public_id, "days": days, "opened": review.begins_on.isoformat()}
    return approvals.ask(person, HOLD, details, reason, now, person_id=review.student_id)


def hold(approval: Approval, person: Person, now: datetime) -> None:
    """This person, who watches, has agreed: until then nothing is said. Raises ApprovalError (NOT_NAMED, OVER)."""
    asked_of = OversightReview.public_id == approval.details["review"]
    review = db.session.scalar(select(OversightReview).where(asked_of, oversight.reviews_to_hold(person)))
    if review is None:
        raise ApprovalError(ApprovalFault.NOT_NAMED)
    review = rosters.locked(review)
    if review.said_at is not None:
        raise ApprovalError(ApprovalFault.OVER)
    school = db.session.get_one(School, approval.school_id)
    review.held_until = max(review.held_until or date.min, school.today(now) + timedelta(days=approval.details["days"]))
    _note("review.held", review, now, person.id, until=review.held_until.isoformat())
    _plan(review, day_begins(review.held_until, ZoneInfo(school.timezone)))


def hold_asked(review: OversightReview, now: datetime) -> Approval | None:
    """What waits to be agreed to."""
    waiting = approvals.waiting_of_kind(review.school_id, HOLD, now)
    return next((one for one in waiting if one.details.get("review") == review.public_id), None)


def _note(act: str, review: OversightReview, now: datetime, actor_id: int | None, **facts: Any) -> None:
    """The class stands among the facts only: no teacher's history of a class shows it."""
    keys = {"school_id": review.school_id, "actor_id": actor_id, "person_id": review.student_id}
    audit.record(act, now, **keys, review=review.public_id, **facts)
