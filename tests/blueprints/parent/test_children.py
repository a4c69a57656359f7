"""One child, and P2: one class of a child, with the same numbers as the child sees."""

import re
from datetime import UTC, date, datetime

import pytest

from gradebook.extensions import db
from gradebook.models import Conversation
from tests.families import add_category, add_class, add_guardianship, add_letters, add_work, score, words

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


def child_url(child) -> str:
    return f"/parent/children/{child.public_id}"


def class_url(child, section) -> str:
    return f"{child_url(child)}/classes/{section.public_id}"


def page_of(client, url) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.text


# --- One child


def test_the_childs_page_has_all_classes(school, sign_in):
    page = page_of(sign_in(school.erin), child_url(school.leo))
    assert "<h1><bdi>Leo Evans</bdi></h1>" in page
    assert class_url(school.leo, school.algebra) in page
    assert class_url(school.leo, school.history) in page
    assert "45" in page


@pytest.mark.parametrize("name", ["chris", "gus", "rex", "erin"])
def test_another_childs_page_does_not_exist(school, sign_in, name):
    client = sign_in(school.people[name])
    assert client.get(child_url(school.maya)).status_code == 404
    assert client.get(class_url(school.maya, school.algebra)).status_code == 404
    assert client.get("/parent/children/nobody").status_code == 404


@pytest.mark.parametrize("name", ["maya", "rivera", "pat"])
def test_only_parents_come_in(school, sign_in, name):
    client = sign_in(school.people[name])
    assert client.get(child_url(school.maya)).status_code == 404
    assert client.get(class_url(school.maya, school.algebra)).status_code == 404


def test_the_childs_page_takes_six_statements(school, sign_in, count_statements):
    client = sign_in(school.dana)
    for number in range(3):
        add_letters(add_class(school.oak, f"Class {number}", school.maya, pieces=6))
        url = child_url(school.maya)
        db.session.commit()
        with count_statements() as seen:
            page_of(client, url)
        assert len(seen) == 6, seen


# --- One class


def test_the_page_is_written_for_a_parent(school, sign_in):
    extra = add_category(school.algebra, "Extra", 0)
    score(add_work(extra, "Ratio sheet", due_on=date(2026, 10, 2)), school.maya, status="missing")
    score(add_work(extra, "Poster", posted_at=NOW), school.maya, "12", comment="Neat work")
    add_work(extra, "Reading log", due_on=date(2026, 10, 16))
    page = page_of(sign_in(school.dana), class_url(school.maya, school.algebra))
    text = words(page)
    assert "<h1><bdi>Maya</bdi> – <bdi>Algebra</bdi></h1>" in page
    assert "Maya has 90% from 3 graded pieces." in text
    at = [
        text.index(words_)
        for words_ in ("Ratio sheet", "Poster", "Neat work", "Reading log", "Every line is something")
    ]
    assert at == sorted(at)
    assert "your grade" not in text
    assert f"<title>{'Maya – Algebra – Oak School'}</title>" in page


def test_the_letter_is_part_of_the_sentence(school, sign_in):
    add_letters(school.algebra)
    text = words(page_of(sign_in(school.dana), class_url(school.maya, school.algebra)))
    assert "Maya has 90%, A, from 1 graded piece." in text


def test_the_primary_action_is_a_message_about_the_child(school, sign_in):
    page = page_of(sign_in(school.dana), class_url(school.maya, school.algebra))
    link = re.search(r'<a class="btn btn--primary" href="([^"]+)"[^>]*>(.*?)</a>', page, re.S)
    assert link
    assert link[1] == f"/messages/new?student={school.maya.public_id}&amp;section={school.algebra.public_id}"
    assert "Message Inés Rivera about Maya" in link[2]


@pytest.mark.parametrize("change", ["may_message", "identity"])
def test_without_the_right_to_write_there_is_no_such_action(school, sign_in, change):
    if change == "may_message":
        school.dana_of_maya.may_message = False
    else:
        school.dana.identity_seen_at = None
    page = page_of(sign_in(school.dana), class_url(school.maya, school.algebra))
    assert "/messages/new" not in page
    assert "btn--primary" not in page


def test_the_classes_before_and_after_are_one_tap_away(school, sign_in):
    client = sign_in(school.erin)
    algebra = page_of(client, class_url(school.leo, school.algebra))
    history = page_of(client, class_url(school.leo, school.history))
    assert f'rel="next" href="{class_url(school.leo, school.history)}"' in algebra
    assert 'rel="prev"' not in algebra
    assert f'rel="prev" href="{class_url(school.leo, school.algebra)}"' in history
    assert 'rel="next"' not in history


def test_a_class_of_someone_else_is_not_found_under_ones_own_child(school, sign_in):
    dana = sign_in(school.dana)
    for section in (school.history, school.botany):
        assert dana.get(class_url(school.maya, section)).status_code == 404
    add_guardianship(school.dana, school.leo, school.oak)
    assert dana.get(class_url(school.leo, school.history)).status_code == 200
    assert dana.get(class_url(school.maya, school.history)).status_code == 404


