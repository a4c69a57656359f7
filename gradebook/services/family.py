"""What students and guardians read beside the grade: what is new, missing and due.

Everything here is made of `StudentClass`, which holds posted scores only, so nothing can tell of a hidden one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import aliased, contains_eager

from gradebook.extensions import db
from gradebook.grading.cells import Cell as ReadCell
from gradebook.grading.scales import round_to
from gradebook.grading.stakes import Stake
from gradebook.grading.trend import TrendPoint
from gradebook.grading.values import (
    Amount,
    CategoryGrade,
    Mark,
    Marks,
    Reason,
    Status,
    Totals,
    What,
    WorkLine,
)
from gradebook.models import (
    Assignment,
    Enrollment,
    Guardianship,
    Interest,
    RoleKind,
    School,
    ScoreQuestion,
    Section,
    User,
)
from gradebook.policy import facts, scopes
from gradebook.policy.access import NotFound
from gradebook.policy.conversations import key_of, teachers_who_read
from gradebook.policy.person import AnyPerson, Person
from gradebook.services import coming_of_age, periods
from gradebook.services.grades import (
    AnyGrade,
    Cell,
    ClassWork,
    Column,
    Place,
    Student,
    StudentClass,
    classes_of_students,
    is_blank,
    leading_teacher,
    places_statement,
    term_today,
)
from gradebook.services.interests import USUAL, Interests, interests_in
from gradebook.services.outlook import Outlook, outlook_of
from gradebook.services.questions import Asked, last_answer
from gradebook.services.seen import unconfirmed
from gradebook.services.since import last_used_before

LOOK_BACK = timedelta(days=14)
"""How long a score or a comment is new."""
LOOK_AHEAD = timedelta(days=14)
"""How far ahead the work that is due is shown."""
STEADY = Decimal(1)
"""A grade that moved by less than so many percentage points in that time is steady."""
LAST = date.max  # where work without a day stands
_NOT_DONE = (Status.missing, Status.incomplete)


# --- One piece of work


@dataclass(frozen=True)
class Piece:
    """One assignment as a family reads it, with its posted score if there is one."""

    family_class: "FamilyClass"
    column: Column
    cell: Cell | None
    seen: ReadCell | WorkLine
    """What became of it and why; in a list of one class also whether it is dropped, and its share."""
    part: CategoryGrade | None = None
    """Its category in the grade, where the whole grade is shown."""
    before: "Piece | None" = None
    """In a list of what is new: what the family saw there before."""

    @property
    def title(self) -> str:
        """Its title."""
        return self.column.title

    @property
    def what(self) -> What:
        """What became of it."""
        return self.seen.what

    @property
    def reason(self) -> Reason:
        """Why."""
        return self.seen.reason

    @property
    def is_missing(self) -> bool:
        """Whether it is missing, whatever missing work counts as in this class."""
        if self.what is What.does_not_count:
            return self._status == Status.missing
        return self.what is What.missing or self.reason is Reason.missing_not_counted

    @property
    def is_turned_in(self) -> bool:
        """Whether it is handed in and waits for its score."""
        return self._status == Status.turned_in and not self.is_scored

    @property
    def _status(self) -> str:
        return self.cell.status if self.cell else Status.none

    @property
    def is_scored(self) -> bool:
        """Whether a score is shown, dropped or not."""
        return self.seen.typed is not None and not self.is_missing and self.what is not What.excused

    @property
    def is_settled(self) -> bool:
        """Whether the student need not do it any more, or it stands in another list."""
        excused = self._status == Status.excused
        return self.is_scored or self.is_missing or self.is_turned_in or excused

    @property
    def says_something(self) -> bool:
        """Whether more than an empty place is shown."""
        return self.cell is not None and _says_something(self.cell)

    @property
    def is_late(self) -> bool:
        """Whether the score is marked late and the teacher did not clear it."""
        return self.is_scored and self.cell is not None and self.cell.late and not self.cell.late_cleared

    @property
    def score(self) -> Decimal | None:
        """Points as typed, or what was typed in percent or as a letter, in points."""
        return _points(self.seen.typed)

    @property
    def value(self) -> Decimal | None:
        """What it is worth after lateness and the rule for missing work, in points."""
        return _points(self.seen.value)

    @property
    def late_taken(self) -> Decimal | None:
        """Points that lateness took; None where it took nothing."""
        late = self.seen.late
        return _points(late.taken) if late and late.taken else None

    @property
    def counts_as_typed(self) -> bool:
        """Whether its points count just as they were typed, so that there is nothing to say about them."""
        cell = self.cell
        plain = cell is not None and cell.percent is None and cell.letter is None and not cell.late
        return plain and self.what is What.counted

    @property
    def percent_typed(self) -> Decimal | None:
        """The percentage, where the score was typed as one."""
        percent = self.seen.typed_percent
        return None if percent is None else round_to(percent, 2)

    @property
    def share(self) -> Decimal | None:
        """How many percent of the grade it decides now, for display."""
        share = self.seen.share if isinstance(self.seen, WorkLine) else None
        return round_to(share, 1) if share else None

    @property
    def feedback(self) -> str | None:
        """The teacher's comment."""
        return (self.cell.comment or "").strip() or None if self.cell else None

    @property
    def due_at(self) -> datetime | None:
        """The moment it is due."""
        return self.family_class.work.due_at(self.column)

    @property
    def is_unfinished(self) -> bool:
        """Whether the teacher waits for the rest of it."""
        return self.what is What.incomplete

    @property
    def finish_by(self) -> date | None:
        """Unfinished work: the day from which it is missing."""
        return self.cell.finish_by if self.cell and self.is_unfinished else None

    @property
    def day(self) -> date:
        """The day under which lists sort it."""
        return self.finish_by or self.column.due_on or LAST

    @property
    def is_news(self) -> bool:
        """Whether a family would want to be told: a score, an excuse or a comment; missing work has its own list."""
        return bool(self.feedback) or (not self.is_missing and (self.is_scored or self.what is What.excused))

    @property
    def shown_since(self) -> datetime:
        """Since when the family can see what stands here now: when it was posted or last changed, the later one."""
        return self.family_class.shown_since(self.column)

    @cached_property
    def stake(self) -> Stake | None:
        """What it can still do to the grade; None where no grade is worked out, or it can do nothing."""
        one = self.family_class
        if not one.is_open or self.what is What.does_not_count:
            return None
        found = one.outlook.stake(self.column.id, one.totals, counts_now=self.what is What.missing)
        return found if found.effect else None

    @property
    def effect(self) -> Decimal:
        """By how many percentage points it can move the grade; 0 where it cannot."""
        return self.stake.effect if self.stake else Decimal(0)


