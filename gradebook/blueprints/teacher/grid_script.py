"""What the grid's scripts need from the page: addresses, full marks, letters, and every text that they show."""

import hashlib
import json
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.numbers import get_decimal_symbol
from flask import current_app, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext, pgettext
from markupsafe import Markup

from gradebook.blueprints.teacher import bp
from gradebook.blueprints.teacher.grid_one import One
from gradebook.blueprints.teacher.grid_page import ROWS, Grid
from gradebook.grading.scales import letter_percent
from gradebook.models import Section
from gradebook.policy.person import Person
from gradebook.policy.rules import can
from gradebook.services.grades import ClassWork, Column
from gradebook.web import door
from gradebook.web.addresses import PLACEHOLDER
from gradebook.web.language import language

NUMBERS = (0, 1, 2, 3, 5, 6, 7, 11, 100, 1_000_000)
"""Between them they have every plural form of every language."""
A_YEAR_HERE = "private, max-age=31536000, immutable"


@bp.get("/grid-texts")
@door.teacher
def grid_texts() -> Any:
    """The texts of the grid's menus and dialogs: the page itself stays small. They may be kept by the browser, since
    they are nobody's, and their address has another `v` as soon as one of them is different."""
    answer = current_app.response_class(_more_texts(language().name)[0], mimetype="application/json")
    answer.headers["Cache-Control"] = A_YEAR_HERE if "v" in request.args else "no-store"
    return answer


@lru_cache(maxsize=64)
def _more_texts(language: str) -> tuple[str, str]:
    """The texts as JSON, and what their address says of them."""
    texts = {
        "texts": _answers() | _bulk() | _dialogs() | _columns() | _comments(),
        "plurals": _plurals(Locale.parse(language), _counted_in_bulk),
    }
    said = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
    return said, hashlib.sha256(said.encode()).hexdigest()[:12]


def script_facts(grid: Grid, person: Person) -> dict[str, str]:
    """The data attributes of the grid's form, by name."""
    columns: dict[str, Any] = {
        "points": [column.possible for column in grid.columns],
        "shown": "".join(_shown(grid, column) for column in grid.columns),
        "letters": list(grid.letters),
    }
    scale = grid.work.scale
    if scale is not None:
        columns["worth"] = {label: _hundredths(letter_percent(scale, label)) for label in scale.labels}
    if grid.view.shows_percent:
        columns["percent"] = _("%(number)s%%", number="{number}")
    rows = {"rows": [grid.matching, (grid.page - 1) * ROWS]} if grid.pages > 1 else {}
    return _facts(grid.section, columns | rows, person)


def _hundredths(percent: Fraction | None) -> int:
    return int((percent or 0) * 100)  # bounds have 2 decimals, and so has what lies a step below one


def _shown(grid: Grid, column: Column) -> str:
    """Who can see the scores of a column, in a letter: posted, later, hidden; k where they are locked."""
    if grid.locked_since(column) is not None:
        return "k"
    if column.posted_at is None:
        return "h"
    return "p" if column.posted_at <= grid.work.now else "l"


def facts_of_one(section: Section, work: ClassWork, one: One, person: Person) -> dict[str, str]:
    """The same for the page of one assignment, with how many of the class are entered."""
    letters = list(work.scale.labels) if work.scale else []
    columns = {"points": [one.column.possible], "letters": letters, "entered": [one.entered, one.count]}
    return _facts(section, columns, person)


def _facts(section: Section, columns: dict[str, Any], person: Person) -> dict[str, str]:
    return {
        "base": url_for("teacher.gradebook", section_id=section.public_id),
        **_families(section, person),
        "sign-in": url_for("auth.sign_in"),
        "texts": url_for("teacher.grid_texts", v=_more_texts(language().name)[1]),
        "person": person.account.public_id,
        "entry": person.account.grade_entry or "keys",
        "columns": _compact(columns),
        "words": _words(language().name),
    }


def _families(section: Section, person: Person) -> dict[str, str]:
    """Where families of an assignment are written to, with a key that stands for the assignment's; nowhere while
    writing is stopped."""
    if "messages.families" not in current_app.view_functions or not can(person, "messages:write", section):
        return {}
    return {"families": url_for("messages.families", assignment_id=PLACEHOLDER)}


