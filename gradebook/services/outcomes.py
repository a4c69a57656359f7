"""What a class that grades outcomes has: its outcomes, its rules, its ratings, and the levels that they make.

Nothing here is read for a class that grades points (`Section.grades_outcomes`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from gradebook.extensions import db
from gradebook.grading.frozen import thaw_levels
from gradebook.grading.outcomes import (
    Level,
    LevelsOfStudent,
    Method,
    OutcomeLevel,
    OutcomeResult,
    OutcomeRules,
    Rating,
    Said,
    outcome_result,
)
from gradebook.grading.outcomes import MasteryScale as Levels
from gradebook.models import (
    Assignment,
    FrozenGrade,
    MasteryLevel,
    MasteryScale,
    Outcome,
    OutcomeAlignment,
    OutcomeRating,
    RatingChange,
    RatingStatus,
    Section,
    SectionOutcome,
    SectionOutcomeRules,
    User,
)
from gradebook.services.grades import Student, day_begins, due_moment, students_of
from gradebook.services.paging import placed

Place = tuple[int, int, int]
"""(assignment key, outcome key, student key): where a rating is."""


class OutcomeRow(NamedTuple):
    """An outcome as the pages of a class show it."""

    id: int
    public_id: str
    title: str
    code: str | None
    description: str | None
    is_own: bool
    """Of this class; else of the school."""
    version: int


class WorkRow(NamedTuple):
    """A piece of work that may be about outcomes."""

    id: int
    public_id: str
    title: str
    assigned_on: date | None
    due_on: date | None
    due_time: time | None
    posted_at: datetime | None
    position: int
    grading_period_id: int | None
    seq: int


class RatingRow(NamedTuple):
    """A stored rating. At most one of level and status says something."""

    assignment_id: int
    outcome_id: int
    student_id: int
    level_id: int | None
    status: str
    seq: int

    @property
    def place(self) -> Place:
        """Where it is."""
        return self.assignment_id, self.outcome_id, self.student_id

    @property
    def is_blank(self) -> bool:
        """Whether it was taken back."""
        return self.level_id is None and self.status == RatingStatus.NONE


@dataclass
class ClassOutcomes:
    """A class's outcomes with everything that makes levels out of ratings."""

    section: Section
    rules: OutcomeRules
    scale_id: int
    scale: Levels
    level_keys: dict[int, Level]
    """The level of each key in outcome_ratings."""
    outcomes: list[OutcomeRow]
    works: list[WorkRow]
    """All work of the class in its order."""
    aligned: dict[int, set[int]]
    """Assignment key -> the outcomes that it is about."""
    timezone: ZoneInfo
    now: datetime

    @cached_property
    def keys_by_number(self) -> dict[Fraction, int]:
        """The key of each level, by its number."""
        return {level.number: key for key, level in self.level_keys.items()}

    @cached_property
    def works_by_id(self) -> dict[int, WorkRow]:
        """The work by key."""
        return {work.id: work for work in self.works}

    def works_about(self, outcome: OutcomeRow) -> list[WorkRow]:
        """The work that is about an outcome."""
        return [work for work in self.works if outcome.id in self.aligned.get(work.id, ())]

    def outcomes_of(self, work_id: int) -> list[OutcomeRow]:
        """The outcomes that a piece of work is about."""
        return [outcome for outcome in self.outcomes if outcome.id in self.aligned.get(work_id, ())]

    def is_posted(self, work: WorkRow) -> bool:
        """Whether families see its ratings now."""
        return work.posted_at is not None and work.posted_at <= self.now

    def day_of(self, work: WorkRow) -> datetime | None:
        """The moment by which ratings are ordered: when it is due, else the day it was given out."""
        if work.due_on is None and work.assigned_on is not None:
            return day_begins(work.assigned_on, self.timezone)
        return due_moment(work.due_on, work.due_time, self.timezone)

    def rating(self, row: RatingRow) -> Rating:
        """A stored rating as the calculation sees it."""
        work = self.works_by_id[row.assignment_id]
        level = self.level_keys[row.level_id] if row.level_id is not None else None
        return Rating(
            work_id=work.id,
            number=level.number if level else None,
            said=Said.level if level else Said(row.status),
            day=self.day_of(work),
            position=work.position,
            posted=self.is_posted(work),
            title=work.title,
        )

    def results(self, rows: Iterable[RatingRow], *, posted_only: bool) -> dict[int, OutcomeResult]:
        """One student's levels by outcome. Ratings of work that is no longer about the outcome do not count."""
        by_outcome: dict[int, list[Rating]] = defaultdict(list)
        for row in rows:
            if not row.is_blank and row.outcome_id in self.aligned.get(row.assignment_id, ()):
                by_outcome[row.outcome_id].append(self.rating(row))
        return {
            outcome.id: outcome_result(self.scale, self.rules, by_outcome[outcome.id], posted_only=posted_only)
            for outcome in self.outcomes
        }

    def levels(self, results: Mapping[int, OutcomeResult]) -> LevelsOfStudent:
        """One student's results with all that made them."""
        named = (
            OutcomeLevel(one.id, one.public_id, one.title, one.code, one.description, results[one.id])
            for one in self.outcomes
        )
        return LevelsOfStudent(self.scale, self.rules, tuple(named))

    def as_kept(self, levels: LevelsOfStudent) -> "ClassOutcomes":
        """The class as it was when these levels were kept: its scale, rules, outcomes and the titles of its work."""
        outcomes = [
            OutcomeRow(one.id, one.public_id, one.title, one.code, one.description, False, 0) for one in levels.outcomes
        ]
        works = dict(self.works_by_id)
        for rating in (line.rating for one in levels.outcomes for line in one.result.lines):
            works[rating.work_id] = works.get(rating.work_id, GONE)._replace(id=rating.work_id, title=rating.title)
        return replace(self, scale=levels.scale, rules=levels.rules, outcomes=outcomes, works=list(works.values()))


