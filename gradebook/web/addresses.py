"""Addresses in templates, and of the lines of a table: a page writes some sixty."""

from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Flask, request, url_for
from markupsafe import escape
from werkzeug.routing import Rule

PLACEHOLDER = "000000000000"  # stands for a public id while an address is made once for all rows or columns

_WISHES = frozenset(("_anchor", "_external", "_method", "_scheme"))
"""What url_for() takes as a wish, and not as a part of the address."""


def init_app(app: Flask) -> None:
    """Give the templates their url_for()."""

    @cache
    def only_rule(endpoint: str) -> Rule | None:
        rules = list(app.url_map.iter_rules(endpoint)) if endpoint in app.view_functions else []
        return rules[0] if len(rules) == 1 and not rules[0].defaults else None

    def address(endpoint: str, /, **values: Any) -> str:
        """What Flask's url_for() says, in half the time.

        Flask asks which blueprint asks, which rules an endpoint has and on which host the page is. Here nearly every
        endpoint has one rule, and all are on the one host. The rest is left to Flask, and so is saying what is wrong.
        """
        rule = only_rule(endpoint)
        if rule is None or not request or not rule.arguments <= values.keys() or not _WISHES.isdisjoint(values):
            return url_for(endpoint, **values)
        built = rule.build({name: value for name, value in values.items() if value is not None})
        return url_for(endpoint, **values) if built is None else request.script_root + built[1]

    app.jinja_env.globals["url_for"] = address


def addresses(endpoint: str, name: str, **values: Any) -> Callable[[Any], str]:
    """The address of an endpoint for one public id, or number, after another: routing is asked once."""
    values[name] = PLACEHOLDER
    before, after = str(escape(url_for(endpoint, **values))).split(PLACEHOLDER)
    return lambda one: f"{before}{one}{after}"
