"""Classes that grade outcomes: everyone's levels, how they are made, which outcomes there are, which work is about
them, and every change of a rating."""

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from gradebook.blueprints.teacher import bp
from gradebook.blueprints.teacher.grid_fields import seen_number
from gradebook.extensions import db
from gradebook.grading.outcomes import MOST_TIMES
from gradebook.models import Assignment, MasteryScale, Outcome, OutcomeMethod, Section
from gradebook.policy import access
from gradebook.policy.access import NotFound
from gradebook.services import outcome_rules, outcomes
from gradebook.services.outcome_rules import (
    NeedsConfirmation,
    OutcomeDraft,
    OutcomesFault,
    OutcomesMoved,
    Settings,
)
from gradebook.services.outcomes import ClassOutcomes
from gradebook.web import door
from gradebook.web.fields import AmountField, LineField, PickField, paragraph
from gradebook.web.login import current_person
from gradebook.web.requests import moment, page_number, version_seen, whole_number

POINTS, OUTCOMES = "points", "outcomes"
USUAL = "usual"
"""The value of the scale that is made when the school has none."""


class SettingsForm(FlaskForm):
    """How the class grades."""

    basis = RadioField(
        _l("This class grades"),
        choices=[SelectChoice(POINTS, _l("Points")), SelectChoice(OUTCOMES, _l("Outcomes"))],
    )
    scale = PickField(_l("Mastery scale"))
    method = RadioField(
        _l("The level of an outcome is"),
        choices=[
            SelectChoice(OutcomeMethod.DECAYING, _l("A decaying average")),
            SelectChoice(OutcomeMethod.LATEST, _l("The latest rating")),
            SelectChoice(OutcomeMethod.HIGHEST, _l("The highest rating")),
            SelectChoice(OutcomeMethod.MEAN, _l("The mean of all ratings")),
            SelectChoice(OutcomeMethod.TIMES_MET, _l("Met a number of times")),
        ],
    )
    times = AmountField(
        _l("How many times"),
        most=MOST_TIMES,
        whole=True,
        wrong=_l("How many times must be a whole number from 1 to 10"),
        missing=_l("Enter how many times an outcome has to be met, from 1 to 10"),
    )
    missing_is_lowest = BooleanField(_l("Missing work counts as the lowest level"))

    def validate(self, extra_validators: Any = None) -> bool:
        """What no single field can know."""
        fine = super().validate(extra_validators)
        if fine and self.times.amount == 0:
            self.times.errors = [_("Enter how many times an outcome has to be met, from 1 to 10")]
            return False
        return fine


class OutcomeForm(FlaskForm):
    """The words of an outcome."""

    title = LineField(
        _l("Title"),
        [
            DataRequired(_l("Enter what students learn, like Draws from observation")),
            Length(max=200, message=_l("Use 200 characters or fewer for the title")),
        ],
    )
    code = LineField(_l("Code"), [Length(max=40, message=_l("Use 40 characters or fewer for the code"))])
    description = TextAreaField(
        _l("What it means, in words for parents"),
        [Length(max=1000, message=_l("Use 1,000 characters or fewer for the description"))],
        filters=[paragraph],
    )

    def draft(self) -> OutcomeDraft:
        """What was typed. Only after `validate`."""
        return OutcomeDraft(self.title.data or "", self.code.data or None, self.description.data or None)


# --- Everyone's levels


@bp.get("/classes/<section_id>/outcomes")
@door.teacher
def class_outcomes(section_id: str) -> Any:
    """Students × outcomes; for a class that grades points, what this is and where it is switched on."""
    section = access.section_for_teacher(current_person(), section_id)
    found = outcomes.class_outcomes(section, moment()) if section.grades_outcomes else None
    overview = outcomes.overview_of(found) if found else None
    return render_template(
        "teacher/outcomes.html",
        section=section,
        outcomes=overview.outcomes if overview else None,
        overview=overview,
    )


# --- How they are made


