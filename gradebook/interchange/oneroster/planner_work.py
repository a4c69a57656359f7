"""The part of the plan about work: categories, assignments and scores.

A roster brings work in. Once it is there it belongs to the teacher: a roster changes no assignment, and no score
that a person has typed.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from gradebook.grading.typed import ScoreError, parse_score
from gradebook.grading.values import hundredths
from gradebook.interchange.oneroster.closed import closed_term, closed_words
from gradebook.interchange.oneroster.draft import Draft, DraftClass
from gradebook.interchange.oneroster.plan import Cell, Item
from gradebook.interchange.oneroster.records import LineItem, Result
from gradebook.models import TotalMode, Weighing
from gradebook.models.sections import Section

EVERYTHING = "Everything"
"""The one category of a class of which the file says nothing more."""


class DraftWork(NamedTuple):
    id: int
    group: DraftClass
    possible: int
    grading_period_id: int | None


def plan_work(draft: Draft) -> None:
    """Categories, assignments and scores; every new class has at least one category."""
    work: dict[str, DraftWork] = {}
    categories: dict[tuple[int, str], int] = {
        (section_id, category.source_id or ""): category.id
        for section_id, some in draft.state.categories.items()
        for category in reversed(some)
    }
    for item in draft.roster.line_items.values():
        _plan_assignment(draft, item, work, categories)
    with_work = {section_id for section_id, _ in categories}
    for group in draft.classes.values():
        if group.is_new and group.id not in with_work:
            _everything(draft, group, categories)
    _weigh(draft)
    for result in draft.roster.results.values():
        _plan_score(draft, result, work)


def _everything(draft: Draft, group: DraftClass, categories: dict[tuple[int, str], int]) -> int:
    categories[group.id, ""] = _category(draft, group, EVERYTHING, Decimal(100), None)
    return categories[group.id, ""]


def _category(draft: Draft, group: DraftClass, title: str, weight: Decimal, source_id: str | None) -> int:
    draft.categories_in[group.id] += 1
    values = {
        "school_id": group.school_id, "section_id": group.id, "title": title, "weight": weight,
        "weighing": Weighing.POINTS, "drop_lowest": 0, "drop_highest": 0, "extra_credit": False,
        "position": len(draft.state.categories.get(group.id, [])) + draft.categories_in[group.id],
        "source_id": source_id,
    }  # fmt: skip
    return draft.create("categories", f"{title} – {group.title}", values)


def _weigh(draft: Draft) -> None:
    """A new class is weighted where the file gives every category of it a weight."""
    by_class: dict[int, list[Item]] = {}
    for item in draft.plan.kinds["categories"].created:
        by_class.setdefault(item.values["section_id"], []).append(item)
    weights = {key for key, category in draft.roster.categories.items() if category.weight}
    for item in draft.plan.kinds["classes"].created:
        some = by_class.get(item.id, [])
        if some and all(each.values["source_id"] in weights for each in some):
            item.values[Section.total_mode.key] = TotalMode.WEIGHTED


def _plan_assignment(
    draft: Draft, item: LineItem, work: dict[str, DraftWork], categories: dict[tuple[int, str], int]
) -> None:
    group = draft.classes.get(item.group)
    if group is None:
        if draft.mentions("classes", item.group):
            draft.leave_out("lineItems")
        else:
            text = _l("is not in classes.csv. Add the class there, or take the row out.")
            draft.problem("lineItems", item.line, "classSourcedId", item.group, text)
        return
    stored = draft.state.assignments.get((group.school_id, item.id))
    if stored is not None:
        draft.plan.kinds["assignments"].unchanged += 1
        if not stored.is_deleted and stored.section_id == group.id:
            work[item.id] = DraftWork(stored.id, group, hundredths(stored.points), stored.grading_period_id)
        return
    closed = closed_term(draft, group, draft.sessions.get((group.school_id, item.grading_period)))
    if closed is not None:
        draft.problem("lineItems", item.line, "classSourcedId", item.group, closed_words(closed))
        return
    category_id = _category_of(draft, item, group, categories)
    if category_id is not None:
        values = _assignment(draft, item, group, category_id)
        key = draft.create("assignments", f"{item.title} – {group.title}", values)
        work[item.id] = DraftWork(key, group, hundredths(item.points), None)


def _category_of(draft: Draft, item: LineItem, group: DraftClass, categories: dict[tuple[int, str], int]) -> int | None:
    stored = draft.state.categories.get(group.id)
    if not item.category:
        if stored:
            return stored[0].id
        return categories.get((group.id, "")) or _everything(draft, group, categories)
    if (group.id, item.category) in categories:
        return categories[group.id, item.category]
    category = draft.roster.categories.get(item.category)
    if category is None:
        text = _l("is not in categories.csv. Add it there, or leave the cell empty.")
        draft.problem("lineItems", item.line, "categorySourcedId", item.category, text)
        return None
    key = _category(draft, group, category.title, category.weight or Decimal(0), category.id)
    categories[group.id, item.category] = key
    return key


def _assignment(draft: Draft, item: LineItem, group: DraftClass, category_id: int) -> dict[str, Any]:
    due = item.due
    due_on, due_time = due, None
    if isinstance(due, datetime):
        local = due.astimezone(ZoneInfo(draft.timezones[group.school_id]))
        due_on, due_time = local.date(), local.time().replace(second=0, microsecond=0)
    assigned_on = item.assigned_on if not (item.assigned_on and due_on and item.assigned_on > due_on) else None
    return {
        "school_id": group.school_id, "section_id": group.id, "category_id": category_id, "title": item.title,
        "description": item.description or None, "points": item.points, "extra_credit": False, "counts": True,
        "never_drop": False, "assigned_on": assigned_on, "due_on": due_on, "due_time": due_time,
        "grading_period_id": draft.sessions.get((group.school_id, item.grading_period)),
        "posted_at": draft.now if group.posts_as_entered else None,
        "position": len(draft.plan.kinds["assignments"].created) + 1, "source_id": item.id,
    }  # fmt: skip


# --- Scores


def _plan_score(draft: Draft, result: Result, work: dict[str, DraftWork]) -> None:
    found = work.get(result.line_item)
    if found is None:
        if draft.mentions("lineItems", result.line_item):
            draft.leave_out("results")
        else:
            text = _l("is not in lineItems.csv. Add it there, or take the row out.")
            draft.problem("results", result.line, "lineItemSourcedId", result.line_item, text)
        return
    student_id = draft.people.get(result.student)
    if student_id not in draft.students_of.get(found.group.id, ()):
        if student_id is None and draft.mentions("users", result.student):
            draft.leave_out("results")
        else:
            text = _l("is not a student of this class. Add the enrollment, or take the row out.")
            draft.problem("results", result.line, "studentSourcedId", result.student, text)
        return
    assert student_id is not None  # noqa: S101 - is among the students
    cell = _cell(draft, result, found.possible)
    if cell is not None:
        _settle_score(draft, result, found, student_id, cell)


def _cell(draft: Draft, result: Result, possible: int) -> Cell | None:
    """The score as the cell would hold it; None for a blank one, which never erases, and for a problem."""
    if not result.score:
        return Cell(None, None, None, result.status, False) if result.status else None
    if result.status in ("excused", "missing"):
        return Cell(None, None, None, result.status, False)
    try:
        typed = parse_score(result.score, possible)
    except ScoreError as error:
        draft.problem("results", result.line, "score", result.score, score_problem(error))
        return None
    percent = None if typed.percent is None else int(typed.percent * 100)
    return Cell(typed.points, percent, typed.letter, str(typed.status), typed.late or result.late)


def _settle_score(draft: Draft, result: Result, found: DraftWork, student_id: int, cell: Cell) -> None:
    place = (found.id, student_id)
    stored = draft.state.cells.get(place)
    kind = draft.plan.kinds["scores"]
    label = f"{draft.roster.line_items[result.line_item].title} – {result.student}"
    closed = closed_term(draft, found.group, found.grading_period_id)
    if stored is not None and stored.cell == cell:
        kind.unchanged += 1
        return
    if closed is not None and (stored is None or stored.is_imported):
        draft.problem("results", result.line, "score", result.score or result.status, closed_words(closed))
        return
    if stored is None or stored.cell == Cell(None, None, None, "none", False) and stored.is_imported:
        kind.created.append(Item(0, label, {}))
    elif stored.is_imported:
        kind.changed.append(Item(0, label, cell._asdict(), stored.cell._asdict()))
    else:
        text = _l("differs from what was typed in Gradebook, which stays.")
        draft.note("results", result.line, "score", result.score or result.status, text)
        kind.unchanged += 1
        return
    draft.plan.cells.setdefault(found.group.id, {})[place] = cell
    if result.comment:
        draft.plan.comments[place] = result.comment


def score_problem(error: ScoreError) -> Any:
    """Why a text is not a score, and what to do."""
    texts = {
        "not_a_score": _l("is not a score. Write a number, or m for missing, e for excused, i for incomplete."),
        "too_long": _l("is too long for a score."),
        "too_many_decimals": _l("has more than 2 decimal places."),
        "negative": _l("is below 0."),
        "too_large": _l("is too large for a score."),
        "other_total": _l("is out of another total; the assignment is out of %(possible)s.", **error.params),
        "needs_confirmation": _l(
            "is more than half above full marks (%(possible)s). Correct it, or confirm high scores.", **error.params
        ),
    }
    return texts[error.code]
