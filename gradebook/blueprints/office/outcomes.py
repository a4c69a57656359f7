"""The school's mastery scales and outcomes, for classes that grade outcomes."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import Form, FormField, TextAreaField
from wtforms.validators import DataRequired, Length

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import being_kept_words, own_school
from gradebook.extensions import db
from gradebook.grading.outcomes import MOST_LEVELS
from gradebook.models import MasteryScale, Outcome
from gradebook.policy import access
from gradebook.services import mastery_scales
from gradebook.services.mastery_scales import LevelDraft, ScaleDraft, ScaleFault, ScaleMoved
from gradebook.web import door
from gradebook.web.fields import AmountField, LineField, Rows, paragraph, typed
from gradebook.web.login import current_person
from gradebook.web.requests import moment, version_seen

EMPTY_ROWS = 2
"""Lines for further levels under those that there are."""
MOST_NUMBER = 100


class LevelForm(Form):
    """One level of a scale. A line with nothing in it is no line."""

    number = AmountField(_l("Number"), most=MOST_NUMBER, wrong=_l("The number of a level must be like 3 or 2.5"))
    label = LineField(_l("Level"), [Length(max=60, message=_l("Use 60 characters or fewer for a level"))])
    description = LineField(
        _l("What it means, for parents"), [Length(max=300, message=_l("Use 300 characters or fewer for a meaning"))]
    )

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not (self.number.data or self.label.data or self.description.data)

    def validate(self, extra_validators: Any = None) -> bool:
        """What no single field can know."""
        fine = super().validate(extra_validators)
        if not fine or self.is_empty:
            return fine
        if self.number.amount is None:
            self.number.errors = [_("Enter the number of the level, like 3. A higher number is a better level")]
        if not self.label.data:
            self.label.errors = [_("Enter a name for the level, like Meets")]
        return not (self.number.errors or self.label.errors)


class MasteryScaleForm(FlaskForm):
    """A scale: its name, its levels in any order, and from which number an outcome is met."""

    name = LineField(
        _l("Name"),
        [
            DataRequired(_l("Enter a name, like Four levels")),
            Length(max=120, message=_l("Use 120 characters or fewer for the name")),
        ],
    )
    levels = Rows(FormField(LevelForm), max_entries=MOST_LEVELS + EMPTY_ROWS)
    met_from = AmountField(
        _l("An outcome is met from number"),
        most=MOST_NUMBER,
        wrong=_l("The number from which an outcome is met must be like 3 or 2.5"),
        missing=_l("Enter the number of the lowest level that counts as met"),
    )

    def draft(self) -> ScaleDraft:
        """What was typed. Only after `validate`."""
        rows = [entry.form for entry in self.levels if not entry.form.is_empty]
        levels = tuple(LevelDraft(row.number.amount, row.label.data, row.description.data) for row in rows)
        return ScaleDraft(self.name.data or "", self.met_from.amount or 0, levels)  # type: ignore[arg-type]


class SchoolOutcomeForm(FlaskForm):
    """The words of an outcome of the school."""

    title = LineField(
        _l("Title"),
        [
            DataRequired(_l("Enter what students learn, like Reads aloud with expression")),
            Length(max=200, message=_l("Use 200 characters or fewer for the title")),
        ],
    )
    code = LineField(_l("Code"), [Length(max=40, message=_l("Use 40 characters or fewer for the code"))])
    description = TextAreaField(
        _l("What it means, in words for parents"),
        [Length(max=1000, message=_l("Use 1,000 characters or fewer for the description"))],
        filters=[paragraph],
    )

    def words(self) -> dict[str, str | None]:
        """What was typed. Only after `validate`."""
        return {
            "title": self.title.data or "",
            "code": self.code.data or None,
            "description": self.description.data or None,
        }


@bp.get("/outcomes")
@door.office
def outcomes() -> Any:
    """The school's mastery scales and outcomes."""
    school = own_school()
    return render_template(
        "office/outcomes.html",
        scales=mastery_scales.scales_of_school(school),
        lines=mastery_scales.outcomes_of_school(school),
    )