@dataclass
class Desk:
    """What the page of settings is made from."""

    section: Section
    settings: Settings
    scales: list[MasteryScale]

    def form(self, sent: bool) -> SettingsForm:
        """The form as it was sent, or with the settings that hold."""
        form = SettingsForm() if sent else SettingsForm(formdata=None, data=self._fields())
        form.scale.offer([(one.public_id, one.name) for one in self.scales] or [(USUAL, _("Four levels"))])
        return form

    def _fields(self) -> dict[str, Any]:
        held = {one.id: one.public_id for one in self.scales}
        return {
            "basis": OUTCOMES if self.settings.grades_outcomes else POINTS,
            "scale": held.get(self.settings.scale_id or 0),
            "method": self.settings.method,
            "times": str(self.settings.times),
            "missing_is_lowest": self.settings.missing_is_lowest,
        }

    def settings_in(self, form: SettingsForm) -> Settings:
        """What was chosen. Only after `validate`."""
        keys = {one.public_id: one.id for one in self.scales}
        return Settings(
            grades_outcomes=form.basis.data == OUTCOMES,
            scale_id=keys.get(form.scale.data),
            method=OutcomeMethod(form.method.data),
            times=int(form.times.amount or 1),
            missing_is_lowest=bool(form.missing_is_lowest.data),
        )


def _desk(section_id: str) -> Desk:
    section = access.section_for_teacher(current_person(), section_id)
    return Desk(section, outcome_rules.settings_of(section), outcomes.scales_of(section))


@bp.get("/classes/<section_id>/outcomes/settings")
@door.teacher
def outcome_settings(section_id: str) -> Any:
    """Points or outcomes, the scale and the method; the outcomes; which work is about them."""
    desk = _desk(section_id)
    return _settings_page(desk, desk.form(sent=False), OutcomeForm(formdata=None))


@bp.post("/classes/<section_id>/outcomes/settings")
@door.teacher
def outcome_settings_post(section_id: str) -> Any:
    """Save how the class grades; where posted levels move, show them first."""
    desk = _desk(section_id)
    seen, form = request.form.get("seen"), desk.form(sent=True)
    if not seen:
        abort(428)
    if not form.validate():
        return _settings_page(desk, form, OutcomeForm(formdata=None), seen=seen), 422
    try:
        saved = outcome_rules.save_settings(
            desk.section,
            desk.settings_in(form),
            seen=seen,
            shown=_shown(),
            actor_id=current_person().id,
            now=moment(),
        )
    except OutcomesMoved:
        db.session.rollback()
        return _settings_moved(section_id, form)
    except OutcomesFault as fault:
        db.session.rollback()
        return _settings_page(desk, form, OutcomeForm(formdata=None), seen=seen, problems=[_fault(fault)]), 422
    except NeedsConfirmation as asked:
        db.session.rollback()
        return _confirm(desk.section, asked, url_for(".outcome_settings", section_id=section_id))
    db.session.commit()
    flash(_saved_words(saved.changed, len(saved.shifts)), "good")
    return redirect(url_for(".outcome_settings", section_id=section_id), 303)


def _settings_moved(section_id: str, form: SettingsForm) -> Any:
    """Someone else was quicker. What was chosen stays; saving again replaces theirs, which is named."""
    desk = _desk(section_id)
    words = _("Someone else changed how this class grades while you were choosing. Check what you chose and save again")
    return _settings_page(desk, form, OutcomeForm(formdata=None), problems=[("#basis-0", words)]), 409


def _settings_page(
    desk: Desk,
    form: SettingsForm,
    outcome_form: OutcomeForm,
    *,
    seen: str | None = None,
    problems: list[tuple[str, str]] | None = None,
) -> str:
    section = desk.section
    found = outcomes.class_outcomes(section, moment())
    return render_template(
        "teacher/outcome_settings.html",
        section=section,
        form=form,
        outcome_form=outcome_form,
        seen=seen or outcome_rules.version_of(desk.settings),
        settings=desk.settings,
        outcomes=found,
        scale=next((one for one in desk.scales if one.id == desk.settings.scale_id), None),
        offered=outcomes.school_outcomes(section) if desk.settings.grades_outcomes else [],
        removed=outcomes.removed_outcomes(section) if desk.settings.grades_outcomes else [],
        problems=problems or [],
        has_errors=bool(problems or form.errors or outcome_form.errors),
    )


def _saved_words(changed: bool, count: int) -> str:
    if not changed:
        return _("Nothing was different, so nothing was changed.")
    if not count:
        return _("Saved. No posted level changed.")
    return ngettext("Saved. %(num)s posted level changed.", "Saved. %(num)s posted levels changed.", count)


def _fault(fault: OutcomesFault) -> tuple[str, str]:
    """Where to look, and what is wrong."""
    if fault.code == "scale_in_use":
        words = ngettext(
            "%(num)s rating is on the scale that the class has, so it cannot take another",
            "%(num)s ratings are on the scale that the class has, so it cannot take another",
            fault.facts["count"],
        )
        return "#scale", words
    if fault.code == "same_title":
        words = _(
            "This class already has an outcome called %(title)s. Give it another title", title=fault.facts["title"]
        )
        return "#title", words
    if fault.code == "too_many":
        return "#title", _("A class can have at most %(num)s outcomes", num=outcome_rules.MOST_OUTCOMES)
    return "", _("This was changed meanwhile. Load the page again")


