"""P3 and T10: choosing about whom and to whom, and the first message."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from gradebook.blueprints.messages import bp
from gradebook.blueprints.messages.doorstep import correspondent, most_an_hour, page_number
from gradebook.blueprints.messages.files import Refused, no_room, taken
from gradebook.blueprints.messages.forms import BeginForm
from gradebook.blueprints.messages.shown import reached, reached_office, sides_of_pair, timezones
from gradebook.blueprints.messages.stopping import accepts, refuse
from gradebook.blueprints.messages.unsent import unsent
from gradebook.extensions import db
from gradebook.models import Announcement, RoleKind
from gradebook.policy import access, announcements
from gradebook.policy import conversations as policy
from gradebook.policy.access import NotFound
from gradebook.policy.conversations import STUDENTS_ON_A_PAGE, Correspondence, WhyNot
from gradebook.policy.person import Person
from gradebook.policy.rules import can
from gradebook.policy.stops import stopped
from gradebook.services import attachments, family, messaging, office_hours
from gradebook.web import door
from gradebook.web.requests import moment
from gradebook.web.uploads import takes_files


@bp.get("/new")
@door.correspondent
def new() -> Any:
    """About whom, to whom, then the words: each step that has one answer is left out."""
    person = correspondent()
    student, section, guardian = (request.args.get(name) or None for name in ("student", "section", "guardian"))
    office = request.args.get("office") or None
    is_chosen = student and (guardian or (person.acts_as(RoleKind.PARENT) and (section or office)))
    if not is_chosen and not can(person, "messages:write"):
        return render_template("messages/new_stopped.html")
    if person.acts_as(RoleKind.PARENT):
        return _new_to_office(person, student, office) if office else _new_as_guardian(person, student, section)
    if section is None:
        if student is not None:
            raise NotFound
        return render_template(
            "messages/new_class.html",
            sections=policy.sections_to_write_from(person),
        )
    if student is None:
        return _choose_family(person, section)
    return _new_as_teacher(person, student, section, guardian)


def _new_to_office(person: Person, student: str | None, school: str) -> Any:
    if student is None:
        raise NotFound
    pair = policy.correspondence_with_office(person, student, school)
    answered = request.args.get("announcement")
    if answered is not None:
        return _write(
            person, pair, _form_for(pair, announcement=announcements.answered(person, answered, pair).public_id)
        )
    return _write_or_continue(person, pair)


def _new_as_guardian(person: Person, student: str | None, section: str | None) -> Any:
    if student is not None and section is not None:
        pair = policy.correspondence(person, student, section, None)
        answered = request.args.get("announcement")
        if answered is not None:
            return _write(
                person, pair, _form_for(pair, announcement=announcements.answered(person, answered, pair).public_id)
            )
        title = family.title_of_work(person, student, section, request.args.get("about"))
        return _write_about(person, pair, title) if title else _write_or_continue(person, pair)
    if section is not None:
        raise NotFound
    pairs, offices = policy.classes_of_guardian(person, student), policy.offices_for_guardian(person, student)
    if student is not None and not pairs and not offices:
        raise NotFound
    children = {pair.student.id: pair.student for pair in (*pairs, *offices)}
    if len(children) > 1:
        by_name = sorted(children.values(), key=lambda child: (child.name_key, child.id))
        return render_template("messages/new_child.html", children=by_name)
    return render_template("messages/new_teachers.html", pairs=pairs, offices=offices)


def _choose_family(person: Person, section_key: str) -> str:
    section = access.section_for_teacher(person, policy.key_of(section_key))
    number = page_number(request.args.get("page"))
    lines = policy.families_of(person, section, number)
    return render_template(
        "messages/new_family.html",
        section=section,
        lines=lines[:STUDENTS_ON_A_PAGE],
        number=number,
        has_more=len(lines) > STUDENTS_ON_A_PAGE,
    )


def _new_as_teacher(person: Person, student_key: str, section_key: str, guardian_key: str | None) -> Any:
    if guardian_key is not None:
        return _write_or_continue(person, policy.correspondence(person, student_key, section_key, guardian_key))
    section = access.section_for_teacher(person, policy.key_of(section_key))
    student = access.student_of_section(section, policy.key_of(student_key)).user
    pairs = policy.correspondences_of_teacher(person, section, student)
    waiting = policy.guardians_not_confirmed(person, section, student)
    if len(pairs) == 1 and not waiting:
        return _write_or_continue(person, pairs[0])
    return render_template("messages/new_guardian.html", section=section, student=student, pairs=pairs, waiting=waiting)


def _write_or_continue(person: Person, pair: Correspondence) -> Any:
    """The empty page, or the conversation that these two have already."""
    begun = messaging.begun(pair, person)
    if begun is not None:
        return redirect(url_for("messages.conversation", conversation_id=begun.public_id, _anchor="write"), 303)
    return _write(person, pair, _form_for(pair))


def _form_for(pair: Correspondence, **more: str) -> BeginForm:
    keys = {"student": pair.student.public_id, "guardian": pair.guardian.public_id}
    at = "section" if pair.section else "office"
    return BeginForm(**keys, **{at: pair.at.public_id}, **more)


def _write_about(person: Person, pair: Correspondence, title: str) -> str:
    """The page with its first words: which piece of work it is about. What is sent goes into the one conversation."""
    return _write(person, pair, _form_for(pair, body=_("About %(title)s: ", title=title)))


def _write(person: Person, pair: Correspondence, form: BeginForm) -> str:
    timezone, reach = timezones(person)[pair.school_id], []
    if pair.section is None:
        reach = reached_office(pair.school_id, timezone, person.now)
    elif person.acts_as(RoleKind.PARENT):
        days = office_hours.days_of([teacher.id for teacher in pair.teachers], pair.school_id)
        hours = office_hours.hours_for(pair.school_id, timezone, [days[one.id] for one in pair.teachers])
        reach = reached(list(pair.teachers), hours, person.now)
    return render_template(
        "messages/write.html",
        sides=sides_of_pair(pair, person),
        form=form,
        reach=reach,
        timezone=timezone,
        answers=_answered(person, pair, form),
        is_stopped=pair.why_not is not None,
    )


def _answered(person: Person, pair: Correspondence, form: BeginForm) -> Announcement | None:
    """The announcement that is answered, where there is one. Raises NotFound."""
    key = form.announcement.data
    return announcements.answered(person, key, pair) if key else None


@bp.post("/")
@door.correspondent
@takes_files
def begin() -> Any:
    """Open the one conversation of these people and send its first message."""
    person, form = correspondent(), BeginForm()
    try:
        pair = _pair(person, form)
    except NotFound:
        return unsent(form.body.data, _why_not(person, form))
    try:
        answered = _answered(person, pair, form)
    except NotFound:
        return _no_longer_answered(person, pair, form)
    stop = stopped(person, pair.school_id)
    if stop is not None:
        refuse(form, stop)
        return _write(person, pair, form), 403
    if not accepts(form, person, pair.school_id):
        return _write(person, pair, form), 422
    words = {"body": form.body.data, "client_key": form.client_key.data, "most_an_hour": most_an_hour()}
    answers = answered.id if answered else None
    try:
        files = taken(form)
        opened = messaging.open_conversation(pair, actor_id=person.id, now=moment())
        public_id = opened.public_id
        messaging.send(opened, author_id=person.id, **words, now=moment(), files=files, announcement_id=answers)
    except messaging.OtherBody:
        db.session.rollback()
        form.was_used()
        return _write(person, _pair(person, form), form), 409
    except messaging.TooMany as error:
        db.session.rollback()
        form.too_many(error.most)
        return _write(person, _pair(person, form), form), 429
    except attachments.QuotaUsedUp:
        no_room(form)
        return _write(person, _pair(person, form), form), 422
    except Refused:
        return _write(person, _pair(person, form), form), 422
    db.session.commit()
    return redirect(url_for("messages.conversation", conversation_id=public_id, _anchor="newest"), 303)


def _no_longer_answered(person: Person, pair: Correspondence, form: BeginForm) -> Any:
    """It was withdrawn, or never this guardian's: what was typed stays, and can go as an ordinary message."""
    form.announcement.data = ""
    form.send_anew(
        _("The announcement that you answer was withdrawn. To send this as an ordinary message, send it again")
    )
    return _write(person, pair, form), 409


def _why_not(person: Person, form: BeginForm) -> WhyNot | None:
    """What a guardian can read on the page of their child's classes too."""
    try:
        pairs = _possible(person, form)
    except NotFound:
        return None
    return next((pair.why_not for pair in pairs), None)


def _possible(person: Person, form: BeginForm) -> list[Correspondence]:
    if form.office.data:
        return policy.offices_for_guardian(person, form.student.data or "", form.office.data)
    return policy.classes_of_guardian(person, form.student.data or "", form.section.data or "")


def _pair(person: Person, form: BeginForm) -> Correspondence:
    if form.office.data:
        return policy.correspondence_with_office(person, form.student.data or "", form.office.data)
    return policy.correspondence(person, form.student.data or "", form.section.data or "", form.guardian.data or None)
