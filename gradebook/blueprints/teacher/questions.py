"""What students ask about their scores: the list of a class, and the answer to one."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import ValidationError

from gradebook.blueprints.teacher import bp
from gradebook.extensions import db
from gradebook.policy import access
from gradebook.services import questions
from gradebook.services.questions import LONGEST, Line
from gradebook.services.score_comments import said_at
from gradebook.services.scores import content_of, stored_cells, text_of
from gradebook.web import door
from gradebook.web.fields import paragraph
from gradebook.web.login import current_person
from gradebook.web.requests import moment


class AnswerForm(FlaskForm):
    """What the student is told."""

    words = TextAreaField(_l("Your answer"), filters=[paragraph])

    def validate_words(self, field: Any) -> None:
        """Words, and not too many."""
        if not field.data:
            raise ValidationError(_("Write your answer"))
        if len(field.data) > LONGEST:
            raise ValidationError(
                _(
                    "The answer has %(length)s characters. Shorten it to %(most)s or fewer",
                    length=format_decimal(len(field.data)),
                    most=format_decimal(LONGEST),
                )
            )


@bp.get("/classes/<section_id>/questions")
@door.teacher
def score_questions(section_id: str) -> str:
    """Those that wait, the oldest first, and the last that were answered."""
    section = access.section_for_teacher(current_person(), section_id)
    waiting, answered = questions.questions_in(section)
    return render_template("teacher/questions.html", section=section, waiting=waiting, answered=answered)


@bp.get("/questions/<question_id>")
@door.teacher
def score_question(question_id: str) -> str:
    """One question with the score, and room for the answer."""
    return _page(questions.question_for_teacher(current_person(), question_id), AnswerForm(formdata=None))


@bp.post("/questions/<question_id>")
@door.teacher
def answer_score_question(question_id: str) -> Any:
    """Answer it; what a colleague answered meanwhile stays."""
    person, form = current_person(), AnswerForm()
    line = questions.question_for_teacher(person, question_id)
    if not form.validate():
        return _page(line, form), 422
    section_id = access.section_of_assignment(person, line.assignment.public_id).public_id
    if not questions.answer(line.question, form.words.data, actor_id=person.id, now=moment()):
        db.session.rollback()
        return _page(questions.question_for_teacher(person, question_id), form), 409
    db.session.commit()
    flash(_("Answered. The student sees it with the score."), "good")
    return redirect(url_for("teacher.score_questions", section_id=section_id), 303)


def _page(line: Line, form: AnswerForm) -> str:
    place = (line.assignment.id, line.student.id)
    cell = stored_cells([place]).get(place)
    return render_template(
        "teacher/question.html",
        section=access.section_of_assignment(current_person(), line.assignment.public_id),
        line=line,
        form=form,
        score=text_of(content_of(cell), int(line.assignment.points * 100)) if cell else "",
        said=said_at(place),
        longest=LONGEST,
        has_errors=bool(form.errors),
    )
