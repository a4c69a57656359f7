"""Bringing scores in: who and what is meant, what is written, what is never erased; and grades going out."""

import csv
import io
import json
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.interchange.grades_csv import as_csv, as_json
from gradebook.interchange.scores_csv import read_scores
from gradebook.interchange.tables import Unreadable
from gradebook.models import (
    AccountKind,
    Assignment,
    AuditEntry,
    Category,
    ChangeKind,
    Position,
    Role,
    RoleKind,
    Score,
    ScoreChange,
    TotalMode,
    User,
)
from gradebook.services import score_import
from gradebook.services.grade_export import grade_lines
from gradebook.services.score_import import Refused
from gradebook.services.scores import Content, save_scores
from tests.school import enroll, make_role, make_user

DATA = Path(__file__).parent.parent / "data"


def plan_of(school, content, **options):
    if isinstance(content, str):
        content = content.encode()
    return score_import.prepare(school.algebra, read_scores(content, "scores.csv"), utc_now(), **options)


def bring_in(school, content, *, leave_out_problems=False, **options):
    plan = plan_of(school, content, **options)
    score_import.apply(plan, utc_now(), actor_id=school.rivera.id, leave_out_problems=leave_out_problems)
    db.session.commit()
    return plan


def long(*rows, header="student,assignment,points possible,score,status"):
    return "\n".join([header, *rows])


def score_of(school, title, student):
    return db.session.scalar(
        select(Score)
        .join(Assignment, Assignment.id == Score.assignment_id)
        .where(Assignment.title == title, Score.student_id == school.people[student].id)
    )


def numbers(plan):
    return len(plan.new), len(plan.changed), plan.same, len(plan.problems)


def test_the_long_file_is_read_whole(school):
    plan = bring_in(school, (DATA / "scores.csv").read_bytes())
    assert numbers(plan) == (2, 2, 0, 0)
    assert score_of(school, "Integers quiz", "maya").points == 19
    assert score_of(school, "Integers quiz", "leo").status == "excused"
    poster = db.session.scalars(select(Assignment).where(Assignment.title == "Poster")).one()
    assert (poster.points, poster.due_on, poster.due_time) == (30, date(2026, 10, 2), time(15, 30))
    assert poster.posted_at is None
    category = db.session.get(Category, poster.category_id)
    assert (category.title, category.weight) == ("Projects", 25)
    maya = score_of(school, "Poster", "maya")
    assert (maya.points, maya.late) == (Decimal("27.5"), True)
    assert score_of(school, "Poster", "leo").status == "missing"


def test_the_second_run_writes_nothing(school, count_statements):
    bring_in(school, (DATA / "scores.csv").read_bytes())
    with count_statements() as seen:
        plan = bring_in(school, (DATA / "scores.csv").read_bytes())
    assert numbers(plan) == (0, 0, 4, 0)
    assert not plan.writes
    assert not [statement for statement in seen if not statement.startswith("SELECT")]


def test_all_cells_share_one_number_and_have_their_history(school):
    bring_in(school, (DATA / "scores.csv").read_bytes())
    changes = db.session.scalars(select(ScoreChange)).all()
    assert {(change.seq, change.kind, change.changed_by) for change in changes} == {
        (1, ChangeKind.IMPORT, school.rivera.id)
    }
    before = {change.student_id: change.before for change in changes if change.assignment_id == school.quiz.id}
    assert before[school.maya.id] == {"points": 1800}
    assert school.algebra.last_seq == 1
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "scores.imported")).one()
    assert (entry.actor_id, entry.facts["new"], entry.facts["changed"]) == (school.rivera.id, 2, 2)


def test_a_blank_never_erases(school):
    assert not bring_in(school, long("maya,Integers quiz,,,", "leo,Integers quiz,,,")).writes
    assert score_of(school, "Integers quiz", "maya").points == 18


def test_a_file_that_says_nothing_of_lateness_leaves_it(school):
    place = (school.quiz.id, school.maya.id)
    save_scores(
        school.algebra, {place: Content(points=1800, late=True)}, seen=0, actor_id=school.rivera.id, now=utc_now()
    )
    assert numbers(bring_in(school, long("maya,Integers quiz,,18,"))) == (0, 0, 1, 0)
    bring_in(school, long("maya,Integers quiz,,19,"))
    assert score_of(school, "Integers quiz", "maya").late


@pytest.mark.parametrize("name", ["maya", "MAYA", "Maya Diaz", "Diaz, Maya", " diaz,  MAYA "])
def test_a_student_is_known_by_username_or_either_order_of_the_name(school, name):
    assert numbers(plan_of(school, long(f'"{name}",Integers quiz,,20,'))) == (0, 1, 0, 0)


def test_a_student_is_known_by_the_rosters_key(school):
    role = db.session.scalars(select(Role).where(Role.user_id == school.maya.id)).one()
    role.source_id = "u-17"
    assert numbers(plan_of(school, long("u-17,Integers quiz,,20,"))) == (0, 1, 0, 0)


