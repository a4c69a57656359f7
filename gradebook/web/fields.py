"""Form fields of this product: text without control characters, numbers, a choice that says what to do, a reason
from a list, own words, a day in three parts, a list of rows."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FieldList, Form, FormField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.utils import unset_value
from wtforms.validators import DataRequired, Length, ValidationError

EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫", "01234567890123456789.")
"""Arabic-Indic and Persian digits, as phones type them, to plain ones."""
_AMOUNT = re.compile(r"(?P<whole>[0-9]{1,9})(?:[.,](?P<rest>[0-9]{1,9}))?", re.ASCII)


def one_line(text: str | None) -> str:
    """Trimmed, on one line, without control characters; empty where nothing of it could be seen."""
    words = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text or "")
    can_be_seen = any(unicodedata.category(letter)[0] not in "CZ" for letter in words)
    return re.sub(r" {2,}", " ", words).strip() if can_be_seen else ""


def paragraph(text: str | None) -> str:
    """Trimmed, line breaks kept, without other control characters."""
    lines = (text or "").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(each for each in lines if each in "\n\t" or unicodedata.category(each) != "Cc").strip()


class LineField(StringField):
    """One line of text; never None, never with a control character."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"filters": [one_line], **kwargs})
        self.type = "StringField"

    def process_formdata(self, valuelist: Any) -> None:
        """A field that was not sent is empty, not as before."""
        self.data = valuelist[0] if valuelist else ""


class AmountField(LineField):
    """A number with at most 2 decimals, comma or point. `.amount` is what was typed, None where nothing was.

    wrong: what is said when it is no number; missing: when it is empty, without it the field is optional.
    """

    def __init__(
        self,
        label: Any = None,
        *,
        most: Decimal | int,
        wrong: Any,
        missing: Any = None,
        whole: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, **kwargs)
        self.type = "IntegerField" if whole else "DecimalField"
        self.most, self.wrong, self.missing, self.whole = Decimal(most), wrong, missing, whole
        self.amount: Decimal | None = None

    def pre_validate(self, form: Any) -> None:
        """Read the number, or say what is wrong with it."""
        text = (self.data or "").translate(DIGITS).removesuffix("%").strip()
        if not text:
            if self.missing:
                raise ValidationError(self.missing)
            return
        found = _AMOUNT.fullmatch(text)
        if found is None or (self.whole and found["rest"]):
            raise ValidationError(self.wrong)
        if len(found["rest"] or "") > 2:
            raise ValidationError(_("Use no more than 2 decimal places"))
        self.amount = Decimal(f"{found['whole']}.{found['rest'] or 0}")
        if self.amount > self.most:
            raise ValidationError(_("%(field)s can be at most %(most)s", field=self.label.text, most=self.most))


def typed(amount: Decimal | int | None) -> str:
    """A number as it stands in its field: without trailing zeros, nothing for none."""
    return "" if amount is None else format(Decimal(amount).normalize(), "f")


class PickField(SelectField):
    """A choice from a list of (value, words)."""

    def __init__(self, *args: Any, pairs: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, choices=_choices(pairs), **kwargs)
        self.type = "SelectField"

    def offer(self, pairs: Any) -> None:
        """The values and words, where they depend on the school."""
        self.choices = _choices(pairs)

    def pre_validate(self, form: Any) -> None:
        """Plain words for a value that is not on the list."""
        if self.data not in [choice.value for choice in self.choices or ()]:
            raise ValidationError(_("%(field)s: choose one from the list", field=str(self.label.text)))


def _choices(pairs: Any) -> list[SelectChoice]:
    return [SelectChoice(value, words) for value, words in pairs]


class ReasonField(RadioField):
    """One of a list that is shown whole; none is chosen at the beginning. missing: what is said when none is."""

    def __init__(self, label: Any = None, *, words: Mapping[Any, Any], missing: Any, **kwargs: Any) -> None:
        super().__init__(label, choices=_choices((str(one), text) for one, text in words.items()), **kwargs)
        self.type = "RadioField"
        self.missing = missing

    def pre_validate(self, form: Any) -> None:
        """One of the list."""
        if self.data not in [choice.value for choice in self.choices or ()]:
            raise ValidationError(self.missing)


class WordsField(TextAreaField):
    """Own words, at most so many characters. missing: what is said where there are none; without it none are needed."""

    def __init__(self, label: Any = None, *, most: int, missing: Any = None, **kwargs: Any) -> None:
        short = Length(max=most, message=_l("Use %(max)d characters or fewer"))
        validators = [DataRequired(missing), short] if missing else [short]
        super().__init__(label, validators, **{"filters": [paragraph], **kwargs})
        self.type = "TextAreaField"


class _Parts(Form):
    """The three parts of a day, in the order in which they are shown."""

    day = LineField(_l("Day"))
    month = LineField(_l("Month"))
    year = LineField(_l("Year"))


class DayField(FormField):
    """A school day in three text fields. `.day` is the date, or None when it was left empty.

    missing: what is said when it is empty; without it the day is optional. wrong: when it is no day of the calendar.
    """

    def __init__(self, label: Any = None, *, missing: Any = None, wrong: Any = None, **kwargs: Any) -> None:
        super().__init__(_Parts, label, **kwargs)
        self.type = "FormField"
        self.missing = missing
        self.wrong = wrong or _l("Enter a day like 14 3 2026")

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """A date becomes its three parts."""
        if data is unset_value:
            data = self.default
        if formdata is not None:
            data = None  # what was not sent is empty, not as before
        super().process(formdata, in_parts(data) if isinstance(data, date) else {}, extra_filters)

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        """Say at most one thing about the day as a whole."""
        typed = [self.form.day.data, self.form.month.data, self.form.year.data]
        words = None
        if not any(typed):
            words = self.missing
        elif self.day is None:
            words = self.wrong
        self.form.form_errors = [words] if words else []
        return not words

    def complain(self, words: str) -> None:
        """Put a sentence beside the field."""
        self.form.form_errors = [words]

    @property
    def day(self) -> date | None:
        """The day that was typed; None when it is empty or no day of the calendar."""
        parts = [self.form.year.data or "", self.form.month.data or "", self.form.day.data or ""]
        if not all(re.fullmatch(r"[0-9]{1,4}", part) for part in parts):
            return None
        year, month, day = (int(part) for part in parts)
        try:
            return date(year, month, day) if EARLIEST_YEAR <= year <= LATEST_YEAR else None
        except ValueError:
            return None


def in_parts(day: date) -> dict[str, str]:
    """A day as the three fields hold it."""
    return {"day": str(day.day), "month": str(day.month), "year": str(day.year)}


class DaysForm(Form):
    """The days between which something lies, both of them included; either may be left open."""

    first = DayField(_l("From"))
    last = DayField(_l("To"))

    @property
    def typed(self) -> dict[str, str]:
        """The parts of the two days that were typed, by the names that they have in an address."""
        parts = (part for day in (self.first, self.last) for part in day.form)
        return {part.name: part.data for part in parts if part.data}


class Rows(FieldList):
    """A list of rows, numbered by plain digits; anything else that is sent is not a row."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.type = "FieldList"  # what the macros of forms know

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterable[int]:
        for name in formdata:
            found = re.fullmatch(rf"{re.escape(prefix)}-([0-9]{{1,4}})-.*", name, re.ASCII)
            if found:
                yield int(found[1])
