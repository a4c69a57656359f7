"""T5: the score history of a class, and putting back what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms.validators import DataRequired, Length

from gradebook.blueprints.teacher import bp
from gradebook.blueprints.teacher.grid_fields import field_name, forced_places
from gradebook.blueprints.teacher.grid_words import Numbers
from gradebook.blueprints.teacher.history_words import (
    HOW,
    act_words,
    cell_words,
    change_words,
    comments_said,
    is_about_comments,
    restore_words,
)
from gradebook.extensions import db
from gradebook.models import Section
from gradebook.models.work import LONGEST_REASON
from gradebook.policy import access
from gradebook.policy.access import NotFound
from gradebook.services import score_restore
from gradebook.services.grades import class_work, day_begins
from gradebook.services.periods import closed_since
from gradebook.services.score_history import (
    Act,
    Change,
    Facts,
    Names,
    Pupil,
    Wanted,
    Work,
    acts_of,
    cells_of_act,
    changes_by_id,
    changes_of_act,
    give_reason,
    names_of,
    people_of,
    story_of,
)
from gradebook.services.score_restore import Clash, PutBack, facts_now
from gradebook.services.scores import Place
from gradebook.web import door
from gradebook.web.fields import DaysForm, LineField
from gradebook.web.login import current_person
from gradebook.web.requests import moment, page_number, whole_number

SPANS = {"1": _l("Today"), "7": _l("Last 7 days"), "14": _l("Last 14 days"), "30": _l("Last 30 days")}
"""Days up to today."""


class ReasonForm(FlaskForm):
    """Why something was changed."""

    reason = LineField(
        _l("Reason"),
        [
            DataRequired(_l("Say why. Teachers of this class can read the reason, families cannot.")),
            Length(max=LONGEST_REASON, message=_l("Use %(max)d characters or fewer")),
        ],
    )


@dataclass
class Wish:
    """What the address asks for."""

    wanted: Wanted
    arguments: dict[str, str]
    """The filters as they stand in an address."""
    days: DaysForm

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is on."""
        return bool(self.arguments)


class Line(NamedTuple):
    """One line of the list: a cell, or an act of several cells."""

    act: Act | None
    """None for a cell."""
    change: Change
    """The cell; of an act any one of its cells, for who, when and how."""
    words: tuple[str, str]
    """Before and after; of an act what was done, and to what."""
    work: Work | None
    pupil: Pupil | None
    can_restore: bool

    @property
    def is_comment(self) -> bool:
        """Whether the words are comments rather than scores."""
        return self.act is None and is_about_comments(self.change)

    @property
    def restores(self) -> str:
        """What its button says."""
        return restore_words(self.change, self.words[0])


@dataclass
class Desk:
    """What every page of the history needs of its class."""

    section: Section
    names: Names

    @classmethod
    def of(cls, section: Section) -> "Desk":
        """For the class, at this moment."""
        return cls(section, names_of(section, section.school.today(moment())))

    @cached_property
    def numbers(self) -> Numbers:
        """How numbers are written."""
        return Numbers.here()

    @property
    def student_choices(self) -> list[tuple[str, str]]:
        """(public id, name) of everyone who is or was in the class."""
        return [(pupil.public_id, pupil.sort_name) for pupil in self.names.pupils.values()]

    @property
    def assignment_choices(self) -> list[tuple[str, str]]:
        """(public id, title), deleted ones too: their history is kept."""
        works = self.names.works.values()
        return [(w.public_id, _("%(title)s (deleted)", title=w.title) if w.is_deleted else w.title) for w in works]

    def line(self, change: Change, stands: Mapping[Place, Facts]) -> Line:
        """One cell. `stands` is what the cells say now."""
        assignment_id, student_id = change.place
        work, pupil = self.names.works[assignment_id], self.names.pupils.get(student_id)
        can = self.is_open(work, pupil) and score_restore.would_change(change, stands[change.place])
        return Line(None, change, change_words(change, self.numbers), work, pupil, can)

    def act_line(self, act: Act, change: Change) -> Line:
        """An act of several cells."""
        work = self.names.works[act.assignment_id] if act.assignments == 1 else None
        pupil = self.names.pupils.get(act.student_id) if act.students == 1 else None
        return Line(
            act,
            change,
            (ngettext("%(num)s score", "%(num)s scores", act.cells), ""),
            work,
            pupil,
            closed_since(self.section) is None,
        )

    def is_open(self, work: Work, pupil: Pupil | None) -> bool:
        """Whether the cell can be changed at all."""
        here = pupil is not None and pupil.is_here and not work.is_deleted
        return here and closed_since(self.section, work.period_id) is None


