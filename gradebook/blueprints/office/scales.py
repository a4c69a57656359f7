"""Grading scales: the tables from percent to letter that the school's classes can choose from."""

from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import Form, FormField, HiddenField
from wtforms.validators import DataRequired, Length

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import (
    being_kept_words,
    both_versions,
    has_moved_on,
    kept_fields,
    own_school,
    tell,
    version_of,
    version_shown,
)
from gradebook.extensions import db
from gradebook.models import GradingScale
from gradebook.policy import access
from gradebook.services import grading_scales
from gradebook.services.grading_scales import MOST_BANDS, MOST_BOUND, Band, NeedsConfirmation, ScaleDraft, ScaleFault
from gradebook.services.scale_catalogue import CATALOGUE, Offered, Place, offered
from gradebook.web import door
from gradebook.web.fields import AmountField, LineField, Rows, one_line, typed
from gradebook.web.login import current_person
from gradebook.web.requests import moment

OWN = "own"
PLACES = {
    Place.UNITED_STATES: _l("United States"),
    Place.ENGLAND: _l("England"),
    Place.FRANCE: _l("France"),
    Place.GERMANY: _l("Germany"),
    Place.INTERNATIONAL: _l("International"),
    Place.SOFTWARE: _l("As in other software"),
}


class BandForm(Form):
    """One line of a scale. A line with nothing in it is no line."""

    label = LineField(_l("Label"), [Length(max=20, message=_l("Use 20 characters or fewer for a label"))])
    bound = AmountField(_l("From"), most=MOST_BOUND, wrong=_l("A bound must be a percentage, like 90 or 87.5"))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not (self.label.data or self.bound.data)

    def validate(self, extra_validators: Any = None) -> bool:
        """What no single field can know."""
        fine = super().validate(extra_validators)
        if fine and self.bound.amount is None and self.label.data:
            self.bound.errors = [_("Enter from which percentage %(label)s holds", label=self.label.data)]
            return False
        if fine and not self.label.data and self.bound.amount is not None:
            self.label.errors = [
                _("Enter a label for the band from %(bound)s%%, like A or Pass", bound=typed(self.bound.amount))
            ]
            return False
        return fine


class ScaleForm(FlaskForm):
    """A scale: its name and its bands, in any order."""

    name = LineField(
        _l("Name"),
        [
            DataRequired(_l("Enter a name, like US letters A–F")),
            Length(max=120, message=_l("Use 120 characters or fewer for the name")),
        ],
    )
    bands = Rows(FormField(BandForm), max_entries=MOST_BANDS)
    shown = HiddenField()

    def draft(self) -> ScaleDraft:
        """What was typed. Only after `validate`."""
        rows = [entry.form for entry in self.bands if not entry.form.is_empty]
        return ScaleDraft(self.name.data or "", tuple(Band(row.label.data, row.bound.amount) for row in rows))


# --- The list


@bp.get("/scales")
@door.office
def scales() -> Any:
    """The school's scales: those in use, then the retired ones."""
    return render_template("office/scales.html", lines=grading_scales.scales_of_school(own_school()))


# --- A new one


@bp.get("/scales/new")
@door.office
def new_scale() -> Any:
    """What there is to pick from; then the one that was picked, to change and save."""
    picked = offered(request.args.get("from"))
    if picked is None and request.args.get("from") != OWN:
        return _catalogue()
    return _new_page(ScaleForm(formdata=None, data=_fields_of(picked)), picked)


def _catalogue() -> str:
    text = one_line(request.args.get("q"))[:100]
    found = [one for one in CATALOGUE if text.casefold() in f"{one.name} {PLACES[one.place]}".casefold()]
    groups = [(words, [one for one in found if one.place == place]) for place, words in PLACES.items()]
    return render_template("office/scale_catalogue.html", text=text, groups=[group for group in groups if group[1]])


