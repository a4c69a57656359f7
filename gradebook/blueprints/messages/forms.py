"""What is written, and the key that makes a message sent twice one message."""

import re
from typing import Any
from uuid import uuid4

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from werkzeug.datastructures import FileStorage
from wtforms import HiddenField, PasswordField, RadioField, SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from gradebook.services.announcements import LONGEST_TITLE
from gradebook.services.attachments import MOST_FILES
from gradebook.services.letters import Whom, not_known
from gradebook.services.messaging import LONGEST_MESSAGE, cleaned, has_control_characters, has_words
from gradebook.web.fields import AmountField, LineField
from gradebook.web.when import WhenForm

_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_key() -> str:
    """A key that no form had before."""
    return str(uuid4())


class ProofForm(FlaskForm):
    """The password, before messages are shown on a kept device."""

    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password"))])


class WordsForm(FlaskForm):
    """The words of a message."""

    body = TextAreaField(_l("Message"), filters=[lambda text: cleaned(text or "")])

    def validate_body(self, field: Any) -> None:
        """Words, not too many, and nothing that cannot be shown."""
        if not has_words(field.data):
            raise ValidationError(_("Write a message"))
        if has_control_characters(field.data):
            raise ValidationError(_("The message has a character in it that cannot be shown. Type the message again"))
        if len(field.data) > LONGEST_MESSAGE:
            raise ValidationError(_too_long(len(field.data)))


class MessageForm(WordsForm):
    """A message in a conversation."""

    client_key = HiddenField(default=new_key)

    def validate(self, extra_validators: Any = None) -> bool:
        """The key is the form's own matter: where it is missing the person only sends again."""
        is_valid = bool(super().validate(extra_validators))
        sent = (self.client_key.raw_data or [""])[0]  # not .data, which falls back on a new key
        if _KEY.fullmatch(sent):
            return is_valid
        self.send_anew(_("Your message was not sent. It is still in the box. Try again"))
        return False

    def send_anew(self, words: str) -> None:
        """Keep the text under a new key, and say why it was not sent."""
        self.client_key.data = new_key()
        self.body.errors = [*self.body.errors, words]

    def too_many(self, most: int) -> None:
        """As many were sent in the hour as one may send."""
        self.body.errors = [
            *self.body.errors,
            ngettext(
                "You have sent %(most)s message within an hour, and no more can go out for now. This one is kept here:"
                " send it again later",
                "You have sent %(most)s messages within an hour, and no more can go out for now. This one is kept here:"
                " send it again later",
                most,
                most=format_decimal(most),
            ),
        ]

    def was_used(self) -> None:
        """The key has sent other words before: from a page that the browser kept."""
        self.send_anew(_("You sent another message from this form before. To send this one too, send it again"))


class SendForm(MessageForm):
    """A message with files."""

    files = MultipleFileField(_l("Files"))

    def sent_files(self) -> list[FileStorage]:
        """What was chosen; a browser sends an empty one where nothing was."""
        return [file for file in self.files.data or [] if isinstance(file, FileStorage) and file.filename]

    def validate_files(self, field: Any) -> None:
        """Not too many. What they are is looked at when the rest is right (files.py)."""
        if len(self.sent_files()) > MOST_FILES:
            raise ValidationError(_("Choose %(most)s files or fewer", most=MOST_FILES))

    def refuse_files(self, words: str) -> None:
        """Say why they were not taken."""
        self.files.errors = [*self.files.errors, words]


class BeginForm(SendForm):
    """The first message, and whom it is about and for."""

    student = HiddenField()
    section = HiddenField()
    office = HiddenField()
    """The school to whose office it goes, in the place of a class."""
    guardian = HiddenField()
    announcement = HiddenField()


class AnnouncementForm(WhenForm, MessageForm):
    """What is announced, to whom, and when."""

    no_day = _l("Enter the date on which it is sent")
    not_ahead = _l("The date and time must lie ahead. To send at once choose Now")
    now_or_later = _l("Choose whether to send now, or at the date and time below. For now, leave them empty")

    to = RadioField(
        _l("To whom"),
        choices=[
            SelectChoice("classes", _l("The families of the classes that I choose")),
            SelectChoice("school", _l("All families of the school")),
        ],
        default="classes",
        validate_choice=False,
    )
    sections = SelectMultipleField(_l("Classes"), validate_choice=False)
    title = LineField(
        _l("Title"),
        [
            DataRequired(_l("Say in a few words what it is about")),
            Length(max=LONGEST_TITLE, message=_l("Use %(max)d characters or fewer")),
        ],
    )

    def offer(self, sections: list[tuple[str, str]], chosen: str | None, *, to_school: bool) -> None:
        """The classes that can be chosen; the one of the address, or the only one, is chosen from the beginning."""
        self.sections.choices = [SelectChoice(value, words) for value, words in sections]
        if not to_school:
            self.to.data = "classes"
        if not self.is_submitted():
            self.sections.data = [key for key, _words in sections if key == chosen or len(sections) == 1]

    def validate_sections(self, field: Any) -> None:
        """At least one, where classes are meant."""
        offered = {choice.value for choice in field.choices or ()}
        if self.to.data != "school" and not offered.intersection(field.data or ()):
            raise ValidationError(_("Choose at least one class"))


class FamiliesForm(MessageForm):
    """The same words to several families because of one assignment, and whose families are meant."""

    who = RadioField(_l("Whose families"), validate_choice=False)
    below = AmountField(_l("Below how many percent"), most=1000, wrong=_l("Type a number of percent, like 60"))
    students = SelectMultipleField(_l("Students"), validate_choice=False)

    def offer(self, choices: list[tuple[str, Any]], students: list[tuple[str, str]]) -> None:
        """Who can be chosen. The first group is meant until one is chosen; of students only these count."""
        self.who.choices = [SelectChoice(value, words) for value, words in choices]
        self.students.choices = [SelectChoice(value, words) for value, words in students]
        if not self.is_submitted() and self.who.data not in dict(choices):
            self.who.data = choices[0][0]

    def validate_who(self, field: Any) -> None:
        """One of the groups, and no other."""
        if field.data not in [choice.value for choice in field.choices]:
            raise ValidationError(_("Choose whose families get the message"))

    def validate_below(self, field: Any) -> None:
        """Needed where the mark decides."""
        if self.who.data == Whom.BELOW and not field.data:
            raise ValidationError(_("Type a number of percent, like 60"))

    def validate_body(self, field: Any) -> None:
        """As every message; and nothing in braces for which there is nothing to put in."""
        super().validate_body(field)
        unknown = not_known(field.data)
        if unknown:
            raise ValidationError(
                _("There is nothing to put in for %(word)s. Use {student} or {assignment}", word=unknown)
            )


def _too_long(length: int) -> str:
    return _(
        "The message has %(length)s characters. Shorten it to %(most)s or fewer",
        length=format_decimal(length),
        most=format_decimal(LONGEST_MESSAGE),
    )