def _says_something(cell: Cell) -> bool:
    """A row that only holds a private note must look like none."""
    return not is_blank(cell) or bool(cell.comment)


@lru_cache(maxsize=4096)
def _points(amount: Amount | None) -> Decimal | None:
    """Hundredths of a point as points."""
    return None if amount is None else round_to(Fraction(amount) / 100, 6).normalize()


def by_day(piece: Piece) -> tuple[date, time, str, int]:
    """The order of lists of work: what comes first stands first."""
    return piece.day, piece.column.due_time or time.max, piece.title, piece.column.id


def by_effect(piece: Piece) -> tuple[Any, ...]:
    """The order of what is to be done: what can move its grade the most stands first."""
    return -piece.effect, *by_day(piece)


def newest_first(pieces: Iterable[Piece]) -> list[Piece]:
    """By when the family could first see what stands there."""
    return sorted(sorted(pieces, key=by_day), key=lambda piece: piece.shown_since, reverse=True)


# --- One class


@dataclass(frozen=True)
class FamilyClass:
    """One class of one student with everything that their family reads about it."""

    seen: StudentClass
    teacher: str | None = None
    """Who leads it."""
    questions: Mapping[int, list[Asked]] = field(default_factory=dict)
    """By assignment: what the student asked about the score, on the student's own page."""

    @property
    def student(self) -> Student:
        """Whose class it is."""
        return self.seen.student

    @property
    def section(self) -> Section:
        """The class."""
        return self.seen.section

    @property
    def work(self) -> ClassWork:
        """Its assignments."""
        return self.seen.work

    @property
    def now(self) -> datetime:
        """The moment that the page is about."""
        return self.seen.work.now

    @cached_property
    def today(self) -> date:
        """The school day."""
        return self.section.school.today(self.now)

    @cached_property
    def is_current(self) -> bool:
        """Whether its term is on."""
        return term_today(self.section, self.today)

    @cached_property
    def totals(self) -> Totals:
        """The numbers of the grade."""
        return self.seen.totals if self.section.grades_outcomes else self.outlook.now

    @property
    def grade(self) -> AnyGrade:
        """The grade with its parts."""
        return self.seen.grade

    @cached_property
    def is_overridden(self) -> bool:
        """Whether a teacher put the grade in place of the computed one."""
        return self.work.is_overridden(self.student)

    @cached_property
    def is_open(self) -> bool:
        """Whether the grade is worked out from the scores, so that another score would make another grade."""
        kept = self.work.copy_of(self.student) is not None
        return not (kept or self.section.grades_outcomes or self.is_overridden)

    @cached_property
    def marks(self) -> Mapping[int, Mark | int]:
        """What is posted, as the calculation sees it."""
        return {} if self.section.grades_outcomes else self.seen.marks

    def grade_with(self, marks: Marks) -> AnyGrade:
        """The grade that other marks would come to, with its parts."""
        return self.work.grade(self.student, marks, posted_only=False, for_family=True)

    @cached_property
    def outlook(self) -> Outlook:
        """How the grade has gone, and what could still happen to it."""
        return outlook_of(self.work, self.student, self.marks, self.today)

    @cached_property
    def trend(self) -> list[TrendPoint]:
        """How the grade has gone; empty where there is no line to draw, or the grade is not worked out any more."""
        points = self.outlook.trend if self.is_open else []
        return points if len(points) > 1 else []

    @cached_property
    def was(self) -> Decimal | None:
        """The grade of two weeks ago in percent, of the work due by then; None where there was none, or it is set."""
        return self.outlook.percent_on(self.today - LOOK_BACK, self.totals) if self.is_open else None

    @cached_property
    def moved(self) -> Decimal | None:
        """By how many percentage points the grade moved since; None where there are not two to compare."""
        return None if self.was is None or self.totals.current is None else self.totals.current - self.was

    @property
    def direction(self) -> str | None:
        """up, steady or down in two weeks; None where nothing can be said."""
        if self.moved is None:
            return None
        return "steady" if abs(self.moved) < STEADY else "up" if self.moved > 0 else "down"

    @property
    def closed_since(self) -> date | None:
        """The day on which the class was closed, if it was: its grade does not change any more."""
        since = periods.closed_since(self.section)
        return None if since is None else self.section.school.today(since)

    @cached_property
    def pieces(self) -> list[Piece]:
        """What a family may have to look at now: what is missing or unfinished, due, or new. The rest is not read."""
        return [self._piece(column) for column in self.work.columns if column.id in self._may_matter]

    @cached_property
    def _cells(self) -> dict[int, Cell]:
        """The posted scores that say something: none of those from before a class came to grade outcomes."""
        return {} if self.section.grades_outcomes else self.seen.cells

    def _piece(self, column: Column) -> Piece:
        cell = self._cells.get(column.id)
        return Piece(self, column, cell, self.work.read(self.student, column, cell))

    def piece(self, assignment_id: int) -> Piece | None:
        """One piece of work of which something is posted; None for any other, and what is not in this class."""
        if assignment_id not in self._cells:
            return None
        piece = self._piece(self.work.by_id[assignment_id])
        return piece if piece.says_something else None

    def piece_called(self, public_id: str) -> Piece:
        """The same by its public id. Raises NotFound."""
        found = next((self.piece(column.id) for column in self.work.columns if column.public_id == public_id), None)
        if found is None:
            raise NotFound
        return found

    def piece_with(self, cell: Cell) -> Piece:
        """A piece of work as it would be read with this cell."""
        column = self.work.by_id[cell.assignment_id]
        return Piece(self, column, cell, self.work.read(self.student, column, cell))

    @cached_property
    def _may_matter(self) -> set[int]:
        """By key. Asked of all work of all classes of a family, so `shown_since` is written out here."""
        today, recent, changed = self.today, self._recent, self.seen.changed
        found = {column.id for column in self.work.columns if column.due_on is not None and column.due_on >= today}
        by_id = self.work.by_id
        for key, cell in self._cells.items():
            posted_at = by_id[key].posted_at
            if (
                cell.status in _NOT_DONE
                or posted_at is None
                or posted_at >= recent
                or ((changed_at := changed.get(key)) is not None and changed_at >= recent)
            ):
                found.add(key)
        return found

    def shown_since(self, column: Column) -> datetime:
        """Since when the family can see what stands in a posted cell."""
        posted_at = column.posted_at or self.now
        return max(posted_at, self.seen.changed.get(column.id, posted_at))

    @cached_property
    def _recent(self) -> datetime:
        return self.now - LOOK_BACK

    @cached_property
    def missing(self) -> list[Piece]:
        """Missing work, the oldest first."""
        return sorted((piece for piece in self.pieces if piece.is_missing), key=by_day)

    @cached_property
    def upcoming(self) -> list[Piece]:
        """Work that is still to be done in the next days: nothing handed in, excused or scored, as far as is posted."""
        return sorted((piece for piece in self.pieces if self._is_ahead(piece)), key=by_day)

    def _is_ahead(self, piece: Piece) -> bool:
        if piece.is_unfinished:
            return True
        if piece.what not in (What.not_graded, What.does_not_count) or piece.is_settled:
            return False
        due_at = piece.due_at
        return due_at is not None and self.now < due_at and piece.day <= self.today + LOOK_AHEAD

    def due_between(self, first: date, last: date) -> list[Piece]:
        """Work that is due on these days while the student is in the class, whatever became of it; in order."""
        found = (
            self._piece(column) for column in self.work.columns if column.due_on and first <= column.due_on <= last
        )
        return sorted((piece for piece in found if piece.what is not What.not_assigned), key=by_day)

    @cached_property
    def news(self) -> list[Piece]:
        """Scores and comments of the last days, the newest first."""
        return newest_first(
            piece for piece in self.pieces if piece.is_news and self.shown_since(piece.column) >= self._recent
        )

    def latest(self, limit: int) -> list[Piece]:
        """The newest posted scores and comments, however old."""
        posted = (self._piece(column) for column in self.work.columns if column.id in self._cells)
        return newest_first(piece for piece in posted if piece.is_news)[:limit]

    @cached_property
    def has_scores(self) -> bool:
        """Whether anything at all has been posted."""
        return any(_says_something(cell) for cell in self._cells.values())

    @cached_property
    def work_by_category(self) -> list[tuple[CategoryGrade, list[Piece]]]:
        """All work by category as it stands in the grade, the newest first."""
        return [(part, self._lines(part)) for part in self.seen.parts]

    def _lines(self, part: CategoryGrade) -> list[Piece]:
        pieces = [
            Piece(self, self.work.by_id[line.work.id], self.seen.cells.get(line.work.id), line, part)
            for line in part.lines
            if line.work.id in self.work.by_id  # a grade that is kept may name work that was deleted since
        ]
        return sorted(pieces, key=lambda piece: (piece.column.due_on or date.min, piece.column.position), reverse=True)


