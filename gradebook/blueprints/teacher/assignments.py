"""T3: making, changing, deleting and restoring an assignment."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gradebook.blueprints.teacher import bp
from gradebook.blueprints.teacher.forms import AssignmentForm, assignment_fields, typed
from gradebook.extensions import db
from gradebook.models import Assignment, Section, TotalMode
from gradebook.policy import access
from gradebook.policy.access import NotFound
from gradebook.services import assignments
from gradebook.services.assignments import RESTORABLE, AssignmentDraft, AssignmentFault, AssignmentMoved, Shows
from gradebook.services.grades import ClassWork, class_work
from gradebook.services.periods import PeriodClosed
from gradebook.services.previews import worth_of
from gradebook.web import door
from gradebook.web.closed import closed_words
from gradebook.web.filters import percent
from gradebook.web.login import current_person
from gradebook.web.requests import moment


@bp.get("/classes/<section_id>/assignments/new")
@door.teacher
def new_assignment(section_id: str) -> Any:
    """The empty form."""
    section = access.section_for_teacher(current_person(), section_id)
    work = class_work(section, moment())
    shows = Shows.AS_ENTERED if section.posts_as_entered else Shows.WHEN_POSTED
    return _page(work, _form(work, None, data={"shows": shows, "counts": True}))


@bp.post("/classes/<section_id>/assignments/new")
@door.teacher
def new_assignment_post(section_id: str) -> Any:
    """Preview it, or make it."""
    person = current_person()
    section = access.section_for_teacher(person, section_id)
    work = class_work(section, moment())
    form = _form(work, None)
    if not form.validate():
        return _page(work, form), 422
    draft = form.draft(work.categories)
    if _asked("preview"):
        return _page(work, form, draft=draft)
    try:
        made = assignments.create_assignment(
            section, draft, first_category=_("Everything"), actor_id=person.id, now=moment()
        )
    except AssignmentFault as fault:
        return _refused(work, form, fault)
    except PeriodClosed as closed:
        return _closed(work, form, closed)
    db.session.commit()
    return _saved(section, made)


@bp.get("/assignments/<assignment_id>")
@door.teacher
def assignment(assignment_id: str) -> Any:
    """The form with the assignment in it."""
    section, found = _assignment(assignment_id)
    work = class_work(section, moment())
    fields = assignment_fields(assignments.draft_of(found, moment()), work.categories)
    return _page(work, _form(work, found, data=fields), found)


@bp.post("/assignments/<assignment_id>")
@door.teacher
def assignment_post(assignment_id: str) -> Any:
    """Preview the change, ask what becomes of existing scores, or store it."""
    section, found = _assignment(assignment_id)
    work = class_work(section, moment())
    form = _form(work, found)
    seen = _seen(form.seen.data)
    if not form.validate():
        return _page(work, form, found, seen=seen), 422
    draft = form.draft(work.categories)
    if _asked("preview"):
        return _page(work, form, found, draft=draft, seen=seen)
    try:
        assignments.change_assignment(
            section, found, draft, seen=seen, keep=form.kept, actor_id=current_person().id, now=moment()
        )
    except AssignmentMoved as moved:
        return _moved(work, form, found, draft, moved)
    except AssignmentFault as fault:
        return _refused(work, form, fault, found, draft, seen)
    except PeriodClosed as closed:
        return _closed(work, form, closed, found, seen)
    db.session.commit()
    return _saved(section, found)


@bp.get("/assignments/<assignment_id>/deletion")
@door.teacher
def delete_assignment(assignment_id: str) -> Any:
    """What will be deleted; or, for one that was, until when it can be restored."""
    try:
        section, found = _assignment(assignment_id)
    except NotFound:
        section, found = _deleted(assignment_id)
    return render_template(
        "teacher/assignment_deletion.html",
        section=section,
        assignment=found,
        scores=assignments.count_scores(found),
        until=None if found.deleted_at is None else found.deleted_at + RESTORABLE,
    )


@bp.post("/assignments/<assignment_id>/deletion")
@door.teacher
def delete_assignment_post(assignment_id: str) -> Any:
    """Delete it; nothing is erased, and Undo is in the result."""
    section, found = _assignment(assignment_id)
    try:
        assignments.delete_assignment(
            section, found, seen=_seen(request.form.get("seen")), actor_id=current_person().id, now=moment()
        )
    except AssignmentMoved:
        db.session.rollback()
        abort(409)
    title, url = found.title, url_for(".restore_assignment", assignment_id=found.public_id)
    db.session.commit()
    heading = _("%(title)s is deleted.", title=title)
    text = _("Its scores are kept and come back with it if you restore it within 30 days.")
    result: Any = {"heading": heading, "text": text, "url": url, "label": _("Undo"), "post": True}
    flash(result, "good")
    return redirect(url_for(".gradebook", section_id=section.public_id), 303)


@bp.post("/assignments/<assignment_id>/restoration")
@door.teacher
def restore_assignment(assignment_id: str) -> Any:
    """Put a deleted assignment back, with its scores."""
    section, found = _deleted(assignment_id)
    in_place = assignments.restore_assignment(section, found, actor_id=current_person().id, now=moment())
    db.session.commit()
    flash(_("%(title)s is back, with its scores.", title=found.title), "good")
    if not in_place:
        flash(_("Its category was removed meanwhile, so it is in the first one now."), "good")
    return redirect(url_for(".gradebook", section_id=section.public_id), 303)


def _assignment(public_id: str) -> tuple[Section, Assignment]:
    person = current_person()
    return access.section_of_assignment(person, public_id), access.assignment_for_teacher(person, public_id)


def _deleted(public_id: str) -> tuple[Section, Assignment]:
    found = access.deleted_assignment_for_teacher(current_person(), public_id, moment() - RESTORABLE)
    section = db.session.get_one(Section, found.section_id)
    return section, found


def _asked(what: str) -> bool:
    return request.form.get("do") == what


def _seen(text: str | None) -> int:
    """The version that the page was made from; without it nothing is changed."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 9:
        abort(428)
    return int(text)