def test_an_unknown_student_is_a_problem_with_a_suggestion_and_never_a_guess(school):
    plan = plan_of(school, long('"Diazz, Maya",Integers quiz,,20,', "zoe,Integers quiz,,20,"))
    assert numbers(plan) == (0, 0, 0, 2)
    first, second = plan.problems
    assert (first.line, first.value) == (2, "Diazz, Maya")
    assert "Did you mean Diaz, Maya?" in str(first)
    assert "Did you mean" not in str(second)


def test_two_students_of_one_name_are_a_problem(school):
    other = make_user("maya2", "Maya Diaz", AccountKind.STUDENT)
    make_role(other, school.oak, RoleKind.STUDENT)
    enroll(other, school.algebra, Position.STUDENT)
    plan = plan_of(school, long("Maya Diaz,Integers quiz,,20,", "maya2,Integers quiz,,20,"))
    assert numbers(plan) == (1, 0, 0, 1)
    assert "several students" in str(plan.problems[0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("18x", "not a score"), ("NaN", "not a score"), ("1e309", "not a score"), ("1_0", "not a score"),
        ("１２", "not a score"), ("-3", "below 0"), ("18.123", "2 decimal"), ("180", "above full marks"),
        ("99999999999", "too long"), ("18/25", "another total"),
    ],
)  # fmt: skip
def test_scores_are_read_strictly(school, text, words):
    (problem,) = plan_of(school, long(f"maya,Integers quiz,,{text},")).problems
    assert (problem.line, problem.value) == (2, text)
    assert words in str(problem)


def test_a_high_score_is_taken_over_once_it_is_confirmed(school):
    assert numbers(plan_of(school, long("maya,Integers quiz,,180,"), confirm_high=True)) == (0, 1, 0, 0)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["maya,New,,5,"], "Say how many points"),
        (["maya,Integers quiz,25,5,"], "is out of 20 here"),
        (["maya,New,10,5,", "leo,New,12,5,"], "differs from line 2"),
        (["maya,Integers quiz,,5,", "maya,Integers quiz,,6,"], "line 2 too"),
        (["maya,Integers quiz,,5,", '"Diaz, Maya",Integers quiz,,6,'], "line 2 too"),
        (["maya,Integers quiz,,5,lost"], "not a status"),
        (["maya,Integers quiz,,,late"], "needs a score"),
        ([",Integers quiz,,5,"], "is empty"),
    ],
)
def test_what_is_not_clear_is_a_problem(school, rows, words):
    (problem,) = plan_of(school, long(*rows)).problems
    assert words in str(problem)


@pytest.mark.parametrize("column", ["due", "posted"])
@pytest.mark.parametrize("text", ["9999-12-31T23:59:59+00:00", "0001-01-01", "soon", "31.12.2026"])
def test_days_that_cannot_be_are_problems(school, column, text):
    content = long(f"maya,New,10,5,{text}", header=f"student,assignment,points possible,score,{column}")
    (problem,) = plan_of(school, content).problems
    assert (problem.field, problem.value) == (column, text)


def test_nothing_is_written_while_there_are_problems_unless_they_are_left_out(school):
    content = long("maya,Integers quiz,,20,", "leo,Integers quiz,,x,")
    with pytest.raises(Refused, match="problems"):
        bring_in(school, content)
    assert score_of(school, "Integers quiz", "maya").points == 18
    bring_in(school, content, leave_out_problems=True)
    assert score_of(school, "Integers quiz", "maya").points == 20
    assert score_of(school, "Integers quiz", "leo").points == 9


def test_a_class_that_changed_meanwhile_stops_the_import(school):
    plan = plan_of(school, long("maya,Integers quiz,,20,"))
    place = (school.quiz.id, school.leo.id)
    save_scores(school.algebra, {place: Content(points=1000)}, seen=0, actor_id=school.rivera.id, now=utc_now())
    with pytest.raises(Refused, match="changed"):
        score_import.apply(plan, utc_now(), actor_id=school.rivera.id)


def test_a_plan_writes_nothing(school):
    assert plan_of(school, (DATA / "canvas.csv").read_bytes()).writes
    assert db.session.scalar(select(func.count()).select_from(ScoreChange)) == 0


def test_semicolons_and_decimal_commas_are_read(school):
    content = "student;assignment;score\nmaya;Integers quiz;17,5\n"
    assert plan_of(school, content).changed[0].after.points == 1750


def test_a_file_without_the_columns_says_which_they_are(school):
    with pytest.raises(Unreadable, match="points possible"):
        plan_of(school, "name,mark\nmaya,5\n")


def test_the_number_of_statements_does_not_grow_with_the_file(school, count_statements):
    def statements(first, last):
        rows = [f"{name},Work {number},10,5," for number in range(first, last) for name in ("maya", "leo")]
        db.session.expire_all()
        with count_statements() as seen:
            bring_in(school, long(*rows))
        return len(seen)

    assert statements(0, 2) == statements(2, 30)


