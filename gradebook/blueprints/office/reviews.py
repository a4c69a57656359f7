"""O8: reviews. Conversations are read in an open one only, and each page of them is written down before it is shown."""

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.approval_words import fault_words
from gradebook.blueprints.office.common import last_day, own_school, tell, today
from gradebook.blueprints.office.oversight import REVIEW_REASONS, overseer
from gradebook.extensions import db
from gradebook.models import (
    Conversation,
    Duty,
    MessageReport,
    OversightReview,
    ReviewReason,
    RoleKind,
    School,
    Section,
    User,
)
from gradebook.models.oversight import MOST_DAYS
from gradebook.policy import access, oversight
from gradebook.policy.access import NotFound
from gradebook.policy.conversations import key_of
from gradebook.policy.person import Person
from gradebook.policy.rules import can
from gradebook.services import approvals, directory, duties, reviews, rosters
from gradebook.services.approvals import ApprovalError
from gradebook.services.directory import PeopleFilter
from gradebook.web import door
from gradebook.web.fields import DayField, PickField, ReasonField, WordsField, one_line
from gradebook.web.files import file_response
from gradebook.web.filters import day as day_words
from gradebook.web.login import current_person
from gradebook.web.requests import moment, short_write, whole_number

ALL = "all"


class ReviewForm(FlaskForm):
    """Why, which conversations, which messages, how long."""

    reason = ReasonField(_l("Reason"), words=REVIEW_REASONS, missing=_l("Choose the reason"))
    words = WordsField(
        _l("What it is about"),
        most=reviews.LONGEST_WORDS,
        missing=_l("Say what it is about. It is kept with the review"),
    )
    scope = PickField(_l("Conversations"))
    first_day = DayField(_l("Messages from"), missing=_l("Enter the first day, like 14 3 2026"))
    last_day = DayField(_l("Messages to"), missing=_l("Enter the last day, like 14 3 2026"))
    days = PickField(_l("How long"), default=str(MOST_DAYS))


class NoteForm(FlaskForm):
    """A note to keep with the review."""

    body = WordsField(_l("Note"), most=reviews.LONGEST_WORDS, missing=_l("Write a note"))


class HoldForm(FlaskForm):
    """Why the conversations are not to be told yet, and for how long."""

    days = PickField(_l("How long"))
    reason = WordsField(
        _l("Why it would put somebody in danger"),
        most=approvals.LONGEST_REASON,
        missing=_l("Say why. Whoever watches reads it"),
    )


# --- Opening


@bp.get("/oversight/reviews/new")
@door.office
def new_review() -> Any:
    """Whose conversations; then why."""
    person, school = overseer(), own_school()
    report = _report_of(person)
    key = report.student_id if report else None
    student = db.session.get_one(User, key) if key else _student(person)
    if student is None:
        return _search_page(school)
    return _new_page(person, school, student, _empty_form(school, student, report))


@bp.post("/oversight/reviews/new")
@door.office
def new_review_post() -> Any:
    """From now on what it covers can be read."""
    person, school = overseer(), own_school()
    student = _student(person)
    if student is None:
        raise NotFound
    form = _offered(ReviewForm(), school, student)
    draft = _draft(form, school, student)
    if draft is None:
        return _new_page(person, school, student, form, 422)
    problem = _stands_in_the_way(person, school, draft)
    if problem:
        form.scope.errors = [problem]
        return _new_page(person, school, student, form, 422)
    review = reviews.open_review(person, school, draft, moment())
    until = last_day(review.ends_on)
    public_id = review.public_id
    db.session.commit()
    tell(
        _("Review open until %(day)s.", day=day_words(until)),
        _("Everything you open is recorded."),
        "good",
    )
    return redirect(url_for("office.message_review", review_id=public_id), 303)


def _student(person: Person) -> User | None:
    key = request.values.get("child")
    return access.student_for_office(person, key_of(key)) if key else None


def _report_of(person: Person) -> MessageReport | None:
    """The report from which the review is opened: it is about that conversation."""
    key = request.args.get("report")
    return oversight.report_for_office(person, key) if key else None


def _pairs(school: School, student: User) -> dict[str, Any]:
    found = reviews.classes_with_guardians(student, school)
    return {
        f"{section.public_id}.{guardian.public_id}": (section, guardian, words) for section, guardian, words in found
    }


def _offered(form: ReviewForm, school: School, student: User) -> ReviewForm:
    pairs = _pairs(school, student).items()
    one = [(key, f"{section.title} – {guardian.display_name} ({words})") for key, (section, guardian, words) in pairs]
    form.scope.offer([(ALL, _("All about %(child)s", child=student.called)), *one])
    form.days.offer([(str(days), ngettext("%(num)s day", "%(num)s days", days)) for days in range(MOST_DAYS, 0, -1)])
    return form


