"""T1: what a teacher does now; and all of the teacher's classes."""

from typing import Any

from flask import render_template

from gradebook.blueprints.teacher import bp
from gradebook.services import teacher_home
from gradebook.services.outcome_waiting import with_ratings
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.requests import moment

WAITING = 12
"""Assignments that wait, shown before "and more"."""


@bp.get("/")
@door.teacher
def home() -> Any:
    """T1."""
    person = current_person()
    days = list(person.school_days.values())
    return render_template(
        "teacher/home.html",
        home=with_ratings(teacher_home.home_of(person), person),
        today=days[0] if days else moment().date(),
        timezone=person.roles_in_use[0].timezone,
        phone=person.roles_in_use[0].school_phone,
        MOST=WAITING,
    )


@bp.get("/classes")
@door.teacher
def classes() -> Any:
    """Every class that this teacher has, past and coming ones too."""
    person = current_person()
    return render_template("teacher/classes.html", classes=teacher_home.classes_of(person), today=person.school_days)