GONE = WorkRow(0, "", "", None, None, None, None, 0, None, 0)
"""Work that was deleted since its ratings were kept."""


# --- Reading


def class_outcomes(section: Section, now: datetime) -> ClassOutcomes | None:
    """The class's outcomes, rules and work in three statements; None for a class that never graded outcomes."""
    rules = db.session.execute(_rules_query(section)).all()
    if not rules:
        return None
    first = rules[0]
    levels = {row.id: Level(Fraction(row.number), row.label, row.description) for row in rules}
    works, aligned = _works(section)
    return ClassOutcomes(
        section=section,
        rules=OutcomeRules(Method(first.method), first.times, first.missing_is_lowest),
        scale_id=first.scale_id,
        scale=Levels(tuple(levels.values()), Fraction(first.met_from)),
        level_keys=levels,
        outcomes=_outcomes(section),
        works=works,
        aligned=aligned,
        timezone=ZoneInfo(section.school.timezone),
        now=now,
    )


def _rules_query(section: Section) -> Any:
    return (
        select(
            SectionOutcomeRules.method,
            SectionOutcomeRules.times,
            SectionOutcomeRules.missing_is_lowest,
            SectionOutcomeRules.scale_id,
            MasteryScale.met_from,
            MasteryLevel.id,
            MasteryLevel.number,
            MasteryLevel.label,
            MasteryLevel.description,
        )
        .join(MasteryScale, MasteryScale.id == SectionOutcomeRules.scale_id)
        .join(MasteryLevel, MasteryLevel.scale_id == MasteryScale.id)
        .where(SectionOutcomeRules.section_id == section.id)
        .order_by(MasteryLevel.number.desc())
    )


def _outcomes(section: Section, *, removed: bool = False) -> list[OutcomeRow]:
    gone = SectionOutcome.removed_at.is_not(None) if removed else SectionOutcome.removed_at.is_(None)
    rows = db.session.execute(
        select(Outcome)
        .join(SectionOutcome, SectionOutcome.outcome_id == Outcome.id)
        .where(SectionOutcome.section_id == section.id, gone)
        .order_by(SectionOutcome.position, Outcome.id)
    ).scalars()
    return [outcome_row(outcome) for outcome in rows]


def outcome_row(outcome: Outcome) -> OutcomeRow:
    """A stored outcome as pages show it."""
    return OutcomeRow(
        outcome.id, outcome.public_id, outcome.title, outcome.code, outcome.description,
        outcome.section_id is not None, outcome.version,
    )  # fmt: skip


