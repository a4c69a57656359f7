"""Doing what was sent under a key once, however often it comes."""

from collections.abc import Callable
from typing import Any

from flask import request
from sqlalchemy.exc import IntegrityError

from gradebook.blueprints.teacher.grid_fields import request_key
from gradebook.extensions import db


def once(act: Callable[[], Any]) -> Any:
    """Do it. When the same is being done at this moment by another request, do it again when that is through."""
    try:
        return act()
    except IntegrityError:
        if request_key(request) is None:
            raise
        db.session.rollback()
        return act()
