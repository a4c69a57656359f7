"""Setting a grade by hand: who may, what is refused, and what teachers and families see (grading.md G14)."""

import re
from decimal import Decimal

import pytest
from sqlalchemy import select

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.models import AuditEntry, GradeOverride, GradingScale, GradingScaleBand
from gradebook.services import closing


@pytest.fixture
def letters(school):
    """Algebra has letters: A from 90, B from 80, F below."""
    scale = GradingScale(school_id=school.oak.id, name="Letters")
    scale.bands = [
        GradingScaleBand(school_id=school.oak.id, label=label, bound=Decimal(bound))
        for label, bound in (("A", 90), ("B", 80), ("F", 0))
    ]
    db.session.add(scale)
    db.session.flush()
    school.algebra.grading_scale_id = scale.id
    db.session.commit()


def address(school, student="maya", act=""):
    return f"/teacher/classes/{school.algebra.public_id}/students/{school.people[student].public_id}/grade{act}"


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text))


def seen_on(answer):
    return re.search(r'name="seen" value="(\w+)"', answer.text)[1]


def put(client, school, grade, reason="Was ill for the test", **more):
    seen = seen_on(client.get(address(school)))
    return client.post(address(school), data={"grade": grade, "reason": reason, "seen": seen, **more})


def in_force():
    return db.session.scalars(select(GradeOverride).where(GradeOverride.removed_at.is_(None))).all()


def test_a_grade_that_is_set_is_what_everyone_sees_and_the_computed_one_is_kept_for_staff(school, sign_in):
    rivera = sign_in(school.rivera)
    assert put(rivera, school, "95,5").status_code == 303

    page = text_of(rivera.get(f"/teacher/classes/{school.algebra.public_id}/students/{school.maya.public_id}"))
    assert "95.5%" in page
    assert "Inés Rivera set it on Wed 14 Oct: Was ill for the test" in page
    assert "Computed from posted scores: 90%" in page

    for client, path in (
        (sign_in(school.maya), f"/student/classes/{school.algebra.public_id}"),
        (sign_in(school.dana), f"/parent/children/{school.maya.public_id}/classes/{school.algebra.public_id}"),
    ):
        seen = text_of(client.get(path))
        assert "95.5%" in seen
        assert "Set by the teacher." in seen
        assert "Was ill" not in seen
    assert "95.5%" in text_of(sign_in(school.maya).get("/student/"))
    assert "95.5%" in text_of(sign_in(school.dana).get("/parent/"))


def test_the_grid_shows_what_was_set_and_marks_it(school, sign_in):
    rivera = sign_in(school.rivera)
    path = f"/teacher/classes/{school.algebra.public_id}"
    assert "set by the teacher" not in text_of(rivera.get(path))
    put(rivera, school, "95.5")
    rivera.get(path)  # which says that it was saved
    grid = text_of(rivera.get(path))
    assert "95.5% ✎ set by the teacher" in grid


def test_a_letter_may_be_set_and_stands_alone(school, letters, sign_in):
    rivera = sign_in(school.rivera)
    assert put(rivera, school, "B").status_code == 303
    [stored] = in_force()
    assert (stored.percent, stored.letter) == (None, "B")
    page = sign_in(school.maya).get(f"/student/classes/{school.algebra.public_id}")
    assert "Set by the teacher." in text_of(page)
    assert re.search(r'class="letter"><bdi>B</bdi>', page.text)


@pytest.mark.parametrize(
    ("grade", "reason", "words"),
    [
        ("95", " ", "Say why."),
        ("", "Because", "Enter a percentage or a letter"),
        ("C", "Because", "or one of: A, B, F"),
        ("-3", "Because", "Enter a percentage from 0 to 150"),
        ("88.555", "Because", "Use no more than 2 decimal places"),
        ("180", "Because", "That is more than 150%."),
        ("m", "Because", "or one of: A, B, F"),
    ],
)
def test_what_is_no_grade_or_has_no_reason_is_refused_and_kept_in_the_form(
    school, letters, sign_in, grade, reason, words
):
    answer = put(sign_in(school.rivera), school, grade, reason)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert in_force() == []
    assert f'value="{grade}"' in answer.text


def test_more_than_150_percent_is_kept_when_it_is_sent_once_more(school, sign_in):
    assert put(sign_in(school.rivera), school, "180", keep="180").status_code == 303
    assert [stored.percent for stored in in_force()] == [Decimal(180)]


def test_a_change_and_a_removal_leave_history_with_before_and_after(school, sign_in):
    rivera, cole = sign_in(school.rivera), sign_in(school.cole)
    put(rivera, school, "95")
    put(cole, school, "90", "Agreed together")
    seen = seen_on(cole.get(address(school)))
    assert cole.post(address(school, act="/removal"), data={"seen": seen}).status_code == 303
    assert in_force() == []
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.act.startswith("grade.")).order_by(AuditEntry.id))
    assert [(entry.act, entry.actor_id, entry.person_id) for entry in entries] == [
        ("grade.overridden", school.rivera.id, school.maya.id),
        ("grade.overridden", school.cole.id, school.maya.id),
        ("grade.override_removed", school.cole.id, school.maya.id),
    ]
    change = db.session.scalars(
        select(AuditEntry).where(AuditEntry.act == "grade.overridden").order_by(AuditEntry.id)
    ).all()[1]
    assert (change.facts["before"]["percent"], change.facts["after"]["percent"]) == ("95.00", "90.00")
    assert len(db.session.scalars(select(GradeOverride)).all()) == 2
    assert "Set by the teacher" not in text_of(sign_in(school.maya).get("/student/"))


def test_two_teachers_at_once_overwrite_nothing(school, sign_in):
    rivera, cole = sign_in(school.rivera), sign_in(school.cole)
    seen = seen_on(cole.get(address(school)))
    put(rivera, school, "95")
    late = cole.post(address(school), data={"grade": "70", "reason": "Late", "seen": seen})
    assert late.status_code == 409
    assert "Someone else set this grade" in text_of(late)
    assert [stored.percent for stored in in_force()] == [Decimal(95)]


def test_nobody_else_sets_a_grade(school, sign_in):
    for who in ("osei", "maya", "dana", "pat", "sub"):
        client = sign_in(school.people[who])
        data = {"grade": "100", "reason": "Please", "seen": "0"}
        assert client.post(address(school), data=data).status_code == 404
    assert in_force() == []


def test_a_closed_class_refuses_and_says_who_can_open_it(school, sign_in):
    rivera = sign_in(school.rivera)
    seen = seen_on(rivera.get(address(school)))
    closing.close_session(school.oak, school.algebra.term, utc_now(), actor_id=school.pat.id)
    answer = rivera.post(address(school), data={"grade": "100", "reason": "Late", "seen": seen})
    assert answer.status_code == 422
    assert "The office of Oak School can reopen it." in text_of(answer)
    assert in_force() == []