def _works(section: Section) -> tuple[list[WorkRow], dict[int, set[int]]]:
    """All work of the class, and what it is about, in one statement."""
    rows = db.session.execute(
        select(*(getattr(Assignment, name) for name in WorkRow._fields), OutcomeAlignment.outcome_id)
        .outerjoin(OutcomeAlignment, OutcomeAlignment.assignment_id == Assignment.id)
        .where(Assignment.section_id == section.id, Assignment.deleted_at.is_(None))
        .order_by(Assignment.position, Assignment.id)
    ).all()
    works: dict[int, WorkRow] = {}
    aligned: dict[int, set[int]] = defaultdict(set)
    for *fields, outcome_id in rows:
        work = WorkRow(*fields)
        works[work.id] = work
        if outcome_id is not None:
            aligned[work.id].add(outcome_id)
    return list(works.values()), dict(aligned)


def removed_outcomes(section: Section) -> list[OutcomeRow]:
    """The outcomes that the class took away; their ratings are kept."""
    return _outcomes(section, removed=True)


def school_outcomes(section: Section) -> list[OutcomeRow]:
    """The school's outcomes in use that the class does not have, by code and title."""
    here = select(SectionOutcome.outcome_id).where(
        SectionOutcome.section_id == section.id, SectionOutcome.removed_at.is_(None)
    )
    rows = db.session.scalars(
        select(Outcome)
        .where(
            Outcome.school_id == section.school_id,
            Outcome.section_id.is_(None),
            Outcome.retired_at.is_(None),
            Outcome.id.not_in(here),
        )
        .order_by(func.coalesce(Outcome.code, ""), Outcome.title, Outcome.id)
    )
    return [outcome_row(outcome) for outcome in rows]


def scales_of(section: Section) -> list[MasteryScale]:
    """The mastery scales that a class can choose: the school's in use, and the one it has."""
    own = select(SectionOutcomeRules.scale_id).where(SectionOutcomeRules.section_id == section.id)
    query = (
        select(MasteryScale)
        .where(
            MasteryScale.school_id == section.school_id,
            MasteryScale.retired_at.is_(None) | MasteryScale.id.in_(own),
        )
        .order_by(MasteryScale.name, MasteryScale.id)
    )
    return list(db.session.scalars(query))


_RATING = (
    OutcomeRating.assignment_id,
    OutcomeRating.outcome_id,
    OutcomeRating.student_id,
    OutcomeRating.level_id,
    OutcomeRating.status,
    OutcomeRating.seq,
)


def ratings_of(assignment_ids: Collection[int], student_ids: Collection[int] | None = None) -> list[RatingRow]:
    """The stored ratings of this work (of these students only, if given), in one statement."""
    query = select(*_RATING).where(OutcomeRating.assignment_id.in_(assignment_ids))
    if student_ids is not None:
        query = query.where(OutcomeRating.student_id.in_(student_ids))
    return [RatingRow._make(row) for row in db.session.execute(query)]


def by_student(rows: Iterable[RatingRow]) -> dict[int, list[RatingRow]]:
    """Ratings by student."""
    found: dict[int, list[RatingRow]] = defaultdict(list)
    for row in rows:
        found[row.student_id].append(row)
    return found


# --- Levels that are kept as they were


class Kept(NamedTuple):
    """A student's levels as grading/frozen.py writes them."""

    levels: dict[str, Any]
    posted_levels: dict[str, Any] | None
    """As families see them; None: the same."""
    at: datetime

    def thawed(self, *, posted_only: bool) -> LevelsOfStudent:
        """As teachers see them, or as families do."""
        return thaw_levels(self.posted_levels if posted_only and self.posted_levels is not None else self.levels)


def kept_levels(
    section: Section, student_ids: Collection[int] | None = None, *, have_left: bool = False
) -> dict[int, Kept]:
    """The levels that are kept of a class whose term is closed, by student; one statement, none while it is open.

    `have_left`: the students may have left, so that there may be kept levels in an open class.
    """
    closed = str(section.term_id) in section.closings
    if not closed and not have_left:
        return {}
    query = select(FrozenGrade.student_id, FrozenGrade.levels, FrozenGrade.posted_levels, FrozenGrade.frozen_at).where(
        FrozenGrade.section_id == section.id,
        FrozenGrade.period_id.is_(None),
        FrozenGrade.dropped_at.is_(None),
        FrozenGrade.levels.is_not(None),
    )
    if student_ids is not None:
        query = query.where(FrozenGrade.student_id.in_(student_ids))
    found = {row[0]: Kept(*row[1:]) for row in db.session.execute(query)}
    if section.unkept and closed:
        from gradebook.services import freezing  # which works levels out as it will store them, by what is here

        found = freezing.levels_to_keep(section, student_ids) | found
    return found


