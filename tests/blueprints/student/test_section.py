"""S2: why is my grade this."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gradebook.extensions import db
from tests.families import add_category, add_class, add_letters, add_work, score, words

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


def page_of(client, section) -> str:
    answer = client.get(f"/student/classes/{section.public_id}")
    assert answer.status_code == 200
    return answer.text


@pytest.fixture
def maya(school, sign_in):
    return sign_in(school.maya)


def test_the_page_has_the_grade_its_sum_and_all_work(school, maya):
    page = page_of(maya, school.algebra)
    text = words(page)
    assert "<h1><bdi>Algebra</bdi></h1>" in page
    assert "How is this worked out?" in text
    assert "90 % from 1 graded piece." in text
    assert "90.00%" in text
    assert "18 out of 20" in text
    assert text.index("How is this worked out?") < text.index("Your work")


def test_the_lines_of_the_sum_add_up_to_the_grade(school, maya):
    for title, weight, points in (("Labs", 25, "17.3"), ("Talks", 15, "11.1"), ("Notes", 20, "9.9")):
        score(add_work(add_category(school.algebra, title, weight), f"{title} 1"), school.maya, points)
    cells = [row for row in _rows(page_of(maya, school.algebra)) if len(row) == 6]
    shown = [(Decimal(row[1].rstrip("%")), Decimal(row[3]), Decimal(row[5])) for row in cells if "%" in row[1]]
    assert len(shown) == 4
    for percent, weight, adds in shown:
        assert (percent * weight / 100).quantize(adds) == adds
    total = sum(adds for _, _, adds in shown)
    assert total.quantize(Decimal("0.01")) == Decimal("75.85")
    assert "75.85%" in words(page_of(maya, school.algebra))


def _rows(page: str) -> list[list[str]]:
    import re

    table = page[page.index('<table class="sum">') : page.index("</table>")]
    return [
        [re.sub(r"<[^>]+>|\s+", " ", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.S)
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, "Not graded yet"),
        ({"status": "turned_in"}, "Turned in"),
        ({"points": "18"}, "18 out of 20"),
        ({"points": "0"}, "0 out of 20"),
        ({"percent": Decimal(90)}, "18 out of 20 (90%)"),
        ({"letter": "B"}, "B (17.8 out of 20)"),
        ({"points": "18", "late": True}, "18 − 2 late = 16"),
        ({"status": "missing"}, "counts as 0 for now"),
        ({"status": "incomplete", "finish_by": date(2026, 11, 18)}, "finish before Wed 18 Nov"),
        ({"status": "excused", "points": "3"}, "does not count"),
    ],
)
def test_each_status_is_said_in_words(school, maya, content, expected):
    add_letters(school.algebra)
    school.algebra.late_percent = Decimal(10)
    points = content.pop("points", None)
    score(add_work(add_category(school.algebra, "Extra", 10), "The piece"), school.maya, points, **content)
    content.update({"points": points} if points else {})
    text = words(page_of(maya, school.algebra))
    work = text[text.index("Your work") :]
    assert expected in work[work.index("The piece") :]


def test_an_excused_score_is_not_shown(school, maya):
    score(add_work(add_category(school.algebra, "Extra", 10), "The piece"), school.maya, "3.25", status="excused")
    assert "3.25" not in page_of(maya, school.algebra)


def test_missing_work_says_how_the_class_counts_it(school, maya):
    score(add_work(add_category(school.algebra, "Extra", 10), "The piece"), school.maya, status="missing")
    school.algebra.missing_percent = Decimal(50)
    assert "counts as 10 out of 20 for now" in words(page_of(maya, school.algebra))
    school.algebra.missing_percent = None
    text = words(page_of(maya, school.algebra))
    assert "Missing work does not count in this class." in text


def test_a_dropped_piece_says_by_which_rule(school, maya):
    sheets = add_category(school.algebra, "Sheets", 10, drop_lowest=1)
    for number in (1, 2, 3):
        score(add_work(sheets, f"Sheet {number}"), school.maya, str(number))
    text = words(page_of(maya, school.algebra))
    assert "does not count: the lowest 1 of 3 in Sheets" in text
    assert "Dropped 1 out of 20" in text


def test_where_the_best_are_kept_the_others_say_so(school, maya):
    sheets = add_category(school.algebra, "Sheets", 10, keep_best=2)
    for number in (1, 2, 3):
        score(add_work(sheets, f"Sheet {number}"), school.maya, str(number))
    text = words(page_of(maya, school.algebra))
    assert "does not count: not among the best 2 of 3 in Sheets" in text
    assert "Dropped: Sheet 1 (1 of 20), not among the best 2 of 3." in text
    score(add_work(sheets, "Sheet 4"), school.maya, "4")
    assert "not among the best 2 of 4 in Sheets" in words(page_of(maya, school.algebra))


def test_feedback_is_text_and_stands_with_its_piece(school, maya):
    work = add_work(add_category(school.algebra, "Extra", 10), "The piece")
    score(work, school.maya, "12", comment="<script>alert(1)</script> مرحبا")
    page = page_of(maya, school.algebra)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; مرحبا" in page
    assert page.index(f'id="work-{work.public_id}"') < page.index("&lt;script&gt;")


def test_hidden_work_reads_like_ungraded_work(school, maya):
    text = words(page_of(maya, school.algebra))
    assert "Fractions test Fri 9 Oct out of 50 Not graded yet" in text
    assert "41.5" not in text
    assert "osted yet" not in text


def test_a_class_without_work_says_so(school, sign_in):
    section = add_class(school.oak, "Silence", school.maya, pieces=0)
    text = words(page_of(sign_in(school.maya), section))
    assert "Nothing is graded in Silence yet" in text


def test_no_other_student_is_on_the_page(school, maya):
    page = page_of(maya, school.algebra)
    assert "Leo" not in page
    assert "45" not in words(page)


@pytest.mark.parametrize("key", ["history", "botany"])
def test_a_class_of_others_does_not_exist(school, maya, key):
    assert maya.get(f"/student/classes/{school.sections[key].public_id}").status_code == 404


@pytest.mark.parametrize("key", ["x", "%00", "1", "..", "é" * 300])
def test_nonsense_in_the_address_is_not_found(school, maya, key):
    assert maya.get(f"/student/classes/{key}").status_code in (400, 404, 308)


@pytest.mark.parametrize("name", ["dana", "rivera", "pat"])
def test_only_students_come_in(school, sign_in, name):
    answer = sign_in(school.people[name]).get(f"/student/classes/{school.algebra.public_id}")
    assert answer.status_code == 404


@pytest.mark.parametrize("pieces", [1, 20])
def test_the_page_takes_five_statements_whatever_it_shows(school, sign_in, count_statements, pieces):
    client = sign_in(school.maya)
    section = add_class(school.oak, "Big", school.maya, pieces=pieces)
    add_letters(section)
    for number in range(pieces // 5):
        add_class(school.oak, f"Other {number}", school.maya)
    url = f"/student/classes/{section.public_id}"
    db.session.commit()
    with count_statements() as seen:
        assert client.get(url).status_code == 200
    assert len(seen) == 5, seen
