"""Error pages: what happened, then what to do. A page for people, short JSON for scripts."""

import logging
import secrets
from typing import Any

from flask import Flask, Response, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from gradebook.extensions import db
from gradebook.policy.access import NotFound
from gradebook.services.periods import PeriodClosed
from gradebook.web.closed import closed_words
from gradebook.web.door import CodeNeeded, RoleNotInUse, StepOwed
from gradebook.web.login import forget_person
from gradebook.web.requests import SAFE_METHODS, wants_page

PAGES = {400, 403, 404, 405, 409, 413, 422, 428, 429, 500, 503}
log = logging.getLogger("gradebook")


def init_app(app: Flask) -> None:
    """Bind the handlers."""
    app.register_error_handler(NotFound, lambda error: _answer(404))
    app.register_error_handler(RoleNotInUse, lambda error: _answer(403, role_kinds=error.kinds))
    app.register_error_handler(StepOwed, lambda error: _first("auth.own_second_step"))
    app.register_error_handler(CodeNeeded, lambda error: _first("auth.second_step_code"))
    app.register_error_handler(CSRFError, lambda error: _answer(400, form_expired=True))
    app.register_error_handler(PeriodClosed, _closed)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database_down)
    app.register_error_handler(Exception, _unexpected)


def _http(error: HTTPException) -> Any:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    response = _answer(error.code)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def _first(endpoint: str) -> Any:
    """To a page of the second step, and back afterwards; 403 for scripts."""
    if not wants_page():
        return _answer(403)
    back = request.full_path.rstrip("?") if request.method in SAFE_METHODS else None
    return redirect(url_for(endpoint, next=back), 303)


def _closed(error: PeriodClosed) -> Response:
    """A change of what is closed that its page did not expect: it was closed after the page was opened."""
    words, title, phone = closed_words(error), error.title, error.school.phone
    db.session.rollback()
    forget_person()
    if wants_page():
        page = render_template("errors/closed.html", title=title, words=words, phone=phone)
        return Response(page, status=409, mimetype="text/html")
    response = jsonify(error=409, problem=words)
    response.status_code = 409
    return response


def _database_down(error: OperationalError) -> Response:
    log.exception("the database does not answer", exc_info=error)
    db.session.rollback()
    forget_person()
    return _answer(503)


def _unexpected(error: Exception) -> Response:
    reference = secrets.token_hex(4).upper()
    log.exception("unexpected error %s", reference, exc_info=error)
    db.session.rollback()
    forget_person()
    return _answer(500, reference=reference)


def _answer(code: int, **facts: Any) -> Response:
    if not wants_page():
        response = jsonify(error=code)
    else:
        page = code if code in PAGES else (400 if code < 500 else 500)
        response = Response(render_template(f"errors/{page}.html", **facts), mimetype="text/html")
    response.status_code = code
    return response
