"""Guardians confirm that they have seen scores: alone, only what is shown to them, and only the score that stands."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from gradebook.extensions import db
from gradebook.models import RoleKind, Score, SeenRequest, SeenScore
from gradebook.services import accounts, family, seen
from tests.families import add_guardianship

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


@pytest.fixture
def asked(school):
    """Ms Rivera asks about the quiz."""
    seen.ask_to_confirm(school.algebra, school.quiz, actor_id=school.rivera.id, now=NOW)
    db.session.commit()


def waiting(school, guardian=None, now=NOW):
    """What the home page counts, which is what the page of the class lists."""
    guardian = guardian or school.dana
    db.session.commit()
    person = accounts.person_acting_as(guardian, now, RoleKind.PARENT)
    count = sum(sum(child.to_confirm.values()) for child in family.children_with_places(person))
    listed = [
        one
        for child in family.children_with_places(person)
        for place in child.places
        for one in seen.scores_to_confirm(place.section, child.id, person.id, now)
        if one.confirmed_at is None
    ]
    assert len(listed) == count
    return count


def confirm(school, guardian=None, **seqs):
    guardian = guardian or school.dana
    rows = seen.scores_to_confirm(school.algebra, school.maya.id, guardian.id, NOW)
    count = seen.confirm(
        rows, {school.quiz.public_id: seqs.get("seq", 0)}, school_id=school.oak.id, student_id=school.maya.id,
        guardian_id=guardian.id, now=NOW,
    )  # fmt: skip
    db.session.commit()
    return count


def test_nothing_waits_where_nobody_asked(school):
    assert waiting(school) == 0


def test_a_confirmation_is_each_guardians_own(school, asked):
    add_guardianship(school.chris, school.maya, school.oak)
    assert (waiting(school), waiting(school, school.chris)) == (1, 1)
    assert confirm(school) == 1
    assert confirm(school) == 1  # pressed twice
    assert db.session.query(SeenScore).count() == 1
    assert (waiting(school), waiting(school, school.chris)) == (0, 1)


def test_a_score_that_changed_is_not_confirmed_and_waits_again(school, asked):
    score = db.session.get(Score, (school.quiz.id, school.maya.id, school.oak.id))
    score.seq = 5
    assert confirm(school, seq=0) == 0
    assert waiting(school) == 1
    assert confirm(school, seq=5) == 1
    score.seq, score.points = 6, Decimal(17)
    assert waiting(school) == 1


def test_hidden_and_empty_scores_wait_for_nobody(school, asked):
    school.quiz.posted_at = NOW + timedelta(hours=1)
    assert waiting(school) == 0
    assert waiting(school, now=NOW + timedelta(hours=1)) == 1
    score = db.session.get(Score, (school.quiz.id, school.maya.id, school.oak.id))
    score.points, score.private_note = None, "Only a note"
    assert waiting(school, now=NOW + timedelta(hours=1)) == 0


@pytest.mark.parametrize("name", ["gus", "rex"])
def test_ended_and_restricted_guardians_are_asked_nothing(school, asked, name):
    assert waiting(school, school.people[name]) == 0


def test_nobody_is_asked_any_more_and_what_was_confirmed_is_kept(school, asked):
    confirm(school)
    seen.stop_asking(school.quiz, now=NOW)
    assert waiting(school) == 0
    assert db.session.query(SeenScore).count() == 1
    seen.ask_to_confirm(school.algebra, school.quiz, actor_id=school.rivera.id, now=NOW)
    seen.ask_to_confirm(school.algebra, school.quiz, actor_id=school.cole.id, now=NOW)  # once is enough
    assert db.session.query(SeenRequest).count() == 2
    assert waiting(school) == 1  # asked anew


def lines(school, teacher):
    db.session.commit()
    person = accounts.person_acting_as(teacher, NOW, RoleKind.TEACHER)
    section, work = (
        (school.history, school.essay) if teacher in (school.tess, school.osei) else (school.algebra, school.quiz)
    )
    found = seen.lines_of(person, section, work, NOW)
    return {
        line.student.called: [(one.name, bool(one.confirmed_at), one.is_older) for one in line.readers]
        for line in found
    }


def test_teachers_see_who_confirmed_and_whether_the_score_changed_since(school, asked):
    confirm(school)
    expected = {
        "Leo": [("Erin Evans", False, False), ("Tess Tanner", False, False)],
        "Maya": [("Dana Diaz", True, False)],
    }
    assert lines(school, school.rivera) == expected
    db.session.get(Score, (school.quiz.id, school.maya.id, school.oak.id)).seq = 9
    assert lines(school, school.rivera)["Maya"] == [("Dana Diaz", True, True)]


def test_a_teacher_learns_of_no_other_guardian_of_the_own_child(school):
    score = Score(school_id=school.oak.id, assignment_id=school.essay.id, student_id=school.leo.id, seq=0, points=20)
    db.session.add(score)
    assert lines(school, school.tess) == {"Leo": [], "Zoe": [("Chris Clark", False, False)]}
    assert lines(school, school.osei)["Leo"] == [("Erin Evans", False, False), ("Tess Tanner", False, False)]
