"""The forms of the account pages."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, InputRequired, Length

from gradebook.web.language import LANGUAGES


class SignInForm(FlaskForm):
    """A1."""

    username = StringField(
        _l("Username or email"), [InputRequired(_l("Enter your username or email")), Length(max=254)]
    )
    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password")), Length(max=1000)])
    own_device = BooleanField(_l("This is my own device"))


class NewPasswordForm(FlaskForm):
    """One password field; the rules need the person and are checked by the view."""

    password = PasswordField(_l("New password"), [InputRequired(_l("Enter a new password"))])


class ChangePasswordForm(NewPasswordForm):
    """The present password first."""

    current = PasswordField(_l("Current password"), [InputRequired(_l("Enter your current password"))])


class CodeForm(FlaskForm):
    """The code of a sign-in slip."""

    code = StringField(_l("Code"), [InputRequired(_l("Enter the code from your slip")), Length(max=40)])


class StepForm(FlaskForm):
    """A code after the password: of the authenticator app, or a recovery code."""

    code = StringField(_l("Code"), [InputRequired(_l("Enter the code")), Length(max=40)])
    trust = BooleanField(_l("Trust this device for 30 days"))


class BeginAppForm(FlaskForm):
    """The password again, where it was given some time ago."""

    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password")), Length(max=1000)])


class ChangeStepForm(BeginAppForm):
    """What to change of the second step, with both things that sign in."""

    act = RadioField(
        _l("What do you want to do?"),
        [InputRequired(_l("Choose one of these"))],
        choices=[
            SelectChoice("app", _l("Use another phone or app")),
            SelectChoice("codes", _l("Make 10 new recovery codes")),
            SelectChoice("off", _l("Turn the second step off")),
        ],
    )
    code = StringField(
        _l("Code from your app, or a recovery code"), [InputRequired(_l("Enter the code")), Length(max=40)]
    )


class LanguageForm(FlaskForm):
    """One of the languages, from the foot of a page."""

    language = StringField(validators=[AnyOf(LANGUAGES)])
    next = StringField()


class AppearanceForm(FlaskForm):
    """The language; light, dark, or as the device; for teachers, how scores are typed into a class's table."""

    language = RadioField(_l("Language"), default="")
    theme = RadioField(
        _l("Theme"),
        choices=[
            SelectChoice("", _l("As my device")),
            SelectChoice("light", _l("Light")),
            SelectChoice("dark", _l("Dark")),
        ],
        default="",
    )
    grade_entry = RadioField(
        _l("Grade entry"),
        choices=[
            SelectChoice("", _l("Spreadsheet keys; Enter goes down")),
            SelectChoice("right", _l("Spreadsheet keys; Enter goes to the next assignment")),
            SelectChoice("fields", _l("Form fields, with one button that saves")),
        ],
        default="",
    )