@lru_cache(maxsize=64)
def _words(language: str) -> Markup:
    """What typing needs as JSON, once for each language: texts by name, and texts by number."""
    return _compact({"texts": _texts(), "plurals": _plurals(Locale.parse(language), _counted)})


def _compact(value: Any) -> Markup:
    """JSON for an attribute in single quotes: hundreds of double quotes stay one byte each."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&#39;"))  # noqa: S704 - escaped here


def _texts() -> dict[str, Any]:
    return {
        **_statuses(),
        "states": {
            "failed": _("not saved: %(reason)s", reason="{reason}"),
            "wrong": _("not saved: %(reason)s", reason="{reason}"),
            "check": _("check this: %(reason)s", reason="{reason}"),
            "choose": "{reason}",
            "saving": _("saving"),
        },
        "reason_away": _("no answer from the server"),
        "reason_offline": _("you are offline"),
        "reason_signedOut": _("you are signed out"),
        "reason_lost": _("you can no longer change it"),
        "all_saved": _("All changes saved"),
        "retry": _("Retry"),
        "keys_on": _("Spreadsheet keys are on, press Control slash for help"),
        "choose": _("Choose"),
        "go_to": _("Go to it"),
        "sign_in": _("Sign in again"),
        "undo": _("Undo"),
        "redo": _("Redo"),
        "only_unsaved": _("Only what is not saved"),
    }


def _answers() -> dict[str, Any]:
    """What may have to be said once somebody has typed."""
    return {
        "why": _reasons(),
        "changed_by": _("changed by %(name)s, was %(was)s", name="{name}", was="{was}"),
        "two_versions": _(
            "two versions: yours %(mine)s, %(name)s’s %(theirs)s", mine="{mine}", name="{name}", theirs="{theirs}"
        ),
        "not_saved_cell": _("Score for %(cell)s not saved", cell="{cell}"),
        "refused": _("The server did not take this. Load the page again"),
        "nothing_to_undo": _("Nothing to undo"),
        "nothing_to_redo": _("Nothing to redo"),
        "has_note": _("has private note"),
    }


def _statuses() -> dict[str, str]:
    """As grid_table.py and the legend say them."""
    return {
        "missing": _("Missing"),
        "exc": _("Exc"),
        "inc": _("Inc"),
        "in": _("In"),
        "l": _("L"),
        "extra": _("Extra"),
        "late": _("late"),
        "excused": _("excused"),
        "incomplete": _("incomplete"),
        "turned_in": _("turned in"),
        "extra_credit": _("extra credit"),
        "has_comment": _("has comment"),
        "with_hidden": _("with hidden scores"),
        "blank": _("blank"),
    }


def _reasons() -> dict[str, str]:
    """As grid_words.why_not says them."""
    named = {"assignment": "{assignment}", "points": "{points}", "typed": "{typed}"}
    return {
        "too_many_decimals": _("Use no more than 2 decimal places"),
        "needs_confirmation": _(
            "%(assignment)s is out of %(points)s. You typed %(typed)s. Press Enter to keep it or correct it", **named
        ),
        "other_total": _(
            "%(assignment)s is out of %(points)s. You typed %(typed)s. Correct one of the numbers", **named
        ),
        "negative": _("A score cannot be less than 0. You typed %(typed)s", typed="{typed}"),
        "too_large": _("%(typed)s is too large. The largest score is 99999.99", typed="{typed}"),
        "not_a_score": _(
            '"%(typed)s" is not a score. Type a number, or m for missing, e for excused, i for incomplete',
            typed="{typed}",
        ),
    }


def _bulk() -> dict[str, str]:
    return {
        "fill_blanks": _("Fill blanks…"),
        "fill_heading": _("Fill blank cells of %(assignment)s", assignment="{assignment}"),
        "fill_value": _("Score or status to put in"),
        "fill_hint": _("A score, or m for missing, e for excused, i for incomplete, t for turned in."),
        "set_value": _("Put a value in the selected cells…"),
        "set_missing": _("Missing"),
        "set_excused": _("Excused"),
        "set_incomplete": _("Incomplete"),
        "set_turned_in": _("Turned in"),
        "clear": _("Clear"),
        "copy": _("Copy"),
        "fill_down": _("Fill down"),
        "history": _("Score history"),
        "late_tag": _("Late"),
        "next": _("Next"),
        "status_keys": _("Keys for the score"),
        "entered": _("%(entered)s of %(all)s entered", entered="{entered}", all="{all}"),
        "open_student": _("Open the student’s page"),
        "nothing_to_fill": _("Select the cells to fill first: the value of the first row goes into the others"),
        "cell_menu": _("Menu of the cell"),
        "paste_outside": _("Go to a score first: a paste begins at the cell in focus"),
        "nothing_pasted": _("There was nothing to paste"),
    }


def _columns() -> dict[str, str]:
    """The menu of a column, and what its items say."""
    return {
        "column_menu": _("Column menu: %(assignment)s", assignment="{assignment}"),
        "edit_assignment": _("Edit assignment"),
        "post_scores": _("Post scores…"),
        "hide_scores": _("Hide scores…"),
        "posting": _("When scores are posted…"),
        "enter_one": _("Enter scores one by one"),
        "status_blanks": _("Set status for blanks…"),
        "status_heading": _("Set a status for the blank cells of %(assignment)s", assignment="{assignment}"),
        "status_which": _("Status"),
        "no_blanks": _("%(assignment)s has no blank cells here", assignment="{assignment}"),
        "sort_by": _("Sort by this"),
        "message_families": _("Message families of missing…"),
        "move_left": _("Move left"),
        "move_right": _("Move right"),
        "hide_column": _("Hide this column from my view"),
        "export_column": _("Export column"),
        "percent_pattern": _("%(number)s%%", number="{number}"),
        "decimal_mark": get_decimal_symbol(language().name),
        "showing_unsaved": _("Showing %(shown)s of %(all)s: not saved", shown="{shown}", all="{all}"),
        "clear_filters": _("Clear filters"),
        "zero_counts": _("0 counts as zero; leave blank or type m for missing"),
        "is_posted": _("This is already posted: families see changes right away."),
    }


def _dialogs() -> dict[str, str]:
    return {
        "cancel": _("Cancel"),
        "close": _("Close"),
        "apply": _("Apply"),
        "choose_heading": _("Choose which scores to keep"),
        "choose_words": _("Nobody’s work was overwritten. Choose which to keep; both stay in the history."),
        "all_mine": _("Use all mine"),
        "all_theirs": _("Use all theirs"),
        "student": _("Student"),
        "assignment": _("Assignment"),
        "yours": _("Yours"),
        "theirs_of": _("%(name)s’s, %(when)s", name="{name}", when="{when}"),
        "theirs": _("Theirs"),
        "review_heading": _("Review what was pasted"),
        "review_row": _("Row"),
        "review_pasted": _("Pasted"),
        "review_why": _("What does not fit"),
        "review_into": _("Into"),
        "leave_out": _("Leave out"),
        "did_you_mean": _("Did you mean %(name)s?", name="{name}"),
        "no_student": _("No student of this page is called “%(name)s”", name="{name}"),
        "two_students": _("Two students are called “%(name)s”", name="{name}"),
        "no_room": _("There is no cell for it on this page"),
        "locked": _("The cell is locked"),
        "sign_in_heading": _("Sign in to save what you typed"),
        "sign_in_words": _("You were signed out. What you typed is kept on this page and is saved when you are back."),
        "sign_in_page": _("Open the sign-in page in a new tab"),
        "lost_words": _("You can no longer change the scores of this class."),
        "lost_copy": _("Copy them"),
        "lost_copied": _("Copied"),
        "stale": _("Students or assignments of this class have changed."),
        "reload": _("Load the page again"),
        "help_heading": _("Keys in the grid"),
        "help_keys": _keys(),
    }


def _comments() -> dict[str, str]:
    """What the server's own form of the comments does not say."""
    return {
        "comments": _("Comments…"),
        "comments_of": _("Comments: %(cell)s", cell="{cell}"),
        "cell_name": _("%(student)s, %(assignment)s", student="{student}", assignment="{assignment}"),
        "comments_unsaved": _("What you typed is not saved."),
        "keep_editing": _("Keep editing"),
        "leave_unsaved": _("Leave without saving"),
        "comments_signed_out": _(
            "You were signed out. What you typed is still here: sign in in another tab, then save again."
        ),
    }


