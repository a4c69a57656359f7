"""What a teacher sees first: the classes of the term, what waits to be graded, what was changed last, who wrote."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased, contains_eager

from gradebook.grading.values import Status
from gradebook.models import (
    AcademicSession,
    Assignment,
    ChangeKind,
    Conversation,
    Enrollment,
    Message,
    Participant,
    Position,
    RoleKind,
    Score,
    ScoreChange,
    Section,
    User,
)
from gradebook.policy import scopes
from gradebook.policy.person import AnyPerson, Person
from gradebook.services import messaging
from gradebook.services.grades import due_moment
from gradebook.services.questions import open_questions

RECENT = 5
UNREAD = 5


class Waiting(NamedTuple):
    """An assignment past its due moment with blanks."""

    public_id: str
    title: str
    section: Section
    due_on: date
    blanks: int


@dataclass
class TaughtClass:
    """A class with what is to be done in it."""

    section: Section
    position: Position
    ends_on: date | None
    """The first day without the place, for a substitute."""
    students: int = 0
    to_grade: int = 0
    hidden: int = 0
    """Scores entered and not shown to families."""
    questions: int = 0
    """Questions of students about scores that wait for an answer."""

    @property
    def last_day(self) -> date | None:
        """The last day of a substitute."""
        return self.ends_on - timedelta(days=1) if self.ends_on else None


class Unread(NamedTuple):
    """A conversation with unread messages: who wrote last, about whom, when. Never what."""

    conversation: str
    sender: str
    sender_id: int
    student: str
    sent_at: datetime


class RecentChange(NamedTuple):
    """One act of this teacher: the cells that were changed under one number."""

    section: Section
    cells: int
    kind: ChangeKind
    title: str | None
    """The assignment, where there is only one."""
    assignment: str | None
    changed_at: datetime


@dataclass
class Home:
    """T1."""

    classes: list[TaughtClass] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    recent: list[RecentChange] = field(default_factory=list)

    @property
    def latest(self) -> TaughtClass | None:
        """The class that this teacher changed last; else the first one."""
        for change in self.recent:
            for one in self.classes:
                if one.section.id == change.section.id:
                    return one
        return self.classes[0] if self.classes else None


def home_of(person: Person) -> Home:
    """The teacher's home, in five statements whatever the number of classes, students and scores."""
    classes = [one for one in classes_of(person) if _is_current(one.section, person)]
    by_id = {one.section.id: one for one in classes}
    waiting = waiting_in(by_id, person, _work_with_blanks)
    for row in _hidden(by_id, person):
        by_id[row.section_id].hidden = row.scores
    for one in waiting:
        by_id[one.section.id].to_grade += one.blanks
    return Home(classes, waiting, [Unread(*row) for row in scopes.ask_columns(_unread, person)], _recent(person, by_id))


# The statements here are worded once for all teachers (scopes.ask): wording them took half of the page.


def classes_of(person: Person) -> list[TaughtClass]:
    """Every class that this person teaches today, with its students, in one statement."""
    return [
        TaughtClass(section, position, ends_on, count, questions=questions)
        for section, position, ends_on, count, questions in scopes.ask(_classes, person)
    ]