def place_of(row: Sequence[Any]) -> Place:
    """The place that a row of `places_statement` says."""
    *student, section, teacher = row
    return Place(Student(*student), section, teacher)


def family_classes(person: Person, places: list[Place]) -> list[FamilyClass]:
    """These students' classes: three statements whatever their number."""
    seen = classes_of_students(places, person.now)
    return [FamilyClass(one, place.teacher) for one, place in zip(seen, places, strict=True)]


# --- Several classes


@dataclass(frozen=True)
class Overview:
    """Several classes of one student, as the student's home and the page of one child show them."""

    classes: list[FamilyClass]
    answered: Mapping[int, datetime] = field(default_factory=dict)
    """By class: when a question of the student was last answered, on the student's own home."""
    used_at: datetime | None = None
    """When the student's account was last used before."""

    @cached_property
    def current(self) -> list[FamilyClass]:
        """Classes whose term is on."""
        return [one for one in self.classes if one.is_current]

    @cached_property
    def others(self) -> list[FamilyClass]:
        """Classes of another term."""
        return [one for one in self.classes if not one.is_current]

    @cached_property
    def missing(self) -> list[Piece]:
        """Missing work, the oldest first."""
        return sorted((piece for one in self.current for piece in one.missing), key=by_day)

    @cached_property
    def upcoming(self) -> list[Piece]:
        """What is due next, the nearest first."""
        return sorted((piece for one in self.current for piece in one.upcoming), key=by_day)

    @property
    def next_due(self) -> Piece | None:
        """What is due next on a day that is still to come."""
        return next((piece for piece in self.upcoming if piece.finish_by or not piece.is_unfinished), None)

    @cached_property
    def to_do(self) -> list[Piece]:
        """Missing work first, then what is due by date."""
        return [*self.missing, *self.upcoming]

    @cached_property
    def to_do_by_effect(self) -> list[Piece]:
        """The same, ordered by how far each can move its grade."""
        return sorted(self.to_do, key=by_effect)

    @cached_property
    def news(self) -> list[Piece]:
        """Scores and comments of the last days, the newest first."""
        return newest_first(piece for one in self.classes for piece in one.news)

    def news_since(self, moment: datetime) -> list[Piece]:
        """What of the news can be seen only since a moment, the newest first."""
        return [piece for piece in self.news if piece.shown_since > moment]

    def answers_since(self, moment: datetime) -> list[FamilyClass]:
        """The classes in which a question of the student was answered after a moment."""
        return [
            one for one in self.classes if one.section.id in self.answered and self.answered[one.section.id] > moment
        ]

    @property
    def timezone(self) -> str:
        """Of the first class's school, for moments that belong to no class."""
        return self.classes[0].work.timezone.key if self.classes else "UTC"

    @property
    def today(self) -> date | None:
        """The school day there; None without classes."""
        return self.classes[0].today if self.classes else None

    @property
    def has_scores(self) -> bool:
        """Whether anything at all has been posted."""
        return any(one.has_scores for one in self.classes)


