"""What a teacher says about one score: for the family, and for the teachers of the class only."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gradebook.blueprints.teacher import bp
from gradebook.blueprints.teacher.comment_forms import CommentsForm, why_not_kept
from gradebook.blueprints.teacher.grid_fields import request_key, seen_number
from gradebook.blueprints.teacher.grid_once import once
from gradebook.extensions import db
from gradebook.models import Assignment, BankComment, Enrollment, Section
from gradebook.policy import access
from gradebook.policy.access import NotFound
from gradebook.policy.person import Person
from gradebook.services import comment_bank, periods, score_comments
from gradebook.services.comment_bank import BankError
from gradebook.services.periods import PeriodClosed
from gradebook.services.score_comments import Said, SavedComments
from gradebook.services.score_history import Change
from gradebook.services.scores import Place
from gradebook.web import door
from gradebook.web.closed import closed_words
from gradebook.web.login import current_person
from gradebook.web.requests import moment, wants_page

BACK = ("grid", "scores")
"""Pages beside the student's from which one comes here."""


@dataclass
class Desk:
    """One score with what is said about it."""

    person: Person
    section: Section
    place: Enrollment
    assignment: Assignment
    said: Said

    @property
    def key(self) -> Place:
        """Where the score is."""
        return (self.assignment.id, self.place.user_id)

    @property
    def is_posted(self) -> bool:
        """Whether the family sees the comment now."""
        return self.assignment.is_posted(moment())

    @property
    def has_left(self) -> bool:
        """Whether the student is no longer in the class."""
        return self.place.ends_on is not None and self.place.ends_on <= self.section.school.today(moment())

    @property
    def locked_since(self) -> date | None:
        """The day since which nothing about the score can change."""
        since = periods.closed_since(self.section, self.assignment.grading_period_id)
        return self.section.school.today(since) if since else None

    @property
    def bank(self) -> list[BankComment]:
        """The teacher's own comments."""
        return comment_bank.bank_of(self.person.id, self.section.school_id)

    @property
    def url(self) -> str:
        """Of this page, with the way back."""
        names: dict[str, Any] = {
            "assignment_id": self.assignment.public_id,
            "student_id": self.place.user.public_id,
        }
        return url_for("teacher.comments", back=_asked_back(), **names)

    @property
    def back(self) -> str:
        """The page from which one came."""
        back = _asked_back()
        if back == "grid":
            return url_for("teacher.gradebook", section_id=self.section.public_id)
        if back == "scores":
            return url_for("teacher.enter_scores", assignment_id=self.assignment.public_id)
        student_id = self.place.user.public_id
        return url_for("teacher.student", section_id=self.section.public_id, student_id=student_id)


def _asked_back() -> str | None:
    back = request.args.get("back")
    return back if back in BACK else None


@bp.get("/assignments/<assignment_id>/students/<student_id>/comments")
@door.teacher
def comments(assignment_id: str, student_id: str) -> Any:
    """Both texts, who can see them, and the teacher's own comments to pick from; a script gets the form alone."""
    desk = _desk(assignment_id, student_id)
    if desk is None:
        return redirect(url_for(".rate", assignment_id=assignment_id), 303)
    return _page(desk, CommentsForm(formdata=None, data=desk.said._asdict()), desk.section.last_seq)


@bp.post("/assignments/<assignment_id>/students/<student_id>/comments")
@door.teacher
def comments_post(assignment_id: str, student_id: str) -> Any:
    """Save what was typed; or put a comment of the bank into it, or keep it in the bank."""
    return once(lambda: _post(assignment_id, student_id))


def _post(assignment_id: str, student_id: str) -> Any:
    desk = _desk(assignment_id, student_id)
    if desk is None or desk.has_left:
        raise NotFound
    seen, form = seen_number(request, desk.section.last_seq), CommentsForm()
    form.stands = desk.said
    if "insert" in request.form:
        return _inserted(desk, form, seen)
    if "keep" in request.form:
        return _kept(desk, form, seen)
    if not form.validate():
        return _page(desk, form, seen), 422
    return _save(desk, form, seen)


