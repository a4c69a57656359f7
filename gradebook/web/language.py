"""The language of the page."""

from flask import current_app, has_request_context, request

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