def _keys() -> Any:
    return [
        [_("Arrows"), _("move; with Shift select; with Ctrl to the next blank cell")],
        [_("0–9, letters"), _("type a score; Enter saves and goes down, Tab to the next cell, Esc takes it back")],
        [_("Enter, F2"), _("edit the score")],
        [_("Home, End"), _("start or end of the row; with Ctrl of the grid")],
        [_("Page Up, Page Down"), _("one screen of rows")],
        [_("Shift Space, Ctrl Space, Ctrl A"), _("select the row, the column, everything")],
        [_("Ctrl C, X, V, D"), _("copy, cut, paste, fill down")],
        [_("Ctrl Enter"), _("while typing: put the value in all selected cells")],
        [_("Ctrl Z, Ctrl Y"), _("undo, redo")],
        [pgettext("a key of the keyboard", "Delete"), _("clear")],
        [_("Shift F2"), _("comments on the score; / finds one in your comment bank")],
        [_("Enter on a name"), _("the student beside the grid, Esc closes")],
        [_("Shift F10"), _("menu of the cell")],
        [_("Ctrl S"), _("save now")],
        [_("Tab"), _("leave the grid")],
    ]


def _plurals(locale: Locale, counted: Callable[[int], dict[str, str]]) -> dict[str, dict[str, str]]:
    """Each text in every form that the language has, by the names that browsers know them by."""
    forms: dict[str, dict[str, str]] = {}
    for number in NUMBERS:
        for name, text in counted(number).items():
            forms.setdefault(name, {}).setdefault(locale.plural_form(number), text.replace(str(number), "{num}", 1))
    return forms


