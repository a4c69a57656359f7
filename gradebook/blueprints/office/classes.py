"""O4: the classes of the school and who is in them."""

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import (
    POSITIONS,
    both_versions,
    fault_words,
    first_day_without,
    has_moved_on,
    own_school,
    span_words,
    tell,
    today,
    version_of,
    version_shown,
)
from gradebook.blueprints.office.forms import ClassForm, PlacesForm, SectionForm
from gradebook.extensions import db
from gradebook.models import AcademicSession, Course, Position, RoleKind, School, Section, User
from gradebook.policy import access
from gradebook.policy.access import NotFound
from gradebook.services import directory, rosters, successors
from gradebook.services.periods import PeriodClosed
from gradebook.services.rosters import RosterError
from gradebook.web import door
from gradebook.web.closed import closed_words
from gradebook.web.fields import one_line
from gradebook.web.login import current_person
from gradebook.web.requests import moment, page_number

NEW = "new"
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class ClassFacts:
    """What the office writes down about a class."""

    title: str
    code: str | None
    course: str
    term: str
    ended: bool


@bp.get("/classes")
@door.office
def classes() -> Any:
    """By title, teacher or code, and by term, 50 on a page."""
    school = own_school()
    text, terms = one_line(request.args.get("q"))[:100], directory.sessions_of(school)
    term = next((each for each in terms if each.public_id == request.args.get("term")), None)
    found = directory.classes(school, text, term.id if term else None, today(school), page_number())
    chosen: dict[str, Any] = {
        name: value for name, value in (("q", text), ("term", term.public_id if term else "")) if value
    }
    return render_template(
        "office/classes.html",
        found=found,
        text=text,
        term=term,
        terms=terms,
        chosen=chosen,
        page_url=lambda number: url_for("office.classes", **chosen, page=number),
    )


@bp.get("/classes/new")
@door.office
def new_class() -> Any:
    """An empty form."""
    return _new_page(_offered(ClassForm(formdata=None), own_school()))


@bp.post("/classes/new")
@door.office
def new_class_post() -> Any:
    """Add the class, with one category that is the whole grade."""
    school = own_school()
    form = _offered(ClassForm(), school)
    if not _is_complete(form):
        return _new_page(form, 422)
    section = rosters.add_class(
        school,
        form.title.data,
        _course(form, school),
        access.school_row_for_office(current_person(), AcademicSession, form.term.data),
        moment(),
        actor_id=current_person().id,
        category_title=_("Everything"),
        code=form.code.data or None,
    )
    db.session.commit()
    tell(_("%(title)s was added.", title=section.title), _("Add its teachers and students."), "good")
    return redirect(url_for("office.section", section_id=section.public_id), 303)


def _offered(form: ClassForm, school: School, own_term: AcademicSession | None = None) -> Any:
    """With the school's courses, and the terms that are open or the class's own."""
    courses = [(course.public_id, course.title) for course in directory.courses_of(school)]
    form.course.offer([*courses, (NEW, _("A new course"))])
    sessions = [term for term in directory.sessions_of(school) if term.closed_at is None or term == own_term]
    form.term.offer([(term.public_id, term.title) for term in sessions])
    return form


def _is_complete(form: ClassForm) -> bool:
    """Valid, and a new course has a title."""
    valid = form.validate()
    if form.course.data == NEW and not form.new_course.data:
        form.new_course.errors = [*form.new_course.errors, _("Enter the title of the new course")]
    return bool(valid and not form.errors)


def _course(form: ClassForm, school: School) -> Course:
    if form.course.data == NEW:
        return rosters.add_course(school, form.new_course.data)
    course: Course = access.school_row_for_office(current_person(), Course, form.course.data)
    return course


def _new_page(form: ClassForm, status: int = 200) -> Any:
    return render_template("office/new_class.html", form=form, has_terms=bool(form.term.choices)), status


# --- One class


@bp.get("/classes/<section_id>")
@door.office
def section(section_id: str) -> Any:
    """Its details and its people."""
    found = access.section_for_office(current_person(), section_id)
    form = _offered(SectionForm(formdata=None, data=_facts(found).__dict__), own_school(), found.term)
    return _page(found, form)


@bp.post("/classes/<section_id>")
@door.office
def section_post(section_id: str) -> Any:
    """Save the details, unless someone else saved others meanwhile."""
    found, school = rosters.locked(access.section_for_office(current_person(), section_id)), own_school()
    form, saved = _offered(SectionForm(), school, found.term), _facts(found)
    moved_on = has_moved_on(saved)
    if not _is_complete(form):
        return _page(found, form, 422)
    typed = ClassFacts(form.title.data, form.code.data or None, form.course.data, form.term.data, bool(form.ended.data))
    if moved_on and typed != saved:
        return both_versions(
            _rows(form, saved, typed), version_of(saved), url_for("office.section", section_id=section_id)
        )
    term = access.school_row_for_office(current_person(), AcademicSession, typed.term)
    try:
        changed = rosters.change_class(
            found, typed.title, typed.code, _course(form, school).id, term.id, typed.ended, moment(),
            actor_id=current_person().id,
        )  # fmt: skip
    except PeriodClosed as closed:
        form.term.errors = [closed_words(closed)]
        db.session.rollback()
        return _page(access.section_for_office(current_person(), section_id), form, 422)
    db.session.commit()
    flash(_("Details saved.") if changed else _("Nothing was changed."), "good")
    return redirect(url_for("office.section", section_id=section_id), 303)