def _fields_of(picked: Offered | None) -> dict[str, Any]:
    if picked is None:
        return {"bands": [{"label": "", "bound": ""}, {"label": "", "bound": "0"}]}
    return {"name": picked.name, "bands": [{"label": one.label, "bound": typed(one.bound)} for one in picked.bands]}


@bp.post("/scales/new")
@door.office
def new_scale_post() -> Any:
    """Add or remove a band, or save the scale."""
    school, form, picked = own_school(), ScaleForm(), offered(request.args.get("from"))
    what, _colon, place = request.form.get("do", "save").partition(":")
    if what in ROW_ACTS:
        return _new_page(_rearranged(form, what, place), picked)
    if not form.validate():
        return _new_page(form, picked, 422)
    try:
        scale = grading_scales.add_scale(school, form.draft(), moment(), actor_id=current_person().id)
    except ScaleFault as fault:
        db.session.rollback()
        return _new_page(form, picked, 422, fault)
    db.session.commit()
    tell(_("%(name)s was added.", name=scale.name), _("Teachers can choose it for their classes now."), "good")
    return redirect(url_for("office.scales"), 303)


def _new_page(form: ScaleForm, picked: Offered | None, status: int = 200, fault: ScaleFault | None = None) -> Any:
    page = render_template(
        "office/new_scale.html",
        form=form,
        picked=picked,
        meanings={band.label: band.meaning for band in picked.bands} if picked else {},
        **_said(form, fault),
    )
    return page, status


# --- One that exists


@bp.get("/scales/<scale_id>")
@door.office
def scale(scale_id: str) -> Any:
    """The scale, and the classes that use it."""
    found = _scale(scale_id)
    return _page(found, ScaleForm(formdata=None, data=_fields_now(found)))


@bp.post("/scales/<scale_id>")
@door.office
def scale_post(scale_id: str) -> Any:
    """Add or remove a band, or save; where classes use the scale, what it does to them is shown first."""
    found, form = _scale(scale_id), ScaleForm()
    moved_on = has_moved_on(grading_scales.draft_of(found))
    what, _colon, place = request.form.get("do", "save").partition(":")
    if what in ROW_ACTS:
        return _page(found, _rearranged(form, what, place))
    if what == "edit":
        return _page(found, form)
    if not form.validate():
        return _page(found, form, 422)
    if moved_on:
        return _both(found, form.draft())
    return _save(found, form)


def _save(found: GradingScale, form: ScaleForm) -> Any:
    try:
        saved = grading_scales.change_scale(
            found, form.draft(), moment(), actor_id=current_person().id, shown=form.shown.data
        )
    except ScaleFault as fault:
        db.session.rollback()
        return _page(found, form, 422, fault)
    except NeedsConfirmation as asked:
        db.session.rollback()
        return _confirm(found, asked)
    db.session.commit()
    flash(_saved_words(saved.changed, saved.moved), "good")
    return redirect(url_for("office.scale", scale_id=found.public_id), 303)


def _saved_words(changed: bool, count: int) -> str:
    if not changed:
        return _("Nothing was changed.")
    if not count:
        return _("Saved. No posted grade changed.")
    return ngettext("Saved. %(num)s posted grade changed.", "Saved. %(num)s posted grades changed.", count)


def _confirm(found: GradingScale, asked: NeedsConfirmation) -> str:
    moved = sum(len(effect.moved) for effect in asked.effects)
    kept = [(name, value) for name, value in kept_fields() if name not in ("do", "shown")]
    return render_template(
        "office/scale_confirmation.html",
        scale=found,
        effects=asked.effects,
        moved=moved,
        kept=[*kept, ("shown", asked.name)],
        seen=request.form["seen"],
    )


def _both(found: GradingScale, draft: ScaleDraft) -> tuple[str, int]:
    saved, mine = grading_scales.draft_of(found), grading_scales.in_order(draft)
    rows = [
        (_("Name"), saved.name, mine.name),
        (_("Bands"), _bands_words(saved), _bands_words(mine)),
    ]
    return both_versions(rows, version_of(saved), url_for("office.scale", scale_id=found.public_id))


