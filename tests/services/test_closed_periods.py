"""Closed periods refuse every write path there is (grading.md G16).

The list of writers is not written from memory: every public function of the services that number, score, grade or
enroll must either be tried here on a closed period or be named as one that writes nothing of a period.
"""

import inspect
import pkgutil
import re
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace

import pytest
from sqlalchemy import select

import gradebook.services
from gradebook.extensions import db
from gradebook.grading.frozen import thaw
from gradebook.grading.overrides import Override
from gradebook.interchange.score_sheet import ScoreSheet, SheetAssignment, SheetCell, SheetStudent
from gradebook.models import (
    AcademicSession,
    Assignment,
    Category,
    ChangeKind,
    Enrollment,
    FrozenGrade,
    GradeOverride,
    Position,
    RoleKind,
    School,
    Score,
    ScoreChange,
    Section,
    SectionPeriod,
    SessionKind,
)
from gradebook.services import (
    assignments,
    audit,
    closing,
    freezing,
    imported_scores,
    outcome_rules,
    overrides,
    periods,
    posting,
    ratings,
    rosters,
    score_comments,
    score_import,
    score_restore,
    scores,
    section_rules,
    set_up_copies,
)
from gradebook.services.counters import next_number
from gradebook.services.grades import class_work
from gradebook.services.periods import PeriodClosed
from gradebook.services.rosters import Place, Term, term_of
from gradebook.services.score_history import Change
from gradebook.services.scores import Content
from gradebook.services.section_rules import RulesDraft, rules_now, version_of

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
FIRST = (date(2026, 8, 31), date(2026, 10, 12))
SECOND = (FIRST[1], date(2027, 1, 30))


# --- The school with a closed period, and with a closed term


@pytest.fixture
def quarters(school):
    """Quarter 1 with the quiz and the test, Quarter 2 with nothing yet."""
    year = school.algebra.term
    made = [
        rosters.add_session(
            school.oak, SessionKind.GRADING_PERIOD, title, *span, NOW, actor_id=school.pat.id, parent=year
        )
        for title, span in (("Quarter 1", FIRST), ("Quarter 2", SECOND))
    ]
    add_history(school)
    db.session.commit()
    db.session.expire_all()
    return made


def add_history(school):
    """Ms Rivera typed two scores of the quiz before the closing, and took the second one back."""
    school.algebra.last_seq = 3
    keys = {"school_id": school.oak.id, "section_id": school.algebra.id, "assignment_id": school.quiz.id}
    for seq, student, kind, undoes, before, after in (
        (1, school.maya, ChangeKind.TYPED, None, 1200, 1800),
        (2, school.leo, ChangeKind.TYPED, None, 900, 700),
        (3, school.leo, ChangeKind.UNDO, 2, 700, 900),
    ):
        db.session.add(
            ScoreChange(
                **keys, student_id=student.id, seq=seq, changed_by=school.rivera.id, changed_at=NOW, kind=kind,
                undoes=undoes, before={"points": before}, after={"points": after},
            )
        )  # fmt: skip


@pytest.fixture(params=["period", "term"])
def closed(request, school, quarters):
    """What is closed: Quarter 1, or the year that Algebra is taught in."""
    deleted = Assignment(
        school_id=school.oak.id, section_id=school.algebra.id, category_id=school.quiz.category_id, title="Old quiz",
        points=Decimal(10), due_on=date(2026, 9, 10), grading_period_id=quarters[0].id, deleted_at=NOW,
    )  # fmt: skip
    db.session.add(deleted)
    school.assignments["deleted"] = deleted
    session = quarters[0] if request.param == "period" else school.algebra.term
    closing.close_session(school.oak, session, NOW, actor_id=school.pat.id)
    db.session.commit()
    db.session.expire_all()
    return session


def close_and_forget(school, session):
    closing.close_session(school.oak, session, NOW, actor_id=school.pat.id)
    db.session.commit()
    db.session.expire_all()


# --- Every writer, tried on what is closed

BY = {"now": NOW}


