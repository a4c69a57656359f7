"""Whatever happens to hidden scores, the pages of the student and of the parent stay the same to the byte: with pretend
scores and goals, the trend, the calendar and its feed."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from gradebook.extensions import db
from gradebook.models import Position, Score, ScoreQuestion, TotalMode
from gradebook.services import calendar_links, posting, scores, seen
from gradebook.services.scores import Content
from tests.families import (
    add_category,
    add_class,
    add_letters,
    add_work,
    asked_pages_of,
    more_pages_of,
    pages_of,
    score,
    shown,
)
from tests.school import SEEN, enroll

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
STEPS = 30


@pytest.fixture
def family(school, sign_in):
    """Maya's and Dana's browsers, and all their pages about Algebra."""
    add_letters(school.algebra)
    school.algebra.late_percent = Decimal(10)
    sheets = add_category(school.algebra, "Sheets", 20, drop_lowest=1, drop_highest=1)
    for number in range(4):
        score(add_work(sheets, f"Sheet {number}", due_on=date(2026, 10, 2)), school.maya, str(12 + number))
    school.hidden = [
        school.test,
        add_work(sheets, "Hidden sheet", posted_at=None, due_on=date(2026, 10, 3)),
        add_work(sheets, "Hidden and due", posted_at=None, due_on=date(2026, 10, 20)),
        add_work(sheets, "Posted tomorrow", posted_at=NOW + timedelta(days=1), due_on=date(2026, 10, 5)),
        add_work(sheets, "Bonus", posted_at=None, extra_credit=True),
    ]
    ask_about(school, school.algebra, [school.quiz, *school.hidden])
    db.session.commit()
    own, guardians = pages_of(school.maya, school.algebra)
    guardians += more_pages_of(school.maya, school.algebra)
    maya, dana = sign_in(school.maya), sign_in(school.dana)
    pretend = f"p-{school.test.public_id}=40&p-{school.hidden[1].public_id}=90%25"
    own += [*asked_pages_of(school.algebra), f"{own[1]}?{pretend}&goal=80"]
    return lambda: [shown(maya, url) for url in own] + [shown(dana, url) for url in guardians]


def ask_about(school, section, assignments) -> None:
    """Ms Rivera asks guardians to confirm all of it; Maya asked about all of it, when it was posted perhaps."""
    for number, assignment in enumerate(assignments):
        seen.ask_to_confirm(section, assignment, actor_id=school.rivera.id, now=NOW)
        answered = (
            {"answer": "Look at line 3", "answered_at": NOW, "answered_by": school.rivera.id} if number % 2 else {}
        )
        question = ScoreQuestion(
            school_id=section.school_id, section_id=section.id, assignment_id=assignment.id, student_id=school.maya.id,
            words="Why?", asked_at=NOW, **answered,
        )  # fmt: skip
        db.session.add(question)


def anything(draw: random.Random) -> Content:
    """Any content of a cell, an empty one too."""
    typed = draw.choice(
        [{}, {"points": draw.randrange(0, 2500, 25)}, {"percent": draw.randrange(0, 10001)}, {"letter": "B"}]
    )
    status = draw.choice(["none", "none", "missing", "excused", "incomplete", "turned_in"])
    return Content(**typed, status=status, late=draw.random() < 0.3)


def change_something_hidden(school, draw: random.Random, section=None) -> None:
    """As a teacher would, with history; or a comment, a day, or the score gone altogether."""
    section = section or school.algebra
    assignment, student = draw.choice(school.hidden), draw.choice([school.maya, school.maya, school.leo])
    place = (assignment.id, student.id)
    scores.save_scores(
        section,
        {place: anything(draw)},
        seen=section.last_seq,
        actor_id=school.rivera.id,
        now=NOW - timedelta(minutes=draw.randrange(600)),
    )
    stored = db.session.get(Score, (*place, school.oak.id), populate_existing=True)
    if stored is not None and draw.random() < 0.5:
        stored.comment = draw.choice([None, "SECRET", "Well done"])
        stored.turned_in_at = draw.choice([None, NOW])
        stored.finish_by = draw.choice([None, date(2026, 10, 1), date(2026, 10, 18)])
    elif stored is not None and draw.random() < 0.3:
        db.session.delete(stored)
    db.session.commit()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_hidden_scores_never_change_a_byte(school, family, number):
    draw = random.Random(number)
    before = family()
    assert not any(b"SECRET" in page for page in before)
    for step in range(STEPS):
        change_something_hidden(school, draw)
        if step % 5 == 4:
            assert family() == before, f"step {step}"


def random_class(school, draw: random.Random):
    """A class with rules, categories and posted scores that are drawn; some of its work is hidden, or until later."""
    section = add_class(
        school.oak,
        "Drawn",
        school.maya,
        pieces=0,
        total_mode=draw.choice(list(TotalMode)),
        missing_percent=draw.choice([None, Decimal(0), Decimal(50)]),
        late_percent=draw.choice([None, Decimal(10)]),
        cap_percent=draw.choice([None, Decimal(100)]),
    )
    enroll(school.rivera, section, Position.LEAD)
    enroll(school.leo, section, Position.STUDENT)
    add_letters(section)
    hidden = []
    for number in range(draw.randint(1, 4)):
        rules = draw.choice([{}, {"drop_lowest": 1}, {"drop_highest": 1}, {"keep_best": 2}, {"extra_credit": True}])
        category = add_category(section, f"Category {number}", draw.choice([0, 20, 35, 60]), **rules)
        for piece in range(draw.randint(1, 5)):
            later = draw.choice([None, NOW + timedelta(days=2)])
            posted_at = draw.choice([later, SEEN])
            work = add_work(
                category,
                f"Piece {number}.{piece}",
                draw.choice([0, 10, 20]),
                posted_at=posted_at,
                due_on=draw.choice([None, date(2026, 9, 1 + piece), date(2026, 10, 16 + piece)]),
                extra_credit=draw.random() < 0.1,
                counts=draw.random() < 0.9,
            )
            if posted_at != SEEN:
                hidden.append(work)
            elif draw.random() < 0.8:
                content = anything(draw)
                points = None if content.points is None else str(Decimal(content.points).scaleb(-2))
                score(work, school.maya, points, status=content.status, late=content.late)
    return section, hidden or [add_work(category, "Hidden", posted_at=None)]


@pytest.mark.parametrize("number", range(8))
def test_in_a_class_that_is_drawn_hidden_scores_never_change_a_byte(school, sign_in, client, number):
    draw = random.Random(number)
    school.drawn, school.hidden = random_class(school, draw)
    token, _link = calendar_links.make_link(school.maya.id, NOW)
    ask_about(school, school.drawn, school.hidden)
    db.session.commit()
    own, guardians = pages_of(school.maya, school.drawn)
    guardians += more_pages_of(school.maya, school.drawn)
    pretend = "&".join(f"p-{work.public_id}={draw.randint(0, 10)}" for work in school.hidden)
    own += [f"{own[1]}?{pretend}&goal={draw.randint(40, 100)}", f"{own[1]}?goal=B&on={school.hidden[0].public_id}"]
    own += asked_pages_of(school.drawn)
    maya, dana = sign_in(school.maya), sign_in(school.dana)

    def pages():
        mine = [shown(maya, url) for url in own] + [shown(dana, url) for url in guardians]
        return [*mine, client.get(f"/student/calendar/{token}.ics").data]

    before = pages()
    for _step in range(10):
        change_something_hidden(school, draw, school.drawn)
    assert pages() == before


def test_posting_is_what_changes_them(school, family):
    """The same comparison does see a difference where there is one to see."""
    before = family()
    posting.post_scores(school.algebra, school.test, at=NOW, actor_id=school.rivera.id, now=NOW)
    db.session.commit()
    posted = family()
    assert all(page != was for page, was in zip(posted, before, strict=True))
    assert any(b"41.5" in page for page in posted)
    posting.hide_scores(school.algebra, school.test, actor_id=school.rivera.id, now=NOW)
    db.session.commit()
    assert family() == before


def test_a_posting_that_lies_ahead_shows_from_its_moment(school, family, clock):
    score(school.hidden[3], school.maya, "13.37")
    db.session.commit()
    clock.set(NOW + timedelta(minutes=50))
    assert not any(b"13.37" in page for page in family())
    school.hidden[3].posted_at = NOW + timedelta(minutes=50)
    db.session.commit()
    assert any(b"13.37" in page for page in family())