@bp.get("/classes/<section_id>/history")
@door.teacher
def score_history(section_id: str) -> Any:
    """What was changed, act by act; one cell's story where a student and an assignment are named."""
    section = access.section_for_teacher(current_person(), section_id)
    if section.grades_outcomes:
        return redirect(url_for(".rating_history", section_id=section_id), 303)
    desk, people = Desk.of(section), people_of(section)
    wish = _wish(desk, people)
    facts: dict[str, Any] = {
        "section": section,
        "desk": desk,
        "people": [one[1:] for one in people],
        "wish": wish,
        "spans": SPANS,
    }
    status = 422 if wish.days.errors else 200
    if wish.wanted.is_one_cell:
        return render_template("teacher/score_story.html", **facts, **_story(desk, wish)), status
    found = acts_of(section, wish.wanted, page_number())
    stands = facts_now([act.first for act in found.lines if act.cells == 1])
    lines = [desk.line(act.first, stands) if act.cells == 1 else desk.act_line(act, act.first) for act in found.lines]
    return render_template("teacher/score_history.html", **facts, found=found, lines=lines, how=HOW), status


@bp.get("/classes/<section_id>/history/<int(max=2000000000):seq>")
@door.teacher
def score_act(section_id: str, seq: int) -> Any:
    """All the cells of one act."""
    section = access.section_for_teacher(current_person(), section_id)
    return _act(section, seq, ReasonForm())


@bp.post("/classes/<section_id>/history/<int(max=2000000000):seq>/reason")
@door.teacher
def reason_of_change(section_id: str, seq: int) -> Any:
    """Say why one changed what has this number; only whoever changed it, and once."""
    person = current_person()
    section, form = access.section_for_teacher(person, section_id), ReasonForm()
    changes = changes_of_act(section, seq)
    if not changes or changes[0].by_id != person.id:
        raise NotFound
    if not form.validate():
        return _act(section, seq, form), 422
    is_given = give_reason(section, seq, form.reason.data, actor_id=person.id)
    db.session.commit()
    if is_given:
        flash(_("The reason is saved."), "good")
    else:
        flash(_("A reason was given already. It stays as it is."), "info")
    return redirect(url_for(".score_act", section_id=section_id, seq=seq), 303)


def _act(section: Section, seq: int, form: ReasonForm) -> str:
    found = cells_of_act(section, seq, page_number())
    if not found.lines:
        raise NotFound
    desk = Desk.of(section)
    stands = facts_now(found.lines)
    return render_template(
        "teacher/score_act.html",
        section=section,
        desk=desk,
        found=found,
        first=found.lines[0],
        heading=act_words(found.lines[0].kind, found.total),
        lines=[desk.line(change, stands) for change in found.lines],
        can_restore=closed_since(section) is None,
        how=HOW,
        form=form,
    )


@bp.post("/classes/<section_id>/history/restorations")
@door.teacher
def restore_scores(section_id: str) -> Any:
    """Put back one score, or all of an act. Where that would undo later changes it asks first."""
    person = current_person()
    section = access.section_for_teacher(person, section_id)
    changes = _changes_asked_for(section)
    restored = score_restore.restore(
        section,
        class_work(section, moment()),
        changes,
        undoes=changes[0].seq,
        force=forced_places(request),
        seen=_field("seen"),
        whole="whole" in request.form,
        ask="decided" not in request.form,
        actor_id=person.id,
        now=moment(),
    )
    db.session.commit()
    if restored.waiting or (not restored.places and (restored.clashes or restored.errors)):
        return _ask(section, restored, changes)
    _tell(section, restored, changes)
    return redirect(_back(section), 303)


def _changes_asked_for(section: Section) -> list[Change]:
    if "seq" in request.form:
        changes = changes_of_act(section, _field("seq"))
    else:
        changes = changes_by_id(section, [_field("change")])
    if not changes:
        raise NotFound
    return changes


def _field(name: str) -> int:
    """A number among the fields; 0 where there is none."""
    return whole_number(request.form.get(name)) or 0


# --- The filters


def _wish(desk: Desk, people: list[tuple[int, str, str]]) -> Wish:
    """The filters of the address; what is on no list narrows nothing."""
    given: MultiDict[str, str] = request.args
    pupils = {pupil.public_id: pupil.id for pupil in desk.names.pupils.values()}
    works = {work.public_id: work.id for work in desk.names.works.values()}
    keys = {public_id: key for key, public_id, _name in people}
    days = DaysForm(given)
    days.validate()
    since, until = _span(desk.section, given.get("days", ""), days)
    wanted = Wanted(
        pupils.get(given.get("student", "")),
        works.get(given.get("assignment", "")),
        keys.get(given.get("by", "")),
        since,
        until,
    )
    known = {"student": wanted.student_id, "assignment": wanted.assignment_id, "by": wanted.by_id}
    arguments = {name: given[name] for name, key in known.items() if key is not None}
    if given.get("days") in SPANS:
        arguments["days"] = given["days"]
    arguments |= days.typed
    return Wish(wanted, arguments, days)