def _facts(found: Section) -> ClassFacts:
    return ClassFacts(found.title, found.code, found.course.public_id, found.term.public_id, found.ended)


def _rows(form: SectionForm, saved: ClassFacts, typed: ClassFacts) -> list[tuple[Any, Any, Any]]:
    def words(name: str, value: Any) -> Any:
        choices = {choice.value: choice.label for choice in getattr(form[name], "choices", None) or ()}
        return (_("Yes") if value else _("No")) if name == "ended" else choices.get(value, value or "")

    return [
        (form[name].label.text, words(name, getattr(saved, name)), words(name, getattr(typed, name)))
        for name in ClassFacts.__dataclass_fields__
    ]


def _page(found: Section, form: SectionForm, status: int = 200) -> Any:
    school = own_school()
    day = today(school)
    places = directory.places_in(found)
    page = render_template(
        "office/section.html",
        section=found,
        form=form,
        version=version_shown(_facts(found)),
        teachers=[place for place in places if place.role_kind == RoleKind.TEACHER],
        students=[place for place in places if place.role_kind == RoleKind.STUDENT],
        present=sum(
            1
            for place in places
            if place.role_kind == RoleKind.STUDENT
            and place.begins_on <= day
            and (place.ends_on is None or place.ends_on > day)
        ),  # fmt: skip
        positions=POSITIONS,
        is_answered=found.ended or found.term.ends_on <= day or any(successors.answers(place, day) for place in places),
        span=span_words,
        day=day,
    )
    return page, status


# --- Who joins


@bp.get("/classes/<section_id>/teachers/new")
@door.office
def section_teachers(section_id: str) -> Any:
    """Teachers of the school who are not in the class."""
    return _joining_page(access.section_for_office(current_person(), section_id), RoleKind.TEACHER)


@bp.get("/classes/<section_id>/students/new")
@door.office
def section_students(section_id: str) -> Any:
    """Students of the school who are not in the class."""
    return _joining_page(access.section_for_office(current_person(), section_id), RoleKind.STUDENT)


@bp.post("/classes/<section_id>/teachers/new")
@door.office
def section_teachers_post(section_id: str) -> Any:
    """The ticked teachers join; they join the class's conversations too."""
    return _join(access.section_for_office(current_person(), section_id), RoleKind.TEACHER)


@bp.post("/classes/<section_id>/students/new")
@door.office
def section_students_post(section_id: str) -> Any:
    """The ticked students join."""
    return _join(access.section_for_office(current_person(), section_id), RoleKind.STUDENT)


def _join(found: Section, kind: RoleKind) -> Any:
    keys = list(dict.fromkeys(request.form.getlist("person")))[:MOST_AT_ONCE]
    form = PlacesForm(students=kind == RoleKind.STUDENT)
    if not form.validate() or not keys:
        return _joining_page(found, kind, form, 422, chosen=keys)
    people = [access.person_for_office(current_person(), key) for key in keys]
    position = Position.STUDENT if kind == RoleKind.STUDENT else Position(form.position.data)
    try:
        for user in sorted(people, key=lambda user: user.id):
            _enroll(user, found, position, form)
    except (RosterError, PeriodClosed) as error:
        reason = fault_words(error) if isinstance(error, RosterError) else closed_words(error)
        words = _("%(name)s: %(reason)s", name=user.display_name, reason=reason)
        db.session.rollback()
        section_again = access.section_for_office(current_person(), found.public_id)
        return _joining_page(section_again, kind, form, 422, chosen=keys, problem=words)
    db.session.commit()
    flash(ngettext("%(num)s person joined the class.", "%(num)s people joined the class.", len(people)), "good")
    return redirect(url_for("office.section", section_id=found.public_id), 303)


def _enroll(user: User, found: Section, position: Position, form: PlacesForm) -> None:
    begins_on = form.begins_on.day
    if begins_on is None:
        raise NotFound  # the form was validated
    rosters.enroll(
        user, found, position, begins_on, moment(), actor_id=current_person().id,
        ends_on=first_day_without(form.last_day.day),
    )  # fmt: skip


def _joining_page(
    found: Section,
    kind: RoleKind,
    form: PlacesForm | None = None,
    status: int = 200,
    *,
    chosen: Any = (),
    problem: str | None = None,
) -> Any:
    school = own_school()
    text = one_line(request.values.get("q"))[:100]
    people = directory.could_join(found, kind, text, today(school))
    nobody = status == 422 and not chosen
    page = render_template(
        "office/joining.html",
        section=found,
        form=form or PlacesForm(formdata=None, students=kind == RoleKind.STUDENT, begins_on=_first_day(found, school)),
        people=people,
        chosen=chosen,
        q=text,
        is_students=kind == RoleKind.STUDENT,
        more=[("#people", _("Tick at least one person"))] if nobody else ([("#people", problem)] if problem else []),
    )
    return page, status


def _first_day(found: Section, school: School) -> Any:
    """Today, or the first day of a term that is still to come."""
    return max(today(school), found.term.begins_on)