def as_shown(outcomes: ClassOutcomes) -> ClassOutcomes:
    """The class with the words that its pages show: those of the closing, where its levels are kept (G16)."""
    kept = next(iter(kept_levels(outcomes.section).values()), None)
    return outcomes.as_kept(kept.thawed(posted_only=False)) if kept else outcomes


# --- The whole class


class StudentLevels(NamedTuple):
    """One student's levels by outcome."""

    student: Student
    results: dict[int, OutcomeResult]

    @property
    def met(self) -> int:
        """How many outcomes are met."""
        return sum(result.is_met for result in self.results.values())


@dataclass(frozen=True)
class Overview:
    """Students × outcomes, as the class's teachers see it: hidden ratings included."""

    outcomes: ClassOutcomes
    rows: list[StudentLevels]

    def met(self, outcome: OutcomeRow) -> int:
        """How many students have met an outcome."""
        return sum(row.results[outcome.id].is_met for row in self.rows)


def overview_of(outcomes: ClassOutcomes, *, posted_only: bool = False) -> Overview:
    """Everyone's levels in two statements; in a class whose term is closed as they were kept, with one more."""
    students = students_of(outcomes.section, outcomes.section.school.today(outcomes.now))
    rated = by_student(ratings_of(list(outcomes.aligned)))
    kept = {key: one.thawed(posted_only=posted_only) for key, one in kept_levels(outcomes.section).items()}
    if kept:
        outcomes = outcomes.as_kept(next(iter(kept.values())))
    rows = [
        StudentLevels(
            student,
            _results(kept[student.id])
            if student.id in kept
            else outcomes.results(rated.get(student.id, ()), posted_only=posted_only),
        )
        for student in students
    ]
    return Overview(outcomes, rows)


def _results(levels: LevelsOfStudent) -> dict[int, OutcomeResult]:
    return {one.id: one.result for one in levels.outcomes}


# --- One student


@dataclass(frozen=True)
class StudentOutcomes:
    """One student's outcomes in a class, with the work behind each level."""

    outcomes: ClassOutcomes
    student_id: int
    results: dict[int, OutcomeResult]
    kept_at: datetime | None = None
    """Since when the levels are final; None: they are worked out."""

    @property
    def met(self) -> int:
        """How many outcomes are met."""
        return sum(result.is_met for result in self.results.values())

    @property
    def kept_on(self) -> date | None:
        """The school day since which the levels are final."""
        return self.outcomes.section.school.today(self.kept_at) if self.kept_at else None

    @property
    def has_ratings(self) -> bool:
        """Whether anything at all is rated."""
        return any(result.lines for result in self.results.values())

    def level_of(self, number: Fraction) -> Level:
        """The level of a rating."""
        return self.outcomes.scale.level_of(number)

    def waiting(self, outcome: OutcomeRow) -> list[WorkRow]:
        """The work about an outcome of which nothing is said here: not rated, or not posted."""
        said = {line.rating.work_id for line in self.results[outcome.id].lines}
        return [work for work in self.outcomes.works_about(outcome) if work.id not in said]


def outcomes_of_student(
    section: Section, student_id: int, now: datetime, *, has_left: bool = False
) -> StudentOutcomes | None:
    """What teachers see of one student: hidden ratings included."""
    outcomes = class_outcomes(section, now)
    if outcomes is None:
        return None
    kept = kept_levels(section, [student_id], have_left=has_left).get(student_id)
    if kept is not None:
        return _as_kept(outcomes, student_id, kept, posted_only=False)
    rows = ratings_of(list(outcomes.aligned), [student_id])
    return StudentOutcomes(outcomes, student_id, outcomes.results(rows, posted_only=False))


