"""The language of the page."""

from babel.support import NullTranslations, Translations
from flask import current_app, g, has_request_context, request
from flask_babel import Domain, get_locale

from gradebook.web.login import signed_in_person

LANGUAGES = ("en",)  # those with a complete catalogue


def chosen_locale() -> str:
    """The person's language, else the best of the browser's, else the default; commands and jobs speak the default."""
    if not has_request_context():
        return str(current_app.config["BABEL_DEFAULT_LOCALE"])
    person = signed_in_person()
    if person is not None and person.user.locale in LANGUAGES:
        return str(person.user.locale)
    return request.accept_languages.best_match(LANGUAGES) or current_app.config["BABEL_DEFAULT_LOCALE"]


class CatalogueOfRequest(Domain):
    """The texts in the language of the request, looked up once for it: a page asks some hundred times."""

    def get_translations(self) -> Translations | NullTranslations:
        """The catalogue of the language that get_locale() names now."""
        locale = get_locale()
        if locale is None:
            return super().get_translations()
        known = g.get("catalogue")
        if known is None or known[0] is not locale:
            known = g.catalogue = locale, super().get_translations()
        return known[1]
