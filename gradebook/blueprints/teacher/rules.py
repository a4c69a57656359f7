"""T4: how a class is graded, beside one real student's worked sum."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from gradebook.blueprints.teacher import bp
from gradebook.blueprints.teacher.forms import RulesForm, category_fields, period_fields, rules_fields, typed
from gradebook.extensions import db
from gradebook.grading.effects import Comparison
from gradebook.grading.values import Band
from gradebook.models import GradingScale, Weighing
from gradebook.policy import access
from gradebook.services import periods, section_rules
from gradebook.services.grades import AnyGrade, ClassWork, Student
from gradebook.services.periods import PeriodClosed, WeightedPeriod
from gradebook.services.previews import ClassScores, compared, letters_moved
from gradebook.services.section_rules import (
    CategoryDraft,
    Drops,
    NeedsConfirmation,
    Reading,
    RulesDraft,
    RulesFault,
    RulesMoved,
)
from gradebook.web import door
from gradebook.web.closed import closed_words
from gradebook.web.login import current_person
from gradebook.web.requests import moment


@dataclass
class Desk:
    """Everything the page is made from."""

    reading: Reading

    @property
    def work(self) -> ClassWork:
        """The class as it is graded now."""
        return self.reading.work

    @property
    def scores(self) -> ClassScores:
        """Its students and their scores."""
        return self.reading.scores

    @property
    def now(self) -> RulesDraft:
        """The rules that hold."""
        return self.reading.rules

    @cached_property
    def scales(self) -> list[GradingScale]:
        """The scales that the class can choose."""
        return section_rules.scales_of(self.reading.section)

    @property
    def keys(self) -> list[str]:
        """The categories, by public id."""
        return [one.public_id for one in self.work.categories]

    def student(self, public_id: str | None) -> Student | None:
        """The chosen student, else the first who has scores, else the first."""
        students = self.scores.students
        graded = [one for one in students if self.scores.marks[one.id]]
        return next((one for one in students if one.public_id == public_id), next(iter(graded or students), None))

    def form(self, fields: dict[str, Any] | None = None) -> RulesForm:
        """The form as it was sent, or with these fields in it."""
        form = RulesForm() if fields is None else RulesForm(formdata=None, data=fields)
        if form.keeps_scale:
            form.scale.offer([(form.scale.data, "")])  # as it was: no need to ask which others there are
        else:
            form.offer(self.scales)
        return form

    @cached_property
    def periods(self) -> list[WeightedPeriod]:
        """The grading periods that the class can weigh."""
        return periods.periods_of(self.reading.section)

    def draft(self, form: RulesForm) -> RulesDraft:
        """What was typed; only after `validate`."""
        scales = [] if form.keeps_scale else self.scales
        return form.draft(self.now, scales, self.periods if form.weighs else [])


@dataclass
class Preview:
    """One student's sum and the whole class, before and after; hidden scores included."""

    student: Student
    before: Decimal | None
    grade: AnyGrade
    comparison: Comparison | None
    """None where nothing was typed that could change a grade."""
    letters: int
    """How many students would have another letter."""
    has_hidden: bool
    """Whether scores that families do not see make a difference to this sum."""


@bp.get("/classes/<section_id>/rules")
@door.teacher
def rules(section_id: str) -> Any:
    """The rules that hold, and how they make one student's grade."""
    desk = _desk(section_id)
    fields = {
        **rules_fields(desk.now, desk.scales),
        "periods": period_fields(desk.periods),
        "student": request.args.get("student", ""),
    }
    if not desk.now.categories:
        fields["categories"] = [category_fields(CategoryDraft(None, _("Everything"), Decimal(100)))]
    return _page(desk, desk.form(fields), seen=section_rules.version_of(desk.now), draft=desk.now)


@bp.post("/classes/<section_id>/rules")
@door.teacher
def rules_post(section_id: str) -> Any:
    """Add, remove or move a category, scale the weights, preview, or save."""
    desk = _desk(section_id)
    form = desk.form()
    seen = form.seen.data
    if not seen:
        abort(428)
    what, _colon, place = request.form.get("do", "save").partition(":")
    if what in ROW_ACTS:
        return _rearranged(desk, form, seen, what, place)
    if not form.validate():
        return _page(desk, form, seen=seen), 422
    draft = desk.draft(form)
    if what in ("scale", "scale_periods"):
        return _scaled(desk, form, seen, draft, what)
    if what not in ("save", "confirm"):
        return _page(desk, form, seen=seen, draft=draft)
    return _save(desk, form, seen, draft)


def _desk(section_id: str) -> Desk:
    section = access.section_for_teacher(current_person(), section_id)
    return Desk(section_rules.read(section, moment(), unwritten=True))


