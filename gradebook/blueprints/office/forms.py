"""The forms of the office."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Email, Length, Optional, ValidationError

from gradebook.blueprints.office.common import BASES, POSITIONS, ROLES, SESSION_KINDS, first_day_without
from gradebook.models import AccessBasis, Position, SessionKind
from gradebook.models.school import OLDEST_OF_AGE, YOUNGEST_OF_AGE
from gradebook.services.accounts import name_key
from gradebook.services.rosters import Details, Link, Order
from gradebook.web.fields import DayField, LineField, PickField, paragraph
from gradebook.web.requests import whole_number


def _short(length: int) -> Length:
    return Length(max=length, message=_l("Use %(max)d characters or fewer"))


class _ShortKey:
    """So many characters as it is compared, too: case-folded, one letter can become three."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __call__(self, form: Any, field: Any) -> None:
        if len(name_key(field.data)) > self.length:
            raise ValidationError(_("Use %(max)d characters or fewer", max=self.length))


class DetailsForm(FlaskForm):
    """What the office writes down about a person."""

    display_name = LineField(_l("Name"), [DataRequired(_l("Enter a name")), _short(200)])
    sort_name = LineField(_l("Name in lists"), [_short(200)])
    called = LineField(_l("What they are called"), [_short(100)])
    username = LineField(_l("Username"), [_ShortKey(60)])
    email = LineField(
        _l("Email address"), [Optional(), _ShortKey(254), Email(_l("Enter an email address like name@example.org"))]
    )
    phone = LineField(_l("Phone"), [_short(40)])
    form = LineField(_l("Form"), [_short(40)])
    birth_date = DayField(_l("Date of birth"))

    def details(self, username: str) -> Details:
        """The form as the service takes it; what is empty follows from the name."""
        name = self.display_name.data
        return Details(
            display_name=name,
            sort_name=self.sort_name.data or name,
            called=self.called.data or name[:100],
            username=self.username.data or username,
            email=self.email.data or None,
            phone=self.phone.data or None,
            form=self.form.data or None,
            birth_date=self.birth_date.day,
        )


class NewPersonForm(DetailsForm):
    """A person and the first role."""

    role = RadioField(
        _l("Role"),
        choices=[SelectChoice(kind.value, words) for kind, words in ROLES.items()],
        validate_choice=False,
    )
    same_address = BooleanField(_l("Add this person with the same address"))

    def validate_role(self, field: RadioField) -> None:
        """One of the four."""
        if field.data not in set(ROLES):
            raise ValidationError(_("Choose a role"))


class RoleForm(FlaskForm):
    """A further role."""

    kind = PickField(_l("Role"))


class LinkForm(FlaskForm):
    """A guardian's relationship, rights and dates."""

    relationship = LineField(
        _l("Relationship"), [DataRequired(_l("Enter the relationship, like mother or foster carer")), _short(60)]
    )
    may_see_grades = BooleanField(_l("May see grades"))
    may_message = BooleanField(_l("May message teachers"))
    begins_on = DayField(_l("First day"), missing=_l("Enter the first day, like 14 3 2026"))
    last_day = DayField(_l("Last day"))
    basis = PickField(
        _l("Why the rights go on then"),
        default="",
        pairs=[
            ("", _l("No reason is recorded: the rights end")),
            *((kind.value, each) for kind, each in BASES.items()),
        ],
    )
    basis_reference = LineField(_l("Reference of the document"), [_short(200)])
    basis_last_day = DayField(_l("Last day of this reason"))

    def validate_basis_reference(self, field: Any) -> None:
        """A reason and its reference come together."""
        if self.basis.data and not field.data:
            raise ValidationError(_("Enter the reference of the document"))
        if field.data and not self.basis.data:
            raise ValidationError(_("Choose the reason that this document gives, or empty this"))

    def link(self) -> Link:
        """The form as the service takes it; only after validate()."""
        assert self.begins_on.day  # noqa: S101 - validated
        return Link(
            relationship=self.relationship.data,
            begins_on=self.begins_on.day,
            ends_on=first_day_without(self.last_day.day),
            may_see_grades=bool(self.may_see_grades.data),
            may_message=bool(self.may_message.data),
            basis=AccessBasis(self.basis.data) if self.basis.data else None,
            basis_reference=self.basis_reference.data or None,
            basis_ends_on=first_day_without(self.basis_last_day.day) if self.basis.data else None,
        )