def _form(work: ClassWork, found: Assignment | None, data: dict[str, Any] | None = None) -> AssignmentForm:
    form = AssignmentForm(data=data) if data is not None else AssignmentForm()
    shows = [Shows.AS_ENTERED, Shows.WHEN_POSTED]
    if found is not None and found.posted_at is not None and not found.is_posted(moment()):
        shows.append(Shows.AS_PLANNED)
    form.offer(work.categories, shows, work.section.total_mode == TotalMode.WEIGHTED)
    if not work.categories:
        del form.category  # the first assignment brings the first category
    return form


def _page(
    work: ClassWork,
    form: AssignmentForm,
    found: Assignment | None = None,
    *,
    draft: AssignmentDraft | None = None,
    seen: int | None = None,
    choice: Any = None,
    theirs: Any = None,
) -> str:
    return render_template(
        "teacher/assignment.html",
        section=work.section,
        work=work,
        form=form,
        assignment=found,
        seen=seen if seen is not None else found.seq if found else None,
        effect=assignments.effect_of(work, found, draft) if draft else None,
        worth=worth_of(work, found.id) if found and draft is None else None,
        draft=draft,
        choice=choice,
        theirs=theirs,
        deleted=[] if found else assignments.deleted_assignments(work.section, moment()),
        SUPPOSED=assignments.SUPPOSED,
    )


def _saved(section: Section, saved: Assignment) -> Any:
    work = class_work(section, moment())
    worth = None if section.grades_outcomes else worth_of(work, saved.id)
    words = _("%(title)s is saved.", title=saved.title)
    if worth is not None:
        words = _("%(title)s is saved. It counts %(percent)s of the grade.", title=saved.title, percent=percent(worth))
    flash(words, "good")
    if assignments.is_title_taken(work, saved.title, saved.id):
        flash(_("Another assignment in this class has the same title."), "good")
    if _asked("outcomes"):
        return redirect(url_for(".alignment", assignment_id=saved.public_id), 303)
    if _asked("scores"):
        return redirect(url_for(".enter_scores", assignment_id=saved.public_id), 303)
    return redirect(url_for(".gradebook", section_id=section.public_id), 303)


def _refused(
    work: ClassWork,
    form: AssignmentForm,
    fault: AssignmentFault,
    found: Assignment | None = None,
    draft: AssignmentDraft | None = None,
    seen: int | None = None,
) -> Any:
    """Nothing was changed: ask about existing scores, or say what is wrong."""
    db.session.rollback()
    if fault.code == "choose" and found and draft:
        choice = assignments.keep_choice(work, found, draft)
        form.kept_for.data = typed(draft.points)
        return _page(work, form, found, draft=draft, seen=seen, choice=choice)
    field: Any = form.category if fault.code == "category_gone" else form.points
    words = {
        "category_gone": _("This category was removed meanwhile. Choose another"),
        "no_proportion": _("Percentages cannot be kept when the points are 0. Keep the scores, or choose other points"),
        "too_large": _("With these points some scores would be too large. Keep the scores, or choose fewer points"),
    }[fault.code]
    field.errors = [words]
    return _page(work, form, found, seen=seen), 422


def _closed(
    work: ClassWork,
    form: AssignmentForm,
    closed: PeriodClosed,
    found: Assignment | None = None,
    seen: int | None = None,
) -> Any:
    """It lies, or would lie, in a closed period; what was typed stays on the page."""
    words = closed_words(closed)
    db.session.rollback()
    form.due.complain(words)
    return _page(work, form, found, seen=seen), 422


def _moved(
    work: ClassWork, form: AssignmentForm, found: Assignment, draft: AssignmentDraft, moved: AssignmentMoved
) -> Any:
    """Someone else was quicker: both versions, and the choice."""
    db.session.rollback()
    names = assignments.differences(draft, moved.theirs)
    pairs = [(name, getattr(moved.theirs, name), getattr(draft, name)) for name in names]
    return _page(work, form, found, seen=moved.seq, theirs=pairs), 409