# --- Mastery scales


@bp.get("/mastery-scales/new")
@door.office
def new_mastery_scale() -> Any:
    """Four levels to begin with."""
    own_school()
    return _scale_page(None, _scale_form(mastery_scales.usual_scale()))


@bp.post("/mastery-scales/new")
@door.office
def new_mastery_scale_post() -> Any:
    """Make a scale."""
    return _save_scale(None, seen=0)


@bp.get("/mastery-scales/<mastery_scale_id>")
@door.office
def mastery_scale(mastery_scale_id: str) -> Any:
    """One scale."""
    scale = access.mastery_scale_for_office(current_person(), mastery_scale_id)
    return _scale_page(scale, _scale_form(mastery_scales.draft_of(scale)))


@bp.post("/mastery-scales/<mastery_scale_id>")
@door.office
def mastery_scale_post(mastery_scale_id: str) -> Any:
    """Change it."""
    return _save_scale(access.mastery_scale_for_office(current_person(), mastery_scale_id), seen=version_seen())


@bp.post("/mastery-scales/<mastery_scale_id>/retirement")
@door.office
def retire_mastery_scale(mastery_scale_id: str) -> Any:
    """Offer it to no further class, or again (`do=return`)."""
    scale = access.mastery_scale_for_office(current_person(), mastery_scale_id)
    retired = request.form.get("do") != "return"
    mastery_scales.set_retired(scale, retired, actor_id=current_person().id, now=moment())
    name = scale.name
    db.session.commit()
    flash(_("%(name)s is retired.", name=name) if retired else _("%(name)s can be chosen again.", name=name), "good")
    return redirect(url_for("office.outcomes"), 303)


def _scale_form(draft: ScaleDraft) -> MasteryScaleForm:
    rows = [{"number": typed(one.number), "label": one.label, "description": one.description} for one in draft.levels]
    blank = {"number": "", "label": "", "description": ""}
    rows += [blank] * min(EMPTY_ROWS, MOST_LEVELS - len(rows))
    return MasteryScaleForm(formdata=None, data={"name": draft.name, "levels": rows, "met_from": typed(draft.met_from)})


def _save_scale(scale: MasteryScale | None, *, seen: int) -> Any:
    school, form = own_school(), MasteryScaleForm()
    if not form.validate():
        return _scale_page(scale, form, seen=seen), 422
    try:
        saved = mastery_scales.save_scale(
            school.id, scale, form.draft(), seen=seen, actor_id=current_person().id, now=moment()
        )
    except ScaleFault as fault:
        db.session.rollback()
        return _scale_page(scale, form, seen=seen, problems=[_fault_words(fault)]), 422
    except ScaleMoved:
        db.session.rollback()
        words = _("Someone else changed this scale meanwhile. Check what you typed and save again")
        return _scale_page(scale, form, problems=[("#name", words)]), 409
    name = saved.name
    db.session.commit()
    flash(_("%(name)s is saved.", name=name), "good")
    return redirect(url_for("office.outcomes"), 303)


def _scale_page(
    scale: MasteryScale | None,
    form: MasteryScaleForm,
    *,
    seen: int | None = None,
    problems: list[tuple[str, str]] | None = None,
) -> str:
    return render_template(
        "office/mastery_scale.html",
        scale=scale,
        form=form,
        seen=seen if seen is not None or scale is None else scale.version,
        rated=mastery_scales.count_rated(scale) if scale else 0,
        problems=problems or [],
        has_errors=bool(problems),
    )


