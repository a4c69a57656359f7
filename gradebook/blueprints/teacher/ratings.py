"""Rating one piece of work: a choice for each student and outcome, as a plain form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from gradebook.blueprints.teacher import bp
from gradebook.blueprints.teacher.grid_fields import place_of, seen_number
from gradebook.extensions import db
from gradebook.grading.values import exact_text
from gradebook.models import Section
from gradebook.policy import access
from gradebook.policy.access import NotFound
from gradebook.services import outcomes, periods, ratings
from gradebook.services.grades import Student, students_of
from gradebook.services.outcomes import ClassOutcomes, OutcomeRow, Place, WorkRow, ratings_of
from gradebook.services.ratings import Conflict, Saved
from gradebook.web import door
from gradebook.web.filters import at as moment_words
from gradebook.web.login import current_person
from gradebook.web.requests import moment

MOST_RATINGS = 20_000
"""More than any page holds."""


@dataclass
class Field:
    """One choice: a student's rating of one outcome."""

    outcome: OutcomeRow
    name: str
    value: str
    words: str
    """The value as it stands in the list."""
    trouble: str | None = None
    """What is wrong with it, in words."""


@dataclass
class Line:
    """One student with a choice for each outcome."""

    student: Student
    fields: list[Field]

    @property
    def is_rated(self) -> bool:
        """Whether every outcome of the work has a rating."""
        return all(field.value for field in self.fields)


@bp.get("/assignments/<assignment_id>/ratings")
@door.teacher
def rate(assignment_id: str) -> Any:
    """The form; in a closed class what was chosen, in the words of then."""
    found, work = _work(access.section_of_assignment(current_person(), assignment_id), assignment_id)
    return _page(found, work)


@bp.post("/assignments/<assignment_id>/ratings")
@door.teacher
def rate_post(assignment_id: str) -> Any:
    """Save what was chosen. What someone else changed meanwhile is shown, not overwritten."""
    section = access.section_of_assignment(current_person(), assignment_id)
    found, work = _work(section, assignment_id)
    seen = seen_number(request, section.last_seq)
    saved = ratings.save_ratings(found, _sent(work), seen=seen, actor_id=current_person().id, now=moment())
    db.session.commit()
    if saved.errors or saved.conflicts:
        return _page(found, work, saved), 409 if saved.conflicts else 422
    flash(_saved_words(saved), "good")
    return redirect(url_for(".rate", assignment_id=assignment_id), 303)


def _work(section: Section, assignment_id: str) -> tuple[ClassOutcomes, WorkRow]:
    """The piece of work in its class. Raises NotFound for a class that grades points."""
    found = outcomes.class_outcomes(section, moment()) if section.grades_outcomes else None
    work = next((one for one in found.works if one.public_id == assignment_id), None) if found else None
    if found is None or work is None:
        raise NotFound
    return found, work


def _sent(work: WorkRow) -> dict[Place, str]:
    """The fields of the form, named student.outcome."""
    texts: dict[Place, str] = {}
    for name, text in request.form.items():
        keys = place_of(name)
        if keys is not None and len(texts) < MOST_RATINGS:
            texts[work.id, keys[0], keys[1]] = text.strip()
    return texts


def _saved_words(saved: Saved) -> str:
    if not saved.places:
        return _("Nothing was changed, so nothing was saved.")
    return ngettext("%(num)s rating saved.", "%(num)s ratings saved.", len(saved.places))


def _page(found: ClassOutcomes, work: WorkRow, saved: Saved | None = None) -> str:
    section = found.section
    closed_at = periods.closed_since(section, work.grading_period_id)
    if closed_at:
        found = outcomes.as_shown(found)
        work = found.works_by_id[work.id]
    students = students_of(section, section.school.today(found.now))
    stored = {row.place: ratings.text_of(found, row) for row in ratings_of([work.id])}
    troubles = _troubles(found, saved) if saved else {}
    about = found.outcomes_of(work.id)
    lines = [_line(found, work, student, about, stored, troubles) for student in students]
    place = found.works.index(work)
    return render_template(
        "teacher/ratings.html",
        section=section,
        outcomes=found,
        work=work,
        about=about,
        lines=lines,
        problems=_problems(found, lines, students, troubles),
        has_errors=bool(troubles),
        saved_words=_saved_words(saved) if saved and saved.places else None,
        seen=section.last_seq,
        locked_since=section.school.today(closed_at) if closed_at else None,
        choices=[(text, choice_words(found, text)) for text in ratings.choices_of(found)],
        before=found.works[place - 1] if place else None,
        after=found.works[place + 1] if place + 1 < len(found.works) else None,
    )


def _line(
    found: ClassOutcomes,
    work: WorkRow,
    student: Student,
    about: list[OutcomeRow],
    stored: Mapping[Place, str],
    troubles: Mapping[Place, tuple[str, str]],
) -> Line:
    fields = []
    for outcome in about:
        place = (work.id, outcome.id, student.id)
        value, trouble = troubles.get(place, (stored.get(place, ratings.NOTHING), None))
        words = choice_words(found, value)
        fields.append(Field(outcome, f"{student.id}.{outcome.id}", value, words, trouble))
    return Line(student, fields)


def _troubles(found: ClassOutcomes, saved: Saved) -> dict[Place, tuple[str, str]]:
    """What stands in the fields that were not saved, and why."""
    refused = {place: (ratings.NOTHING, _refused_words(code)) for place, code in saved.errors.items()}
    return refused | {one.place: (one.mine, _conflict_words(found, one)) for one in saved.conflicts}


def _refused_words(code: str) -> str:
    if code == "gone":
        return _("This was not saved: the student left, or the work is no longer about this outcome")
    return _("Choose a level from the list")


def _conflict_words(found: ClassOutcomes, one: Conflict) -> str:
    return _(
        "%(person)s changed this to %(theirs)s on %(when)s. You chose %(mine)s. Keep one and save again",
        person=one.by,
        theirs=choice_words(found, one.theirs),
        when=moment_words(one.at, found.section.school.timezone).striptags(),
        mine=choice_words(found, one.mine),
    )


def _problems(
    found: ClassOutcomes,
    lines: list[Line],
    students: list[Student],
    troubles: Mapping[Place, tuple[str, str]],
) -> list[dict[str, Any]]:
    """The lines of the summary: whose, which outcome, what, and where the field is."""
    names = {student.id: student.display_name for student in students}
    titles = {outcome.id: outcome.title for outcome in found.outcomes}
    fields = {field.name for line in lines for field in line.fields}
    problems = []
    for (_work_id, outcome_id, student_id), (_value, words) in troubles.items():
        name = f"{student_id}.{outcome_id}"
        problems.append(
            {
                "student": names.get(student_id, _("A student who left")),
                "outcome": titles.get(outcome_id, _("an outcome that was taken away")),
                "words": words,
                "name": name if name in fields else None,
            }
        )
    return problems


def choice_words(found: ClassOutcomes, text: str) -> str:
    """A choice as it stands in the list: 4 Exceeds, Missing, Excused, Not rated."""
    if text == ratings.NOTHING:
        return _("Not rated")
    if text in ("missing", "excused"):
        return _("Missing") if text == "missing" else _("Excused")
    label = next((level.label for level in found.scale.levels if exact_text(level.number) == text), "")
    return f"{text} {label}".strip()
