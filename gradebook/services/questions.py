"""Questions about a score: from a student to the teachers of the class, one at a time, kept with the score.

They are no messages: no guardian is in them, nothing of them is in a conversation, and nothing of a conversation here.
A student can ask about what is posted only, so that a question tells nothing of hidden scores.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from gradebook.extensions import db
from gradebook.models import Assignment, ScoreQuestion, Section, User
from gradebook.policy import scopes
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person

LONGEST = 500
"""Letters of a question, and of an answer."""
MOST_ABOUT_ONE = 5
"""Questions of one student about one score."""
MOST_A_DAY = 10
"""Questions of one student in one class in a day."""
MOST_ANSWERED = 30
"""Answered questions that a teacher's list shows, the newest."""


class Refused(StrEnum):
    """Why a question is not taken."""

    SCHOOL = "school"
    """The school takes none."""
    ENOUGH = "enough"
    """There are as many about this score as there may be."""
    TODAY = "today"
    """As many as there may be on one day."""
    WAITING = "waiting"
    """The last one about this score waits for its answer."""


class NotTaken(Exception):
    """The question was not written."""

    def __init__(self, why: Refused) -> None:
        super().__init__(why)
        self.why = why


class Asked(NamedTuple):
    """A question with the name of who answered it."""

    question: ScoreQuestion
    teacher: str | None


# --- The student


def questions_of(student_id: int, assignment_id: int) -> list[ScoreQuestion]:
    """What this student asked about one score, the oldest first."""
    query = (
        select(ScoreQuestion)
        .options(joinedload(ScoreQuestion.teacher))
        .where(ScoreQuestion.student_id == student_id, ScoreQuestion.assignment_id == assignment_id)
        .order_by(ScoreQuestion.id)
    )
    return list(db.session.scalars(query))


def why_not(section: Section, asked: list[ScoreQuestion]) -> Refused | None:
    """Why no other question about this score is taken now; None where it is."""
    if not section.school.takes_score_questions:
        return Refused.SCHOOL
    if asked and asked[-1].is_open:
        return Refused.WAITING
    return Refused.ENOUGH if len(asked) >= MOST_ABOUT_ONE else None


def ask(section: Section, assignment_id: int, student_id: int, words: str, now: datetime) -> None:
    """Ask about a posted score, which the caller has found through the student. Raises NotTaken.

    The same words sent twice are one question.
    """
    asked = questions_of(student_id, assignment_id)
    if asked and asked[-1].is_open and asked[-1].words == words:
        return
    why = why_not(section, asked) or _too_many_today(section, student_id, now)
    if why is not None:
        raise NotTaken(why)
    row = ScoreQuestion(
        school_id=section.school_id, section_id=section.id, assignment_id=assignment_id, student_id=student_id,
        words=words, asked_at=now,
    )  # fmt: skip
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError as error:  # the same button, pressed twice
        raise NotTaken(Refused.WAITING) from error


def _too_many_today(section: Section, student_id: int, now: datetime) -> Refused | None:
    count = select(func.count()).where(
        ScoreQuestion.section_id == section.id,
        ScoreQuestion.student_id == student_id,
        ScoreQuestion.asked_at > now - timedelta(days=1),
    )
    return Refused.TODAY if (db.session.scalar(count) or 0) >= MOST_A_DAY else None


def last_answer() -> Any:
    """When a question of a student about posted work was last answered, as a column of a query that reads Section and
    the student as User. The statement names the moment `now`."""
    return (
        select(func.max(ScoreQuestion.answered_at))
        .join(Assignment, Assignment.id == ScoreQuestion.assignment_id)
        .where(
            ScoreQuestion.section_id == Section.id,
            ScoreQuestion.student_id == User.id,
            Assignment.posted_at <= bindparam("now"),
            Assignment.deleted_at.is_(None),
        )
        .correlate(Section, User)
        .scalar_subquery()
    )


# --- The teacher


class Line(NamedTuple):
    """A question as a teacher's list shows it."""

    question: ScoreQuestion
    student: User
    assignment: Assignment


def open_questions() -> Any:
    """How many questions wait for an answer, as a column of a query that reads Section."""
    return (
        select(func.count())
        .select_from(ScoreQuestion)
        .join(Assignment, Assignment.id == ScoreQuestion.assignment_id)
        .where(
            ScoreQuestion.section_id == Section.id,
            ScoreQuestion.answered_at.is_(None),
            Assignment.deleted_at.is_(None),
        )
        .correlate(Section)
        .scalar_subquery()
    )


def questions_in(section: Section) -> tuple[list[Line], list[Line]]:
    """The questions of a class that the caller teaches: those that wait, the oldest first; and the last answered."""
    base = _lines(ScoreQuestion.section_id == section.id)
    waiting = base.where(ScoreQuestion.answered_at.is_(None)).order_by(ScoreQuestion.id)
    answered = (
        base.where(ScoreQuestion.answered_at.is_not(None))
        .order_by(ScoreQuestion.answered_at.desc(), ScoreQuestion.id.desc())
        .limit(MOST_ANSWERED)
    )
    return _read(waiting), _read(answered)


def question_for_teacher(person: Person, public_id: str) -> Line:
    """One question of a class that this person teaches today. Raises NotFound."""
    found = _read(
        _lines(ScoreQuestion.public_id == public_id, ScoreQuestion.section_id.in_(scopes.sections_taught_by(person)))
    )
    if not found:
        raise NotFound
    return found[0]


def _lines(*where: Any) -> Any:
    return (
        select(ScoreQuestion, User, Assignment)
        .join(User, User.id == ScoreQuestion.student_id)
        .join(Assignment, Assignment.id == ScoreQuestion.assignment_id)
        .options(joinedload(ScoreQuestion.teacher))
        .where(Assignment.deleted_at.is_(None), *where)
    )


def _read(query: Any) -> list[Line]:
    return [Line(*row) for row in db.session.execute(query)]


def answer(question: ScoreQuestion, words: str, *, actor_id: int, now: datetime) -> bool:
    """Answer it, for the student and the teachers of the class. False where somebody answered meanwhile: their words
    stay, and nothing is written."""
    stands: ScoreQuestion = db.session.get_one(ScoreQuestion, question.id, populate_existing=True, with_for_update=True)
    if not stands.is_open:
        return stands.answer == words
    stands.answer, stands.answered_by, stands.answered_at = words, actor_id, now
    return True
