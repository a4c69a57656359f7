"""What changed in a class since a page saw it. The open grid asks every 20 seconds, or when the stream says so."""

from typing import Any

from flask import jsonify, request
from werkzeug.exceptions import BadRequest

from gradebook.blueprints.teacher import bp, grid_answer
from gradebook.blueprints.teacher.grid_fields import field_name
from gradebook.models import Section
from gradebook.policy import access
from gradebook.services.grades import ClassWork, class_work, places_and_cells, students_of
from gradebook.services.score_history import News, news_of
from gradebook.services.scores import Saved, content_from_facts
from gradebook.services.student_ids import ids_of
from gradebook.web import door
from gradebook.web.login import current_person
from gradebook.web.requests import moment, whole_number


@bp.get("/classes/<section_id>/changes")
@door.teacher
@door.unattended
def changes(section_id: str) -> Any:
    """The cells that changed after the number `after`, for a script; 204 when nothing did."""
    after, number = (
        whole_number(request.args.get("after")),
        access.last_number_for_teacher(current_person(), section_id),
    )
    if after is None:
        raise BadRequest
    if after == number:
        return "", 204
    if after > number:  # the page is of another time than the database: a backup was restored
        return jsonify(number=number, cells={}, students={}, stale=True)
    section = access.section_for_teacher(current_person(), section_id)
    number = section.last_seq
    news = news_of(section, after, number)
    if not news.last:
        return jsonify(number=number, cells={}, students={}, stale=True)
    return jsonify(number=number, **_answer(section, news, after))


@bp.get("/classes/<section_id>/student-ids")
@door.teacher
def student_ids(section_id: str) -> Any:
    """What the students of today are called by other programs, for a list that is pasted: by public id."""
    section = access.section_for_teacher(current_person(), section_id)
    students = students_of(section, section.school.today(moment()))
    ids = ids_of(section, [student.id for student in students])
    return jsonify({one.public_id: [text for text in one if text] for one in ids.values()})


def _answer(section: Section, news: News, after: int) -> dict[str, Any]:
    work, person = class_work(section, moment()), current_person()
    asked = {place[1] for place in news.last}
    students, cells = places_and_cells(section, section.school.today(work.now), asked, work.by_id)
    places = [place for place in news.last if place[0] in work.by_id and place[1] in students]
    by_place = {(cell.assignment_id, cell.student_id): cell for cell in cells}
    told = Saved(places=places, students=students, cells=by_place)
    return {
        "cells": {
            field_name(place): {
                "text": grid_answer.text(work, place, content_from_facts(news.last[place].after)),
                "was": grid_answer.text(work, place, content_from_facts(news.first[place].before)),
                "by": news.last[place].by,
                "own": news.last[place].by_id == person.id,
                "at": news.last[place].at.isoformat(timespec="seconds"),
                **grid_answer.marks(by_place.get(place)),
            }
            for place in places
        },
        "students": grid_answer.totals(work, told),
        "stale": not news.is_all or _has_new_columns(work, after),
    }


def _has_new_columns(work: ClassWork, after: int) -> bool:
    """Whether an assignment was made or changed: a file may bring one together with its scores."""
    return any(column.seq > after for column in work.columns)