def test_nothing_posted_is_said_kindly(school, sign_in):
    text = words(page_of(sign_in(school.erin), class_url(school.leo, school.history)))
    assert "Nothing has been posted for Leo in History yet" in text
    assert "Teachers post at different times." in text


@pytest.mark.parametrize("pieces", [1, 20])
def test_the_page_takes_the_same_few_statements(school, sign_in, count_statements, pieces):
    client = sign_in(school.dana)
    section = add_class(school.oak, "Big", school.maya, pieces=pieces)
    add_letters(section)
    url = class_url(school.maya, section)
    db.session.commit()
    with count_statements() as seen:
        page_of(client, url)
    assert len(seen) == 7, seen


# --- One number for everybody


def test_child_and_parent_read_the_same_number_letter_sum_and_work(school, sign_in):
    add_letters(school.algebra)
    school.algebra.late_percent = 10
    labs = add_category(school.algebra, "Labs", 23, drop_lowest=1)
    for title, content in (
        ("Lab 1", {"points": "17.35"}), ("Lab 2", {"points": "3"}), ("Lab 3", {"points": "19.9", "late": True}),
        ("Lab 4", {"status": "missing"}), ("Lab 5", {"status": "excused"}), ("Lab 6", {"percent": 71}),
    ):  # fmt: skip
        points = content.pop("points", None)
        score(add_work(labs, title), school.maya, points, **content)
    own = page_of(sign_in(school.maya), f"/student/classes/{school.algebra.public_id}")
    parents = page_of(sign_in(school.dana), class_url(school.maya, school.algebra))
    assert _figure(own) == _figure(parents)
    assert _sum(own) == _sum(parents)
    assert _work(own) == _work(parents)
    overall = re.search(r"([\d.]+) % ([A-F])", _figure(own))
    assert overall
    on_homes = (words(sign_in(school.maya).get("/student/").text), words(sign_in(school.dana).get("/parent/").text))
    assert f"{overall[2]} {overall[1]} %" in on_homes[0]
    assert f"{overall[1]}% {overall[2]}" in on_homes[1]


def _figure(page: str) -> str:
    head = page[page.index('<p class="grade-head">') :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", head[: head.index('<span class="muted">')])).strip()


def _sum(page: str) -> str:
    table = page[page.index('<table class="sum">') : page.index("</table>", page.index('<table class="sum">'))]
    return table[table.index("<thead>") :]


def _work(page: str) -> str:
    lists = page[page.index('<div class="cats">') : page.index('<p class="print-only')]
    lists = re.sub(r"<a [^>]*>(Ask|Write) about this.*?</a>", "", lists.split("<nav")[0].split('<p class="mt-4')[0])
    text = re.sub(r"<[^>]+>", " ", lists).replace("your grade", "the grade")
    return " ".join(text.split())


# --- Writing about a score


def about_url(child, section, work) -> str:
    return f"/messages/new?student={child.public_id}&section={section.public_id}&about={work.public_id}"


def test_a_message_about_a_score_begins_with_its_title(school, sign_in):
    dana = sign_in(school.dana)
    page = page_of(dana, class_url(school.maya, school.algebra))
    url = about_url(school.maya, school.algebra, school.quiz)
    assert url.replace("&", "&amp;") in page
    begun = page_of(dana, url)
    assert "About Integers quiz:" in begun
    assert "About Maya Diaz" in words(begun)


def test_a_message_about_a_score_goes_into_the_conversation_there_is(school, sign_in):
    dana = sign_in(school.dana)
    url = about_url(school.maya, school.algebra, school.quiz)
    for _time in range(2):
        fields = dict(
            re.findall(r'name="(student|section|guardian|client_key)"[^>]* value="([^"]*)"', page_of(dana, url))
        )
        answer = dana.post("/messages/", data={**fields, "body": "About Integers quiz: why 18?"})
        assert answer.status_code == 303
    assert db.session.query(Conversation).count() == 1


def test_work_of_another_class_is_not_named(school, sign_in):
    begun = page_of(sign_in(school.dana), about_url(school.maya, school.algebra, school.essay))
    assert "Rivers essay" not in begun


def test_who_may_not_see_grades_is_told_of_no_work(school, sign_in):
    school.dana_of_maya.may_see_grades = False
    begun = page_of(sign_in(school.dana), about_url(school.maya, school.algebra, school.quiz))
    assert "Integers quiz" not in begun


def test_who_may_not_write_is_offered_no_writing_about_a_score(school, sign_in):
    school.dana_of_maya.may_message = False
    dana = sign_in(school.dana)
    assert "Write about this" not in page_of(dana, class_url(school.maya, school.algebra))
    assert dana.get(about_url(school.maya, school.algebra, school.quiz)).status_code == 404