def quiz_draft(school, **fields):
    draft = assignments.draft_of(school.quiz, NOW)
    return assignments.AssignmentDraft(**{**draft.__dict__, **fields})


def save_typed(school):
    work = class_work(school.algebra, NOW)
    saved = scores.save_typed(
        school.algebra, work, {(school.quiz.id, school.maya.id): "12"}, seen=99, actor_id=school.rivera.id, now=NOW
    )
    assert saved.places == []
    [error] = saved.errors.values()  # the other cells of the page are saved, this one says why it is not
    assert error.code == "closed"
    raise PeriodClosed("said cell by cell", NOW, school.oak)


def save_scores(school):
    wanted = {(school.quiz.id, school.maya.id): Content(points=1200)}
    scores.save_scores(school.algebra, wanted, seen=99, actor_id=school.rivera.id, now=NOW)


def write_cells(school):
    number = next_number(school.algebra)
    wanted = {(school.quiz.id, school.leo.id): Content(points=1200)}
    scores.write_cells(
        school.algebra, wanted, {}, number=number, actor_id=school.rivera.id, now=NOW, kind=ChangeKind.RESTORE
    )


def put_back(school):
    place = (school.quiz.id, school.maya.id)
    change = Change(1, 0, place, 0, "", NOW, ChangeKind.TYPED, {"points": 1200}, {"points": 1800})
    work = class_work(school.algebra, NOW)
    score_restore.restore(school.algebra, work, [change], actor_id=school.rivera.id, now=NOW)


def undo(school):
    work = class_work(school.algebra, NOW)
    score_restore.undo(school.algebra, work, 1, actor_id=school.rivera.id, now=NOW)


def redo(school):
    work = class_work(school.algebra, NOW)
    score_restore.redo(school.algebra, work, 2, actor_id=school.rivera.id, now=NOW)


def save_comments(school):
    place, said = (school.quiz.id, school.maya.id), score_comments.Said("Well done", "Sat alone")
    score_comments.save_comments(school.algebra, place, said, seen=99, actor_id=school.rivera.id, now=NOW)


def write_imported(school):
    number = next_number(school.algebra)
    wanted = {(school.quiz.id, school.leo.id): Content(points=1200)}
    imported_scores.write_imported(school.algebra, wanted, {}, number=number, actor_id=school.rivera.id, now=NOW)


def sheet(title, points=None, due_on=None):
    return ScoreSheet(
        "scores.csv", "CSV", [SheetStudent(2, (("student", "maya"),))],
        [SheetAssignment(1, title, points=points, due_on=due_on)], [SheetCell(2, 0, 0, "11")],
    )  # fmt: skip


def import_scores(school):
    plan = score_import.prepare(school.algebra, sheet("Integers quiz"), NOW)
    assert plan.writes
    score_import.apply(plan, NOW, actor_id=school.rivera.id)


def import_new_work(school):
    plan = score_import.prepare(school.algebra, sheet("New quiz", Decimal(20), date(2026, 9, 9)), NOW)
    assert plan.writes
    score_import.apply(plan, NOW, actor_id=school.rivera.id)


def post(school):
    posting.post_scores(school.algebra, school.test, at=NOW, actor_id=school.rivera.id, now=NOW)


def hide(school):
    posting.hide_scores(school.algebra, school.quiz, actor_id=school.rivera.id, now=NOW)


def undo_post(school):
    quiz, who = school.quiz, {"school_id": school.oak.id, "actor_id": school.rivera.id}
    facts = {"assignment_id": quiz.id, "at": quiz.posted_at.isoformat(), "before": None}
    audit.record("scores.posted", NOW, section_id=school.algebra.id, **who, **facts)
    posting.undo_posting(school.algebra, quiz, seen=quiz.seq, actor_id=school.rivera.id, now=NOW)


def create(school):
    draft = quiz_draft(school, title="Late idea")
    assignments.create_assignment(school.algebra, draft, first_category="All", actor_id=school.rivera.id, now=NOW)


