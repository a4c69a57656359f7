"""What families read beside the grade: missing, due, new, and what needs a parent's attention."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from gradebook.extensions import db
from gradebook.models import Enrollment, Position, Restriction, RoleKind
from gradebook.policy import scopes
from gradebook.policy.access import NotFound, child_of_guardian, section_for_student, section_of_child
from gradebook.services import accounts, family
from gradebook.services.attention import needing_attention
from tests.families import add_category, add_class, add_guardianship, add_work, changed, score
from tests.school import SEEN, TODAY, enroll, make_role, make_section

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)  # 8:00 at Oak School


@pytest.fixture
def extra(school):
    """A category of Algebra that weighs nothing, for work that only has to be listed."""
    return add_category(school.algebra, "Extra", 0)


def student(user, now=NOW):
    db.session.commit()
    return accounts.person_acting_as(user, now, RoleKind.STUDENT)


def guardian(user, now=NOW):
    db.session.commit()
    return accounts.person_acting_as(user, now, RoleKind.PARENT)


def algebra_of(school, now=NOW):
    return family.class_of_student(student(school.maya, now), school.algebra.public_id)


def titles(pieces):
    return [piece.title for piece in pieces]


# --- Lists of work


def test_missing_work_is_listed_from_the_oldest(school, extra):
    for title, due_on in (("Newer", date(2026, 10, 8)), ("Undated", None), ("Older", date(2026, 10, 1))):
        score(add_work(extra, title, due_on=due_on), school.maya, status="missing")
    assert titles(algebra_of(school).missing) == ["Older", "Newer", "Undated"]


def test_unfinished_work_is_missing_from_its_day_on(school, extra):
    score(add_work(extra, "Half done", due_on=TODAY), school.maya, status="incomplete", finish_by=date(2026, 10, 15))
    before, after = datetime(2026, 10, 15, 3, 59, tzinfo=UTC), datetime(2026, 10, 15, 4, tzinfo=UTC)
    assert (titles(algebra_of(school, before).missing), titles(algebra_of(school, after).missing)) == (
        [],
        ["Half done"],
    )
    assert titles(algebra_of(school, before).upcoming) == ["Half done"]
    assert titles(algebra_of(school, after).upcoming) == []


def test_missing_work_is_listed_where_it_does_not_count_too(school, extra):
    school.algebra.missing_percent = None
    score(add_work(extra, "Counts nowhere"), school.maya, status="missing")
    score(add_work(extra, "For practice", counts=False), school.maya, status="missing")
    assert titles(algebra_of(school).missing) == ["Counts nowhere", "For practice"]


def test_work_is_due_until_its_moment_and_shown_two_weeks_ahead(school, extra):
    for title, due_on, due_time in (
        ("This morning", TODAY, time(7, 59)),
        ("At noon", TODAY, time(12)),
        ("Tonight", TODAY, None),
        ("In two weeks", TODAY + timedelta(days=14), None),
        ("Later", TODAY + timedelta(days=15), None),
        ("Some day", None, None),
    ):
        add_work(extra, title, due_on=due_on, due_time=due_time)
    assert titles(algebra_of(school).upcoming) == ["At noon", "Tonight", "In two weeks"]


@pytest.mark.parametrize(
    ("content", "listed"),
    [
        ({"points": "12"}, False),
        ({"status": "turned_in"}, False),
        ({"status": "excused"}, False),
        ({"status": "missing"}, False),
        ({"comment": "Bring a ruler"}, True),
    ],
)
@pytest.mark.parametrize("counts", [True, False])
def test_what_is_done_is_not_due_any_more(school, extra, content, listed, counts):
    score(add_work(extra, "Ahead", due_on=date(2026, 10, 20), counts=counts), school.maya, **content)
    assert titles(algebra_of(school).upcoming) == (["Ahead"] if listed else [])


def test_what_is_done_but_hidden_is_due_like_anything_else(school, extra):
    score(add_work(extra, "Ahead", due_on=date(2026, 10, 20), posted_at=None), school.maya, "12")
    assert titles(algebra_of(school).upcoming) == ["Ahead"]


def test_work_due_after_a_student_leaves_is_not_theirs(school, extra):
    add_work(extra, "Ahead", due_on=date(2026, 10, 20))
    place = db.session.query(Enrollment).filter_by(section_id=school.algebra.id, user_id=school.maya.id).one()
    place.ends_on = date(2026, 10, 19)
    assert titles(algebra_of(school).upcoming) == []


def test_new_is_what_was_posted_or_changed_in_the_last_14_days(school, extra):
    days = {"Fresh": 1, "Just in": 14, "Too old": 15}
    for title, ago in days.items():
        score(add_work(extra, title, posted_at=NOW - timedelta(days=ago)), school.maya, "12")
    changed(school.quiz, school.maya, NOW - timedelta(hours=1), school.rivera)
    assert titles(algebra_of(school).news) == ["Integers quiz", "Fresh", "Just in"]


def test_a_score_typed_before_posting_is_new_from_the_posting(school, extra):
    work = add_work(extra, "Posted late", posted_at=NOW - timedelta(hours=2))
    score(work, school.maya, "12")
    changed(work, school.maya, NOW - timedelta(days=30), school.rivera)
    assert algebra_of(school).news[0].shown_since == NOW - timedelta(hours=2)


def test_missing_and_empty_cells_are_no_news_but_a_comment_is(school, extra):
    for title, content in (
        ("Missing", {"status": "missing"}),
        ("Emptied", {}),
        ("Turned in", {"status": "turned_in"}),
        ("Excused", {"status": "excused"}),
        ("Commented", {"comment": "See page 4"}),
        ("Blank comment", {"comment": "  "}),
    ):
        score(add_work(extra, title, posted_at=NOW - timedelta(hours=1)), school.maya, **content)
    assert titles(algebra_of(school).news) == ["Commented", "Excused"]


def test_the_latest_are_the_newest_five(school, extra):
    for number in range(7):
        score(add_work(extra, f"Piece {number}", posted_at=SEEN + timedelta(days=number)), school.maya, "12")
    assert titles(algebra_of(school).latest(5)) == [f"Piece {number}" for number in (6, 5, 4, 3, 2)]


def test_a_piece_says_what_lateness_took(school, extra):
    school.algebra.late_percent = Decimal(10)
    score(add_work(extra, "Late"), school.maya, "18.5", late=True)
    piece = next(piece for piece in algebra_of(school).latest(9) if piece.title == "Late")
    assert (piece.score, piece.late_taken, piece.value, piece.is_late) == (
        Decimal("18.5"),
        Decimal(2),
        Decimal("16.5"),
        True,
    )


def test_all_work_stands_by_category_the_newest_first(school):
    homework = add_category(school.algebra, "Homework", 0, drop_lowest=1)
    for number in (1, 2, 3):
        score(add_work(homework, f"Sheet {number}", due_on=date(2026, 9, number)), school.maya, str(10 + number))
    part, pieces = algebra_of(school).work_by_category[-1]
    assert part.category.title == "Homework"
    assert titles(pieces) == ["Sheet 3", "Sheet 2", "Sheet 1"]
    assert [str(piece.what) for piece in pieces] == ["counted", "counted", "dropped"]


# --- One place, and only one's own


def test_a_student_opens_exactly_what_the_list_holds(school):
    person = student(school.maya)
    assert [one.section.title for one in family.overview_of_student(person).classes] == ["Algebra"]
    assert family.class_of_student(person, school.algebra.public_id).section is school.algebra
    for public_id in (school.history.public_id, school.botany.public_id, "", "nothing", "x\0y"):
        with pytest.raises(NotFound):
            family.class_of_student(person, public_id)


def test_listing_agrees_with_the_policy(school):
    school.history.ended = True
    leo, erin = student(school.leo), guardian(school.erin)
    assert {one.section.id for one in family.overview_of_student(leo).classes} == set(
        db.session.scalars(scopes.sections_attended_by(leo))
    )
    children = family.children_with_places(erin)
    assert [child.id for child in children] == list(db.session.scalars(scopes.children_of(erin)))
    assert {place.section.id for place in children[0].places} == set(
        db.session.scalars(scopes.sections_of_child(erin, school.leo.id))
    )
    for section in (school.algebra, school.history):
        for fetch in (
            lambda section=section: section_for_student(leo, section.public_id),
            lambda section=section: section_of_child(erin, school.leo, section.public_id),
            lambda section=section: family.class_of_student(leo, section.public_id),
            lambda section=section: family.class_of_child(erin, school.leo.public_id, section.public_id),
        ):
            if section.ended:
                with pytest.raises(NotFound):
                    fetch()
            else:
                assert fetch()
    assert child_of_guardian(erin, school.leo.public_id) is school.leo


def test_a_child_without_a_class_is_still_a_child(school):
    enrollment = db.session.query(Enrollment).filter_by(user_id=school.maya.id).one()
    enrollment.ends_on = TODAY
    children = family.children_of_guardian(guardian(school.dana))
    assert [(child.name, child.classes) for child in children] == [("Maya Diaz", [])]


def test_rights_at_one_school_open_nothing_at_another(school):
    make_role(school.maya, school.elm, RoleKind.STUDENT)
    make_role(school.dana, school.elm, RoleKind.PARENT)
    enroll(school.maya, school.botany, Position.STUDENT)
    dana = guardian(school.dana)
    assert [place.section.title for place in family.children_with_places(dana)[0].places] == ["Algebra"]
    with pytest.raises(NotFound):
        family.class_of_child(dana, school.maya.public_id, school.botany.public_id)
    add_guardianship(school.dana, school.maya, school.elm, may_message=False)
    child = family.children_with_places(guardian(school.dana))[0]
    assert [place.section.title for place in child.places] == ["Algebra", "Botany"]
    assert child.schools == ["Oak School", "Elm School"]
    assert child.gives_messages == {school.oak.id}


def test_a_guardianship_counts_only_where_the_guardian_holds_the_role(school):
    make_role(school.maya, school.elm, RoleKind.STUDENT)
    enroll(school.maya, school.botany, Position.STUDENT)
    add_guardianship(school.dana, school.maya, school.elm)
    assert family.children_with_places(guardian(school.dana))[0].schools == ["Oak School"]


@pytest.mark.parametrize("name", ["gus", "rex", "chris"])
def test_an_ended_a_restricted_and_another_guardian_see_nothing_of_maya(school, name):
    person = guardian(school.people[name])
    assert school.maya.id not in {child.id for child in family.children_of_guardian(person)}
    with pytest.raises(NotFound):
        family.child_of_guardian(person, school.maya.public_id)
    with pytest.raises(NotFound):
        family.class_of_child(person, school.maya.public_id, school.algebra.public_id)


def test_a_role_that_is_not_in_use_gives_nothing(school):
    tess = accounts.person_acting_as(school.tess, NOW, RoleKind.TEACHER)
    assert family.children_of_guardian(tess) == []
    assert [child.name for child in family.children_of_guardian(guardian(school.tess))] == ["Leo Evans"]


# --- Whom to write to


def to_write(school, person):
    child, one = family.class_of_child(person, school.maya.public_id, school.algebra.public_id)
    return family.teacher_to_write_to(person, child, one)


def test_the_message_is_for_the_teacher_who_leads_the_class(school):
    assert to_write(school, guardian(school.dana)) == "Inés Rivera"


def test_without_the_right_to_write_there_is_nobody(school):
    school.dana_of_maya.may_message = False
    assert to_write(school, guardian(school.dana)) is None


def test_under_an_order_against_contact_there_is_nobody(school):
    db.session.add(
        Restriction(
            school_id=school.oak.id,
            student_id=school.maya.id,
            adult_id=school.dana.id,
            no_contact=True,
            no_records=False,
            hide_address=False,
            document_reference="26-1",
            begins_on=TODAY,
            entered_by=school.pat.id,
            entered_at=NOW,
        )
    )
    assert to_write(school, guardian(school.dana)) is None


def test_a_teacher_who_is_the_childs_own_guardian_is_passed_over(school):
    add_guardianship(school.rivera, school.maya, school.oak)
    assert to_write(school, guardian(school.dana)) == "Abe Cole"


def test_a_guardian_whom_the_office_has_not_seen_writes_to_nobody(school):
    school.dana.identity_seen_at = None
    assert to_write(school, guardian(school.dana)) is None


# --- Attention


def attention(school, person=None):
    children = family.children_of_guardian(person or guardian(school.dana))
    return [(one.kind, one.child.called, titles(one.pieces)) for one in needing_attention(children)]


def test_missing_work_needs_attention_two_days_after_it_was_due(school, extra):
    score(add_work(extra, "Sheet", due_on=date(2026, 10, 11)), school.maya, status="missing")
    end_of_the_day = datetime(2026, 10, 12, 4, tzinfo=UTC)
    early, late = (end_of_the_day + timedelta(days=2) + timedelta(minutes=minutes) for minutes in (-1, 0))
    assert attention(school, guardian(school.dana, early)) == []
    assert attention(school, guardian(school.dana, late)) == [("missing", "Maya", ["Sheet"])]


def test_missing_work_without_a_day_needs_attention_at_once(school, extra):
    score(add_work(extra, "Sheet"), school.maya, status="missing")
    assert attention(school) == [("missing", "Maya", ["Sheet"])]


@pytest.mark.parametrize(("points", "low"), [("11.99", True), ("12", False)])
def test_a_grade_below_the_mark_needs_attention(school, points, low):
    section = add_class(school.oak, "Art", school.maya, pieces=0)
    score(add_work(add_category(section, "Pictures"), "Picture"), school.maya, points)
    assert attention(school) == ([("below", "Maya", [])] if low else [])


def test_a_class_of_another_term_needs_no_attention(school):
    assert attention(school, guardian(school.erin)) == [("below", "Leo", [])]
    school.algebra.term.ends_on = TODAY
    assert attention(school, guardian(school.erin)) == []


def test_a_hidden_low_grade_needs_no_attention(school):
    school.quiz.posted_at = None
    assert attention(school, guardian(school.erin)) == []


def test_who_sees_no_grades_may_still_write(school):
    assert not family.may_only_write(guardian(school.rex))
    school.dana_of_maya.may_see_grades = False
    person = guardian(school.dana)
    assert family.children_of_guardian(person) == []
    assert family.may_only_write(person)


# --- The other term


def test_classes_of_another_term_stand_apart(school):
    section = make_section(school.oak, "Last year")
    section.term.ends_on = TODAY
    enroll(school.maya, section, Position.STUDENT)
    overview = family.overview_of_student(student(school.maya))
    assert [one.section.title for one in overview.current] == ["Algebra"]
    assert [one.section.title for one in overview.others] == ["Last year"]


# --- A class that came to grade outcomes


def test_scores_from_before_a_class_graded_outcomes_are_in_no_list(school, extra):
    """They stay in the database, and are back with the points."""
    score(add_work(extra, "Old sheet", due_on=date(2026, 10, 1)), school.maya, status="missing")
    ahead = add_work(extra, "Handed in early", due_on=TODAY + timedelta(days=2))
    score(ahead, school.maya, "20")
    changed(ahead, school.maya, NOW, school.rivera)
    dana = guardian(school.dana)
    before = algebra_of(school)
    assert (titles(before.missing), titles(before.upcoming), before.has_scores) == (["Old sheet"], [], True)
    assert "Handed in early" in titles(before.news)
    assert attention(school, dana) == [("missing", "Maya", ["Old sheet"])]

    school.algebra.grades_outcomes = True
    after = algebra_of(school)
    assert (titles(after.missing), titles(after.upcoming), after.has_scores) == ([], ["Handed in early"], False)
    assert after.news == after.latest(5) == []
    assert attention(school, dana) == []