def overview_of_student(person: Person, before: datetime | None = None) -> Overview:
    """Everything on the signed-in student's home; with when the account was last used before a moment."""
    rows = scopes.ask(_places_and_more, person, before=before or person.now, now=person.now).all()
    classes = family_classes(person, [place_of(row[:-2]) for row in rows])
    answered = {one.section.id: row[-2] for one, row in zip(classes, rows, strict=True) if row[-2]}
    return Overview(classes, answered, rows[0][-1] if rows else None)


def _places_and_more(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    return places_statement(person).add_columns(last_answer(), last_used_before())


class Neighbours(NamedTuple):
    """The classes before and after one in the list."""

    before: Section | None
    after: Section | None


def class_of_student(person: Person, public_id: str) -> FamilyClass:
    """One class of the signed-in student. Raises NotFound for what is not in the student's own list today."""
    rows = scopes.ask(_place_and_questions, person, public_id=key_of(public_id)).all()
    if not rows:
        raise NotFound
    questions: dict[int, list[Asked]] = defaultdict(list)
    for *_place, question, teacher in rows:
        if question is not None:
            questions[question.assignment_id].append(Asked(question, teacher))
    return replace(family_classes(person, [place_of(rows[0][:-2])])[0], questions=questions)


def _place_and_questions(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    """A row for every question, and one where there is none."""
    teacher = aliased(User)
    return (
        places_statement(person)
        .add_columns(ScoreQuestion, teacher.display_name)
        .outerjoin(ScoreQuestion, and_(ScoreQuestion.section_id == Section.id, ScoreQuestion.student_id == User.id))
        .outerjoin(teacher, teacher.id == ScoreQuestion.answered_by)
        .where(Section.public_id == bindparam("public_id"))
        .order_by(ScoreQuestion.id)
    )


def _find(places: list[Place], public_id: str) -> Place:
    for place in places:
        if place.section.public_id == public_id:
            return place
    raise NotFound


# --- Children


@dataclass
class Child:
    """A child whose grades a guardian may see, with the classes of today."""

    id: int
    public_id: str
    name: str
    called: str
    form: str | None
    schools: list[str] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    gives_messages: set[int] = field(default_factory=set)
    """Schools at which the guardian may also write about the child."""
    classes: list[FamilyClass] = field(default_factory=list)
    interests: Interests = USUAL
    """What the guardian wants to be told of."""
    passes: dict[str, date] = field(default_factory=dict)
    """By school: the day within 60 days on which the child comes of age, and the rights of this guardian end."""
    to_confirm: dict[int, int] = field(default_factory=dict)
    """By class: how many scores a teacher asks this guardian to confirm as seen."""

    @cached_property
    def overview(self) -> Overview:
        """All classes together."""
        return Overview(self.classes)

    def neighbours(self, section: Section) -> Neighbours:
        """The classes beside this one in the child's list."""
        sections = [place.section for place in self.places]
        at = sections.index(section)
        return Neighbours(sections[at - 1] if at else None, sections[at + 1] if at + 1 < len(sections) else None)


def children_with_places(person: Person, public_id: str | None = None) -> list[Child]:
    """The children (or the one) whose grades this guardian may see today, with their classes, in one statement.

    Each class is joined through the guardianship at its own school: a right at one school opens nothing at another.
    """
    if public_id:
        rows = scopes.ask(_one_child, person, public_id=public_id, now=person.now)
    else:
        rows = scopes.ask(_children, person, now=person.now)
    children: dict[int, Child] = {}
    for row in rows:
        child = children.setdefault(row.id, Child(row.id, row.public_id, row.display_name, row.called, row.form))
        _note(child, row, person.school_days[row.school_id])
    return list(children.values())


def _one_child(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    return _children(person).where(User.public_id == bindparam("public_id"))


def _children(person: AnyPerson) -> Select[*tuple[Any, ...]]:
    return (
        select(
            User.id,
            User.public_id,
            User.display_name,
            User.sort_name,
            User.called,
            User.form,
            Guardianship.school_id,
            Guardianship.rights_pass_on,
            School.name.label("school_name"),
            scopes.guardianship_gives_messages(person).label("gives_messages"),
            Enrollment.begins_on,
            Enrollment.ends_on,
            Section,
            leading_teacher(person),
            Interest,
            unconfirmed(person).label("to_confirm"),
        )
        .select_from(Guardianship)
        .join(User, User.id == Guardianship.student_id)
        .join(School, School.id == Guardianship.school_id)
        .outerjoin(
            Enrollment,
            and_(
                Enrollment.user_id == Guardianship.student_id,
                Enrollment.school_id == Guardianship.school_id,
                Enrollment.role_kind == RoleKind.STUDENT,
                scopes.holds_today(Enrollment, person),
            ),
        )
        .outerjoin(Section, and_(Section.id == Enrollment.section_id, Section.ended.is_(False)))
        .outerjoin(Section.term)
        .outerjoin(
            Interest,
            and_(Interest.guardian_id == Guardianship.guardian_id, Interest.student_id == Guardianship.student_id),
        )
        .options(contains_eager(Section.term), contains_eager(Section.school))
        .where(scopes.guardianship_gives_grades(person))
        .order_by(User.name_key, User.id, Section.title, Section.id, School.name)
    )


def _note(child: Child, row: Any, today: date) -> None:
    if row.school_name not in child.schools:
        child.schools.append(row.school_name)
    if coming_of_age.is_soon(row.rights_pass_on, today):
        child.passes[row.school_name] = row.rights_pass_on
    child.interests = interests_in(row.Interest)
    if row.gives_messages:
        child.gives_messages.add(row.school_id)
    if row.Section is not None:
        student = Student(row.id, row.public_id, row.display_name, row.sort_name, row.begins_on, row.ends_on)
        child.places.append(Place(student, row.Section, row.teacher))
        if row.to_confirm:
            child.to_confirm[row.Section.id] = row.to_confirm


def children_of_guardian(person: Person) -> list[Child]:
    """All children of this guardian with their classes: four statements whatever their number."""
    children = children_with_places(person)
    places = [place for child in children for place in child.places]
    by_child = {child.id: child for child in children}
    for one in family_classes(person, places):
        by_child[one.student.id].classes.append(one)
    return children


def child_of_guardian(person: Person, public_id: str) -> Child:
    """One child with all classes. Raises NotFound."""
    child = _child(person, public_id)
    child.classes = family_classes(person, child.places)
    return child


def child_alone(person: Person, public_id: str) -> Child:
    """One child, without reading the classes. Raises NotFound."""
    return _child(person, public_id)


def class_of_child(person: Person, child_id: str, section_id: str) -> tuple[Child, FamilyClass]:
    """One class of one child. Raises NotFound for what is not in the guardian's own list today."""
    child = _child(person, child_id)
    child.classes = family_classes(person, [_find(child.places, section_id)])
    return child, child.classes[0]


def _child(person: Person, public_id: str) -> Child:
    children = children_with_places(person, public_id)
    if not children:
        raise NotFound
    return children[0]


def title_of_work(person: Person, child_id: str, section_id: str, assignment_id: str | None) -> str | None:
    """The title of a piece of work, to begin a message with; None where this guardian does not see that class. Raises
    NotFound for what is no key at all."""
    if not assignment_id:
        return None
    sections = [
        place.section.id
        for child in children_with_places(person, child_id)
        for place in child.places
        if place.section.public_id == section_id
    ]
    title: str | None = db.session.scalar(
        select(Assignment.title).where(
            Assignment.public_id == key_of(assignment_id),
            Assignment.section_id.in_(sections),
            Assignment.deleted_at.is_(None),
        )
    )
    return title


def teacher_to_write_to(person: Person, child: Child, family_class: FamilyClass) -> str | None:
    """Whose name stands on "Message …" about this child and class; None if nothing may be written or nobody reads."""
    section = family_class.section
    if section.school_id not in child.gives_messages or not facts.may_use_messages(person):
        return None
    readers = [teacher.display_name for teacher in teachers_who_read(section, child.id, family_class.today)]
    if family_class.teacher in readers:
        return family_class.teacher
    return readers[0] if readers else None


def may_only_write(person: Person) -> bool:
    """Whether this guardian, who sees no grades, may write to teachers about some child today."""
    right = select(Guardianship.id).where(scopes.guardianship_gives_messages(person))
    return facts.may_use_messages(person) and bool(db.session.scalar(select(right.exists())))