def _bands_words(draft: ScaleDraft) -> str:
    return ", ".join(f"{band.label} {typed(band.bound)}%" for band in draft.bands)


@bp.post("/scales/<scale_id>/retirement")
@door.office
def retire_scale(scale_id: str) -> Any:
    """Offer it to no further class."""
    found = _scale(scale_id)
    grading_scales.retire(found, moment(), actor_id=current_person().id)
    db.session.commit()
    tell(_("%(name)s is retired.", name=found.name), _("Classes that use it keep it. No other can choose it."), "good")
    return redirect(url_for("office.scale", scale_id=scale_id), 303)


@bp.post("/scales/<scale_id>/return")
@door.office
def return_scale(scale_id: str) -> Any:
    """Offer it again."""
    found = _scale(scale_id)
    grading_scales.bring_back(found, moment(), actor_id=current_person().id)
    db.session.commit()
    flash(_("%(name)s can be chosen again.", name=found.name), "good")
    return redirect(url_for("office.scale", scale_id=scale_id), 303)


def _scale(scale_id: str) -> GradingScale:
    found: GradingScale = access.school_row_for_office(current_person(), GradingScale, scale_id)
    return found


def _fields_now(found: GradingScale) -> dict[str, Any]:
    draft = grading_scales.draft_of(found)
    return {"name": draft.name, "bands": [{"label": one.label, "bound": typed(one.bound)} for one in draft.bands]}


def _page(found: GradingScale, form: ScaleForm, status: int = 200, fault: ScaleFault | None = None) -> Any:
    page = render_template(
        "office/scale.html",
        scale=found,
        form=form,
        classes=grading_scales.classes_with(found),
        version=version_shown(grading_scales.draft_of(found)),
        **_said(form, fault),
    )
    return page, status


# --- Bands: add, remove


ROW_ACTS = ("add", "zero", "remove")


def _rearranged(form: ScaleForm, what: str, place: str) -> ScaleForm:
    """The form with one band more or fewer; nothing is saved. What was typed stays as it was typed."""
    rows = [dict(entry.data) for entry in form.bands]
    at = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else -1
    if what == "remove" and 0 <= at < len(rows):
        rows.pop(at)
    elif what != "remove" and len(rows) < MOST_BANDS:
        rows.append({"label": "", "bound": "0" if what == "zero" else ""})
    return ScaleForm(formdata=None, data={**form.data, "bands": rows})


# --- In words


def _said(form: ScaleForm, fault: ScaleFault | None) -> dict[str, Any]:
    """What the templates say about a fault, and about labels that look like scores."""
    return {
        "problems": [_fault_words(fault)] if fault else [],
        "has_errors": fault is not None,
        "wants_zero": fault is not None and fault.code == "no_zero",
        "has_number_labels": any((entry.form.label.data or "").isdecimal() for entry in form.bands),
    }


def _fault_words(fault: ScaleFault) -> tuple[str, str]:
    """Where to look, what is wrong, and a way out."""
    if fault.code == "being_kept":
        return "#bands", being_kept_words(fault.facts["count"])
    facts = {name: typed(value) or "0" if isinstance(value, Decimal) else value for name, value in fault.facts.items()}
    words = {
        "same_name": ("#name", _("There is a scale called %(name)s already. Choose another name")),
        "no_bands": ("#add-band", _("A scale needs at least one band. Add one")),
        "no_zero": (
            "#zero",
            _(
                "Below %(bound)s%% no label holds: the lowest band, %(label)s, must begin at 0%%. "
                "Let it, or add a band at 0%%"
            ),
        ),
        "equal_bounds": (
            "#bands",
            _("%(first)s and %(second)s both begin at %(bound)s%%. Change or remove one of them"),
        ),
        "equal_labels": (
            "#bands",
            _("Two bands are called %(label)s. Capital and small letters are one. Rename or remove one of them"),
        ),
    }
    href, sentence = words[fault.code]
    return href, sentence % facts
