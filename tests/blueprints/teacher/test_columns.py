"""Which columns of a class's grid one sees, in which order; what changed since; one column as a file."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from werkzeug.http import parse_options_header

from gradebook.extensions import db
from gradebook.models import Assignment, GridView, LoginSession, Score
from tests.blueprints.teacher.test_gradebook import FETCH, Page, cell, grid_url, opened, send
from tests.classes import make_class
from tests.school import make_score


def columns_url(section):
    return f"/teacher/classes/{section.public_id}/columns"


def export_url(work):
    return f"/teacher/assignments/{work.public_id}/scores.csv"


def titles(page: Page, section) -> list[str]:
    """The assignments that stand in the grid, from left to right."""
    works = db.session.scalars(select(Assignment).where(Assignment.section_id == section.id)).all()
    keys = {f"/teacher/assignments/{work.public_id}": work.title for work in works}
    return [keys[link] for link in page.links if link in keys]


def sent(client, address, **form):
    """The page on which the form that was sent ends."""
    return client.get(client.post(address, **form).location)


@pytest.fixture
def wide(school):
    """A class with four assignments in one category."""
    section = make_class(school, 2, 4)
    works = db.session.scalars(select(Assignment).where(Assignment.section_id == section.id)).all()
    for number, work in enumerate(sorted(works, key=lambda one: one.id), 1):
        work.title, work.category_id = f"Work {number}", works[0].category_id
    db.session.commit()
    return section


def key_of(section, title):
    query = select(Assignment.public_id).where(Assignment.section_id == section.id, Assignment.title == title)
    return db.session.scalar(query)


def test_a_hidden_column_is_said_counts_and_is_hidden_for_one_person_only(sign_in, school):
    rivera = sign_in(school.rivera)

    answer = sent(rivera, columns_url(school.algebra), data={"hide": school.quiz.public_id})
    page = Page(answer.text)

    assert titles(page, school.algebra) == ["Fractions test"]
    assert "Integers quiz is hidden from your view." in page.text
    assert "1 column hidden. Show all" in page.text
    assert "90% 85.8% with hidden scores" in page.text, "what is out of sight counts"
    assert titles(opened(sign_in(school.cole), school.algebra), school.algebra) == ["Integers quiz", "Fractions test"]


def test_saving_with_a_hidden_column_saves_what_is_shown(sign_in, school):
    client = sign_in(school.rivera)
    client.post(columns_url(school.algebra), data={"hide": school.quiz.public_id})

    page = opened(client, school.algebra)
    answer = send(client, school.algebra, page.form(A1="40"))

    assert answer.status_code == 303
    assert "1 score saved." in client.get(answer.location).text
    db.session.expire_all()
    assert [one["value"] for one in opened(client, school.algebra).cells()] == ["40", ""]


def test_undo_shows_the_column_again(sign_in, school):
    client = sign_in(school.rivera)
    client.post(columns_url(school.algebra), data={"hide": school.quiz.public_id})

    client.post(f"{columns_url(school.algebra)}?show={school.quiz.public_id}")

    assert len(titles(opened(client, school.algebra), school.algebra)) == 2


def test_with_every_column_hidden_the_page_says_so(sign_in, school):
    client = sign_in(school.rivera)
    client.post(columns_url(school.algebra), data={"page": "1", "save": "1"})

    page = opened(client, school.algebra)
    assert "You have hidden every column that stands here." in page.text
    client.post(columns_url(school.algebra), data={"show_all": "1"})
    assert len(titles(opened(client, school.algebra), school.algebra)) == 2


def test_columns_move_within_their_category_and_the_order_is_remembered(sign_in, school, wide):
    client = sign_in(school.rivera)
    move = f"{key_of(wide, 'Work 3')}.{key_of(wide, 'Work 2')}"

    page = Page(sent(client, columns_url(wide), data={"move": move}).text)
    assert titles(page, wide) == ["Work 1", "Work 3", "Work 2", "Work 4"]
    assert titles(opened(client, wide, sort="-name"), wide) == ["Work 1", "Work 3", "Work 2", "Work 4"]

    client.post(f"{columns_url(wide)}?move={move}")  # Undo
    assert titles(opened(client, wide), wide) == ["Work 1", "Work 2", "Work 3", "Work 4"]


def test_new_work_stands_at_the_end_of_what_was_arranged(sign_in, school, wide):
    client = sign_in(school.rivera)
    client.post(columns_url(wide), data={"move": f"{key_of(wide, 'Work 4')}.{key_of(wide, 'Work 1')}"})
    category = db.session.scalar(select(Assignment.category_id).where(Assignment.section_id == wide.id).limit(1))
    new = Assignment(
        school_id=school.oak.id,
        section_id=wide.id,
        category_id=category,
        title="Work 0",
        points=Decimal(5),
        position=-1,
    )
    db.session.add(new)
    db.session.commit()

    assert titles(opened(client, wide), wide) == ["Work 4", "Work 1", "Work 2", "Work 3", "Work 0"]


def test_scores_are_saved_in_the_cells_of_a_moved_column(sign_in, school, wide):
    client = sign_in(school.rivera)
    client.post(columns_url(wide), data={"move": f"{key_of(wide, 'Work 4')}.{key_of(wide, 'Work 1')}"})

    page = opened(client, wide)
    send(client, wide, page.form(A1="7"))

    work = db.session.scalar(select(Assignment).where(Assignment.section_id == wide.id, Assignment.title == "Work 4"))
    rows = {one["aria-labelledby"]: one["value"] for one in opened(client, wide).cells()}
    assert rows["1 A"] == "7"
    exported = client.get(export_url(work)).text
    assert ",7," in exported


def test_the_page_of_columns_does_the_same_without_scripts(sign_in, school):
    client = sign_in(school.rivera)
    html = client.get(columns_url(school.algebra)).text
    assert html.count('name="shown"') == 2
    assert html.count("checked") == 2

    fields = {"page": "1", "save": "1", "shown": [school.test.public_id], "percent": "1"}
    answer = client.post(columns_url(school.algebra), data=fields)

    assert answer.location == grid_url(school.algebra)
    assert titles(opened(client, school.algebra), school.algebra) == ["Fractions test"]
    assert '"percent":"{number}%"' in client.get(grid_url(school.algebra)).text
    assert client.get(columns_url(school.algebra)).text.count("checked") == 2, "the test, and the percentage"


def test_a_move_on_that_page_keeps_what_was_ticked(sign_in, school, wide):
    client = sign_in(school.rivera)
    shown = [key_of(wide, f"Work {number}") for number in (1, 2, 3)]
    move = f"{key_of(wide, 'Work 2')}.{key_of(wide, 'Work 1')}"

    answer = client.post(columns_url(wide), data={"page": "1", "shown": shown, "move": move})

    assert answer.location == columns_url(wide)
    assert titles(opened(client, wide), wide) == ["Work 2", "Work 1", "Work 3"]


@pytest.mark.parametrize("fields", [{"hide": "nothing"}, {"move": "a.b"}, {"move": ""}, {"show": "x" * 500}])
def test_what_is_no_longer_there_changes_nothing(sign_in, school, fields):
    client = sign_in(school.rivera)

    answer = sent(client, columns_url(school.algebra), data=fields)

    assert "That assignment is no longer where it was. Nothing was changed." in answer.text
    assert len(titles(Page(answer.text), school.algebra)) == 2


def test_no_column_leaves_its_category(sign_in, school):
    client = sign_in(school.rivera)
    assert school.quiz.category_id != school.test.category_id

    move = f"{school.quiz.public_id}.{school.test.public_id}"
    client.post(columns_url(school.algebra), data={"move": move})

    assert titles(opened(client, school.algebra), school.algebra) == ["Integers quiz", "Fractions test"]


def test_a_script_is_answered_without_a_page(sign_in, school):
    client = sign_in(school.rivera)

    answer = client.post(columns_url(school.algebra), data={"hide": school.quiz.public_id}, headers=FETCH)

    assert (answer.status_code, answer.text) == (204, "")
    assert db.session.scalars(select(GridView.hidden)).all() == [[school.quiz.id]]


def test_the_grid_asks_no_more_often_for_a_view_of_ones_own(sign_in, school, count_statements):
    client = sign_in(school.rivera)
    with count_statements() as plain:
        client.get(grid_url(school.algebra))
    client.post(columns_url(school.algebra), data={"hide": school.quiz.public_id})
    client.get(grid_url(school.algebra))  # brings the result
    with count_statements() as arranged:
        client.get(grid_url(school.algebra))

    assert len(arranged) == len(plain) <= 7


# --- What changed since


def test_only_students_with_a_score_changed_since_a_day(sign_in, school, clock):
    client = sign_in(school.rivera)
    today = f"{clock():%Y-%m-%d}"
    assert opened(client, school.algebra, show="changed", since=today).cells() == []

    send(client, school.algebra, [("seen", "0"), (cell(school.quiz, school.leo), "17")])

    page = opened(client, school.algebra, show="changed", since=today)
    assert "Showing 1 of 2: changed since" in page.text
    assert [one["value"] for one in page.cells()] == ["17", ""]
    tomorrow = f"{clock() + timedelta(days=1):%Y-%m-%d}"
    assert opened(client, school.algebra, show="changed", since=tomorrow).cells() == []


def test_only_students_with_a_score_changed_since_my_last_visit(sign_in, school, clock):
    sign_in(school.rivera).get(grid_url(school.algebra))
    first = db.session.scalars(select(LoginSession)).one()
    first.last_used_at = clock()
    db.session.commit()
    clock.advance(hours=1)
    send(sign_in(school.cole), school.algebra, [("seen", "0"), (cell(school.quiz, school.leo), "17")])
    clock.advance(hours=1)

    page = opened(sign_in(school.rivera), school.algebra, show="changed", since="visit")

    assert "Showing 1 of 2: changed since my last visit" in page.text


@pytest.mark.parametrize("since", ["", "2026-13-01", "9999-01-01", "0001-01-01", "yesterday", "x" * 300])
def test_a_day_that_is_none_is_the_last_visit(sign_in, school, since):
    page = opened(sign_in(school.rivera), school.algebra, show="changed", since=since)

    assert "changed since my last visit" in page.text


# --- One column as a file


def test_a_column_is_a_file_that_can_be_read_back_and_runs_nothing(sign_in, school):
    school.quiz.title, school.maya.sort_name = "=1+1", "+Diaz, Maya"
    score = db.session.get(Score, (school.quiz.id, school.leo.id, school.oak.id))
    score.points, score.status = None, "missing"

    answer = sign_in(school.rivera).get(export_url(school.quiz))

    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["name"], row["assignment"], row["points possible"], row["score"], row["status"]) for row in rows] == [
        ("'+Diaz, Maya", "'=1+1", "20", "18", ""),
        ("Evans, Leo", "'=1+1", "20", "", "missing"),
    ]


@pytest.mark.parametrize(
    ("content", "score", "status"),
    [
        ({"points": Decimal("17.5"), "late": True}, "17.5", "late"),
        ({"percent": Decimal(90)}, "90%", ""),
        ({"status": "excused"}, "", "excused"),
        ({"status": "turned_in"}, "", "turned in"),
        ({}, "", ""),
    ],
)
def test_a_score_stands_in_the_file_as_it_was_typed(sign_in, school, content, score, status):
    make_score(school.test, school.leo, **content)

    rows = list(csv.DictReader(io.StringIO(sign_in(school.rivera).get(export_url(school.test)).text)))

    assert (rows[1]["score"], rows[1]["status"]) == (score, status)


@pytest.mark.parametrize("title", ['Größe "1/2"', "اختبار", "a\\b; filename=x.exe"])
def test_a_file_has_the_name_of_its_assignment_in_any_script(sign_in, school, title):
    school.quiz.title = title

    answer = sign_in(school.rivera).get(export_url(school.quiz))

    assert answer.status_code == 200
    _kind, options = parse_options_header(answer.headers["Content-Disposition"])
    assert options["filename"] == f"{title}.csv"


def test_others_get_neither_columns_nor_files(sign_in, school):
    for name in ("osei", "pat", "maya", "dana"):
        client = sign_in(school.people[name])
        assert client.get(columns_url(school.algebra)).status_code == 404
        assert client.post(columns_url(school.algebra), data={"show_all": "1"}).status_code == 404
        assert client.get(export_url(school.quiz)).status_code == 404
    assert db.session.scalars(select(GridView)).all() == []
