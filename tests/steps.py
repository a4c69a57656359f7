"""Authenticator apps of people in tests."""

from datetime import timedelta

from flask import current_app
from sqlalchemy import select

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.models import Authenticator
from gradebook.services import second_step


def give_app(user):
    """An authenticator app in use for this account, of which no code was taken yet."""
    app = second_step.begin_app(user.id, utc_now())
    app.confirmed_at = utc_now()
    db.session.flush()
    return app


def code_of(app, later=timedelta()):
    """What the app shows now, or later."""
    counter = int((utc_now() + later).timestamp()) // second_step.INTERVAL
    return second_step.pyotp.TOTP(second_step.key_of(app, current_app.config["SECRET_KEY"])).at(counter * 30)


def set_up(client):
    """Through the pages, as the office is led; the answer with the recovery codes, and the app."""
    client.post("/auth/second-step/app")
    app = db.session.scalars(select(Authenticator).order_by(Authenticator.id.desc())).first()
    return client.post("/auth/second-step/app/confirmation", data={"code": code_of(app)}), app


def wrong_code(app):
    """Six digits that are none of its codes about now."""
    near = {code_of(app, timedelta(seconds=30 * number)) for number in range(-3, 4)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in near)
