"""What-if and "what do I need?" of one class, for the student alone: computed and shown, never stored (grading.md G15).

Everything is asked of posted work (`FamilyClass.marks`), so that nothing here can tell of a hidden score.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from gradebook.grading.typed import ScoreError, TypedScore, parse_score
from gradebook.grading.values import Mark, Marks, Status, What
from gradebook.grading.whatif import Need, Needed, needed_for, points_for, target_of
from gradebook.services.family import FamilyClass, Piece
from gradebook.services.grades import AnyGrade

WHOLE = 10_000
"""A hundred percent, in the hundredths in which a goal is read."""
AHEAD, WITH_MISSING = "ahead", "missing"
"""Choices of what a goal is to be reached on; each single piece is one too, by its public id."""
_OPEN = (What.not_graded, What.turned_in, What.incomplete, What.missing)
_SCORED = (What.counted, What.extra_credit, What.dropped)


@dataclass(frozen=True)
class Wish:
    """What the student typed, as it was typed."""

    is_open: bool = False
    """Whether the fields for pretend scores are asked for."""
    scores: Mapping[str, str] = field(default_factory=dict)
    """By the public id of the assignment."""
    goal: str = ""
    on: str = AHEAD


@dataclass(frozen=True)
class Pretend:
    """One piece of work with its field."""

    piece: Piece
    text: str = ""
    mark: Mark | None = None
    error: ScoreError | None = None


@dataclass(frozen=True)
class Answer:
    """What is needed for a goal."""

    needed: Needed
    target: Decimal
    pieces: list[Piece]
    """On which it is needed, the same percentage on each."""

    @property
    def is_certain(self) -> bool:
        """Whether even 0 on all of it keeps the goal."""
        return self.needed.answer is Need.already_reached

    @property
    def is_possible(self) -> bool:
        """Whether it can be reached at all with at most full marks."""
        return self.needed.answer is not Need.not_reachable

    @property
    def points(self) -> Decimal | None:
        """The percentage in points, upwards to 0.01, where it is needed on one piece."""
        if len(self.pieces) != 1 or self.needed.percent is None:
            return None
        return points_for(self.needed.percent, self.pieces[0].column.possible)


@dataclass(frozen=True)
class Plan:
    """The answers to one wish about one class."""

    family_class: FamilyClass
    wish: Wish

    @cached_property
    def ahead(self) -> list[Piece]:
        """Work that counts and has no score yet, the next one first; missing work is not in it."""
        return [piece for piece in self._open if not piece.is_missing]

    @cached_property
    def missing(self) -> list[Piece]:
        """Missing work, which can perhaps still be handed in."""
        return [piece for piece in self._open if piece.is_missing]

    @cached_property
    def scored(self) -> list[Piece]:
        """Work with a score, which may be pretended to be another."""
        return [piece for piece in self._pieces if piece.what in _SCORED]

    @cached_property
    def _open(self) -> list[Piece]:
        found = [piece for piece in self._pieces if piece.what in _OPEN]
        return sorted(found, key=lambda piece: (piece.day, piece.column.position, piece.column.id))

    @cached_property
    def _pieces(self) -> list[Piece]:
        return [piece for _part, pieces in self.family_class.work_by_category for piece in pieces]

    # --- Pretend scores

    @cached_property
    def fields_open(self) -> list[Pretend]:
        """A field for each piece without a score."""
        return [self._read(piece) for piece in (*self.missing, *self.ahead)]

    @cached_property
    def fields_scored(self) -> list[Pretend]:
        """A field for each piece with a score."""
        return [self._read(piece) for piece in self.scored]

    @property
    def has_fields(self) -> bool:
        """Whether there is anything to pretend."""
        return any(piece.what in _OPEN or piece.what in _SCORED for piece in self._pieces)

    @property
    def typed(self) -> list[Pretend]:
        """The fields in which something stands."""
        return [one for one in (*self.fields_open, *self.fields_scored) if one.text] if self.wish.scores else []

    def _read(self, piece: Piece) -> Pretend:
        text = self.wish.scores.get(piece.column.public_id, "")
        if not text.strip():
            return Pretend(piece)
        try:
            typed = parse_score(text, piece.column.possible, letters=self._letters)
            return Pretend(piece, text, _mark(typed, text))
        except ScoreError as error:
            return Pretend(piece, text, error=error)

    @property
    def _letters(self) -> tuple[str, ...]:
        return self.family_class.work.scale.labels if self.family_class.work.scale else ()

    @cached_property
    def pretended(self) -> dict[int, Mark]:
        """The pretend scores that could be read, by assignment."""
        return {one.piece.column.id: one.mark for one in self.typed if one.mark is not None}

    @cached_property
    def then(self) -> AnyGrade | None:
        """The grade if this happens; None while nothing is pretended."""
        return self.family_class.grade_with(self._marks) if self.pretended else None

    @cached_property
    def _marks(self) -> Marks:
        return {**self.family_class.marks, **self.pretended}

    # --- What is needed

    @cached_property
    def choices(self) -> list[str]:
        """What a goal can be reached on: everything ahead, that and what is missing, or one piece."""
        groups = [AHEAD] if len(self._counting(self.ahead)) > 1 else []
        groups += [WITH_MISSING] if self.missing and len(self._counting(self._open)) > 1 else []
        return [*groups, *(piece.column.public_id for piece in self.choosable)]

    @property
    def choosable(self) -> list[Piece]:
        """The single pieces on which a goal can be reached: a percentage of 0 points is nothing."""
        return [piece for piece in (*self.ahead, *self.missing) if piece.column.possible]

    @property
    def chosen(self) -> str | None:
        """The choice in use; None where nothing is left to reach anything on."""
        if self.wish.on in self.choices:
            return self.wish.on
        return self.choices[0] if self.choices else None

    @cached_property
    def goal(self) -> Decimal | ScoreError | None:
        """The grade to be reached, in percent; what is wrong with the text, or None without one."""
        text = self.wish.goal.strip()
        if not text:
            return None
        try:
            return self._goal(parse_score(text, WHOLE, letters=self._letters, confirmed=True), text)
        except ScoreError as error:
            return error

    def _goal(self, typed: TypedScore, text: str) -> Decimal:
        _refuse_status(typed, text)
        if typed.letter is not None:
            found = target_of(self.family_class.work.calculator.rules, typed.letter)
            assert found is not None  # noqa: S101 - it was read with the letters of this scale
            return found
        hundredths = typed.points if typed.points is not None else int((typed.percent or 0) * 100)
        return Decimal(hundredths).scaleb(-2)

    @cached_property
    def answer(self) -> Answer | None:
        """What is needed, with the pretend scores as they are; None without a goal, or with nothing left to do."""
        if not isinstance(self.goal, Decimal) or not self._to_be_done:
            return None
        ask: Callable[[Marks], AnyGrade] = self.family_class.grade_with
        needed = needed_for(ask, self._marks, [piece.column.id for piece in self._to_be_done], self.goal)
        return Answer(needed, self.goal, self._to_be_done)

    @cached_property
    def _to_be_done(self) -> list[Piece]:
        if self.chosen == AHEAD:
            return self._not_pretended(self._counting(self.ahead))
        if self.chosen == WITH_MISSING:
            return self._not_pretended(self._counting(self._open))
        return [piece for piece in self._open if piece.column.public_id == self.chosen]

    def _counting(self, pieces: Iterable[Piece]) -> list[Piece]:
        """Without extra credit, which nobody has to do."""
        return [piece for piece in pieces if piece.column.possible and not piece.column.extra_credit]

    def _not_pretended(self, pieces: Iterable[Piece]) -> list[Piece]:
        return [piece for piece in pieces if piece.column.id not in self.pretended]

    @property
    def has_errors(self) -> bool:
        """Whether something that was typed could not be read."""
        return isinstance(self.goal, ScoreError) or any(one.error for one in self.typed)


def plan_for(family_class: FamilyClass, wish: Wish) -> Plan | None:
    """The plan of a class; None where its grade is not worked out from scores any more, or never was."""
    return Plan(family_class, wish) if family_class.is_open and family_class.work.columns else None


def _mark(typed: TypedScore, text: str) -> Mark:
    _refuse_status(typed, text)
    return Mark(points=typed.points, percent=typed.percent, letter=typed.letter)


def _refuse_status(typed: TypedScore, text: str) -> None:
    """Only scores can be pretended: what a status counts as is up to the teacher."""
    if typed.status is not Status.none or typed.late:
        raise ScoreError("not_a_score", typed=text.strip())