# --- Canvas


def test_a_canvas_export_is_read(school):
    school.algebra.total_mode = TotalMode.POINTS
    plan = bring_in(school, (DATA / "canvas.csv").read_bytes())
    assert plan.format == "Canvas"
    assert numbers(plan) == (1, 2, 0, 0)
    assert score_of(school, "Integers quiz", "maya").points == 26  # extra credit stays
    assert score_of(school, "Integers quiz", "leo").status == "excused"
    lab = db.session.scalars(select(Assignment).where(Assignment.title == "Week 1 Lab")).one()
    assert (lab.points, lab.source_id) == (1, "canvas:77")
    assert db.session.get(Category, lab.category_id).title == "Labs"
    assert any("our guess" in str(note) for note in plan.notes)
    assert not bring_in(school, (DATA / "canvas.csv").read_bytes()).writes


def test_an_assignment_of_canvas_is_known_again_under_another_title(school):
    bring_in(school, (DATA / "canvas.csv").read_bytes())
    content = (DATA / "canvas.csv").read_bytes().replace(b"Week 1 Lab", b"First lab").replace(b"26,1,130", b"26,0,130")
    plan = bring_in(school, content)
    assert numbers(plan) == (0, 1, 2, 0)
    assert not plan.assignments


def test_without_points_possible_the_bracket_is_the_maximum(school):
    plan = bring_in(school, (DATA / "canvas_without_points.csv").read_bytes())
    assert {(each.title, each.points, each.source_id) for each in plan.assignments} == {
        ("Quiz 1", Decimal(10), None), ("Essay", Decimal(30), None)
    }  # fmt: skip
    assert score_of(school, "Essay", "leo").points == Decimal("24.5")
    assert {note.field for note in plan.notes} >= {"Final Grade", "Last Activity"}


def test_without_points_possible_a_score_above_the_bracket_is_a_question(school):
    content = (DATA / "canvas_without_points.csv").read_bytes().replace(b",8,,80", b",12,,80")
    (problem,) = plan_of(school, content).problems
    assert (problem.field, problem.value) == ("Quiz 1 (10)", "10")


def test_another_systems_counter_is_a_key_only_where_the_name_agrees(school):
    role = db.session.scalars(select(Role).where(Role.user_id == school.leo.id)).one()
    role.source_id = "901"  # in the file this is Maya's number
    content = (DATA / "canvas.csv").read_bytes().replace(b"901,,maya", b"901,,")
    plan = plan_of(school, content)
    assert {change.student for change in plan.changed + plan.new} == {"Maya Diaz", "Leo Evans"}
    assert not plan.problems


def test_keys_that_name_two_students_are_a_problem(school):
    role = db.session.scalars(select(Role).where(Role.user_id == school.leo.id)).one()
    role.source_id = "s-1"
    content = (DATA / "canvas.csv").read_bytes().replace(b"901,,maya", b"901,s-1,maya")
    (problem,) = plan_of(school, content).problems
    assert problem.value == "Diaz, Maya"


def test_a_column_that_canvas_hides_stays_hidden(school):
    lines = (DATA / "canvas.csv").read_text().splitlines()
    lines.insert(1, ",,,,,,Manual Posting,,,,,")
    bring_in(school, "\n".join(lines))
    assert db.session.scalars(select(Assignment.posted_at).where(Assignment.title == "Week 1 Lab")).one() is None


# --- Out


def test_grades_go_out_with_numbers_as_numbers_and_text_as_text(school):
    db.session.get(User, school.maya.id).display_name = "=cmd|' /C calc'!A0"
    text = as_csv(grade_lines(school.algebra, utc_now()))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {row["username"]: (row["student"], row["current"], row["letter"]) for row in rows} == {
        "maya": ("'=cmd|' /C calc'!A0", "85.8", ""),
        "leo": ("Leo Evans", "45", ""),
    }


def test_json_has_the_parts_of_each_grade(school):
    text = as_json(grade_lines(school.algebra, utc_now()), title="Algebra", school="Oak", term="T", at=utc_now())
    maya = next(each for each in json.loads(text)["students"] if each["username"] == "maya")
    assert (maya["current"], maya["grade"]["mode"]) == ("85.8", "weighted")
    assert [part["title"] for part in maya["grade"]["current"]["parts"]] == ["Quizzes", "Tests"]


def test_export_takes_the_same_statements_for_any_number_of_students(school, count_statements):
    def statements():
        db.session.commit()
        with count_statements() as seen:
            grade_lines(school.algebra, utc_now())
        return len(seen)

    few = statements()
    for number in range(30):
        pupil = make_user(f"p{number}", f"Pupil P{number}", AccountKind.STUDENT)
        make_role(pupil, school.oak, RoleKind.STUDENT)
        enroll(pupil, school.algebra, Position.STUDENT)
    assert statements() == few
