"""T11: a teacher's own comments, on their page and where one comments on a score."""

import re

import pytest

from gradebook.extensions import db
from gradebook.models import BankComment
from gradebook.services import comment_bank
from gradebook.services.score_comments import Said
from tests.blueprints.teacher.test_comments import fields, said
from tests.blueprints.teacher.test_comments import url as comments_url

BANK = "/teacher/comments"


def words(person):
    db.session.expire_all()
    return sorted(db.session.scalars(db.select(BankComment.words).where(BankComment.teacher_id == person.id)))


@pytest.fixture
def kept(school):
    comment = comment_bank.add_comment(school.rivera.id, school.oak.id, "Show your working")
    db.session.commit()
    return comment


def test_adding_changing_and_deleting(school, sign_in):
    teacher = sign_in(school.rivera)
    assert teacher.post(BANK, data={"words": " Show your working \n"}).status_code == 303
    page = teacher.get(BANK).text
    assert "Show your working" in page
    assert "1 of 200" in page
    one = re.search(r'href="(/teacher/comments/\w+)"', page)[1]
    form = teacher.get(one).text
    seen = re.search(r'name="seen" value="(\d+)"', form)[1]
    assert teacher.post(one, data={"words": "Show all of it", "seen": seen}).status_code == 303
    assert words(school.rivera) == ["Show all of it"]
    again = teacher.post(one, data={"words": "From an old window", "seen": seen})
    assert again.status_code == 409
    assert "another window" in again.text
    assert "From an old window" in again.text
    assert teacher.post(f"{one}/removal").status_code == 303
    assert words(school.rivera) == []


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "Write the comment that you want to keep"),
        ("\u200b", "Write the comment that you want to keep"),
        ("x" * 501, "This has 501 characters. Shorten it to 500 or fewer"),
        ("a\x01b", "There is a character in it that cannot be shown"),
        ("Show your working", "This comment is in your bank already"),
    ],
)
def test_what_is_not_kept_says_why(school, sign_in, kept, typed, reason):
    answer = sign_in(school.rivera).post(BANK, data={"words": typed})
    assert answer.status_code == 422
    assert reason in answer.text
    assert words(school.rivera) == ["Show your working"]


def test_a_bank_holds_two_hundred(school, sign_in):
    for number in range(comment_bank.MOST):
        db.session.add(BankComment(teacher_id=school.rivera.id, school_id=school.oak.id, words=f"Comment {number}"))
    db.session.commit()
    answer = sign_in(school.rivera).post(BANK, data={"words": "One too many"})
    assert answer.status_code == 422
    assert "it holds 200 comments" in answer.text
    assert sign_in(school.cole).post(BANK, data={"words": "One too many"}).status_code == 303


def test_a_bank_is_its_teachers_own(school, sign_in, kept):
    other = sign_in(school.cole)
    assert "Show your working" not in other.get(BANK).text
    assert "Show your working" not in other.get(comments_url(school)).text
    for method, path in (("get", ""), ("post", ""), ("post", "/removal")):
        data = {"words": "Mine now", "seen": "1"} if method == "post" else None
        assert getattr(other, method)(f"{BANK}/{kept.public_id}{path}", data=data).status_code == 404
    picked = other.post(comments_url(school), data=fields(school, insert=kept.public_id))
    assert picked.status_code == 404
    assert words(school.rivera) == ["Show your working"]


def test_picking_puts_it_into_the_comment_and_saves_nothing(school, sign_in, kept):
    teacher = sign_in(school.rivera)
    answer = teacher.post(comments_url(school), data=fields(school, "Good.", "Sat alone", insert=kept.public_id))
    assert answer.status_code == 200
    assert re.search(r"<textarea[^>]*>\s*Good\. Show your working</textarea>", answer.text)
    assert "Sat alone" in answer.text
    assert said(school) == Said()


def test_keeping_what_was_typed(school, sign_in):
    teacher = sign_in(school.rivera)
    answer = teacher.post(comments_url(school), data=fields(school, "Well argued", keep="1"))
    assert "The comment is in your bank now. It is not saved for this score yet." in answer.text
    assert words(school.rivera) == ["Well argued"]
    assert said(school) == Said()
    again = teacher.post(comments_url(school), data=fields(school, "Well argued", keep="1"))
    assert "This comment is in your bank already" in again.text
    empty = teacher.post(comments_url(school), data=fields(school, "", keep="1"))
    assert empty.status_code == 422
    assert words(school.rivera) == ["Well argued"]