def _page(
    desk: Desk,
    form: RulesForm,
    *,
    seen: str,
    draft: RulesDraft | None = None,
    problems: list[tuple[str, str]] | None = None,
    theirs: RulesDraft | None = None,
) -> str:
    """The page; with `draft` the sum is that of what was typed, else of the rules that hold."""
    form.offer(desk.scales)
    if not form.periods.entries:
        for fields in period_fields(desk.periods):
            form.periods.append_entry(fields)
    form.scale_was.data = next((one.public_id for one in desk.scales if one.id == desk.now.grading_scale_id), "")
    changed = section_rules.work_with(desk.work, draft) if draft else desk.work
    return render_template(
        "teacher/rules.html",
        section=desk.work.section,
        form=form,
        seen=seen,
        draft=draft,
        problems=problems or [],
        has_errors=bool(problems),
        theirs=theirs,
        students=desk.scores.students,
        held={key: section_rules.pieces_in(desk.work, key) for key in desk.keys},
        drops=_drops(desk, draft),
        periods={one.id: one for one in desk.periods},
        period_titles={one.public_id: one.title for one in desk.periods},
        bands=_bands(changed),
        preview=_preview(desk, changed, draft, form.student.data),
        closed=_closed(desk),
        has_posted=any(desk.work.is_posted(column) for column in desk.work.columns),
    )


def _closed(desk: Desk) -> str | None:
    """Why nothing can be saved, in words; None while the class is open."""
    try:
        periods.require_open(desk.reading.section)
    except PeriodClosed as closed:
        return closed_words(closed)
    return None


def _drops(desk: Desk, draft: RulesDraft | None) -> list[Drops]:
    """What the drops come to so far, category by category; nothing of rules that cannot be read."""
    return [section_rules.drops_in(desk.work, one) for one in draft.categories] if draft else []


def _bands(work: ClassWork) -> tuple[Band, ...]:
    scale = work.calculator.rules.scale
    return scale.bands if scale else ()


def _preview(desk: Desk, changed: ClassWork, draft: RulesDraft | None, public_id: str | None) -> Preview | None:
    student = desk.student(public_id)
    if student is None:
        return None
    before = desk.work.totals(student, desk.scores.marks[student.id], posted_only=False).current
    grade = desk.scores.grade(changed, student, posted_only=False)
    posted = changed.totals(student, desk.scores.marks[student.id], posted_only=True)
    comparison, letters = None, 0
    if draft and draft != desk.now:
        shifts = desk.scores.shifts(desk.work, changed, posted_only=False)
        comparison, letters = compared(shifts), letters_moved(shifts)
    return Preview(student, before, grade, comparison, letters, has_hidden=posted != grade.totals)


# --- Categories: add, remove, move


ROW_ACTS = ("add", "up", "down", "remove")


def _rearranged(desk: Desk, form: RulesForm, seen: str, what: str, place: str) -> Any:
    """The page with one category more, fewer or elsewhere; nothing is saved. What was typed stays as it was typed."""
    rows = [dict(entry.data) for entry in form.categories]
    at = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else -1
    if what == "add":
        if len(rows) < section_rules.MOST_CATEGORIES:
            rows.append({**category_fields(CategoryDraft(None, "")), "weighing": Weighing.POINTS})
    elif not 0 <= at < len(rows):
        return _page(desk, form, seen=seen), 422
    elif what == "remove":
        count = section_rules.pieces_in(desk.work, rows[at]["key"])
        if count:
            words = _in_use_words(rows[at]["title"], count)
            return _page(desk, form, seen=seen, problems=[(f"#categories-{at}-title", words)]), 422
        rows.pop(at)
    else:
        to = at - 1 if what == "up" else at + 1
        if 0 <= to < len(rows):
            rows[at], rows[to] = rows[to], rows[at]
    again = desk.form({**form.data, "categories": rows})
    return _page(desk, again, seen=seen, draft=_draft_if_fine(desk, again))


def _draft_if_fine(desk: Desk, form: RulesForm) -> RulesDraft | None:
    """What the form says, if every field of it can be read; its complaints wait until it is saved."""
    fine = all(field.validate(form) for field in form if field.type != "CSRFTokenField")
    draft = desk.draft(form) if fine else None
    for field in form:
        _forget_errors(field)
    return draft


def _forget_errors(field: Any) -> None:
    if field.type in ("FieldList", "FormField"):
        for one in field:
            _forget_errors(one)
    if field.type != "FormField":
        field.errors = []


def _scaled(desk: Desk, form: RulesForm, seen: str, draft: RulesDraft, what: str) -> Any:
    """The page with the weights of the categories, or of the grading periods, scaled to 100; nothing is saved."""
    of_periods = what == "scale_periods"
    together = draft.period_sum if of_periods else draft.weight_sum
    if together <= 0:
        fault = RulesFault("period_weights" if of_periods else "weights", sum=together)
        return _faulty(desk, form, seen, fault, draft)
    rows = {"periods": _scaled_periods(desk, draft)} if of_periods else {"categories": _scaled_categories(form, draft)}
    again = desk.form({**form.data, **rows})
    return _page(desk, again, seen=seen, draft=_draft_if_fine(desk, again))


def _scaled_categories(form: RulesForm, draft: RulesDraft) -> list[dict[str, Any]]:
    weights = section_rules.scaled(draft.categories)
    return [{**entry.data, "weight": typed(weight)} for entry, weight in zip(form.categories, weights, strict=True)]


