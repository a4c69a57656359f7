"""What the school office uses: people, guardianships, classes, terms, sign-in slips."""

from flask import Blueprint

bp = Blueprint("office", __name__, url_prefix="/office")

from gradebook.blueprints.office import (  # noqa: E402, F401 - bind the routes
    approvals,
    classes,
    closings,
    coming_of_age,
    enrollments,
    guardians,
    log,
    message_rules,
    outcomes,
    oversight,
    people,
    person,
    records,
    restrictions,
    retention,
    reviews,
    scales,
    second_step,
    slips,
    successors,
    terms,
)