def change(school, **fields):
    draft = quiz_draft(school, **(fields or {"title": "Renamed"}))
    assignments.change_assignment(
        school.algebra, school.quiz, draft, seen=99, keep=None, actor_id=school.rivera.id, now=NOW
    )


def move_out(school):
    change(school, due_on=date(2026, 11, 2))


def delete(school):
    assignments.delete_assignment(school.algebra, school.quiz, seen=99, actor_id=school.rivera.id, now=NOW)


def restore(school):
    assignments.restore_assignment(school.algebra, school.assignments["deleted"], actor_id=school.rivera.id, now=NOW)


def override(school):
    scope = school.quiz.grading_period_id
    value = Override(Decimal(90), None, "Illness")
    overrides.set_override(
        school.algebra, school.maya.id, value, seen=0, actor_id=school.rivera.id, now=NOW, period_id=scope
    )


def remove_override(school):
    overrides.remove_override(
        school.algebra, school.maya.id, seen=0, actor_id=school.rivera.id, now=NOW,
        period_id=school.quiz.grading_period_id,
    )  # fmt: skip


def enroll_inside(school):
    rosters.enroll(school.zoe, school.algebra, Position.STUDENT, date(2026, 9, 20), NOW, actor_id=school.pat.id)


def place_of(school, student):
    return db.session.scalars(
        select(Enrollment).where(
            Enrollment.user_id == student.id,
            Enrollment.section_id == school.algebra.id,
            Enrollment.role_kind == RoleKind.STUDENT,
        )
    ).one()


def begin_later(school):
    place = place_of(school, school.maya)
    rosters.change_enrollment(place, Place(place.position, date(2026, 9, 20)), NOW, actor_id=school.pat.id)


def end_inside(school):
    rosters.end_enrollment(place_of(school, school.maya), date(2026, 9, 20), NOW, actor_id=school.pat.id)


def end_role_inside(school):
    role = rosters.role_of(school.maya, school.oak, RoleKind.STUDENT)
    rosters.end_role(role, date(2026, 9, 20), NOW, actor_id=school.pat.id)


def add_part(school):
    term = school.quiz.grading_period_id and db.session.get_one(AcademicSession, school.quiz.grading_period_id)
    parent = school.algebra.term if school.algebra.term.closed_at else term
    rosters.add_session(
        school.oak, SessionKind.GRADING_PERIOD, "Half", date(2027, 3, 1), date(2027, 4, 1), NOW,
        actor_id=school.pat.id, parent=parent,
    )  # fmt: skip


def change_dates(school):
    session = db.session.get_one(AcademicSession, school.quiz.grading_period_id)
    term = Term(**{**term_of(session).__dict__, "ends_on": date(2026, 10, 5)})
    rosters.change_session(school.oak, session, term, NOW, actor_id=school.pat.id)


def add_class(school):
    session = db.session.scalars(select(AcademicSession).where(AcademicSession.closed_at.is_not(None))).first()
    rosters.add_class(school.oak, "Late class", school.algebra.course, session, NOW, actor_id=school.pat.id)


def move_class_in(school):
    session = db.session.scalars(select(AcademicSession).where(AcademicSession.closed_at.is_not(None))).first()
    other = school.history
    rosters.change_class(other, other.title, None, other.course_id, session.id, False, NOW, actor_id=school.pat.id)


# Ratings and outcomes (tests/services/test_outcomes.py has what they do where it is open): they ask before they look
# at anything else, so that a class is all they need here.


def outcomes_of(school):
    return SimpleNamespace(section=school.algebra, works=class_work(school.algebra, NOW).columns)


def rate(school):
    ratings.save_ratings(
        outcomes_of(school), {(school.quiz.id, 0, school.maya.id): "3"}, seen=99, actor_id=school.rivera.id, now=NOW
    )


def align(school):
    outcome_rules.align(outcomes_of(school), school.quiz, [], seen=99, shown=None, actor_id=school.rivera.id, now=NOW)


