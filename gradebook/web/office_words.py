"""How a conversation with the school office is named: it has no class, and who answers there does so for the office."""

from typing import Any

from flask import Flask
from flask_babel import gettext as _


def init_app(app: Flask) -> None:
    """Give the templates the filters `by_office` and `place_words`."""
    app.add_template_filter(by_office)
    app.add_template_filter(place_words)


def by_office(name: str) -> str:
    """Who of the office has written or reads: School office – Pat Lee."""
    return _("School office – %(person)s", person=name)


def place_words(section: Any) -> str:
    """The title of a class (a Section, or its title); of none the school office, with which the conversation is."""
    if section is None:
        return _("School office")
    return section if isinstance(section, str) else str(section.title)
