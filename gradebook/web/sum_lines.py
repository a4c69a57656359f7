"""The pieces under a category of a worked sum, each in words, joined in a function: a class may have a hundred."""

from collections.abc import Iterable

from flask import Flask
from markupsafe import Markup, escape

from gradebook.grading.printed import PrintedLine
from gradebook.grading.values import What
from gradebook.web.filters import exact
from gradebook.web.language import gettext as _
from gradebook.web.language import in_page


def init_app(app: Flask) -> None:
    """Give the templates what is drawn here."""
    app.jinja_env.globals["sum_lines"] = sum_lines


def sum_lines(lines: Iterable[PrintedLine], weighing: str | None) -> Markup:
    """A list of them, empty where there are none. weighing: how their category weighs them, where the sum shows it."""
    items = "".join([f'<li dir="auto">{escape(_line(line, weighing))}</li>' for line in lines])
    return Markup(items and f'    <ul class="pieces" role="list">\n{items}    </ul>\n')  # noqa: S704 - each is escaped


def _line(line: PrintedLine, weighing: str | None) -> Markup:
    words = _points(line)
    if line.percent is not None and weighing == "own":
        percent, weight = exact(line.percent), exact(line.weight)
        words = in_page(_("%(piece)s = %(percent)s%%, weight %(weight)s"), piece=words, percent=percent, weight=weight)
    elif line.percent is not None and weighing == "equal":
        words = in_page(_("%(piece)s = %(percent)s%%"), piece=words, percent=exact(line.percent))
    if line.late_taken is not None and not line.late_time_known:
        words = words + " " + in_page(_("(no hand-in time, so one interval is counted)"))
    return words


def _points(line: PrintedLine) -> Markup:
    facts = {"title": line.title, "value": exact(line.value), "possible": exact(line.out_of)}
    if line.what is What.missing:
        return in_page(_("%(title)s is missing and counts as %(value)s of %(possible)s"), **facts)
    if line.what is What.as_zero:
        return in_page(_("%(title)s is not graded and counts as 0 of %(possible)s"), **facts)
    if line.what is What.extra_credit and line.out_of:
        return in_page(_("%(title)s %(value)s extra, on top"), **facts)
    if line.what is What.extra_credit:
        return in_page(_("%(title)s %(value)s extra, out of 0"), **facts)
    if line.late_taken is not None:
        taken = {"typed": exact(line.typed), "taken": exact(line.late_taken)}
        return in_page(_("%(title)s %(typed)s − %(taken)s late = %(value)s of %(possible)s"), **taken, **facts)
    if line.typed_letter:
        letter = line.typed_letter
        return in_page(_("%(title)s %(letter)s, which is %(value)s of %(possible)s"), letter=letter, **facts)
    if line.typed_percent is not None:
        percent = exact(line.typed_percent)
        return in_page(_("%(title)s %(percent)s%%, which is %(value)s of %(possible)s"), percent=percent, **facts)
    return in_page(_("%(title)s %(value)s of %(possible)s"), **facts)