def outcomes_for_family(
    section: Section, student_id: int, now: datetime, *, has_left: bool = False
) -> StudentOutcomes | None:
    """What a student and the guardians see: ratings of posted work only; the others stay in the database (G8)."""
    outcomes = class_outcomes(section, now)
    if outcomes is None:
        return None
    kept = kept_levels(section, [student_id], have_left=has_left).get(student_id)
    if kept is not None:
        return _as_kept(outcomes, student_id, kept, posted_only=True)
    posted = [work.id for work in outcomes.works if outcomes.is_posted(work)]
    rows = ratings_of(posted, [student_id])
    return StudentOutcomes(outcomes, student_id, outcomes.results(rows, posted_only=True))


def _as_kept(outcomes: ClassOutcomes, student_id: int, kept: Kept, *, posted_only: bool) -> StudentOutcomes:
    levels = kept.thawed(posted_only=posted_only)
    return StudentOutcomes(outcomes.as_kept(levels), student_id, _results(levels), kept.at)


# --- History


class HistoryLine(NamedTuple):
    """One change of one rating."""

    student: str
    assignment: str
    outcome: str
    by: str
    at: datetime
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True)
class History:
    """A page of changes, the newest first."""

    lines: list[HistoryLine]
    total: int
    page: int
    pages: int


LINES = 50
"""Changes on a page."""


def history_of(
    section: Section, *, assignment_id: int | None = None, student_id: int | None = None, page: int = 1
) -> History:
    """Every change of a rating in the class, or of one piece of work or one student; two statements."""
    which = [RatingChange.section_id == section.id]
    if assignment_id is not None:
        which.append(RatingChange.assignment_id == assignment_id)
    if student_id is not None:
        which.append(RatingChange.student_id == student_id)
    total = db.session.scalar(select(func.count()).select_from(RatingChange).where(*which)) or 0
    page, pages = placed(page, total, LINES)
    student, teacher = aliased(User), aliased(User)
    rows = db.session.execute(
        select(
            student.display_name,
            Assignment.title,
            Outcome.title,
            teacher.display_name,
            RatingChange.changed_at,
            RatingChange.before,
            RatingChange.after,
        )
        .join(student, student.id == RatingChange.student_id)
        .join(teacher, teacher.id == RatingChange.changed_by)
        .join(Assignment, Assignment.id == RatingChange.assignment_id)
        .join(Outcome, Outcome.id == RatingChange.outcome_id)
        .where(*which)
        .order_by(RatingChange.seq.desc(), student.name_key, RatingChange.id)
        .limit(LINES)
        .offset((page - 1) * LINES)
    )
    return History([HistoryLine(*row) for row in rows], total, page, pages)


# --- Where levels move


class LevelShift(NamedTuple):
    """A posted level that a change moves."""

    student: Student
    outcome: OutcomeRow
    before: OutcomeResult
    after: OutcomeResult


def posted_shifts(before: ClassOutcomes, after: ClassOutcomes) -> list[LevelShift]:
    """The levels that families see and that would be others: number, or whether there is one."""
    was, becomes = overview_of(before, posted_only=True), overview_of(after, posted_only=True)
    shifts = []
    for old, new in zip(was.rows, becomes.rows, strict=True):
        for outcome in before.outcomes:
            after_it = new.results.get(outcome.id)
            if after_it is not None and old.results[outcome.id].number != after_it.number:
                shifts.append(LevelShift(old.student, outcome, old.results[outcome.id], after_it))
    return shifts


def facts_of_shifts(shifts: Sequence[LevelShift]) -> list[dict[str, Any]]:
    """Shifts as the history keeps them."""
    return [
        {
            "student_id": shift.student.id,
            "outcome_id": shift.outcome.id,
            "before": _said(shift.before),
            "after": _said(shift.after),
        }
        for shift in shifts
    ]


def _said(result: OutcomeResult) -> dict[str, str] | None:
    if result.number is None or result.level is None:
        return None
    return {"number": str(result.number), "level": result.level.label}


# --- Exporting


def exported(outcomes: ClassOutcomes) -> dict[int, list[dict[str, Any]]]:
    """Every student's levels with their ratings in JSON types, hidden ratings included."""
    overview = overview_of(outcomes)
    return {
        row.student.id: [
            {"outcome": outcome.title, "code": outcome.code, **row.results[outcome.id].to_dict()}
            for outcome in overview.outcomes.outcomes
        ]
        for row in overview.rows
    }
