"""What functions draw of the pages of families, instead of a template, escapes all that people have written."""

from decimal import Decimal

from markupsafe import escape

from gradebook.clock import utc_now
from tests.families import add_category, add_letters, add_work, score

EVIL = """<x-evil a='b' c="d">&amp;"""


def assert_escaped(page: str, *texts: str) -> None:
    assert "<x-evil" not in page
    for text in texts:
        assert str(escape(text)) in page


def test_no_word_of_a_person_is_markup_in_the_lines_of_a_class(school, sign_in):
    labs = add_category(school.algebra, f"Labs {EVIL}", 10, weighing="equal", drop_lowest=1)
    titles = {}
    for what, points, content in (
        ("plain", "18", {"comment": f"Comment {EVIL}"}),
        ("late", "17", {"late": True}),
        ("percent", None, {"percent": Decimal(80)}),
        ("letter", None, {"letter": "B"}),
        ("unknown", None, {"letter": EVIL[:20]}),
        ("dropped", "1", {}),
        ("missing", None, {"status": "missing"}),
        ("excused", None, {"status": "excused"}),
    ):
        titles[what] = f"{what} {EVIL}"
        score(add_work(labs, titles[what], posted_at=utc_now()), school.maya, points, **content)
    add_letters(school.algebra)
    school.algebra.late_percent = Decimal(10)
    school.oak.takes_score_questions = True

    maya = sign_in(school.maya)
    own = maya.get(f"/student/classes/{school.algebra.public_id}").text
    assert_escaped(maya.get("/student/?news=all").text, titles["plain"], f"Comment {EVIL}")
    hers = sign_in(school.dana).get(f"/parent/children/{school.maya.public_id}/classes/{school.algebra.public_id}").text

    for page in (own, hers):
        assert_escaped(page, *titles.values(), labs.title, f"Comment {EVIL}", EVIL[:20])
        assert page.count(f": {escape(titles['plain'])}</span></a>") == 1  # the way to ask about it names it


def test_what_is_drawn_for_a_template_is_escaped_once(app):
    source = "{{ score_of(words, words) }}{{ score_of('<b>x</b>'|safe, dropped=True) }}"
    with app.test_request_context():
        drawn = app.jinja_env.from_string(source).render(words="<i>&")
    assert drawn == (
        '<span class="score">&lt;i&gt;&amp; <small>&lt;i&gt;&amp;</small></span>'
        '<span class="score"><s class="dropped"><b>x</b></s></span>'
    )