def _counted(number: int) -> dict[str, str]:
    return {
        "saving": ngettext("Saving %(num)s change…", "Saving %(num)s changes…", number),
        "failed": ngettext("%(num)s change not saved.", "%(num)s changes not saved.", number),
        "offline": ngettext(
            "You are offline. %(num)s change is waiting.", "You are offline. %(num)s changes are waiting.", number
        ),
        "signed_out": ngettext(
            "You are signed out. %(num)s change is waiting.", "You are signed out. %(num)s changes are waiting.", number
        ),
        "choose": ngettext("%(num)s change needs your choice", "%(num)s changes need your choice", number),
    }


def _counted_in_bulk(number: int) -> dict[str, str]:
    return {
        "theirs": ngettext("%(num)s score changed by someone else", "%(num)s scores changed by someone else", number),
        "selected": ngettext("%(num)s cell selected", "%(num)s cells selected", number),
        "undone": ngettext("%(num)s change undone.", "%(num)s changes undone.", number),
        "redone": ngettext("%(num)s change done again.", "%(num)s changes done again.", number),
        "clashed": ngettext(
            "%(num)s was changed by someone since and is left.",
            "%(num)s were changed by someone since and are left.",
            number,
        ),
        "cleared": ngettext("%(num)s cell cleared", "%(num)s cells cleared", number),
        "filled": ngettext("%(num)s score filled", "%(num)s scores filled", number),
        "pasted": ngettext("%(num)s score pasted", "%(num)s scores pasted", number),
        "replaced": ngettext("%(num)s replaced", "%(num)s replaced", number),
        "put_in": ngettext("Fill %(num)s blank cell", "Fill %(num)s blank cells", number),
        "put_m": ngettext("Put Missing in %(num)s blank cell", "Put Missing in %(num)s blank cells", number),
        "put_e": ngettext("Put Excused in %(num)s blank cell", "Put Excused in %(num)s blank cells", number),
        "put_i": ngettext("Put Incomplete in %(num)s blank cell", "Put Incomplete in %(num)s blank cells", number),
        "put_t": ngettext("Put Turned in in %(num)s blank cell", "Put Turned in in %(num)s blank cells", number),
        "put_selected": ngettext("Put it in %(num)s cell", "Put it in %(num)s cells", number),
        "save_pasted": ngettext("Save %(num)s", "Save %(num)s", number),
        "left_out": ngettext("leave %(num)s", "leave %(num)s", number),
        "fitting": ngettext("%(num)s score fits its cell.", "%(num)s scores fit their cells.", number),
        "copied": ngettext("%(num)s cell copied", "%(num)s cells copied", number),
        "not_fitting": ngettext("%(num)s row does not fit:", "%(num)s rows do not fit:", number),
        "lost": ngettext("%(num)s change was not saved.", "%(num)s changes were not saved.", number),
    }