def _save(desk: Desk, form: CommentsForm, seen: int) -> Any:
    try:
        saved = score_comments.save_comments(
            desk.section, desk.key, form.said, seen=seen, actor_id=desk.person.id, now=moment(),
            request=request_key(request),
        )  # fmt: skip
    except PeriodClosed as closed:
        words = closed_words(closed)
        db.session.rollback()
        form.comment.errors = [words]
        return _page(_again(desk), form, seen), 409
    number = saved.number or desk.section.last_seq
    db.session.commit()
    if saved.last is not None:
        desk.said = saved.said
        return _page(desk, form, number, theirs=saved.last), 409
    return _told(desk, saved, number)


def _again(desk: Desk) -> Desk:
    """The same after a rollback, which has forgotten everything."""
    found = _desk(request.view_args["assignment_id"], request.view_args["student_id"])  # type: ignore[index]
    if found is None:
        raise NotFound
    return found


def _told(desk: Desk, saved: SavedComments, number: int) -> Any:
    heading = _("Comments saved.") if saved.number else _("Nothing was changed, so nothing was saved.")
    if not wants_page():
        answer = {"number": number, "comment": bool(saved.said.comment), "note": bool(saved.said.note)}
        return jsonify(answer | {"seq": saved.number, "words": heading})
    told: Any = {"heading": heading}
    if saved.number:
        undo = url_for(".undo", section_id=desk.section.public_id, seq=saved.number)
        told |= {"url": undo, "label": _("Undo"), "post": True}
    flash(told, "good")
    return redirect(desk.back, 303)


def _inserted(desk: Desk, form: CommentsForm, seen: int) -> Any:
    """A comment of the bank at the end of what is typed; nothing is saved."""
    chosen = access.bank_comment_of(desk.person, request.form["insert"])
    form.comment.data = f"{form.comment.data} {chosen.words}".strip()
    return _page(desk, form, seen, is_picking=True)


def _kept(desk: Desk, form: CommentsForm, seen: int) -> Any:
    """What is typed, into the bank; nothing is saved of the score."""
    words, said = form.comment.data, None
    if not form.validate():
        return _page(desk, form, seen, is_picking=True), 422
    if not words or len(words) > comment_bank.LONGEST:
        most = comment_bank.LONGEST
        form.comment.errors = [_("Type a comment of %(most)s characters or fewer to keep it in your bank", most=most)]
        return _page(desk, form, seen, is_picking=True), 422
    try:
        comment_bank.add_comment(desk.person.id, desk.section.school_id, words)
        db.session.commit()
        said = _("The comment is in your bank now. It is not saved for this score yet.")
    except BankError as error:
        db.session.rollback()
        desk, said = _again(desk), why_not_kept(error.code)
    return _page(desk, form, seen, is_picking=True, told=said)


def _desk(assignment_id: str, student_id: str) -> Desk | None:
    """None in a class that grades outcomes: it has no scores to speak of. Raises NotFound."""
    person = current_person()
    assignment = access.assignment_for_teacher(person, assignment_id)
    section = access.section_of_assignment(person, assignment_id)
    place = access.student_of_section(section, student_id)
    if section.grades_outcomes:
        return None
    return Desk(person, section, place, assignment, score_comments.said_at((assignment.id, place.user_id)))


def _page(
    desk: Desk,
    form: CommentsForm,
    seen: int,
    *,
    theirs: Change | None = None,
    is_picking: bool = False,
    told: str | None = None,
) -> str:
    template = "teacher/comments.html" if wants_page() else "teacher/comments_form.html"
    return render_template(
        template, desk=desk, section=desk.section, form=form, seen=seen, theirs=theirs, is_picking=is_picking, told=told
    )
