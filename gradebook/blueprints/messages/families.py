"""T2, T10: the same words to the families of several students because of one assignment, each in private."""

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from gradebook.blueprints.messages import bp
from gradebook.blueprints.messages.doorstep import correspondent
from gradebook.blueprints.messages.forms import FamiliesForm
from gradebook.blueprints.messages.stopping import accepts, refuse
from gradebook.extensions import db
from gradebook.models import Assignment, Section
from gradebook.policy import access
from gradebook.policy import conversations as policy
from gradebook.policy.person import Person
from gradebook.policy.stops import stopped
from gradebook.services import letters, messaging
from gradebook.services.letters import Family, Row, Whom
from gradebook.services.messaging import LONGEST_MESSAGE
from gradebook.web import door
from gradebook.web.requests import moment


class Sending:
    """What one request is about: the assignment, its class, and how it stands for each student."""

    def __init__(self, person: Person, assignment_id: str) -> None:
        self.person, self.key = person, assignment_id
        self.assignment: Assignment = access.assignment_for_teacher(person, policy.key_of(assignment_id))
        self.section: Section = access.section_of_assignment(person, assignment_id)
        self.rows: list[Row] = letters.rows_of(self.section, self.assignment, moment())

    @property
    def is_over(self) -> bool:
        """Whether nobody writes about this class any more."""
        return policy.is_over(self.person, self.section)

    @property
    def is_hidden(self) -> bool:
        """Whether families do not see the scores yet."""
        posted_at = self.assignment.posted_at
        return posted_at is None or posted_at > moment()

    def form(self) -> FamiliesForm:
        """With what was sent, or at the beginning with the group of the address."""
        form = FamiliesForm(who=request.args.get("who"))
        form.offer(self._choices(), [(row.student.public_id, row.student.sort_name) for row in self.rows])
        return form

    def _choices(self) -> list[tuple[str, str]]:
        missing, blank = (sum(getattr(row, name) for row in self.rows) for name in ("is_missing", "is_blank"))
        chosen = (Whom.CHOSEN.value, _("Students whom I choose"))
        if self.section.grades_outcomes:
            words = ngettext("%(num)s student without a rating", "%(num)s students without a rating", blank)
            return [(Whom.BLANK.value, words), chosen]
        return [
            (
                Whom.MISSING.value,
                ngettext("%(num)s student whose work is missing", "%(num)s students whose work is missing", missing),
            ),
            (
                Whom.BLANK.value,
                ngettext("%(num)s student without a score", "%(num)s students without a score", blank),
            ),
            (Whom.BELOW.value, _("Students with a score below a mark")),
            chosen,
        ]

    def families(self, form: FamiliesForm) -> list[Family]:
        """Who gets what, as things stand now."""
        rows = letters.meant(self.rows, Whom(form.who.data), below=form.below.amount, chosen=form.students.data or ())
        return letters.families_of(self.person, self.section, rows, form.body.data, self.assignment.title)

    def page(self, form: FamiliesForm) -> str:
        """Whose families, and the words."""
        return render_template("messages/families.html", sending=self, form=form)

    def preview(self, form: FamiliesForm, families: Sequence[Family], *, moved: bool = False) -> str:
        """Who gets what."""
        return render_template(
            "messages/families_preview.html",
            sending=self,
            form=form,
            families=families,
            kept=_kept(form, families),
            count=sum(len(family.reached) for family in families),
            moved=moved,
        )


def _kept(form: FamiliesForm, families: Sequence[Family]) -> list[tuple[str, str]]:
    """What the preview carries on: the form, and who was shown."""
    return [
        ("who", form.who.data),
        ("below", form.below.data or ""),
        *(("students", key) for key in form.students.data or ()),
        ("body", form.body.data),
        ("client_key", form.client_key.data or ""),
        *(("to", key) for family in families for key in family.keys),
    ]


@bp.get("/families/<assignment_id>")
@door.teacher
def families(assignment_id: str) -> Any:
    """The form."""
    sending = Sending(correspondent(), assignment_id)
    return sending.page(sending.form())