class NewGuardianForm(LinkForm):
    """Someone the school knows, or a new person, and the link."""

    guardian = RadioField(_l("Who"), choices=[], validate_choice=False)
    display_name = LineField(_l("Name"), [_short(200)])
    username = LineField(_l("Username"), [_ShortKey(60)])
    email = LineField(
        _l("Email address"), [Optional(), _ShortKey(254), Email(_l("Enter an email address like name@example.org"))]
    )
    phone = LineField(_l("Phone"), [_short(40)])

    def details(self, username: str) -> Details:
        """The new person."""
        name = self.display_name.data
        return Details(
            display_name=name, sort_name=name, called=name[:100], username=self.username.data or username,
            email=self.email.data or None, phone=self.phone.data or None,
        )  # fmt: skip


class OfAgeForm(FlaskForm):
    """From which day a student holds the rights, where that is not the birthday."""

    day = DayField(_l("First day with the rights"))


class AgeForm(FlaskForm):
    """The school's age of majority."""

    age = LineField(_l("Students are of age on this birthday"))

    def validate_age(self, field: Any) -> None:
        """A whole number of years, or nothing."""
        if field.data and self.years is None:
            raise ValidationError(
                _("Type a whole number from %(first)s to %(last)s, or leave it empty",
                  first=YOUNGEST_OF_AGE, last=OLDEST_OF_AGE)
            )  # fmt: skip

    @property
    def years(self) -> int | None:
        """The number that was typed; None for none, and for what is none."""
        years = whole_number(self.age.data, 2)
        return years if years is not None and YOUNGEST_OF_AGE <= years <= OLDEST_OF_AGE else None


class OrderForm(FlaskForm):
    """An order that takes rights away."""

    adult = RadioField(_l("Who is restricted"), choices=[], validate_choice=False)
    no_contact = BooleanField(_l("No contact"))
    no_records = BooleanField(_l("No records"))
    hide_address = BooleanField(_l("Hide the child’s address"))
    document_reference = LineField(
        _l("Document reference"), [DataRequired(_l("Enter the reference of the document")), _short(200)]
    )
    note = TextAreaField(_l("Note"), [_short(2000)], filters=[paragraph])
    begins_on = DayField(_l("First day"), missing=_l("Enter the first day, like 14 3 2026"))
    last_day = DayField(_l("Last day"))

    def order(self) -> Order:
        """The form as the service takes it; only after validate()."""
        assert self.begins_on.day  # noqa: S101 - validated
        return Order(
            no_contact=bool(self.no_contact.data),
            no_records=bool(self.no_records.data),
            hide_address=bool(self.hide_address.data),
            document_reference=self.document_reference.data,
            begins_on=self.begins_on.day,
            ends_on=first_day_without(self.last_day.day),
            note=self.note.data or None,
        )


class LiftForm(FlaskForm):
    """When an order is to end."""

    last_day = DayField(_l("Last day of the order"), missing=_l("Enter the last day, like 14 3 2026"))


class ClassForm(FlaskForm):
    """A class: its title, its subject, its term."""

    title = LineField(_l("Title"), [DataRequired(_l("Enter a title for the class")), _short(200)])
    code = LineField(_l("Code"), [_short(60)])
    course = PickField(_l("Course"))
    new_course = LineField(_l("New course"), [_short(200)])
    term = PickField(_l("Term"))


class SectionForm(ClassForm):
    """A class that exists may also end."""

    ended = BooleanField(_l("This class is over"))


class PlacesForm(FlaskForm):
    """Who joins a class, from which day."""

    begins_on = DayField(_l("First day"), missing=_l("Enter the first day, like 14 3 2026"))
    last_day = DayField(_l("Last day"))
    position = PickField(
        _l("Position"), pairs=[(kind.value, words) for kind, words in POSITIONS.items() if kind != Position.STUDENT]
    )

    def __init__(self, *args: Any, students: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if students:
            del self.position


class TermForm(FlaskForm):
    """A year, term or grading period."""

    title = LineField(_l("Title"), [DataRequired(_l("Enter a title, like Autumn term")), _short(120)])
    kind = PickField(
        _l("Kind"), pairs=[(kind.value, words) for kind, words in SESSION_KINDS.items()], default=SessionKind.YEAR
    )
    parent = PickField(_l("Part of"))
    begins_on = DayField(_l("First day"), missing=_l("Enter the first day, like 14 3 2026"))
    last_day = DayField(_l("Last day"), missing=_l("Enter the last day, like 14 3 2026"))


class TermChangeForm(FlaskForm):
    """What the office may change of a year, term or grading period; its kind stays."""

    title = LineField(_l("Title"), [DataRequired(_l("Enter a title, like Autumn term")), _short(120)])
    parent = PickField(_l("Part of"))
    begins_on = DayField(_l("First day"), missing=_l("Enter the first day, like 14 3 2026"))
    last_day = DayField(_l("Last day"), missing=_l("Enter the last day, like 14 3 2026"))


class ReopeningForm(FlaskForm):
    """Why a closed term is opened again."""

    reason = LineField(_l("Reason"), [DataRequired(_l("Say why. The reason is kept in the log.")), _short(500)])
