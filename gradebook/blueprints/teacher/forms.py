"""The forms of assignments and of a class's rules."""

import re
from collections.abc import Iterable, Sequence
from datetime import time
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Form, FormField, HiddenField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, ValidationError

from gradebook.models import GradingScale, LateInterval, TotalMode, Weighing
from gradebook.services.assignments import AssignmentDraft, Keep, Shows
from gradebook.services.grades import CategoryRow
from gradebook.services.periods import WeightedPeriod
from gradebook.services.section_rules import MOST_CATEGORIES, CategoryDraft, RulesDraft
from gradebook.web.fields import DIGITS, AmountField, DayField, LineField, PickField, Rows, paragraph, typed

MOST_POINTS = Decimal("99999.99")
MOST_PERIODS = 40
YES, NO = "yes", "no"
_TIME = re.compile(r"(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})", re.ASCII)


class TimeField(LineField):
    """A time of day like 15:30. `.time` is None where it was left empty."""

    @property
    def time(self) -> time | None:
        """The time that was typed."""
        found = _TIME.fullmatch((self.data or "").translate(DIGITS))
        if found is None or int(found["hour"]) > 23 or int(found["minute"]) > 59:
            return None
        return time(int(found["hour"]), int(found["minute"]))

    def pre_validate(self, form: Any) -> None:
        """Say so if it is no time of day."""
        if self.data and self.time is None:
            raise ValidationError(_("Enter a time like 15:30, or leave it empty for the end of the day"))


class AssignmentForm(FlaskForm):
    """T3."""

    title = LineField(
        _l("Title"),
        [
            DataRequired(_l("Enter a title for the assignment")),
            Length(max=200, message=_l("Use 200 characters or fewer for the title")),
        ],
    )
    points = AmountField(
        _l("Points"),
        most=MOST_POINTS,
        wrong=_l("Points must be a number, like 20 or 12.5"),
        missing=_l("Enter how many points the assignment is out of"),
    )
    category = PickField(_l("Category"))
    due = DayField(_l("Due date"), wrong=_l("Enter a due date like 18 11 2026"))
    due_time = TimeField(_l("Due time"))
    assigned = DayField(_l("Assigned date"), wrong=_l("Enter an assigned date like 12 11 2026"))
    shows = RadioField(_l("When do students and families see the scores?"), choices=[])
    extra_credit = BooleanField(_l("Extra credit"))
    counts = BooleanField(_l("Counts toward the grade"), default=True)
    never_drop = BooleanField(_l("Never drop"))
    weight = AmountField(_l("Own weight"), most=10_000, wrong=_l("The own weight must be a number, like 1 or 2.5"))
    description = TextAreaField(
        _l("Description"),
        [Length(max=5000, message=_l("Use 5,000 characters or fewer for the description"))],
        filters=[paragraph],
    )
    keep = RadioField(
        _l("Scores exist. What should stay the same?"),
        choices=[
            SelectChoice(Keep.SCORES, _l("Keep the scores")),
            SelectChoice(Keep.PERCENTAGES, _l("Keep the percentages")),
        ],
        validate_choice=False,
    )
    kept_for = HiddenField()
    seen = HiddenField()

    def offer(self, categories: Sequence[CategoryRow], shows: Iterable[Shows], weighted: bool) -> None:
        """The choices that this class has."""
        self.category.offer([(one.public_id, _category_words(one, weighted)) for one in categories])
        words = {
            Shows.AS_ENTERED: _("As I enter them"),
            Shows.WHEN_POSTED: _("When I post"),
            Shows.AS_PLANNED: _("At the time I chose when posting"),
        }
        self.shows.choices = [SelectChoice(one, words[one]) for one in shows]

    def validate(self, extra_validators: Any = None) -> bool:
        """What no single field can know."""
        fine = super().validate(extra_validators)
        if fine and self.points.amount == 0 and self.counts.data and not self.extra_credit.data:
            self.points.errors = [_("Points must be more than 0, or take away “Counts toward the grade”")]
            fine = False
        if fine and self.due.day and self.assigned.day and self.due.day < self.assigned.day:
            self.due.complain(_("The due date must be on or after the assigned date"))
            fine = False
        if fine and self.due_time.time and not self.due.day:
            self.due.complain(_("Enter a due date for the due time, or take the time away"))
            fine = False
        return fine

    def draft(self, categories: Sequence[CategoryRow]) -> AssignmentDraft:
        """What was typed. Only after `validate`."""
        keys = {one.public_id: one.id for one in categories}
        return AssignmentDraft(
            title=self.title.data or "",
            points=self.points.amount or Decimal(0),
            category_id=keys.get(self.category.data) if self.category else None,
            due_on=self.due.day,
            due_time=self.due_time.time,
            assigned_on=self.assigned.day,
            extra_credit=bool(self.extra_credit.data),
            counts=bool(self.counts.data),
            never_drop=bool(self.never_drop.data),
            weight=self.weight.amount,
            description=self.description.data or None,
            shows=Shows(self.shows.data),
        )

    @property
    def kept(self) -> Keep | None:
        """The choice about existing scores, if it was made while its effect for these points was shown."""
        shown = self.kept_for.data == typed(self.points.amount)
        return Keep(self.keep.data) if shown and self.keep.data in set(Keep) else None


