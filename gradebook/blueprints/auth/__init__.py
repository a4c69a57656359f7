"""Signing in and out, the role in use, passwords, invitations, and the pages that belong to the account."""

from flask import Blueprint

bp = Blueprint("auth", __name__)

from gradebook.blueprints.auth import account, home, invitations, second_step, sign_in, sign_in_code  # noqa: E402, F401 - bind the routes
