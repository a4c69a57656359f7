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
from gradebook.blueprints.messages.to_many import ToMany, answer
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


class Sending(ToMany):
    """What one request is about: the assignment, its class, and how it stands for each student."""

    form: FamiliesForm

    def __init__(self, assignment_id: str) -> None:
        self.key = assignment_id
        self.load()
        self.form = FamiliesForm(who=request.args.get("who"))
        self.form.offer(self._choices(), [(row.student.public_id, row.student.sort_name) for row in self.rows])

    def load(self) -> None:
        """Who writes, and how the assignment stands."""
        self.person: Person = correspondent()
        self.assignment: Assignment = access.assignment_for_teacher(self.person, policy.key_of(self.key))
        self.section: Section = access.section_of_assignment(self.person, self.key)
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

    def is_closed(self) -> bool:
        """The class is over, or the office has stopped messages: what was typed stays in the form."""
        if self.is_over:
            return True
        stop = stopped(self.person, self.section.school_id)
        if stop is not None:
            refuse(self.form, stop)
        return stop is not None

    def is_right(self) -> bool:
        """The words, and whose families."""
        return accepts(self.form, self.person, self.section.school_id)

    def found(self) -> list[Family]:
        """Who gets what, as things stand now."""
        form = self.form
        rows = letters.meant(self.rows, Whom(form.who.data), below=form.below.amount, chosen=form.students.data or ())
        return letters.families_of(self.person, self.section, rows, form.body.data, self.assignment.title)

    def can_go(self, found: Sequence[Family]) -> bool:
        """Say what stands against it: nobody is meant, too long with the names in it, too many at once."""
        form, longest = self.form, max((len(family.body) for family in found), default=0)
        count, room = sum(len(one.reached) for one in found), self._room
        if not found:
            form.who.errors = [_nobody(form)]
        if longest > LONGEST_MESSAGE:
            form.body.errors = [_("With the names in it the message is too long. Shorten it")]
        if count > room:
            form.who.errors = [_too_many(count, room)]
        return not form.who.errors and not form.body.errors

    @property
    def _room(self) -> int:
        return messaging.room_for(self.section.school_id, self.person.id, moment())

    @property
    def _shown(self) -> list[str]:
        return request.form.getlist("to")

    def was_shown(self, found: Sequence[Family]) -> bool:
        """By the guardians whom the preview carried."""
        return bool(self._shown) and sorted(key for family in found for key in family.keys) == sorted(self._shown)

    def was_sent(self) -> bool:
        """Just these words to just these."""
        before = letters.sent_with(self.section.school_id, self.person.id, self.form.client_key.data or "")
        if not before:
            return False
        words, title = self.form.body.data, self.assignment.title
        same = all(sent.body == letters.filled(words, sent.called, title) for sent in before)
        if not same or {sent.key for sent in before} != set(self._shown):
            raise messaging.OtherBody
        return True

    def send(self, found: Sequence[Family] | None) -> Any:
        """To everyone who was shown, or to nobody. What was sent before is not sent again."""
        if found is None:
            return _done(0)
        count = messaging.send_to_each(
            self.section,
            [letter for family in found for letter in family.letters],
            author_id=self.person.id,
            client_key=self.form.client_key.data or "",
            now=moment(),
        )
        return _done(count)

    def say_used(self) -> None:
        """Under a new key it can go."""
        self.form.was_used()

    def say_too_many(self, error: Exception) -> None:
        """Somebody else's sending, or an own one, came between."""
        self.form.who.errors = [_too_many(len(self._shown), getattr(error, "most", 0))]

    def page(self) -> str:
        """Whose families, and the words."""
        return render_template("messages/families.html", sending=self, form=self.form)

    def preview(self, found: Sequence[Family], *, moved: bool = False) -> str:
        """Who gets what."""
        return render_template(
            "messages/families_preview.html",
            sending=self,
            form=self.form,
            families=found,
            kept=_kept(self.form, found),
            count=sum(len(family.reached) for family in found),
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
    return Sending(assignment_id).page()


@bp.post("/families/<assignment_id>")
@door.teacher
def to_families(assignment_id: str) -> Any:
    """Show who gets what; go back to the words; or send to those who were shown."""
    return answer(Sending(assignment_id))


def _nobody(form: FamiliesForm) -> str:
    if form.who.data == Whom.CHOSEN:
        return _("Choose at least one student from the list")
    return _("There is no such student at the moment. Choose another group")


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


def _done(count: int) -> Any:
    if count:
        words = ngettext("%(num)s message was sent.", "%(num)s messages were sent.", count)
    else:
        words = _("These messages were sent before. Nothing was sent twice.")
    flash(words, "good")
    return redirect(url_for("messages.index"), 303)