def _category_words(one: CategoryRow, weighted: bool) -> str:
    if not weighted:
        return one.title
    return _("%(category)s, %(weight)s%%", category=one.title, weight=typed(one.weight))


def assignment_fields(draft: AssignmentDraft, categories: Sequence[CategoryRow]) -> dict[str, Any]:
    """A stored assignment as the form holds it."""
    keys = {one.id: one.public_id for one in categories}
    return {
        "title": draft.title,
        "points": typed(draft.points),
        "category": keys.get(draft.category_id or 0),
        "due": draft.due_on,
        "due_time": draft.due_time.strftime("%H:%M") if draft.due_time else "",
        "assigned": draft.assigned_on,
        "shows": draft.shows,
        "extra_credit": draft.extra_credit,
        "counts": draft.counts,
        "never_drop": draft.never_drop,
        "weight": typed(draft.weight),
        "description": draft.description or "",
    }


class CategoryForm(Form):
    """One category of T4."""

    key = HiddenField()
    title = LineField(
        _l("Category"),
        [
            DataRequired(_l("Enter a name for the category")),
            Length(max=120, message=_l("Use 120 characters or fewer for a category")),
        ],
    )
    weight = AmountField(_l("Weight"), most=1000, wrong=_l("A weight must be a number, like 30 or 12.5"))
    drop_lowest = AmountField(
        _l("Drop lowest"), most=1000, whole=True, wrong=_l("How many to drop must be a whole number, like 1")
    )
    drop_highest = AmountField(
        _l("Drop highest"), most=1000, whole=True, wrong=_l("How many to drop must be a whole number, like 1")
    )
    keep_best = AmountField(
        _l("Or keep only the best"),
        most=1000,
        whole=True,
        wrong=_l("How many to keep must be a whole number, like 5"),
    )
    weighing = PickField(
        _l("Pieces weigh"),
        pairs=[
            (Weighing.POINTS, _l("by their points")),
            (Weighing.EQUAL, _l("all the same")),
            (Weighing.OWN, _l("by their own weights")),
        ],
        default=Weighing.POINTS,
    )
    extra_credit = BooleanField(_l("Extra credit: added on top, not part of the 100%"))

    def validate_keep_best(self, field: AmountField) -> None:
        """Keeping the best is the other way to say what is dropped, and keeping none would drop all."""
        if field.amount == 0:
            raise ValidationError(_("Keep at least 1, or leave it empty to keep all"))
        if field.amount and self.drop_lowest.amount:
            raise ValidationError(_("Either drop the lowest or keep only the best: empty one of the two"))

    def draft(self) -> CategoryDraft:
        """What was typed. Only after `validate`."""
        return CategoryDraft(
            key=self.key.data or None,
            title=self.title.data or "",
            weight=self.weight.amount or Decimal(0),
            drop_lowest=int(self.drop_lowest.amount or 0),
            drop_highest=int(self.drop_highest.amount or 0),
            weighing=Weighing(self.weighing.data),
            extra_credit=bool(self.extra_credit.data),
            keep_best=int(self.keep_best.amount) if self.keep_best.amount else None,
        )


class PeriodForm(Form):
    """The weight of one grading period."""

    key = HiddenField()
    weight = AmountField(_l("Weight"), most=1000, wrong=_l("A weight must be a number, like 30 or 12.5"))


_PERCENT = _l("This must be a percentage, like 0 or 50")


