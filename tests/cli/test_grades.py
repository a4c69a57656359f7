"""`flask import-scores` and `flask export-grades` as a person in a terminal sees them."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import Enrollment, Score, ScoreChange
from tests.art import make_art

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture
def run(app, school):
    def run(*arguments):
        return app.test_cli_runner().invoke(args=list(map(str, arguments)))

    return run


def points(school):
    return db.session.scalar(
        select(Score.points).where(Score.assignment_id == school.quiz.id, Score.student_id == school.maya.id)
    )


def test_scores_are_imported_under_the_teachers_name(run, school):
    result = run("import-scores", DATA / "scores.csv", "--section", school.algebra.public_id)
    assert result.exit_code == 0, result.output
    assert "Maya Diaz, Integers quiz: 18 → 19" in result.stdout
    assert points(school) == 19
    assert set(db.session.scalars(select(ScoreChange.changed_by))) == {school.rivera.id}
    assert "Read 4 scores" in result.stderr
    again = run("import-scores", DATA / "scores.csv", "--section", school.algebra.public_id)
    assert "Nothing was written" in again.stdout


def test_a_dry_run_writes_nothing(run, school):
    result = run("import-scores", DATA / "scores.csv", "--section", school.algebra.public_id, "--dry-run")
    assert result.exit_code == 0
    assert points(school) == 18


def test_another_name_can_be_given(run, school):
    run("import-scores", DATA / "scores.csv", "--section", school.algebra.public_id, "--as", "pat")
    assert set(db.session.scalars(select(ScoreChange.changed_by))) == {school.pat.id}


def test_problems_stop_the_import_unless_they_are_left_out(run, school, tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text('student,assignment,score\nmaya,Integers quiz,20\n"Evens, Leo",Integers quiz,5\n')
    result = run("import-scores", path, "--section", school.algebra.public_id)
    assert result.exit_code == 1
    assert 'scores.csv:3 student "Evens, Leo": no such student is in Algebra. Did you mean Evans, Leo?' in result.stdout
    assert points(school) == 18
    assert run("import-scores", path, "--section", school.algebra.public_id, "--leave-out-problems").exit_code == 0
    assert points(school) == 20


def test_a_class_without_a_teacher_needs_a_name(run, school):
    for place in db.session.scalars(select(Enrollment).where(Enrollment.section_id == school.botany.id)):
        db.session.delete(place)
    db.session.commit()
    result = run("import-scores", DATA / "scores.csv", "--section", school.botany.public_id)
    assert result.exit_code == 1
    assert "--as USERNAME" in result.output


@pytest.mark.parametrize("command", ["import-scores", "export-grades"])
def test_an_unknown_class_is_said(run, command):
    path = [DATA / "scores.csv"] if command == "import-scores" else []
    result = run(command, *path, "--section", "nowhere")
    assert result.exit_code == 1
    assert "no class with the ID nowhere" in result.output


def test_a_file_that_is_no_table_is_said(run, school, tmp_path):
    (tmp_path / "a.csv").write_bytes(b"%PDF-1.7")
    result = run("import-scores", tmp_path / "a.csv", "--section", school.algebra.public_id)
    assert result.exit_code == 1
    assert "PDF" in result.output


def test_grades_are_printed_as_csv_and_as_json(run, school):
    result = run("export-grades", "--section", school.algebra.public_id)
    assert result.stdout.splitlines() == [
        "student,username,student id,current,final,letter,final letter",
        "Maya Diaz,maya,,85.8,85.8,,",
        "Leo Evans,leo,,45,18,,",
    ]
    result = run("export-grades", "--section", school.algebra.public_id, "--format", "json")
    assert [each["current"] for each in json.loads(result.stdout)["students"]] == ["85.8", "45"]


def test_the_levels_of_a_class_that_grades_outcomes_are_in_the_json(run, school):
    art = make_art(school)
    db.session.commit()
    result = run("export-grades", "--section", art.section.public_id, "--format", "json")
    maya = json.loads(result.stdout)["students"][0]
    assert [(one["code"], one["number"], one["level"]) for one in maya["outcomes"]] == [
        ("AR1", "3.48", "Meets"),
        ("AR2", "4", "Exceeds"),
    ]
    assert [one["number"] for one in maya["outcomes"][0]["ratings"]] == ["3", "2", "4"]
    result = run("export-grades", "--section", school.algebra.public_id, "--format", "json")
    assert "outcomes" not in json.loads(result.stdout)["students"][0]
