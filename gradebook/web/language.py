"""The language of the page.

A page asks for some hundred texts and as many numbers, so what they need is found out once for each request.
"""

from contextvars import ContextVar
from functools import cache
from typing import Any, NamedTuple

from babel import Locale
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_app_context, has_request_context, request
from flask_babel import Domain, get_domain, get_locale, refresh
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape
from wtforms.i18n import messages_path

from gradebook.models import RoleKind
from gradebook.policy.person import Person
from gradebook.web.login import signed_in_person

LANGUAGES = {"en": "English", "es": "Español", "ar": "العربية"}
"""Those with a catalogue, by what they call themselves."""
OF_FAMILIES = ("ar",)  # whose catalogue leaves out the pages of teachers and the office
_OF_STAFF = {tag: name for tag, name in LANGUAGES.items() if tag not in OF_FAMILIES}
LANGUAGE_COOKIE = "language"


def init_app(app: Flask) -> None:
    """Give the templates their texts; each request finds out its language anew."""
    app.jinja_env.globals.update(_=text, gettext=text, ngettext=text_of_number, pgettext=text_in_sense)
    app.before_request(_begin)
    app.teardown_request(_forget)


def _begin() -> None:
    _forget()
    request.wtforms_translations = TextsOfForms  # type: ignore[attr-defined]


def _forget(_error: BaseException | None = None) -> None:
    _spoken.set(None)


def languages_for(person: Person | None) -> dict[str, str]:
    """The languages, by what they call themselves, in which all is written that this person's role in use shows."""
    is_staff = person is not None and (person.acts_as(RoleKind.TEACHER) or person.acts_as(RoleKind.OFFICE))
    return _OF_STAFF if is_staff else LANGUAGES


_locale = cache(Locale.parse)
"""By its name, of which there are few; reading it takes as long as finding out who wants it."""


def chosen_locale() -> Locale:
    """The person's language, else what was chosen in this browser, else the best of what it asks for, else the default.

    Commands and jobs speak the default.
    """
    default = str(current_app.config["BABEL_DEFAULT_LOCALE"])
    if not has_request_context():
        return _locale(default)
    person = signed_in_person()
    offered = languages_for(person)
    chosen = (person and person.account.locale) or request.cookies.get(LANGUAGE_COOKIE)
    return _locale(chosen if chosen in offered else request.accept_languages.best_match(offered, default))


def refresh_language() -> None:
    """The person has just chosen another one: what this request still says is in it."""
    refresh()
    _forget(None)


class Language(NamedTuple):
    """The language that is spoken."""

    locale: Locale
    name: str
    """As Babel names it: en, es_MX."""
    catalogue: Translations | NullTranslations
    chosen: Any
    """Where Flask-Babel keeps its choice: another one there is another language."""


_spoken: ContextVar[Language | None] = ContextVar("language", default=None)


def language() -> Language:
    """The language of this request, of the job, or the one that force_locale() named."""
    known = _spoken.get()
    if known is None or known.chosen.babel_locale is not known.locale:
        locale = get_locale()
        known = Language(locale, str(locale), Domain.get_translations(get_domain()), g._flask_babel)
        if has_request_context():
            _spoken.set(known)
    return known


class CatalogueOfRequest(Domain):
    """The texts for gettext() in Python code."""

    def get_translations(self) -> Translations | NullTranslations:
        """The catalogue of the language that is spoken; without an application the texts as they stand."""
        return language().catalogue if has_app_context() else super().get_translations()


class TextsOfForms:
    """What WTForms says, where Flask-WTF looks before it reads a catalogue from the disk for each request."""

    @staticmethod
    def ugettext(message: str) -> str:
        """A text in the language of the page."""
        return _catalogue_of_forms(language().name).ugettext(message)

    @staticmethod
    def ungettext(singular: str, plural: str, number: int) -> str:
        """The text for this number."""
        return _catalogue_of_forms(language().name).ungettext(singular, plural, number)


@cache
def _catalogue_of_forms(name: str) -> Translations | NullTranslations:
    return Translations.load(messages_path(), [name], domain="wtforms")


def gettext(message: str, /, **values: Any) -> str:
    """A text in the language of the page, for filters: Flask-Babel's own takes a dozen calls for it."""
    said = language().catalogue.gettext(message)
    return said % values if values else said


# In templates. Jinja's own functions say the same through five calls for each text.


@pass_eval_context
def text(context: EvalContext, message: str, /, **values: Any) -> str:
    """A text in the language of the page; values are put in its places, and escaped."""
    return _filled(context, language().catalogue.gettext(message), values)


@pass_eval_context
def text_of_number(context: EvalContext, singular: str, plural: str, num: int, /, **values: Any) -> str:
    """The text for this number, which is %(num)s in it."""
    return _filled(context, language().catalogue.ngettext(singular, plural, num), {"num": num, **values})


@pass_eval_context
def text_in_sense(context: EvalContext, sense: str, message: str, /, **values: Any) -> str:
    """A text whose words would mean something else elsewhere."""
    return _filled(context, str(language().catalogue.pgettext(sense, message)), values)


def _filled(context: EvalContext, said: str, values: dict[str, Any]) -> str:
    return _escaped(said, values) if context.autoescape else said % values


def in_page(said: str, /, **values: Any) -> Markup:
    """A text of the catalogue, for functions that draw a part of a page: as `_()` in a template, values are escaped."""
    return _escaped(said, values)


def _escaped(said: str, values: dict[str, Any]) -> Markup:
    safe = {name: escape(value) for name, value in values.items()}
    return Markup(said % safe)  # noqa: S704 - the catalogue is our own, and all else is escaped