def _empty_form(school: School, student: User, report: MessageReport | None) -> ReviewForm:
    day = today(school)
    form = ReviewForm(formdata=None, first_day=day - timedelta(days=30), last_day=day)
    if report is not None:
        form.reason.data = ReviewReason.REPORT.value
        keys = ((key, pair) for key, pair in _pairs(school, student).items())
        parties = (report.reporter_id, report.author_id)
        form.scope.data = next(
            (key for key, pair in keys if pair[0].id == report.section_id and pair[1].id in parties), ALL
        )
    return _offered(form, school, student)


def _draft(form: ReviewForm, school: School, student: User) -> reviews.Wanted | None:
    """What the form asks for; None where something is wrong with it."""
    is_valid = form.validate()
    first, last = form.first_day.day, form.last_day.day
    if first is None or last is None or not is_valid:
        return None
    latest = today(school) + timedelta(days=int(form.days.data) - 1)
    if last < first:
        form.last_day.complain(_("The last day must be on or after the first day."))
    elif last - first >= reviews.LONGEST_SPAN:
        form.first_day.complain(_("Choose at most 366 days at a time, like one school year after the other."))
    elif last > latest:
        form.last_day.complain(_("The last day must not be after the review ends."))
    else:
        section, guardian, _words = _pairs(school, student).get(form.scope.data, (None, None, ""))
        reason = ReviewReason(form.reason.data)
        words, days = form.words.data or "", int(form.days.data)
        return reviews.Wanted(student, reason, words, first, last, days, section, guardian)
    return None


def _stands_in_the_way(person: Person, school: School, draft: reviews.Wanted) -> str:
    """Why this person may not open it, and who may."""
    if not duties.who_has(Duty.SUPERVISOR, school, moment()):
        return _("Nobody watches over message oversight at your school. Name somebody first.")
    if oversight.may_open_review(person, draft.student, draft.section):
        return ""
    others = [user.display_name for user in duties.who_has(Duty.REVIEWER, school, moment()) if user.id != person.id]
    if others:
        return _(
            "You are or were a guardian of this child, or a teacher of this class. Ask %(people)s.",
            people=", ".join(others),
        )
    return _("You are or were a guardian of this child, or a teacher of this class. Name somebody else for it first.")


def _search_page(school: School) -> str:
    text = one_line(request.args.get("q", ""))[:100]
    wanted = PeopleFilter(text=text, role=RoleKind.STUDENT)
    found = directory.everyone(school, wanted, today(school), 20) if text else []
    return render_template("office/new_review_child.html", text=text, found=found)


def _new_page(person: Person, school: School, student: User, form: ReviewForm, status: int = 200) -> Any:
    watching = duties.who_has(Duty.SUPERVISOR, school, moment())
    page = render_template("office/new_review.html", student=student, form=form, watching=watching)
    return page, status


# --- The review


@bp.get("/oversight/reviews/<review_id>")
@door.office
def message_review(review_id: str) -> Any:
    """Its reason, what it covers, what was opened, notes. Conversations only for who opened it, while it is open."""
    person, review = _review(review_id)
    return _page(person, review, NoteForm(formdata=None))


def _review(review_id: str, *, to_read: bool = False) -> tuple[Person, OversightReview]:
    """A review that this person may see, or read in. Raises NotFound."""
    person = watcher_or_overseer()
    review = oversight.review_for_office(person, review_id)
    if to_read and not can(person, "review:read", review):
        raise NotFound
    return person, review


def watcher_or_overseer() -> Person:
    """The person who asks, named for reading or for watching. Raises NotFound for every address alike."""
    person = current_person()
    return person if can(person, "reviews:watch") else overseer()


def _page(
    person: Person, review: OversightReview, note: NoteForm, status: int = 200, hold: HoldForm | None = None
) -> Any:
    school = own_school()
    reads = can(person, "review:read", review)
    section, guardian = _scope_names(review)
    page = render_template(
        "office/review.html",
        school=school,
        review=review,
        is_open=review.is_open(today(school)),
        until=last_day(review.ends_on),
        reads=reads,
        is_own=review.opened_by == person.id,
        talks=reviews.covered(person, review, school) if reads else [],
        opened=reviews.opened_lines(review),
        notes=reviews.notes_of(review),
        note=note,
        hold=hold or offered_hold(HoldForm(formdata=None)),
        asked=reviews.hold_asked(review, moment()),
        section=section,
        guardian=guardian,
        reasons=REVIEW_REASONS,
        timezone=school.timezone,
    )
    return page, status


