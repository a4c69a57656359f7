"""Changes of scores in words: what a cell said, and how it came to say something else."""

from collections.abc import Collection
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from gradebook.blueprints.teacher.grid_words import Numbers
from gradebook.models import ChangeKind
from gradebook.services.score_history import Change, Facts, Names
from gradebook.services.score_restore import COMMENT, NOTE, touched
from gradebook.services.scores import Content, content_from_facts

HOW: dict[ChangeKind, Any] = {
    ChangeKind.IMPORT: _l("from a file"),
    ChangeKind.PASTE: _l("pasted"),
    ChangeKind.RESTORE: _l("restored"),
    ChangeKind.RULE: _l("full marks changed"),
    ChangeKind.TYPED: _l("typed"),
    ChangeKind.UNDO: _l("undone"),
}
_STATUSES = {
    "excused": _l("Excused"),
    "incomplete": _l("Incomplete"),
    "missing": _l("Missing"),
    "turned_in": _l("Turned in"),
}
LONGEST_COMMENT = 60
"""Letters of a comment that a line shows."""


def change_words(change: Change, numbers: Numbers, whole: bool = False, of: Change | None = None) -> tuple[str, str]:
    """What the cell said before and after; of a change of the comments alone those, unless asked for `whole`.

    `of` is the change that says what it is about, where `change` compares other moments of the cell.
    """
    of = of or change
    if not whole and is_about_comments(of):
        parts = touched(of)
        return _said(change.before, parts), _said(change.after, parts)
    return score_words(change.before, numbers), score_words(change.after, numbers)


def is_about_comments(change: Change) -> bool:
    """Whether the comment or the private note alone was changed."""
    parts = touched(change)
    return bool(parts) and all(part in (COMMENT, NOTE) for part in parts)


def restore_words(change: Change, score: str) -> str:
    """What the button says that puts back what stood before the change."""
    parts = touched(change)
    if parts == [NOTE]:
        return _("Restore the private note")
    if is_about_comments(change):
        return _("Restore the comment")
    return _("Restore %(score)s", score=score)


def comments_said(change: Change) -> list[tuple[str, str]]:
    """(heading, what it says since) of the comment and the private note, where the change is about them."""
    after, parts = change.after or {}, touched(change)
    headings = {COMMENT: _("Comment"), NOTE: _("Private note")}
    return [(words, after.get(part[0]) or _("none")) for part, words in headings.items() if part in parts]


def score_words(facts: Facts, numbers: Numbers) -> str:
    """15.5, late; 90%; B+; Missing; blank."""
    content = content_from_facts(facts)
    if content.status != "none":
        return str(_STATUSES[content.status])
    amount = _amount(content, numbers)
    return _("%(score)s, late", score=amount) if content.late else amount


def _amount(content: Content, numbers: Numbers) -> str:
    if content.points is not None:
        return numbers.points(content.points)
    if content.percent is not None:
        return _("%(number)s%%", number=numbers.points(content.percent))
    return content.letter or _("blank")


def _said(facts: Facts, parts: Collection[tuple[str, ...]]) -> str:
    facts = facts or {}
    said = []
    if COMMENT in parts:
        said.append(_short(facts.get("comment")) or _("no comment"))
    if NOTE in parts:
        note = _short(facts.get("private_note"))
        said.append(_("private note %(words)s", words=note) if note else _("no private note"))
    return ", ".join(said)


def _short(text: str | None) -> str:
    if not text:
        return ""
    return f"“{text if len(text) <= LONGEST_COMMENT else text[:LONGEST_COMMENT] + '…'}”"


def act_words(kind: ChangeKind, cells: int) -> str:
    """28 scores pasted."""
    if kind == ChangeKind.PASTE:
        return ngettext("%(num)s score pasted", "%(num)s scores pasted", cells)
    if kind == ChangeKind.IMPORT:
        return ngettext("%(num)s score from a file", "%(num)s scores from a file", cells)
    if kind == ChangeKind.RESTORE:
        return ngettext("%(num)s score restored", "%(num)s scores restored", cells)
    if kind == ChangeKind.UNDO:
        return ngettext("%(num)s change undone", "%(num)s changes undone", cells)
    if kind == ChangeKind.RULE:
        return ngettext("%(num)s score kept in proportion", "%(num)s scores kept in proportion", cells)
    return ngettext("%(num)s score typed", "%(num)s scores typed", cells)


def cell_words(change: Change, names: Names) -> str:
    """Where the change was: the student and the assignment."""
    assignment_id, student_id = change.place
    pupil = names.pupils.get(student_id)
    name = pupil.sort_name if pupil else _("A student who has left the class")
    return _("%(student)s, %(assignment)s", student=name, assignment=names.works[assignment_id].title)