def _shown() -> int | None:
    """How many moved levels the person has been shown."""
    return whole_number(request.form.get("shown"))


def _confirm(section: Section, asked: NeedsConfirmation, url: str) -> Any:
    """Posted levels would change: which ones, before anything is saved."""
    fields = [(name, value) for name, values in request.form.lists() for value in values]
    kept = [(name, value) for name, value in fields if name not in ("csrf_token", "shown")]
    return render_template(
        "teacher/outcome_shifts.html",
        section=section,
        shifts=asked.shifts,
        fields=[*kept, ("shown", str(len(asked.shifts)))],
        url=url,
    )


# --- Which outcomes


@bp.post("/classes/<section_id>/outcomes")
@door.teacher
def add_outcomes(section_id: str) -> Any:
    """A new outcome of this class; or outcomes of the school, or ones that were taken away (`take`)."""
    desk = _desk(section_id)
    chosen, form = request.form.getlist("take"), OutcomeForm()
    if request.form.get("do") == "take":
        return _take(desk, chosen)
    if not form.validate():
        return _settings_page(desk, desk.form(sent=False), form), 422
    try:
        made = outcome_rules.add_outcome(desk.section, form.draft(), actor_id=current_person().id, now=moment())
    except OutcomesFault as fault:
        db.session.rollback()
        form.title.errors = [_fault(fault)[1]]
        return _settings_page(desk, desk.form(sent=False), form), 422
    title = made.title
    db.session.commit()
    flash(_("%(title)s was added. Choose below which work is about it.", title=title), "good")
    return redirect(url_for(".outcome_settings", section_id=section_id), 303)


def _take(desk: Desk, chosen: list[str]) -> Any:
    section = desk.section
    known = {one.public_id: one.id for one in (*outcomes.school_outcomes(section), *outcomes.removed_outcomes(section))}
    keys = [known[one] for one in dict.fromkeys(chosen) if one in known]
    if not keys:
        words = ("#take-1", _("Choose at least one outcome"))
        return _settings_page(desk, desk.form(sent=False), OutcomeForm(formdata=None), problems=[words]), 422
    found = [db.session.get_one(Outcome, key) for key in keys]
    try:
        outcome_rules.take_outcomes(section, found, actor_id=current_person().id, now=moment())
    except OutcomesFault as fault:
        db.session.rollback()
        problems = [("#take-1", _fault(fault)[1])]
        return _settings_page(desk, desk.form(sent=False), OutcomeForm(formdata=None), problems=problems), 422
    db.session.commit()
    flash(ngettext("%(num)s outcome was added.", "%(num)s outcomes were added.", len(keys)), "good")
    return redirect(url_for(".outcome_settings", section_id=section.public_id), 303)


@bp.get("/classes/<section_id>/outcomes/<outcome_id>")
@door.teacher
def outcome(section_id: str, outcome_id: str) -> Any:
    """The words of one outcome of the class."""
    section, found = _outcome(section_id, outcome_id)
    data = {"title": found.title, "code": found.code or "", "description": found.description or ""}
    return _outcome_page(section, found, OutcomeForm(formdata=None, data=data))


@bp.post("/classes/<section_id>/outcomes/<outcome_id>")
@door.teacher
def outcome_post(section_id: str, outcome_id: str) -> Any:
    """Other words for it."""
    section, found = _outcome(section_id, outcome_id)
    form, seen = OutcomeForm(), version_seen()
    if not form.validate():
        return _outcome_page(section, found, form, seen=seen), 422
    try:
        outcome_rules.change_outcome(
            section, found, form.draft(), seen=seen, actor_id=current_person().id, now=moment()
        )
    except OutcomesMoved:
        db.session.rollback()
        form.title.errors = [_("Someone else changed this outcome meanwhile. Check the words and save again")]
        return _outcome_page(section, found, form), 409
    except OutcomesFault as fault:
        db.session.rollback()
        form.title.errors = [_fault(fault)[1]]
        return _outcome_page(section, found, form, seen=seen), 422
    title = found.title
    db.session.commit()
    flash(_("%(title)s is saved.", title=title), "good")
    return redirect(url_for(".outcome_settings", section_id=section_id), 303)


