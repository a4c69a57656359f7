"""T2 at phone width: one assignment's scores in one column."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, select

from gradebook.extensions import db
from gradebook.models import Assignment, Enrollment, Score
from tests.classes import make_class
from tests.school import TODAY, make_score


def one_url(work, query=""):
    return f"/teacher/assignments/{work.public_id}/scores{query}"


def post_url(school, work, query=""):
    return f"/teacher/classes/{school.algebra.public_id}/scores?assignment={work.public_id}{query}"


def fields(html):
    """(name, value) of each score field."""
    return re.findall(r'<input class="input" id="c[\d.]+" name="([\d.]+)"[^>]*? value="([^"]*)"', html)


def test_one_assignment_has_a_field_for_each_student(sign_in, school):
    make_score(school.test, school.leo, status="missing")

    html = sign_in(school.rivera).get(one_url(school.test)).text

    assert "<h1>Enter scores: Fractions test</h1>" in html
    assert fields(html) == [
        (f"{school.maya.id}.{school.test.id}", "41.5"),
        (f"{school.leo.id}.{school.test.id}", "m"),
    ]
    assert "2 of 2 entered" in html
    assert re.search(r"tag--missing[^<]*Missing", html)
    assert 'aria-labelledby="s1 work"' in html
    assert re.search(r'id="work">Fractions test, out of 50<', html)


def led_to(client, school):
    """The assignment that a phone opens first."""
    answer = client.get(f"/teacher/classes/{school.algebra.public_id}/by-assignment")
    assert answer.status_code == 303
    return answer.location


@pytest.mark.parametrize(
    ("quiz_due", "test_due", "first"),
    [
        (TODAY, TODAY + timedelta(days=1), "quiz"),
        (TODAY - timedelta(days=2), TODAY, "test"),
        (TODAY + timedelta(days=9), TODAY + timedelta(days=3), "test"),
        (None, TODAY + timedelta(days=3), "test"),
        (None, None, "quiz"),
    ],
)
def test_a_phone_opens_the_newest_work_that_is_due(sign_in, school, quiz_due, test_due, first):
    school.quiz.due_on, school.test.due_on = quiz_due, test_due
    db.session.commit()

    assert led_to(sign_in(school.rivera), school) == one_url(getattr(school, first))


def test_a_phone_opens_the_grid_of_a_class_without_work(sign_in, school):
    db.session.execute(delete(Score))
    db.session.execute(delete(Assignment))
    db.session.commit()

    assert led_to(sign_in(school.rivera), school) == f"/teacher/classes/{school.algebra.public_id}"


def test_only_blanks_and_nothing_left(sign_in, school):
    client = sign_in(school.rivera)

    html = client.get(one_url(school.test, "?only=blank")).text
    assert [name for name, _ in fields(html)] == [f"{school.leo.id}.{school.test.id}"]
    assert "1 of 2 entered" in html
    assert "Every student has a score" in client.get(one_url(school.quiz, "?only=blank")).text


def test_previous_and_next_lead_through_the_class_order(sign_in, school):
    client = sign_in(school.rivera)

    assert f'rel="next" href="{one_url(school.test)}"' in client.get(one_url(school.quiz)).text
    html = client.get(one_url(school.test)).text
    assert f'rel="prev" href="{one_url(school.quiz)}"' in html
    assert 'rel="next"' not in html


def test_saving_comes_back_to_the_same_page(sign_in, school):
    client = sign_in(school.rivera)

    answer = client.post(
        post_url(school, school.test, "&only=blank"),
        data={"seen": "0", f"{school.leo.id}.{school.test.id}": "33,5l"},
    )

    assert (answer.status_code, answer.location) == (303, one_url(school.test, "?only=blank"))
    assert "1 score saved." in client.get(answer.location).text
    score = db.session.get(Score, (school.test.id, school.leo.id, school.oak.id))
    assert (score.points, score.late) == (Decimal("33.5"), True)


def test_what_is_not_understood_comes_back_on_the_same_page(sign_in, school):
    name = f"{school.leo.id}.{school.test.id}"
    client = sign_in(school.rivera)

    first = client.post(post_url(school, school.test), data={"seen": "0", name: "500"})
    assert first.status_code == 422
    assert (name, "500") in fields(first.text)
    assert f'href="#c{name}"' in first.text
    assert "Check this" in first.text
    keep = re.search(r'name="keep" value="([^"]+)"', first.text)[1]

    again = client.post(post_url(school, school.test), data={"seen": "0", name: "500", "keep": keep})
    assert again.status_code == 303
    assert db.session.get(Score, (school.test.id, school.leo.id, school.oak.id)).points == Decimal(500)


@pytest.mark.parametrize("name", ["osei", "sub", "finch", "pat", "maya", "dana"])
def test_others_do_not_find_it(sign_in, school, name):
    assert sign_in(school.people[name]).get(one_url(school.test)).status_code == 404


def test_a_deleted_assignment_is_not_found(sign_in, school, clock):
    school.test.deleted_at = clock()

    assert sign_in(school.rivera).get(one_url(school.test)).status_code == 404


def test_someone_who_left_is_not_listed(sign_in, school):
    place = db.session.scalars(
        select(Enrollment).where(Enrollment.user_id == school.leo.id, Enrollment.section_id == school.algebra.id)
    ).one()
    place.ends_on = date(2026, 10, 14)

    assert len(fields(sign_in(school.rivera).get(one_url(school.test)).text)) == 1


def test_the_statements_do_not_grow(sign_in, school, count_statements):
    client, counts = sign_in(school.rivera), []
    for size in ((3, 2), (30, 40)):
        section = make_class(school, *size)
        work = db.session.scalars(select(Assignment).where(Assignment.section_id == section.id)).first()
        address = one_url(work)
        with count_statements() as seen:
            assert client.get(address).status_code == 200
        counts.append(len(seen))
    assert counts == [6, 6], seen


def test_a_phone_can_be_asked_for_letters_to_type_a_status(school, sign_in):
    browser = sign_in(school.rivera)
    path = f"/teacher/assignments/{school.quiz.public_id}/scores"
    assert 'inputmode="decimal"' in browser.get(path).text
    page = browser.get(f"{path}?keys=letters").text
    assert 'inputmode="text"' in page
    assert "Number keys" in page
    answer = browser.post(
        f"/teacher/classes/{school.algebra.public_id}/scores?assignment={school.quiz.public_id}&keys=letters",
        data={"seen": school.algebra.last_seq, f"{school.maya.id}.{school.quiz.id}": "m"},
    )
    assert answer.location.endswith("?keys=letters")