def _classes(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    students = (
        select(func.count())
        .select_from(Enrollment)
        .where(
            Enrollment.section_id == Section.id,
            Enrollment.role_kind == RoleKind.STUDENT,
            scopes.holds_today(Enrollment, person),
        )
        .correlate(Section)
        .scalar_subquery()
    )
    return (
        select(Section, Enrollment.position, Enrollment.ends_on, students, open_questions())
        .join(Enrollment, Enrollment.section_id == Section.id)
        .join(Section.term)
        .join(Section.school)
        .options(contains_eager(Section.term), contains_eager(Section.school))
        .where(
            Section.id.in_(scopes.sections_taught_by(person)),
            Enrollment.user_id == person.id,
            Enrollment.role_kind == RoleKind.TEACHER,
        )
        .order_by(AcademicSession.begins_on.desc(), Section.title, Section.id)
    )


def _is_current(section: Section, person: Person) -> bool:
    day = section.school.today(person.now)
    return not section.ended and section.term.begins_on <= day < section.term.ends_on


_SAYS_SOMETHING = or_(
    Score.points.is_not(None),
    Score.percent.is_not(None),
    Score.letter.is_not(None),
    Score.status.in_((Status.missing, Status.excused, Status.incomplete)),
)
"""The teacher has dealt with the cell."""


def waiting_in(classes: dict[int, TaughtClass], person: Person, work: scopes.Statement) -> list[Waiting]:
    """Assignments past due with blanks, oldest first; `work` is a statement that due_work() gives."""
    if not classes:
        return []
    rows = scopes.ask_columns(work, person, classes=list(classes), latest=max(person.school_days.values()))
    return [
        Waiting(row.public_id, row.title, classes[row.section_id].section, row.due_on, row.blanks)
        for row in rows
        if row.blanks and _is_past(row.due_on, row.due_time, classes[row.section_id].section, person.now)
    ]


def due_work(blanks: Any) -> Select[*tuple[Any, ...]]:
    """The assignments of some `classes` that are due on the `latest` day or before, with what is blank in each."""
    return (
        select(
            Assignment.public_id,
            Assignment.title,
            Assignment.section_id,
            Assignment.due_on,
            Assignment.due_time,
            blanks.label("blanks"),
        )
        .where(
            Assignment.section_id.in_(bindparam("classes", expanding=True)),
            Assignment.deleted_at.is_(None),
            Assignment.due_on <= bindparam("latest"),
        )
        .order_by(Assignment.due_on, Assignment.position, Assignment.id)
    )


def _work_with_blanks(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    return due_work(_blanks(person))


def _blanks(person: AnyPerson) -> Any:
    """How many of an assignment's students of today, who were there when it was due, have nothing entered.

    Counted for each assignment by itself: as a join, PostgreSQL reads through the scores of the whole school.
    """
    entered = (
        select(Score.student_id)
        .where(Score.assignment_id == Assignment.id, Score.student_id == Enrollment.user_id, _SAYS_SOMETHING)
        .correlate(Assignment, Enrollment)
        .exists()
    )
    return (
        select(func.count())
        .select_from(Enrollment)
        .where(
            Enrollment.section_id == Assignment.section_id,
            Enrollment.role_kind == RoleKind.STUDENT,
            scopes.holds_today(Enrollment, person),
            Enrollment.begins_on <= Assignment.due_on,
            ~entered,
        )
        .correlate(Assignment)
        .scalar_subquery()
    )


def _is_past(due_on: date, due_time: time | None, section: Section, now: datetime) -> bool:
    due = due_moment(due_on, due_time, ZoneInfo(section.school.timezone))
    return due is not None and due <= now


def _hidden(classes: Iterable[int], person: Person) -> Iterable[Any]:
    """How many scores of each class are entered and not shown to families."""
    return scopes.ask_columns(_hidden_scores, person, classes=list(classes), now=person.now)


def _hidden_scores(_person: AnyPerson) -> Select[*tuple[Any, ...]]:
    return (
        select(Assignment.section_id, func.count().label("scores"))
        .join(Score, Score.assignment_id == Assignment.id)
        .where(
            Assignment.section_id.in_(bindparam("classes", expanding=True)),
            Assignment.deleted_at.is_(None),
            or_(Assignment.posted_at.is_(None), Assignment.posted_at > bindparam("now")),
            _SAYS_SOMETHING,
        )
        .group_by(Assignment.section_id)
    )


def _unread(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    """The conversations with unread messages, the newest first, without a word of what they say."""
    student = User.__table__.alias("student")
    return (
        select(Conversation.public_id, messaging.author_name(), User.id, student.c.display_name, Message.sent_at)
        .select_from(Participant)
        .join(Conversation, Conversation.id == Participant.conversation_id)
        .join(
            Message,
            and_(Message.conversation_id == Conversation.id, Message.seq == Conversation.last_seq),
        )
        .join(User, User.id == Message.author_id)
        .join(student, student.c.id == Conversation.student_id)
        .where(
            Participant.user_id == person.id,
            Conversation.last_seq > Participant.last_read_seq,
            Conversation.id.in_(scopes.conversations_of(person)),
        )
        .order_by(Message.sent_at.desc(), Conversation.id.desc())
        .limit(UNREAD)
    )


def _recent(person: Person, classes: dict[int, TaughtClass]) -> list[RecentChange]:
    """The last things that this teacher did to scores; cells changed together are one thing."""
    if not classes:
        return []
    return [
        RecentChange(
            classes[row[0]].section,
            row[1],
            ChangeKind(row[2]),
            row[3] if row[5] == 1 else None,
            row[4] if row[5] == 1 else None,
            row[6],
        )
        for row in scopes.ask_columns(_acts, person, classes=list(classes))
    ]


def _acts(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    last = _last_acts(person)
    return (
        select(
            ScoreChange.section_id,
            func.count(),
            func.min(ScoreChange.kind),
            func.min(Assignment.title),
            func.min(Assignment.public_id),
            func.count(ScoreChange.assignment_id.distinct()),
            func.max(ScoreChange.changed_at).label("at"),
        )
        .select_from(last)
        .join(ScoreChange, and_(ScoreChange.section_id == last.c.id, ScoreChange.seq >= last.c.since))
        .join(Assignment, Assignment.id == ScoreChange.assignment_id)
        .where(ScoreChange.changed_by == person.id)
        .group_by(ScoreChange.section_id, ScoreChange.seq)
        .order_by(func.max(ScoreChange.changed_at).desc(), ScoreChange.section_id, ScoreChange.seq.desc())
        .limit(RECENT)
    )


def _last_acts(person: AnyPerson) -> Any:
    """From which number on to read each class's history: its last few acts of this person.

    The whole history of five classes took 20 ms of 40, and it only grows. SQLite would work out the number again for
    each change; PostgreSQL would read all changes to join them with what was worked out before.
    """
    act = aliased(ScoreChange)
    fifth = (
        select(act.seq)
        .distinct()
        .where(act.section_id == Section.id, act.changed_by == person.id)
        .order_by(act.seq.desc())
        .limit(1)
        .offset(RECENT - 1)
        .correlate(Section)
        .scalar_subquery()
    )
    numbers = select(Section.id, func.coalesce(fifth, 0).label("since")).where(
        Section.id.in_(bindparam("classes", expanding=True))
    )
    return numbers.cte("last").prefix_with("MATERIALIZED", dialect="sqlite")