@bp.post("/families/<assignment_id>")
@door.teacher
def to_families(assignment_id: str) -> Any:
    """Show who gets what; go back to the words; or send to those who were shown."""
    sending = Sending(correspondent(), assignment_id)
    form = sending.form()
    if sending.is_over:
        return sending.page(form), 403
    if request.form.get("do") == "edit":
        return sending.page(form)
    stop = stopped(sending.person, sending.section.school_id)
    if stop is not None:
        refuse(form, stop)
        return sending.page(form), 403
    if not accepts(form, sending.person, sending.section.school_id):
        return sending.page(form), 422
    if request.form.get("do") == "send":
        return _send(sending, form)
    found = sending.families(form)
    return sending.preview(form, found) if _can_be_sent(sending, form, found) else (sending.page(form), 422)


def _can_be_sent(sending: Sending, form: FamiliesForm, found: Sequence[Family]) -> bool:
    """Say what stands against it: nobody is meant, too long with the names in it, too many at once."""
    longest = max((len(family.body) for family in found), default=0)
    count, room = sum(len(one.reached) for one in found), _room(sending)
    if not found:
        form.who.errors = [_nobody(form)]
    if longest > LONGEST_MESSAGE:
        form.body.errors = [_("With the names in it the message is too long. Shorten it")]
    if count > room:
        form.who.errors = [_too_many(count, room)]
    return not form.who.errors and not form.body.errors


def _nobody(form: FamiliesForm) -> str:
    if form.who.data == Whom.CHOSEN:
        return _("Choose at least one student from the list")
    return _("There is no such student at the moment. Choose another group")


def _room(sending: Sending) -> int:
    return messaging.room_for(sending.section.school_id, sending.person.id, moment())


def _too_many(count: int, room: int) -> str:
    if room < messaging.MOST_AT_ONCE:
        return _(
            "These would be %(count)s messages, and in this hour you can send %(room)s more. Choose fewer students, or "
            "send the rest later",
            count=count,
            room=room,
        )
    return _(
        "These would be %(count)s messages, and at most %(room)s are sent at once. Choose fewer students",
        count=count,
        room=room,
    )


def _send(sending: Sending, form: FamiliesForm) -> Any:
    """To everyone who was shown, or to nobody. What was sent before is not sent again."""
    shown = request.form.getlist("to")
    try:
        if _was_sent(sending, form, shown):
            return _done(0)
        found = sending.families(form)
        if not shown or sorted(key for family in found for key in family.keys) != sorted(shown):
            return sending.preview(form, found, moved=True), 409
        if not _can_be_sent(sending, form, found):
            return sending.page(form), 422
        count = messaging.send_to_each(
            sending.section,
            [letter for family in found for letter in family.letters],
            author_id=sending.person.id,
            client_key=form.client_key.data or "",
            now=moment(),
        )
    except messaging.OtherBody:
        db.session.rollback()
        form.was_used()
        return Sending(correspondent(), sending.key).page(form), 409
    except messaging.TooMany as error:
        db.session.rollback()
        form.who.errors = [_too_many(len(shown), error.most)]
        return Sending(correspondent(), sending.key).page(form), 429
    db.session.commit()
    return _done(count)


def _was_sent(sending: Sending, form: FamiliesForm, shown: list[str]) -> bool:
    """Whether just this was sent before. Raises OtherBody where the form sent something else."""
    before = letters.sent_with(sending.section.school_id, sending.person.id, form.client_key.data or "")
    if not before:
        return False
    words, title = form.body.data, sending.assignment.title
    same = all(sent.body == letters.filled(words, sent.called, title) for sent in before)
    if not same or {sent.key for sent in before} != set(shown):
        raise messaging.OtherBody
    return True


def _done(count: int) -> Any:
    if count:
        words = ngettext("%(num)s message was sent.", "%(num)s messages were sent.", count)
    else:
        words = _("These messages were sent before. Nothing was sent twice.")
    flash(words, "good")
    return redirect(url_for("messages.index"), 303)