def save_settings(school):
    outcome_rules.save_settings(school.algebra, None, seen="", shown=None, actor_id=school.rivera.id, now=NOW)


def remove_outcome(school):
    outcome_rules.remove_outcome(school.algebra, None, actor_id=school.rivera.id, now=NOW)


def add_outcome(school):
    outcome_rules.add_outcome(school.algebra, None, actor_id=school.rivera.id, now=NOW)


def take_outcomes(school):
    outcome_rules.take_outcomes(school.algebra, [], actor_id=school.rivera.id, now=NOW)


def change_outcome(school):
    outcome_rules.change_outcome(school.algebra, None, None, seen=0, actor_id=school.rivera.id, now=NOW)


CLOSED = {
    assignments.create_assignment: [create],
    assignments.change_assignment: [change, move_out],
    assignments.delete_assignment: [delete],
    assignments.restore_assignment: [restore],
    imported_scores.write_imported: [write_imported],
    outcome_rules.align: [align],
    outcome_rules.remove_outcome: [remove_outcome],
    outcome_rules.save_settings: [save_settings],
    overrides.set_override: [override],
    overrides.remove_override: [remove_override],
    posting.hide_scores: [hide],
    posting.post_scores: [post],
    posting.undo_posting: [undo_post],
    ratings.save_ratings: [rate],
    rosters.add_class: [add_class],
    rosters.add_session: [add_part],
    rosters.change_class: [move_class_in],
    rosters.change_enrollment: [begin_later],
    rosters.change_session: [change_dates],
    rosters.end_enrollment: [end_inside],
    rosters.end_role: [end_role_inside],
    rosters.enroll: [enroll_inside],
    score_comments.save_comments: [save_comments],
    score_import.apply: [import_scores, import_new_work],
    score_restore.redo: [redo],
    score_restore.restore: [put_back],
    score_restore.undo: [undo],
    scores.save_scores: [save_scores],
    scores.save_typed: [save_typed],
    scores.write_cells: [write_cells],
}
"""Refused when the period is closed, and so when the whole term is."""


def save_rules(school):
    now = rules_now(school.algebra, class_work(school.algebra, NOW).categories)
    draft = RulesDraft(**{**now.__dict__, "missing_percent": Decimal(50)})
    section_rules.save_rules(
        school.algebra, draft, seen=version_of(now), shown=None, actor_id=school.rivera.id, now=NOW
    )


def first_category(school):
    section_rules.ensure_category(school.algebra, "Everything")


def copy_set_up(school):
    set_up_copies.copy_set_up(
        school.history, school.algebra, days=0, with_assignments=True, actor_id=school.rivera.id, now=NOW
    )


def set_weights(school):
    next_number(school.algebra)
    scope = school.quiz.grading_period_id
    periods.set_weights(school.algebra, {scope: Decimal(100)})


def move_class_out(school):
    section = school.algebra
    term_id = school.history.term_id
    rosters.change_class(section, section.title, None, section.course_id, term_id, False, NOW, actor_id=school.pat.id)


CLOSED_TERM = {
    outcome_rules.add_outcome: [add_outcome],
    outcome_rules.change_outcome: [change_outcome],
    outcome_rules.take_outcomes: [take_outcomes],
    section_rules.save_rules: [save_rules],
    set_up_copies.copy_set_up: [copy_set_up],
    periods.set_weights: [set_weights],
    rosters.change_class: [move_class_out],
}
"""About the class as a whole: refused when its own term is closed; a closed period keeps its copy."""


def contents():
    """Everything that a closed period holds, as rows."""
    tables = (Score, ScoreChange, Assignment, Category, Enrollment, GradeOverride, FrozenGrade, SectionPeriod, Section)
    found = {}
    for model in tables:
        table = model.__table__
        columns = [column for column in table.c if column.name not in ("last_seq", "seq")]
        found[table.name] = sorted(map(repr, db.session.execute(select(*columns))))
    found["sessions"] = sorted(map(repr, db.session.execute(select(*AcademicSession.__table__.c))))
    return found


