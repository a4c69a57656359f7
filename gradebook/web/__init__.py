"""What all blueprints share: the door, the request's life, headers, error pages, the page frame, filters, assets."""

from flask import Flask

from gradebook.web import (
    addresses,
    compiled,
    door,
    errors,
    filters,
    frame,
    headers,
    health,
    language,
    login,
    office_words,
    requests,
    sum_lines,
    system_lines,
    uploads,
    work_rows,
)
from gradebook.web.assets import init_assets
from gradebook.web.environment import PageEnvironment
from gradebook.web.language import CatalogueOfRequest, chosen_locale

__all__ = ["CatalogueOfRequest", "PageEnvironment", "chosen_locale", "init_app"]


def init_app(app: Flask) -> None:
    """Bind everything here to the application."""
    compiled.init_app(app)
    requests.init_app(app)
    uploads.init_app(app)
    requests.check_texts(app)
    login.init_app(app)
    door.init_app(app)
    headers.init_app(app)
    errors.init_app(app)
    addresses.init_app(app)
    filters.init_app(app)
    system_lines.init_app(app)
    office_words.init_app(app)
    sum_lines.init_app(app)
    work_rows.init_app(app)
    language.init_app(app)
    frame.init_app(app)
    init_assets(app)
    health.init_app(app)
