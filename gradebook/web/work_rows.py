"""Lines of work as families see them, all of a class or what is new: joined in functions.

A template's loop over lines that each call a dozen macros was a third of the page of a class. What most lines have is
drawn here; what few have (a status in words, feedback, a question) the template's own macros say. All that is handed in
passes through `escape`, but for what is markup already.
"""

from collections.abc import Callable, Iterable

from flask import Flask
from markupsafe import Markup, escape

from gradebook.grading.values import What
from gradebook.services.family import FamilyClass, Piece
from gradebook.services.grades import Column
from gradebook.web.addresses import addresses
from gradebook.web.filters import at, day, percent, points
from gradebook.web.language import gettext as _
from gradebook.web.language import in_page


def init_app(app: Flask) -> None:
    """Give the templates what is drawn here."""
    app.jinja_env.filters["due"] = due
    app.jinja_env.globals.update(
        plain_outcome=plain_outcome, score_of=score_of, what_is_new=what_is_new, work_rows=work_rows
    )


def due(piece: Piece) -> Markup:
    """The day on which it is due, with the time where there is one."""
    column = piece.column
    if column.due_time:
        return at(piece.due_at, piece.family_class.work.timezone.key)
    if column.due_on is None:
        return Markup("")
    return Markup(f'<time datetime="{column.due_on.isoformat()}">{escape(day(column.due_on))}</time>')  # noqa: S704


def score_of(score: object, out_of: object = None, dropped: bool = False) -> Markup:
    """A score as it stands at the end of a line: 44 out of 50, struck out where it is dropped."""
    shown = f'<s class="dropped">{escape(score)}</s>' if dropped else escape(score)
    more = f" <small>{escape(out_of)}</small>" if out_of else ""
    return Markup(f'<span class="score">{shown}{more}</span>')  # noqa: S704 - escaped above


def plain_outcome(piece: Piece) -> Markup:
    """The score of a piece that counts just as it was typed (`Piece.counts_as_typed`)."""
    return score_of(points(piece.score), _out_of(piece.column))


def _out_of(column: Column) -> Markup:
    return in_page(_("out of %(points)s"), points=points(column.points))


def work_rows(
    pieces: Iterable[Piece],
    child: object,
    ask: object,
    write_at: str | None,
    *,
    outcome: Callable[[Piece], Markup],
    how_it_counts: Callable[[Piece], Markup],
    feedback: Callable[[str], Markup],
    question: Callable[..., Markup],
) -> Markup:
    """A line for each piece of one class.

    child: whose it is on a guardian's page. ask: a way to ask about each score is offered; write_at: the address where
    a guardian does. The others are macros of components/family.html, for what few lines have.
    """
    out: list[str] = []
    share_of = _("%(share)s of the grade now") if child else _("%(share)s of your grade now")
    link: Callable[[Column], str] | None = None
    for piece in pieces:
        one, column, plain = piece.family_class, piece.column, piece.counts_as_typed
        if ask and link is None:
            link = _asking(one, write_at)
        facts = f"<span>{due(piece)}</span> " if column.due_on else ""
        if not piece.is_scored:
            facts += f"<span>{_out_of(column)}</span> "
        if not plain and (how := how_it_counts(piece)):
            facts += f"<span>{escape(how)}</span> "
        if share := piece.share:
            facts += f"<span>{in_page(share_of, share=percent(share))}</span> "
        if link and piece.says_something:
            facts += f'<span class="ask">{link(column)}</span>'
        comment = piece.feedback
        asked = one.questions.get(column.id, ()) if one.questions and piece.says_something else ()
        out += (
            f'  <li id="work-{escape(column.public_id)}">\n    <div class="rows__main">\n',
            f"      <p><bdi>{escape(column.title)}</bdi></p>\n",
            f'      <p class="rows__sub apart">{facts}</p>\n    </div>\n    <div class="rows__end">',
            _end(piece, outcome),
            "</div>\n",
            escape(feedback(comment)) if comment else "",
            *[escape(question(each, one.work.timezone.key)) for each in asked],
            "  </li>\n",
        )
    return Markup("".join(out))  # noqa: S704 - joined of escaped texts


def _end(piece: Piece, outcome: Callable[[Piece], Markup]) -> str:
    return f"<p>{plain_outcome(piece)}</p>\n" if piece.counts_as_typed else escape(outcome(piece))


def what_is_new(
    pieces: Iterable[Piece],
    child: object,
    named: bool,
    *,
    class_url: Callable[..., Markup],
    class_name: Callable[..., Markup],
    how_it_counts: Callable[[Piece], Markup],
    outcome: Callable[[Piece], Markup],
    changed: Callable[[Piece], Markup],
    feedback: Callable[[str], Markup],
) -> Markup:
    """A line for each new score or comment, of several classes; named: each says its class.

    `changed` is what stands at the end where the family saw another score before.
    """
    out: list[str] = []
    of_class: dict[int, tuple[str, str]] = {}
    for piece in pieces:
        one, comment = piece.family_class, piece.feedback
        if one.section.id not in of_class:
            name = f"<span>{escape(class_name(one.section))}</span> " if named else ""
            of_class[one.section.id] = escape(class_url(one.section, child)), name
        address, name = of_class[one.section.id]
        how = how_it_counts(piece) if _says_how(piece) else ""
        out += (
            '  <li>\n    <div class="rows__main">\n',
            f'      <p><a class="whole" href="{address}#work-{escape(piece.column.public_id)}">',
            f"<bdi>{escape(piece.title)}</bdi></a></p>\n",
            f'      <p class="rows__sub apart">{name}<span>{at(piece.shown_since, one.work.timezone.key)}</span>',
            f" <span>{escape(how)}</span>" if how else "",
            '</p>\n    </div>\n    <div class="rows__end">',
            escape(changed(piece)) if piece.before else _end(piece, outcome),
            "</div>\n",
            escape(feedback(comment)) if comment else "",
            "  </li>\n",
        )
    return Markup("".join(out))  # noqa: S704 - joined of escaped texts


def _says_how(piece: Piece) -> bool:
    """Whether a line of what is new says how it counts."""
    return piece.what in (What.excused, What.does_not_count) or piece.late_taken is not None


def _asking(family_class: FamilyClass, write_at: str | None) -> Callable[[Column], str]:
    """The way to ask about one score after another: the student asks the teachers, a guardian writes to them."""
    if write_at:
        words, begin = in_page(_("Write about this")), f"{escape(write_at)}&amp;about="
        return lambda column: _link(f"{begin}{escape(column.public_id)}", words, column)
    words, section_id = in_page(_("Ask about this")), family_class.section.public_id
    address = addresses("student.ask_about_score", "assignment_id", section_id=section_id)
    return lambda column: _link(address(column.public_id), words, column)


def _link(address: str, words: Markup, column: Column) -> str:
    return f'<a href="{address}">{words}<span class="vh">: {escape(column.title)}</span></a>'
