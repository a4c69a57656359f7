"""The life of a request: whether it writes, one moment for all of it, and that a GET never does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import cast

from flask import Flask, g, request
from werkzeug.exceptions import BadRequest, PreconditionRequired

from gradebook.clock import utc_now
from gradebook.database import will_write
from gradebook.extensions import db

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def init_app(app: Flask) -> None:
    """Mark each request as reading or writing before anything touches the database."""
    app.before_request(_begin)
    app.teardown_request(_end)


def check_texts(app: Flask) -> None:
    """Read what was sent, once it is known how much may be."""
    app.before_request(_refuse_nul)


def _begin() -> None:
    will_write.set(request.method not in SAFE_METHODS)
    g.now = utc_now()


def _refuse_nul() -> None:
    if _has_nul():
        raise BadRequest


def _end(_error: BaseException | None) -> None:
    """What this thread does next is no page that is only read, unless it says so."""
    will_write.set(True)


def _has_nul() -> bool:
    """A NUL is typed by nobody, and PostgreSQL refuses it in every text."""
    if "\0" in request.path:
        return True
    sent = (request.args, request.form) if request.content_type else (request.args,)  # only a form that says it is one
    return any("\0" in text for fields in sent for pair in fields.items(multi=True) for text in pair)


def moment() -> datetime:
    """The moment of this request: one for everything that it does."""
    return cast(datetime, g.now)


def whole_number(text: str | None, digits: int = 9) -> int | None:
    """A number as our own pages write it, of so many digits at most; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= digits else None


def page_number() -> int:
    """The page of a list that the address asks for; 1 for anything that is none."""
    return whole_number(request.args.get("page"), 6) or 1


def version_seen() -> int:
    """The version that a form was made from; without one nothing is changed. Raises PreconditionRequired."""
    seen = whole_number(request.form.get("seen"), 18)
    if seen is None:
        raise PreconditionRequired
    return seen


def wants_page() -> bool:
    """Whether a person's browser asks for a page, rather than a script for a part of one."""
    return request.headers.get("X-Requested-With") != "fetch"


@contextmanager
def short_write() -> Iterator[None]:
    """A small write of its own inside a request that only reads (the three named in architecture.md 6).

    What was read so far is left behind: the transaction that follows sees the write.
    """
    before = will_write.get()
    db.session.rollback()
    will_write.set(True)
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        will_write.set(before)
