"""Setting a student's grade by hand, with a reason, and taking that back (grading.md G14)."""

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import DataRequired, Length

from gradebook.blueprints.teacher import bp
from gradebook.extensions import db
from gradebook.grading.overrides import Override, OverrideError, typed_override
from gradebook.grading.typed import ScoreError
from gradebook.grading.values import Totals
from gradebook.models import Enrollment, Section
from gradebook.policy import access
from gradebook.policy.access import NotFound
from gradebook.services import overrides
from gradebook.services.grades import ClassWork, PeriodRow, Student, by_student, cells_of, class_work
from gradebook.services.overrides import LONGEST_REASON, OverrideMoved
from gradebook.services.periods import PeriodClosed
from gradebook.services.stored_grades import StoredOverride
from gradebook.web import door
from gradebook.web.closed import closed_words
from gradebook.web.fields import LineField, typed
from gradebook.web.login import current_person
from gradebook.web.requests import moment, version_seen


class GradeForm(FlaskForm):
    """What is shown in place of the computed grade, and why."""

    keep: str | None = None
    """What is above 150% and would be kept if it is sent once more."""
    grade = LineField(_l("Grade"), [DataRequired(_l("Enter a percentage or a letter"))])
    reason = LineField(
        _l("Reason"),
        [
            DataRequired(_l("Say why. Teachers and the office can read the reason, families cannot.")),
            Length(max=LONGEST_REASON, message=_l("Use %(max)d characters or fewer")),
        ],
    )


@dataclass
class Desk:
    """The student in the class, or in one of the grading periods that it weighs, with what stands there."""

    section: Section
    place: Enrollment
    work: ClassWork
    student: Student
    period_id: int | None
    period: PeriodRow | None

    @property
    def override(self) -> StoredOverride | None:
        """What a teacher put there."""
        return self.work.override_of(self.student, self.period_id)

    @property
    def seen(self) -> int:
        """For the page: what this person saw."""
        return self.override.id if self.override else 0

    @property
    def computed(self) -> Totals:
        """What families would see without it."""
        marks = self.work.marks(by_student(cells_of(self.work.by_id, [self.student.id])).get(self.student.id, []))
        return self.work.computed(self.student, marks, self.period_id)

    @property
    def letters(self) -> tuple[str, ...]:
        """That may be typed."""
        return self.work.scale.labels if self.work.scale else ()

    @property
    def arguments(self) -> dict[str, Any]:
        """Of the addresses about it."""
        names: dict[str, Any] = {"section_id": self.section.public_id, "student_id": self.place.user.public_id}
        return names | ({"period": self.period.public_id} if self.period else {})


@bp.get("/classes/<section_id>/students/<student_id>/grade")
@door.teacher
def override(section_id: str, student_id: str) -> Any:
    """What is computed, what is shown, and the form."""
    desk = _desk(section_id, student_id)
    stands = desk.override
    data = {"grade": stands.letter or typed(stands.percent), "reason": stands.reason} if stands else {}
    return _page(desk, GradeForm(formdata=None, data=data))


@bp.post("/classes/<section_id>/students/<student_id>/grade")
@door.teacher
def override_post(section_id: str, student_id: str) -> Any:
    """Show this grade from now on."""
    desk, form, seen = _desk(section_id, student_id), GradeForm(), version_seen()
    is_complete = form.validate()
    wanted = _typed(desk, form) if form.grade.data else None
    if wanted is None or not is_complete:
        return _page(desk, form), 422
    try:
        overrides.set_override(
            desk.section, desk.student.id, wanted, seen=seen, actor_id=current_person().id, now=moment(),
            period_id=desk.period_id,
        )  # fmt: skip
    except OverrideMoved:
        return _moved(section_id, student_id, form)
    except PeriodClosed as closed:
        words = closed_words(closed)
        db.session.rollback()
        form.grade.errors = [words]
        return _page(_desk(section_id, student_id), form), 422
    name = desk.place.user.display_name
    db.session.commit()
    flash(_("The grade of %(student)s is set. Families see that it was set by the teacher.", student=name), "good")
    return _back(desk)


@bp.post("/classes/<section_id>/students/<student_id>/grade/removal")
@door.teacher
def override_removal(section_id: str, student_id: str) -> Any:
    """Show the computed grade again."""
    desk, seen = _desk(section_id, student_id), version_seen()
    try:
        overrides.remove_override(
            desk.section, desk.student.id, seen=seen, actor_id=current_person().id, now=moment(),
            period_id=desk.period_id,
        )  # fmt: skip
    except OverrideMoved:
        return _moved(section_id, student_id, GradeForm(formdata=None))
    name = desk.place.user.display_name
    db.session.commit()
    flash(_("The grade of %(student)s is computed from the scores again.", student=name), "good")
    return _back(desk)


def _desk(section_id: str, student_id: str) -> Desk:
    """Raises NotFound for who left the class, and for a period that it does not weigh."""
    section = access.section_for_teacher(current_person(), section_id)
    place = access.student_of_section(section, student_id)
    if place.ends_on is not None and place.ends_on <= section.school.today(moment()):
        raise NotFound
    work, user = class_work(section, moment()), place.user
    student = Student(user.id, user.public_id, user.display_name, user.sort_name, place.begins_on, place.ends_on)
    period_id = _period(work, request.args.get("period"))
    return Desk(section, place, work, student, period_id, work.periods[period_id] if period_id else None)


def _period(work: ClassWork, public_id: str | None) -> int | None:
    if not public_id:
        return None
    weighed = {period.id for period in work.calculator.rules.periods}
    for key, period in work.periods.items():
        if period.public_id == public_id and key in weighed:
            return key
    raise NotFound


def _typed(desk: Desk, form: GradeForm) -> Override | None:
    """What was typed; None, with words beside the field, for what is no grade."""
    confirmed = request.form.get("keep") == form.grade.data
    try:
        # Without a reason nothing is saved, but what is wrong with the grade is said at once too.
        return typed_override(form.grade.data, form.reason.data or "–", letters=desk.letters, confirmed=confirmed)
    except (ScoreError, OverrideError) as error:
        form.grade.errors = [_why_not(error.code, desk)]
        form.keep = form.grade.data if error.code == "needs_confirmation" else None
        return None


def _why_not(code: str, desk: Desk) -> str:
    if code == "needs_confirmation":
        return _("That is more than %(most)s%%. Press the button again to keep it, or correct it", most=150)
    if code == "too_many_decimals":
        return _("Use no more than 2 decimal places")
    if code in ("negative", "too_large", "other_total"):
        return _("Enter a percentage from 0 to 150")
    if desk.letters:
        return _("Enter a percentage like 88.5, or one of: %(letters)s", letters=", ".join(desk.letters))
    return _("Enter a percentage like 88.5. This class has no letters")


def _moved(section_id: str, student_id: str, form: GradeForm) -> Any:
    """Someone else was quicker: the page as it stands now, with what was typed."""
    db.session.rollback()
    return _page(_desk(section_id, student_id), form, moved=True), 409


def _back(desk: Desk) -> Any:
    here = url_for("teacher.student", section_id=desk.section.public_id, student_id=desk.place.user.public_id)
    return redirect(here, 303)


def _page(desk: Desk, form: GradeForm, *, moved: bool = False) -> str:
    return render_template("teacher/override.html", desk=desk, section=desk.section, form=form, moved=moved)
