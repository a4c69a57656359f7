"""15 → 15.5: what a changed score was before, only where the family saw it (grading.md G8)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from gradebook.extensions import db
from gradebook.models import RoleKind
from gradebook.services import accounts, family, news, posting, score_comments, scores
from gradebook.services.score_comments import Said
from gradebook.services.scores import Content

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
VISIT = NOW - timedelta(days=2)


def type_score(school, points, at, **more):
    """Maya's quiz, as Ms Rivera types it; `points` in hundredths."""
    place = (school.quiz.id, school.maya.id)
    content = Content(points=points, **more)
    seen = school.algebra.last_seq
    saved = scores.save_scores(school.algebra, {place: content}, seen=seen, actor_id=school.rivera.id, now=at)
    assert saved.places, "nothing was written"
    db.session.commit()


def act(school, name, at):
    getattr(posting, name)(school.algebra, school.quiz, actor_id=school.rivera.id, now=at)
    db.session.commit()


def post(school, at):
    posting.post_scores(school.algebra, school.quiz, at=at, actor_id=school.rivera.id, now=at)
    db.session.commit()


def told(school, since=VISIT):
    """(before, now) of the quiz in what is new; None where it is not in it."""
    db.session.commit()
    person = accounts.person_acting_as(school.maya, NOW, RoleKind.STUDENT)
    overview = family.overview_of_student(person)
    found = news.with_before(overview.news_since(since), since)
    return next(((one.before and one.before.score, one.score) for one in found if one.title == "Integers quiz"), None)


def test_a_score_that_changed_since_the_visit_says_what_it_was(school):
    type_score(school, 1550, VISIT + timedelta(hours=1))
    assert told(school) == (Decimal(18), Decimal("15.5"))


def test_what_it_was_at_the_visit_counts_and_not_what_it_was_in_between(school):
    for hour, points in enumerate((1200, 1300, 1550)):
        type_score(school, points, VISIT + timedelta(hours=hour + 1))
    assert told(school) == (Decimal(18), Decimal("15.5"))


def test_a_change_from_before_the_visit_is_no_news(school):
    type_score(school, 1550, VISIT - timedelta(hours=1))
    assert told(school) is None


def test_a_score_changed_forth_and_back_was_nothing_else(school):
    type_score(school, 1550, VISIT + timedelta(hours=1))
    type_score(school, 1800, VISIT + timedelta(hours=2))
    assert told(school) == (None, Decimal(18))


def test_a_comment_alone_leaves_the_score_as_it_was(school):
    place = (school.quiz.id, school.maya.id)
    score_comments.save_comments(
        school.algebra, place, Said("Well done", "A note"), seen=school.algebra.last_seq, actor_id=school.rivera.id,
        now=NOW - timedelta(hours=1),
    )  # fmt: skip
    assert told(school) == (None, Decimal(18))


def test_a_score_posted_since_the_visit_was_nothing_before(school):
    school.quiz.posted_at = None
    type_score(school, 1200, VISIT - timedelta(days=1))
    post(school, VISIT + timedelta(hours=1))
    type_score(school, 1550, VISIT + timedelta(hours=2))
    assert told(school) == (None, Decimal("15.5"))


@pytest.mark.parametrize("hidden", [700, 1200])
def test_what_it_was_while_it_was_hidden_is_never_told(school, hidden):
    """Hidden, changed, the visit; then hiding is taken back, so that it counts as posted since ever, and changed."""
    act(school, "hide_scores", VISIT - timedelta(days=2))
    type_score(school, hidden, VISIT - timedelta(days=1))
    posting.undo_posting(
        school.algebra, school.quiz, seen=school.quiz.seq, actor_id=school.rivera.id, now=VISIT + timedelta(hours=1)
    )
    type_score(school, 1550, VISIT + timedelta(hours=2))
    assert school.quiz.posted_at < VISIT
    assert told(school) == (None, Decimal("15.5"))


def test_missing_work_that_was_scored_says_so(school, count_statements):
    type_score(school, None, VISIT - timedelta(days=1), status="missing")
    type_score(school, 1550, VISIT + timedelta(hours=1))
    person = accounts.person_acting_as(school.maya, NOW, RoleKind.STUDENT)
    overview = family.overview_of_student(person)
    with count_statements() as seen:
        (piece,) = news.with_before(overview.news_since(VISIT), VISIT)
    assert len(seen) == 1
    assert piece.before is not None
    assert piece.before.is_missing