def _span(section: Section, span: str, days: DaysForm) -> tuple[datetime | None, datetime | None]:
    """From which moment to which; the days that were typed go before the span that was chosen."""
    zone, today = ZoneInfo(section.school.timezone), section.school.today(moment())
    first, last = days.first.day, days.last.day
    if first is None and last is None and span in SPANS:
        first = today - timedelta(days=int(span) - 1)
    until = day_begins(last + timedelta(days=1), zone) if last else None
    return (day_begins(first, zone) if first else None), until


# --- One cell


class Moment(NamedTuple):
    """What a cell said for a time."""

    words: str
    change: Change | None
    """What made it say so; None: it is how the cell was before the first change that is known."""
    restores: int | None
    """The change that ended it: putting that back brings this score back. None: it is so now, or cannot be."""
    said: list[tuple[str, str]]
    """(heading, words) of the comment and the private note, where they were changed."""
    unsays: int | None = None
    """The change of the comments alone that can be put back."""


def _story(desk: Desk, wish: Wish) -> dict[str, Any]:
    work = desk.names.works[wish.wanted.assignment_id or 0]
    pupil = desk.names.pupils[wish.wanted.student_id or 0]
    changes = story_of(desk.section, (work.id, pupil.id))
    is_open = desk.is_open(work, pupil)
    moments = []
    for place, change in enumerate(changes):
        ended = _ended(changes, place) if is_open else None
        words = change_words(change, desk.numbers, whole=True)[1]
        unsays = change.id if is_open and is_about_comments(change) else None
        moments.append(Moment(words, change, ended, comments_said(change), unsays))
    if changes:
        first = change_words(changes[-1], desk.numbers, whole=True)[0]
        moments.append(Moment(first, None, _ended(changes, len(changes)) if is_open else None, []))
    return {"work": work, "pupil": pupil, "moments": moments, "is_open": is_open, "how": HOW}


def _ended(changes: list[Change], place: int) -> int | None:
    """The change that ended the moment at this place of the story; None where the score is the same today."""
    if place == 0:
        return None
    ended = changes[place - 1]
    return ended.id if score_restore.would_change(ended, changes[0].after, whole=True) else None


# --- Asking, and saying what was done


class Choice(NamedTuple):
    """A cell that was changed again since."""

    name: str
    who: str
    back: str
    """What it would be put back to."""
    stands: str
    clash: Clash


def _ask(section: Section, restored: PutBack, changes: list[Change]) -> Any:
    """What would undo later changes, each to be chosen, and what cannot be put back at all."""
    desk = Desk.of(section)
    choices = [
        Choice(
            field_name(clash.change.place),
            cell_words(clash.change, desk.names),
            *_choice_words(clash, desk.numbers),
            clash,
        )
        for clash in restored.clashes
    ]
    lost = [
        (cell_words(change, desk.names), restored.errors[change.place].code)
        for change in changes
        if change.place in restored.errors
    ]
    page = render_template(
        "teacher/score_restore.html",
        section=section,
        choices=choices,
        lost=lost,
        waiting=len(restored.waiting),
        fields=[(name, value) for name in ("seq", "change", "seen", "whole") for value in request.form.getlist(name)],
        seen=section.last_seq,
        back=_back(section),
        arguments=request.args.to_dict(),
    )
    return page, 409


def _choice_words(clash: Clash, numbers: Numbers) -> tuple[str, str]:
    """What would be put back, and what stands there: comments where the change was about them, else scores."""
    compared = clash.change._replace(after=clash.stands)
    return change_words(compared, numbers, whole=_is_about_score(clash.change), of=clash.change)


def _is_about_score(change: Change) -> bool:
    """Whether the score is put back, rather than what was said about it."""
    return "whole" in request.form or not is_about_comments(change)


def _tell(section: Section, restored: PutBack, changes: list[Change]) -> None:
    if not restored.places:
        flash(_("Nothing was changed: the scores already say that."), "info")
        return
    written = [change for change in changes if change.place in restored.places]
    if len(written) == 1:
        desk = Desk.of(section)
        words = change_words(written[0], desk.numbers, whole=_is_about_score(written[0]))[0]
        heading = _("%(score)s restored for %(cell)s.", score=words, cell=cell_words(written[0], desk.names))
    else:
        heading = ngettext("%(num)s score restored.", "%(num)s scores restored.", len(written))
    left = len(restored.clashes) + len(restored.errors)
    text = ngettext("%(num)s was left as it is.", "%(num)s were left as they are.", left) if left else None
    undo = url_for(".undo", section_id=section.public_id, seq=restored.number)
    told: Any = {"heading": heading, "text": text, "url": undo, "label": _("Undo"), "post": True}
    flash(told, "good")


def _back(section: Section) -> str:
    arguments: dict[str, Any] = request.args.to_dict()
    return url_for(".score_history", section_id=section.public_id, **arguments)
