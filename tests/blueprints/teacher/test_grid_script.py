"""What the grid's scripts get from the server: texts in every form of a language, addresses, full marks."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from babel import Locale
from flask import url_for

from gradebook.blueprints.teacher.grid_script import NUMBERS
from tests.classes import make_class

ATTRIBUTE = r" data-{}='([^']*)'"


def attribute(page: str, name: str) -> str:
    return unescape(re.search(ATTRIBUTE.format(name), page)[1])


def test_the_form_says_full_marks_letters_and_who_it_is_for(school, sign_in):
    section = make_class(school, students=2, assignments=3)
    page = sign_in(school.rivera).get(f"/teacher/classes/{section.public_id}").text
    said = {"points": [2000, 2000, 2000], "shown": "ppp", "letters": []}
    assert json.loads(attribute(page, "columns")) == said
    assert attribute(page, "person") == school.rivera.public_id
    assert attribute(page, "base") == f"/teacher/classes/{section.public_id}"


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        *((f"teacher.{name}", name) for name in ("changes", "undo", "redo", "undoable", "stream", "columns")),
        ("teacher.score_history", "history"),
    ],
)
def test_what_scripts_ask_lies_below_the_class(app, endpoint, name):
    """words.js, columns.js and tools.js put the names together."""
    with app.test_request_context():
        assert url_for(endpoint, section_id="X") == f"{url_for('teacher.gradebook', section_id='X')}/{name}"


@pytest.mark.parametrize(
    ("endpoint", "name"), [("enter_scores", "scores"), ("posting", "posting"), ("export_column", "scores.csv")]
)
def test_what_the_menu_of_a_column_opens_lies_below_the_assignment(app, endpoint, name):
    with app.test_request_context():
        page = url_for("teacher.assignment", assignment_id="X")
        assert url_for(f"teacher.{endpoint}", assignment_id="X") == f"{page}/{name}"


def test_the_form_says_who_can_see_each_column(school, sign_in):
    school.quiz.posted_at += timedelta(days=900)
    page = sign_in(school.rivera).get(f"/teacher/classes/{school.algebra.public_id}").text
    assert json.loads(attribute(page, "columns"))["shown"] == "lh"


def test_a_long_class_says_which_of_its_students_the_page_shows(school, sign_in):
    section = make_class(school, students=101, assignments=1)
    page = sign_in(school.rivera).get(f"/teacher/classes/{section.public_id}?page=2").text
    assert json.loads(attribute(page, "columns"))["rows"] == [101, 100]


def test_texts_are_kept_by_the_browser_until_one_is_different(school, sign_in):
    section = make_class(school, students=1, assignments=1)
    client = sign_in(school.rivera)
    address = attribute(client.get(f"/teacher/classes/{section.public_id}").text, "texts")
    answer = client.get(address)
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.json["texts"]["why"]["too_many_decimals"] == "Use no more than 2 decimal places"
    assert answer.json["plurals"]["selected"] == {"one": "{num} cell selected", "other": "{num} cells selected"}
    assert client.get("/teacher/grid-texts").headers["Cache-Control"] == "no-store"


def test_the_numbers_reach_every_plural_form_of_every_language():
    for language in ("en", "ar", "ru", "pl", "cy", "ga", "lt", "sl", "ja", "fr"):
        locale = Locale.parse(language)
        used = {locale.plural_form(number) for number in (*range(201), 1_000_000)}  # others are for fractions
        assert {locale.plural_form(number) for number in NUMBERS} == used, language