@bp.post("/classes/<section_id>/outcomes/<outcome_id>/removal")
@door.teacher
def remove_outcome(section_id: str, outcome_id: str) -> Any:
    """Take it away from the class; its ratings are kept."""
    section, found = _outcome(section_id, outcome_id)
    outcome_rules.remove_outcome(section, found, actor_id=current_person().id, now=moment())
    title = found.title
    db.session.commit()
    heading = _("%(title)s was taken away.", title=title)
    flash({"heading": heading, "text": _("Its ratings are kept, and come back with it.")}, "good")  # type: ignore[arg-type]
    return redirect(url_for(".outcome_settings", section_id=section_id), 303)


def _outcome(section_id: str, outcome_id: str) -> tuple[Section, Outcome]:
    section = access.section_for_teacher(current_person(), section_id)
    return section, access.outcome_of_section(section, outcome_id)


def _outcome_page(section: Section, found: Outcome, form: OutcomeForm, *, seen: int | None = None) -> str:
    return render_template(
        "teacher/outcome.html",
        section=section,
        outcome=found,
        form=form,
        seen=seen if seen is not None else found.version,
    )


# --- Which work is about which outcome


@bp.get("/assignments/<assignment_id>/outcomes")
@door.teacher
def alignment(assignment_id: str) -> Any:
    """What one piece of work is about."""
    section, found, assignment = _aligned(assignment_id)
    return _alignment_page(section, found, assignment, found.aligned.get(assignment.id, set()))


@bp.post("/assignments/<assignment_id>/outcomes")
@door.teacher
def alignment_post(assignment_id: str) -> Any:
    """Save it; where posted levels move, show them first."""
    section, found, assignment = _aligned(assignment_id)
    seen = seen_number(request, section.last_seq)
    keys = {one.public_id: one.id for one in found.outcomes}
    wanted = {keys[one] for one in request.form.getlist("outcome") if one in keys}
    try:
        saved = outcome_rules.align(
            found, assignment, wanted, seen=seen, shown=_shown(), actor_id=current_person().id, now=moment()
        )
    except OutcomesMoved:
        db.session.rollback()
        words = _("Someone else changed this assignment meanwhile. Check what is ticked and save again")
        return _alignment_page(section, found, assignment, wanted, problems=[("#outcome-1", words)]), 409
    except NeedsConfirmation as asked:
        db.session.rollback()
        return _confirm(section, asked, url_for(".alignment", assignment_id=assignment_id))
    db.session.commit()
    flash(_saved_words(saved.changed, len(saved.shifts)), "good")
    if request.form.get("do") == "rate":
        return redirect(url_for(".rate", assignment_id=assignment_id), 303)
    return redirect(url_for(".outcome_settings", section_id=section.public_id, _anchor="work"), 303)


def _aligned(assignment_id: str) -> tuple[Section, ClassOutcomes, Assignment]:
    """A piece of work of a class that grades outcomes. Raises NotFound."""
    person = current_person()
    section = access.section_of_assignment(person, assignment_id)
    found = outcomes.class_outcomes(section, moment()) if section.grades_outcomes else None
    if found is None:
        raise NotFound
    return section, found, access.assignment_for_teacher(person, assignment_id)


def _alignment_page(
    section: Section,
    found: ClassOutcomes,
    assignment: Assignment,
    ticked: set[int],
    *,
    problems: list[tuple[str, str]] | None = None,
) -> str:
    return render_template(
        "teacher/alignment.html",
        section=section,
        outcomes=found,
        assignment=assignment,
        ticked=ticked,
        problems=problems or [],
        has_errors=bool(problems),
    )


# --- Every change


@bp.get("/classes/<section_id>/outcomes/history")
@door.teacher
def rating_history(section_id: str) -> Any:
    """Every change of a rating, of the class, of one piece of work or of one student."""
    section = access.section_for_teacher(current_person(), section_id)
    student = assignment = None
    if request.args.get("student"):
        student = access.student_of_section(section, request.args["student"]).user
    if request.args.get("assignment"):
        assignment = access.assignment_for_teacher(current_person(), request.args["assignment"])
        if assignment.section_id != section.id:
            raise NotFound
    history = outcomes.history_of(
        section,
        assignment_id=assignment.id if assignment else None,
        student_id=student.id if student else None,
        page=page_number(),
    )
    return render_template(
        "teacher/rating_history.html", section=section, history=history, student=student, assignment=assignment
    )