@pytest.mark.parametrize(
    "attempt", [attempt for some in CLOSED.values() for attempt in some], ids=lambda attempt: attempt.__name__
)
def test_a_closed_period_refuses(school, closed, attempt):
    before = contents()
    with pytest.raises(PeriodClosed) as refused:
        attempt(school)
    assert refused.value.school.name == "Oak School"
    db.session.rollback()
    assert contents() == before


@pytest.mark.parametrize(
    "attempt", [attempt for some in CLOSED_TERM.values() for attempt in some], ids=lambda attempt: attempt.__name__
)
def test_a_closed_term_refuses(school, quarters, attempt):
    close_and_forget(school, school.algebra.term)
    before = contents()
    with pytest.raises(PeriodClosed, match="2026–27"):
        attempt(school)
    db.session.rollback()
    assert contents() == before


# --- The same things where nothing is closed

OPEN = [one for some in (*CLOSED.values(), *CLOSED_TERM.values()) for one in some]
NEEDS_CLOSED = {add_class, move_class_in}  # they look for a closed term to use
NEEDS_MORE = {
    copy_set_up,
    rate,
    align,
    save_settings,
    remove_outcome,
    add_outcome,
    take_outcomes,
    change_outcome,
    remove_override,
    save_typed,
    restore,
    add_part,
    end_role_inside,
}


@pytest.mark.parametrize(
    "attempt", [one for one in OPEN if one not in NEEDS_CLOSED | NEEDS_MORE], ids=lambda attempt: attempt.__name__
)
def test_an_open_period_lets_it_happen(school, quarters, attempt):
    before = contents()
    attempt(school)
    db.session.flush()
    assert contents() != before


# --- No writer is forgotten

READ_ONLY_OR_ELSEWHERE = {
    "assignments": {
        "column_with", "count_scores", "deleted_assignments", "differences", "draft_of", "effect_of",
        "is_title_taken", "keep_choice", "rescaled", "work_with",
    },
    "closing": {"checklist", "close_session", "closing_of", "reopen_session"},  # the office closes
    "counters": {"next_number", "next_number_and", "next_number_if", "next_numbers", "return_number"},  # the lock
    # the office's scales; closed classes keep their grades: test_grading_scales.py
    "grading_scales": None,
    "freezing": {"drop_copies", "follow", "freeze", "freeze_leavers", "of_period", "scopes_of"},  # the copies
    "overrides": set(),
    "posting": {"last_act"},
    "periods": {
        "closed", "closed_since", "line_above", "parts_of", "period_for", "periods_for", "periods_of",
        "require_days_open", "require_open", "require_session_open", "require_work_open",
        "file_work",  # asks for open work only: test_closing.py
    },
    "rosters": {
        "add_course", "add_person", "change_person", "deactivate", "details_of", "give_role", "gives_rights",
        "is_used_elsewhere", "locked", "may_contain", "office_accounts", "people_with_email", "reactivate", "role_of",
        "see_identity", "suggest_username", "term_of", "used_elsewhere",
        # guardians and orders: who may see, not what
        "ask_to_lift", "change_guardianship", "confirm_restriction", "end_guardianship", "guardianship_between",
        "keep_restriction", "lift", "link_guardian", "link_of", "restrict",
    },
    "score_comments": {"notes_at", "notes_of", "said_at"},
    "score_import": {"prepare"},
    "score_restore": {"facts_now", "own_acts", "says_otherwise", "touched", "would_change"},
    "score_rows": {"insert_changes", "upsert_scores"},  # the statements that write_rows and write_imported execute
    "scores": {
        "cell_of", "content_from_facts", "content_of", "content_typed", "facts_of", "row_of", "stored_cells",
        "text_of",
        "columns_of",
        "forget_requests",  # under which key a change was sent is no part of it
        "take_number",  # the lock itself
        "write_rows",  # for writers that have asked
    },
    "outcome_rules": {"settings_of", "version_of"},
    "ratings": {
        "choices_of", "text_of",
        "write_ratings",  # for save_ratings, which has asked
    },
    "section_rules": {
        "check", "droppable_in", "drops_in", "pieces_in", "posted_shifts", "read", "rules_now", "scaled",
        "scaled_periods", "scales_of", "version_of", "work_with",
        "ensure_category",  # for a caller that has asked
    },
    "set_up_copies": {"pieces_of", "plan", "usual_shift"},
    "demonstration": None,  # makes a school of its own
    "roster_import": None,  # tests/services/test_roster_import.py: rows of closed periods are left out with a problem
}  # fmt: skip
"""By module of services: public functions that write nothing of a period; None: the whole module."""