def _fault_words(fault: ScaleFault) -> tuple[str, str]:
    """Where to look, what is wrong, and a way out."""
    label = fault.facts.get("label", "")
    words = {
        "same_name": ("#name", _("There is a scale with this name already. Choose another name")),
        "few_levels": ("#levels-0-label", _("A scale needs at least two levels. Add one")),
        "many_levels": (
            "#levels-0-label",
            _("A scale can have at most %(num)s levels. Take one away", num=MOST_LEVELS),
        ),
        "empty_label": ("#levels-0-label", _("Every level needs a name. Enter one")),
        "equal_labels": ("#levels-0-label", _("Two levels are called %(label)s. Rename one", label=label)),
        "equal_numbers": (
            "#levels-0-number",
            _("%(label)s has the same number as another level. Change one", label=label),
        ),
        "met_is_no_level": (
            "#met_from",
            _("No level has the number from which an outcome is met. Enter the number of one of the levels"),
        ),
        "met_is_lowest": (
            "#met_from",
            _("From the lowest level on everything would be met. Enter the number of a higher level"),
        ),
    }
    if fault.code == "being_kept":
        return "#levels-0-label", being_kept_words(fault.facts["count"])
    if fault.code == "in_use":
        count = fault.facts["count"]
        said = ngettext(
            "%(num)s rating is on this scale, so its numbers and what counts as met stay. Change the words, or make "
            "a new scale",
            "%(num)s ratings are on this scale, so its numbers and what counts as met stay. Change the words, or make "
            "a new scale",
            count,
        )
        return "#levels-0-number", said
    return words[fault.code]


# --- Outcomes of the school


@bp.get("/outcomes/new")
@door.office
def new_outcome() -> Any:
    """The empty form."""
    own_school()
    return _outcome_page(None, SchoolOutcomeForm(formdata=None))


@bp.post("/outcomes/new")
@door.office
def new_outcome_post() -> Any:
    """Make an outcome of the school."""
    return _save_outcome(None, seen=0)


@bp.get("/outcomes/<outcome_id>")
@door.office
def outcome(outcome_id: str) -> Any:
    """One outcome of the school."""
    found = access.outcome_for_office(current_person(), outcome_id)
    data = {"title": found.title, "code": found.code or "", "description": found.description or ""}
    return _outcome_page(found, SchoolOutcomeForm(formdata=None, data=data))


@bp.post("/outcomes/<outcome_id>")
@door.office
def outcome_post(outcome_id: str) -> Any:
    """Other words for it."""
    return _save_outcome(access.outcome_for_office(current_person(), outcome_id), seen=version_seen())


@bp.post("/outcomes/<outcome_id>/retirement")
@door.office
def retire_outcome(outcome_id: str) -> Any:
    """Offer it to no further class, or again (`do=return`)."""
    found = access.outcome_for_office(current_person(), outcome_id)
    retired = request.form.get("do") != "return"
    mastery_scales.set_outcome_retired(found, retired, actor_id=current_person().id, now=moment())
    title = found.title
    db.session.commit()
    flash(_("%(name)s is retired.", name=title) if retired else _("%(name)s can be chosen again.", name=title), "good")
    return redirect(url_for("office.outcomes"), 303)


def _save_outcome(found: Outcome | None, *, seen: int) -> Any:
    school, form = own_school(), SchoolOutcomeForm()
    if not form.validate():
        return _outcome_page(found, form, seen=seen), 422
    try:
        saved = mastery_scales.save_outcome(
            school.id, found, form.words(), seen=seen, actor_id=current_person().id, now=moment()
        )
    except ScaleFault:
        db.session.rollback()
        form.title.errors = [_("The school has an outcome with this title already. Choose another title")]
        return _outcome_page(found, form, seen=seen), 422
    except ScaleMoved:
        db.session.rollback()
        form.title.errors = [_("Someone else changed this outcome meanwhile. Check the words and save again")]
        return _outcome_page(found, form), 409
    title = saved.title
    db.session.commit()
    flash(_("%(name)s is saved.", name=title), "good")
    return redirect(url_for("office.outcomes"), 303)


def _outcome_page(found: Outcome | None, form: SchoolOutcomeForm, *, seen: int | None = None) -> str:
    return render_template(
        "office/outcome.html",
        outcome=found,
        form=form,
        seen=seen if seen is not None or found is None else found.version,
    )
