"""Private conversations between guardians and teachers."""

from flask import Blueprint

bp = Blueprint("messages", __name__, url_prefix="/messages")

from gradebook.blueprints.messages import (  # noqa: E402, F401 - bind the routes
    announcements,
    announcing,
    beginning,
    conversations,
    doorstep,
    families,
    files,
    hours,
    muting,
    news,
    one_message,
    proof,
    record,
    reporting,
    searching,
    stopping,
)