def writing_modules():
    """The services that write rows of a class: they take its number, or insert or update its tables."""
    found = {}
    for info in pkgutil.iter_modules(gradebook.services.__path__):
        module = import_module(f"gradebook.services.{info.name}")
        source = inspect.getsource(module)
        if re.search(r"import .*\b(next_number|upsert_scores)|def (next_number|upsert_scores)", source):
            found[info.name] = module
    return found


def public_functions(module):
    return {
        name: function
        for name, function in vars(module).items()
        if inspect.isfunction(inspect.unwrap(function))
        and not name.startswith("_")
        and inspect.unwrap(function).__module__ == module.__name__
    }


def test_every_public_function_of_the_services_that_write_is_tried_here_or_named():
    tried = {*CLOSED, *CLOSED_TERM}
    forgotten = [
        f"{name}.{function}"
        for name, module in writing_modules().items()
        if READ_ONLY_OR_ELSEWHERE.get(name, set()) is not None
        for function, value in public_functions(module).items()
        if value not in tried and function not in READ_ONLY_OR_ELSEWHERE.get(name, set())
    ]
    assert forgotten == [], "try it on a closed period above, or say that it writes nothing of one"


# --- Two at once


@pytest.mark.commits
@pytest.mark.parametrize("what", ["period", "term"])
def test_a_save_that_waits_for_the_closing_is_refused_when_it_is_through(app, school, quarters, what):
    """The page was read while everything was open; the save waits for the class's row, which the closing holds."""
    session_id = quarters[0].id if what == "period" else school.algebra.term_id
    section_id, place = school.algebra.id, (school.quiz.id, school.maya.id)
    rivera, pat, oak = school.rivera.id, school.pat.id, school.oak.id
    db.session.commit()
    db.session.rollback()  # let go of the database
    read, closed_now, outcome = threading.Event(), threading.Event(), []

    def save() -> None:
        with app.app_context():
            work = class_work(db.session.get_one(Section, section_id), NOW)
            db.session.rollback()
            read.set()
            assert closed_now.wait(20)
            section = db.session.get_one(Section, section_id)
            try:
                saved = scores.save_typed(section, work, {place: "12"}, seen=0, actor_id=rivera, now=NOW)
                outcome.extend(error.code for error in saved.errors.values())
                db.session.commit()
            except PeriodClosed as error:
                outcome.append(error.title)
                db.session.rollback()

    thread = threading.Thread(target=save)
    thread.start()
    assert read.wait(20)
    session = db.session.get_one(AcademicSession, session_id)
    closing.close_session(db.session.get_one(School, oak), session, NOW, actor_id=pat)
    closed_now.set()
    thread.join(0.3)  # long enough to be waiting; when it has not begun to wait yet, it is refused all the same
    db.session.commit()
    thread.join(30)
    assert outcome == ["closed" if what == "period" else "2026–27"]
    assert db.session.get_one(Score, (*place, oak)).points == Decimal(18)
    freezing.keep_classes([section_id])  # of the quarter they are kept already: the save came first to the class
    [kept] = db.session.scalars(
        select(FrozenGrade).where(
            FrozenGrade.student_id == place[1],
            FrozenGrade.section_id == section_id,
            FrozenGrade.period_id == (session_id if what == "period" else None),
        )
    )
    assert thaw(kept.grade).current == Decimal("85.80")  # with 18 of 20