class RulesForm(FlaskForm):
    """T4."""

    total_mode = RadioField(
        _l("The grade is worked out from"),
        choices=[
            SelectChoice(TotalMode.POINTS, _l("Total points")),
            SelectChoice(TotalMode.WEIGHTED, _l("Weighted categories")),
        ],
    )
    categories = Rows(FormField(CategoryForm), max_entries=MOST_CATEGORIES)
    missing = RadioField(
        _l("Missing work"),
        choices=[
            SelectChoice(YES, _l("counts as a percentage of its points")),
            SelectChoice(NO, _l("does not count")),
        ],
    )
    missing_percent = AmountField(_l("Missing work counts as"), most=100, wrong=_PERCENT)
    late_percent = AmountField(_l("Late work loses"), most=100, wrong=_PERCENT)
    late_interval = PickField(
        _l("for each"),
        pairs=[(LateInterval.DAY, _l("day that begins")), (LateInterval.HOUR, _l("hour that begins"))],
        default=LateInterval.DAY,
    )
    late_floor = AmountField(_l("but never below"), most=100, wrong=_PERCENT)
    cap_percent = AmountField(_l("Highest possible grade"), most=1000, wrong=_PERCENT)
    scale = PickField(_l("Grading scale"))
    scale_was = HiddenField()
    letter_on_whole_percent = BooleanField(_l("Round to whole percent before choosing the letter"))
    posts = RadioField(
        _l("New assignments: students and families see scores"),
        choices=[SelectChoice(YES, _l("as I enter them")), SelectChoice(NO, _l("when I post"))],
    )
    weighs_periods = RadioField(
        _l("Grading periods"),
        choices=[
            SelectChoice(NO, _l("only sort the work: the whole class is one grade")),
            SelectChoice(YES, _l("are each graded alone, and make the grade by their weights")),
        ],
        default=NO,
        validate_choice=False,
    )
    periods = Rows(FormField(PeriodForm), max_entries=MOST_PERIODS)
    student = LineField(_l("Student"))
    seen = HiddenField()
    shown = HiddenField()

    def offer(self, scales: Iterable[GradingScale]) -> None:
        """The scales of this class's school."""
        self.scale.offer([("", _("Percentage, no letters")), *((one.public_id, one.name) for one in scales)])

    @property
    def keeps_scale(self) -> bool:
        """Whether the scale is the one the page had: then nobody needs to ask which others there are."""
        return self.scale.data == self.scale_was.data

    @property
    def weighs(self) -> bool:
        """Whether periods are to make the grade by their weights."""
        return bool(self.weighs_periods.data == YES)

    def draft(
        self,
        now: RulesDraft,
        scales: Iterable[GradingScale],
        periods: Iterable[WeightedPeriod],
    ) -> RulesDraft:
        """What was typed, in a class with the rules `now`. Only after `validate`.

        periods: those that can be weighed.
        """
        weights = {entry.form.key.data: entry.form.weight.amount for entry in self.periods} if self.weighs else {}
        if self.keeps_scale:
            scale_id = now.grading_scale_id
        else:
            scale_id = {one.public_id: one.id for one in scales}.get(self.scale.data)
        return RulesDraft(
            categories=tuple(entry.form.draft() for entry in self.categories),
            total_mode=TotalMode(self.total_mode.data),
            missing_percent=(self.missing_percent.amount or Decimal(0)) if self.missing.data == YES else None,
            late_percent=self.late_percent.amount or Decimal(0),
            late_interval=LateInterval(self.late_interval.data),
            late_floor=self.late_floor.amount or Decimal(0),
            cap_percent=self.cap_percent.amount,
            grading_scale_id=scale_id,
            letter_on_whole_percent=bool(self.letter_on_whole_percent.data),
            posts_as_entered=self.posts.data == YES,
            period_weights=tuple((one.id, weights.get(one.public_id) or Decimal(0)) for one in periods)
            if self.weighs
            else (),
        )


def rules_fields(rules: RulesDraft, scales: Iterable[GradingScale]) -> dict[str, Any]:
    """Rules as the form holds them."""
    keys = {one.id: one.public_id for one in scales}
    return {
        "total_mode": rules.total_mode,
        "categories": [category_fields(one) for one in rules.categories],
        "missing": NO if rules.missing_percent is None else YES,
        "missing_percent": typed(rules.missing_percent or Decimal(0)),
        "late_percent": typed(rules.late_percent),
        "late_interval": rules.late_interval,
        "late_floor": typed(rules.late_floor),
        "cap_percent": typed(rules.cap_percent),
        "scale": keys.get(rules.grading_scale_id or 0, ""),
        "letter_on_whole_percent": rules.letter_on_whole_percent,
        "posts": YES if rules.posts_as_entered else NO,
        "weighs_periods": YES if rules.period_weights else NO,
    }


def period_fields(periods: Iterable[WeightedPeriod]) -> list[dict[str, Any]]:
    """The weights of grading periods as the form holds them."""
    return [{"key": one.public_id, "weight": typed(one.weight)} for one in periods]


def category_fields(one: CategoryDraft) -> dict[str, Any]:
    """One category as the form holds it."""
    return {
        "key": one.key or "",
        "title": one.title,
        "weight": typed(one.weight),
        "drop_lowest": typed(one.drop_lowest),
        "drop_highest": typed(one.drop_highest),
        "weighing": one.weighing,
        "extra_credit": one.extra_credit,
        "keep_best": typed(one.keep_best),
    }