def _scaled_periods(desk: Desk, draft: RulesDraft) -> list[dict[str, Any]]:
    weights = section_rules.scaled_periods(draft)
    return [{"key": one.public_id, "weight": typed(weight)} for one, weight in zip(desk.periods, weights, strict=True)]


# --- Saving


def _save(desk: Desk, form: RulesForm, seen: str, draft: RulesDraft) -> Any:
    section = desk.work.section
    back = url_for(".rules", section_id=section.public_id, student=form.student.data or None)
    try:
        saved = section_rules.save_rules(
            section,
            draft,
            seen=seen,
            shown=form.shown.data,
            actor_id=current_person().id,
            now=moment(),
            reading=desk.reading,
        )
    except RulesFault as fault:
        return _faulty(desk, form, seen, fault, draft)
    except RulesMoved as moved:
        return _moved(desk, form, draft, moved)
    except NeedsConfirmation as asked:
        return _confirm(desk, seen, asked)
    db.session.commit()
    count = len(saved.shifts)
    flash(_saved_words(saved.number, count), "good")
    return redirect(back, 303)


def _saved_words(number: int | None, count: int) -> str:
    if number is None:
        return _("Nothing was different, so nothing was changed.")
    if not count:
        return _("Saved. No posted grade changed.")
    return ngettext("Saved. %(num)s posted grade changed.", "Saved. %(num)s posted grades changed.", count)


def _faulty(desk: Desk, form: RulesForm, seen: str, fault: RulesFault, draft: RulesDraft) -> Any:
    """Nothing was changed. Weights that do not add up can be worked out all the same; the other faults cannot."""
    db.session.rollback()
    shown = draft if fault.code in ("weights", "period_weights") else None
    return _page(desk, form, seen=seen, draft=shown, problems=[_fault_words(fault)]), 422


def _fault_words(fault: RulesFault) -> tuple[str, str]:
    """Where to look, and what is wrong."""
    if fault.code == "weights":
        total = typed(fault.facts["sum"]) or "0"
        if fault.facts["sum"]:
            return "#scale", _("Weights add up to %(sum)s%%. Change one, or scale them to 100%%", sum=total)
        return "#categories-0-weight", _("Weights add up to 0%. Give the categories weights that make 100%")
    if fault.code == "period_weights":
        total = typed(fault.facts["sum"]) or "0"
        if fault.facts["sum"]:
            words = _("The grading periods’ weights add up to %(sum)s%%. Change one, or scale them to 100%%", sum=total)
            return "#scale-periods", words
        return "#periods-0-weight", _("The grading periods’ weights add up to 0%. Give them weights that make 100%")
    if fault.code == "same_title":
        return "#categories-0-title", _("Two categories are called %(title)s. Rename one", title=fault.facts["title"])
    if fault.code in ("keeps_and_drops", "keeps_none"):
        title = fault.facts["title"]
        return "#categories-0-title", _("%(title)s: either drop the lowest or keep at least the best 1", title=title)
    if fault.code == "in_use":
        return "#categories-0-title", _in_use_words(fault.facts["title"], fault.facts["count"])
    if fault.code == "no_categories":
        return "#add-category", _("A class needs at least one category. Add one")
    return "", _("One of these categories was removed meanwhile. Load the page again")


def _in_use_words(title: str, count: int) -> str:
    return ngettext(
        "%(title)s holds %(num)s assignment. Move it to another category first, then remove this one",
        "%(title)s holds %(num)s assignments. Move them to another category first, then remove this one",
        count,
        title=title,
    )


def _moved(desk: Desk, form: RulesForm, draft: RulesDraft, moved: RulesMoved) -> Any:
    """Someone else was quicker. What was typed stays; saving again replaces theirs, which is shown."""
    db.session.rollback()
    desk = _desk(desk.work.section.public_id)
    known = {one.public_id for one in desk.work.categories}
    rows = [
        {**dict(entry.data), "key": entry.data["key"] if entry.data["key"] in known else ""}
        for entry in form.categories
    ]
    again = desk.form({**form.data, "categories": rows, "scale_was": None})
    return _page(
        desk, again, seen=section_rules.version_of(moved.theirs), draft=_draft_if_fine(desk, again), theirs=moved.theirs
    ), 409


def _confirm(desk: Desk, seen: str, asked: NeedsConfirmation) -> Any:
    """Posted grades would change: which ones, before anything is saved."""
    db.session.rollback()
    return render_template(
        "teacher/rules_confirmation.html",
        section=desk.work.section,
        shifts=asked.shifts,
        fields=_as_sent(seen, asked.effect),
    )


def _as_sent(seen: str, shown: str) -> list[tuple[str, str]]:
    """Every field as it was sent, for the second step."""
    kept = [
        (name, value)
        for name, values in request.form.lists()
        if name not in ("csrf_token", "do", "seen", "shown")
        for value in values[:1]
    ]
    return [*kept, ("seen", seen), ("shown", shown)]
