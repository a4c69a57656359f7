"""S2: asking the teachers about one score. It stays with the score, and no guardian and no message is in it."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import ValidationError

from gradebook.blueprints.student import bp
from gradebook.extensions import db
from gradebook.services import family, questions
from gradebook.services.family import FamilyClass, Piece
from gradebook.services.questions import LONGEST, MOST_A_DAY, MOST_ABOUT_ONE, NotTaken, Refused
from gradebook.web import door
from gradebook.web.fields import paragraph
from gradebook.web.login import current_person
from gradebook.web.requests import moment


class QuestionForm(FlaskForm):
    """What the student wants to know."""

    words = TextAreaField(_l("Your question"), filters=[paragraph])

    def validate_words(self, field: Any) -> None:
        """Words, and not too many."""
        if not field.data:
            raise ValidationError(_("Write your question"))
        if len(field.data) > LONGEST:
            raise ValidationError(
                _(
                    "The question has %(length)s characters. Shorten it to %(most)s or fewer",
                    length=format_decimal(len(field.data)),
                    most=format_decimal(LONGEST),
                )
            )


@bp.get("/classes/<section_id>/assignments/<assignment_id>/question")
@door.student
def ask_about_score(section_id: str, assignment_id: str) -> str:
    """The score, what was asked about it, and room for a question."""
    found = family.class_of_student(current_person(), section_id)
    return _page(found, found.piece_called(assignment_id), QuestionForm(formdata=None))


@bp.post("/classes/<section_id>/assignments/<assignment_id>/question")
@door.student
def ask_about_score_post(section_id: str, assignment_id: str) -> Any:
    """Ask."""
    person = current_person()
    found, form = family.class_of_student(person, section_id), QuestionForm()
    piece = found.piece_called(assignment_id)
    if not form.validate():
        return _page(found, piece, form), 422
    try:
        questions.ask(found.section, piece.column.id, person.id, form.words.data, moment())
    except NotTaken as refused:
        form.words.errors = [why_words(refused.why)]
        return _page(found, piece, form), 409
    db.session.commit()
    flash(_("Your question is sent. The answer will stand with the score."), "good")
    return redirect(url_for("student.section", section_id=section_id, _anchor=f"work-{assignment_id}"), 303)


def why_words(why: Refused) -> str:
    """Why no question is taken."""
    if why is Refused.SCHOOL:
        return _("Your school takes no questions here. Talk to your teacher")
    if why is Refused.WAITING:
        return _("Your last question about this score waits for its answer. Ask again when it is answered")
    if why is Refused.ENOUGH:
        return _("You asked %(most)s times about this score. Talk to your teacher", most=MOST_ABOUT_ONE)
    return _("You asked %(most)s questions in this class in a day. Ask again tomorrow", most=MOST_A_DAY)


def _page(found: FamilyClass, piece: Piece, form: QuestionForm) -> str:
    asked = found.questions.get(piece.column.id, [])
    why = questions.why_not(found.section, [one.question for one in asked])
    return render_template(
        "student/question.html",
        family_class=found,
        piece=piece,
        asked=asked,
        form=form,
        refused=why_words(why) if why else None,
        longest=LONGEST,
        has_errors=bool(form.errors or form.words.errors),
    )
