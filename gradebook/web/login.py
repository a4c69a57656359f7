"""Who is asking: from the cookie to a Person, in one query."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from flask import Flask, current_app, g, request, session
from flask_login import UserMixin, current_user, logout_user

from gradebook.extensions import db, login_manager
from gradebook.models import LoginSession
from gradebook.policy.person import Person
from gradebook.services import accounts
from gradebook.services.accounts import Login
from gradebook.web.requests import moment, short_write

TOUCH_EVERY = timedelta(minutes=1)
AWAITED = "awaited"  # in the browser's signed cookie: the login session that waits for a code


@dataclass
class SignedIn(UserMixin):
    """What Flask-Login keeps in `current_user`: the person and the login session behind the cookie."""

    token: str
    login: Login
    person: Person
    _row: LoginSession | None = None

    @property
    def login_session(self) -> LoginSession:
        """The row of the login session, for whoever changes it; a statement the first time."""
        if self._row is None:
            self._row = db.session.get_one(LoginSession, self.login.id)
        return self._row

    def get_id(self) -> str:
        """The random token of the login session. The cookie holds nothing else, so ending the session kills it."""
        return self.token


def init_app(app: Flask) -> None:
    """Teach Flask-Login to find people by the token of their login session."""
    login_manager.session_protection = None  # the token is the session; addresses change on phones
    login_manager.user_loader(_load)


def _load(token: str) -> SignedIn | None:
    now = moment()
    found = accounts.resume(token, now)
    if found is None:
        return None
    if now - found[0].last_used_at >= TOUCH_EVERY and not _is_unattended():
        with short_write():
            accounts.touch(found[0].id, now)
        found = cast(tuple[Login, Person], accounts.resume(token, now))
    return SignedIn(token, *found)


def _is_unattended() -> bool:
    """Whether this request came from a page by itself (door.unattended)."""
    view = current_app.view_functions.get(request.endpoint or "")
    return hasattr(view, "unattended")


def signed_in_person() -> Person | None:
    """The person who asks, or None for a visitor."""
    user = _user()
    return user.person if user.is_authenticated else None


def current_person() -> Person:
    """The person who asks; only for views behind a door that is not public."""
    return cast(Person, _user().person)


def current_login() -> Login:
    """The login session behind this request."""
    return cast(Login, _user().login)


def current_login_session() -> LoginSession:
    """Its row, for whoever changes it."""
    return cast(LoginSession, _user().login_session)


def current_token() -> str:
    """The token of the login session behind this request, for looking again later whether it still holds."""
    return cast(str, _user().token)


def _user() -> Any:
    """What `current_user` stands for, SignedIn or a visitor: asked a dozen times in a request, and a proxy asks each
    time for all that it goes by."""
    return g.get("_login_user") or current_user._get_current_object()


def begin_login(token: str, *, keep: bool) -> None:
    """Hand the browser a new cookie. Whatever stood in the old one is gone, the CSRF token included."""
    session.clear()
    g.pop("csrf_token", None)
    session.permanent = keep
    session["_user_id"] = token  # as login_user() does, which would read back rows that the commit has let go
    g.pop("_login_user", None)


def begin_waiting(token: str) -> None:
    """Hand the browser a cookie that opens nothing but the page that asks for the code."""
    session.clear()
    g.pop("csrf_token", None)
    session[AWAITED] = token
    g.pop("_login_user", None)


def awaited_token() -> str:
    """The token of the login session for which this browser owes a code; empty if there is none."""
    return str(session.get(AWAITED, ""))


def forget_person() -> None:
    """Treat the rest of the request as a visitor's: an error page must not need the database."""
    g._login_user = login_manager.anonymous_user()
    g.pop("frame", None)


def end_login() -> None:
    """Empty the browser's cookie; the caller has ended the login session in the database."""
    logout_user()
    session.clear()
