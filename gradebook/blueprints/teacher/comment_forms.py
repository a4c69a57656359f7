"""The forms of comments: what is said about a score, and what a teacher keeps to say again."""

from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import ValidationError

from gradebook.services import comment_bank, score_comments
from gradebook.services.messaging import cleaned, has_control_characters, has_words
from gradebook.services.score_comments import Said


class WordsField(TextAreaField):
    """Plain text of several lines; empty where nothing of it could be seen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"filters": [_readable], **kwargs})
        self.type = "TextAreaField"

    def process_formdata(self, valuelist: Any) -> None:
        """A field that was not sent is empty, not as before."""
        self.data = valuelist[0] if valuelist else ""

    def require(self, longest: int) -> None:
        """Raises ValidationError for what cannot be shown, and for more than so many letters."""
        if has_control_characters(self.data):
            raise ValidationError(_("There is a character in it that cannot be shown. Type it again"))
        if len(self.data) > longest:
            raise ValidationError(
                _(
                    "This has %(length)s characters. Shorten it to %(most)s or fewer",
                    length=format_decimal(len(self.data)),
                    most=format_decimal(longest),
                )
            )


def _readable(text: str | None) -> str:
    words = cleaned(text or "")
    return words if has_words(words) else ""


class CommentsForm(FlaskForm):
    """The comment and the private note of one score. `stands` is what is there now."""

    stands = Said()
    comment = WordsField(_l("Comment"))
    note = WordsField(_l("Private note"))

    @property
    def said(self) -> Said:
        """What was typed; a text that was only shown stays as it is, to the letter."""
        return Said(_typed(self.comment.data, self.stands.comment), _typed(self.note.data, self.stands.note))

    def validate_comment(self, field: WordsField) -> None:
        """What came from a file may be longer than what can be typed."""
        if self.said.comment != self.stands.comment:
            field.require(score_comments.LONGEST)

    def validate_note(self, field: WordsField) -> None:
        """The same."""
        if self.said.note != self.stands.note:
            field.require(score_comments.LONGEST)


def _typed(text: str, stands: str) -> str:
    return stands if text == cleaned(stands) else text


class BankForm(FlaskForm):
    """One comment of the bank."""

    words = WordsField(_l("Comment"))

    def validate_words(self, field: WordsField) -> None:
        """Some words, and not too many."""
        if not field.data:
            raise ValidationError(_("Write the comment that you want to keep"))
        field.require(comment_bank.LONGEST)


def why_not_kept(code: str) -> str:
    """Why a comment did not get into the bank."""
    if code == "full":
        return _("Your comment bank is full: it holds %(most)s comments. Delete one first", most=comment_bank.MOST)
    if code == "twice":
        return _("This comment is in your bank already")
    return _("You changed this comment in another window. Look at it, then save again if this is right")