def offered_hold(form: HoldForm) -> HoldForm:
    """With the spans that there are."""
    form.days.offer([(str(days), ngettext("%(num)s day", "%(num)s days", days)) for days in reviews.HOLDS])
    return form


def _scope_names(review: OversightReview) -> tuple[str, str]:
    if review.section_id is None:
        return "", ""
    section, guardian = db.session.get_one(Section, review.section_id), db.session.get_one(User, review.guardian_id)
    return section.title, guardian.display_name


@bp.get("/oversight/reviews/<review_id>/conversations/<conversation_id>")
@door.office
def review_conversation(review_id: str, conversation_id: str) -> str:
    """A page of messages, read only, with what stood there before; that it is read is written down before."""
    person, review = _review(review_id, to_read=True)
    school, before = own_school(), whole_number(request.args.get("before"))
    talk = _talk(person, review, school, conversation_id)
    page = reviews.messages_in(review, talk, school, before)
    numbers = [message.seq for message in page.messages]
    with short_write():
        review, talk = _again(person, review_id, conversation_id)
        reviews.note_reading(review, talk, moment(), messages=numbers)
    review, talk = _again(person, review_id, conversation_id)
    return render_template(
        "office/review_conversation.html",
        review=review,
        talk=talk,
        page=page,
        relationships=reviews.relationships(review),
        timezone=school.timezone,
    )


def _talk(person: Person, review: OversightReview, school: School, conversation_id: str) -> Conversation:
    talk = reviews.conversation_in(person, review, school, key_of(conversation_id))
    if talk is None:
        raise NotFound
    return talk


def _again(person: Person, review_id: str, conversation_id: str) -> tuple[OversightReview, Conversation]:
    """The rows in the transaction that has begun since."""
    review = oversight.review_for_office(person, review_id)
    return review, _talk(person, review, own_school(), conversation_id)


@bp.get("/oversight/reviews/<review_id>/conversations/<conversation_id>/files/<file_id>")
@door.office
def review_file(review_id: str, conversation_id: str, file_id: str) -> Any:
    """A file of a message that the review covers, to be kept on one's device; written down before."""
    person, review = _review(review_id, to_read=True)
    school = own_school()
    talk = _talk(person, review, school, conversation_id)
    file = reviews.file_in(review, talk, school, key_of(file_id))
    if file is None:
        raise NotFound
    with short_write():
        review, talk = _again(person, review_id, conversation_id)
        reviews.note_reading(review, talk, moment(), file=file_id)
    return file_response(*file)


@bp.post("/oversight/reviews/<review_id>/notes")
@door.office
def review_note(review_id: str) -> Any:
    """Keep a note, by who opened it or who watches, also when it is over."""
    person, review = _review(review_id)
    form = NoteForm()
    if not form.validate():
        return _page(person, review, form, 422)
    reviews.add_note(review, form.body.data, moment(), actor_id=person.id)
    db.session.commit()
    flash(_("Saved."), "good")
    return redirect(url_for("office.message_review", review_id=review_id), 303)


@bp.post("/oversight/reviews/<review_id>/closing")
@door.office
def review_closing(review_id: str) -> Any:
    """It opens nothing any more, and the conversations that were opened say so."""
    person, review = _review(review_id)
    reviews.close(rosters.locked(review), own_school(), moment(), actor_id=person.id)
    said = review.said_at is not None
    db.session.commit()
    words = _("Each conversation that was opened says so now.") if said else _("Its line is held back.")
    tell(_("The review is closed."), words, "good")
    return redirect(url_for("office.message_review", review_id=review_id), 303)


@bp.post("/oversight/reviews/<review_id>/holding")
@door.office
def review_holding(review_id: str) -> Any:
    """Ask that the conversations are not told yet; who watches decides."""
    person, review = _review(review_id)
    if review.opened_by != person.id:
        raise NotFound
    form = offered_hold(HoldForm())
    if not form.validate():
        return _page(person, review, NoteForm(formdata=None), 422, form)
    try:
        reviews.ask_to_hold(person, rosters.locked(review), int(form.days.data), form.reason.data, moment())
    except (ApprovalError, reviews.Said) as error:
        db.session.rollback()
        words = (
            fault_words(error) if isinstance(error, ApprovalError) else _("The conversations have been told already.")
        )
        tell(_("Nothing was changed."), words, "bad")
    else:
        db.session.commit()
        tell(_("Whoever watches has to agree."), _("Until then the line is said when the review ends."), "good")
    return redirect(url_for("office.message_review", review_id=review_id), 303)
