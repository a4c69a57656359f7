"""create_app(): configuration, extensions, blueprints, in that order."""

from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from gradebook import live, models, web
from gradebook.blueprints import register_blueprints
from gradebook.config import ROOT, load_config
from gradebook.database import engine_options, normalise_url, prepare_engine
from gradebook.extensions import babel, csrf, db, login_manager
from gradebook.web.door import check_doors
from gradebook.web.turnstile import Turnstile


def create_app(config: dict[str, Any] | None = None, *, commands: bool = True) -> Flask:
    """The application, with the `flask` commands unless it only serves.

    Raises ConfigurationError for unsafe settings and DoorError for a route without a door.
    """
    app = Flask("gradebook", root_path=str(ROOT), static_folder=None, template_folder="templates")
    app.jinja_environment = web.PageEnvironment
    app.config.update(load_config(config))
    app.wsgi_app = Turnstile(_behind_proxies(app))  # type: ignore[method-assign]
    _bind_database(app)
    _bind_extensions(app)
    web.init_app(app)
    live.init_app(app)
    csrf.init_app(app)  # after web: a refused form is answered with a page, which needs the request's moment
    register_blueprints(app)
    if commands:
        _bind_commands(app)
    check_doors(app)
    return app


def _behind_proxies(app: Flask) -> Any:
    count = app.config["PROXIES"]
    return ProxyFix(app.wsgi_app, x_for=count, x_proto=count) if count else app.wsgi_app


def _bind_database(app: Flask) -> None:
    url = normalise_url(app.config["DATABASE_URL"])
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)


def _bind_extensions(app: Flask) -> None:
    assert models  # noqa: S101 - imported so that the migrations see every table
    login_manager.init_app(app)
    babel.init_app(app, locale_selector=web.chosen_locale)
    babel.domain_instance = web.CatalogueOfRequest()


def _bind_commands(app: Flask) -> None:
    """Imports what only commands need, Alembic and the readers of files: a server takes 12 MB less without."""
    from gradebook import cli

    cli.init_app(app)
