"""S2: how the grade has gone, what if, and what do I need."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gradebook.extensions import db
from gradebook.grading.overrides import typed_override
from gradebook.models import Assignment, Score
from gradebook.services import closing, freezing, overrides
from tests.art import make_art
from tests.families import add_category, add_class, add_letters, add_work, score, words

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


@pytest.fixture
def maya(school, sign_in):
    return sign_in(school.maya)


@pytest.fixture
def maths(school):
    """Points mode. Two pieces with scores (90% and 70%), one missing, two ahead: out of 20 each."""
    section = add_class(school.oak, "Maths", school.maya, pieces=0)
    work = add_category(section, "Work")
    for title, day, points in (("One", 2, "18"), ("Two", 9, "14")):
        score(add_work(work, title, due_on=date(2026, 9, day)), school.maya, points)
    section.works = {title: add_work(work, title, due_on=date(2026, 10, day)) for title, day in WORK_AHEAD.items()}
    section.works["Lost"] = add_work(work, "Lost", due_on=date(2026, 9, 16))
    score(section.works["Lost"], school.maya, status="missing")
    db.session.commit()
    return section


WORK_AHEAD = {"Three": 20, "Four": 27}


def asked(client, section, status=200, **wish) -> str:
    answer = client.get(f"/student/classes/{section.public_id}", query_string=wish)
    assert answer.status_code == status
    return answer.text


def plan_of(page: str) -> str:
    """The words of the plan."""
    begins = page.index('<section class="section plan"')
    return words("<main" + page[begins : page.index("</section>", begins)] + "</main>")


def field(section, title) -> str:
    return f"p-{section.works[title].public_id}"


# --- What if


def test_the_page_invites_and_has_no_fields_until_asked(maya, maths):
    page = asked(maya, maths)
    assert "Try a what-if" in plan_of(page)
    assert 'name="p-' not in page
    assert 'name="p-' in asked(maya, maths, whatif="yes")


def test_pretend_scores_give_another_grade_beside_the_one_of_now(maya, maths):
    """Now (18 + 14 + 0) of 60 = 53.33%; with 20 and 10 more (62 of 100) 62%."""
    page = asked(maya, maths, **{field(maths, "Three"): "20", field(maths, "Four"): "50%"})
    assert "If this happens 62 % now 53.33%" in plan_of(page)
    assert "This is not your grade" in plan_of(page)
    assert "53.33 %" in words(page)


def test_a_missing_piece_and_a_scored_one_can_be_pretended_too(school, maya, maths):
    two = db.session.query(Assignment).filter_by(title="Two").one()
    page = asked(maya, maths, **{field(maths, "Lost"): "16", f"p-{two.public_id}": "20"})
    assert "If this happens 90 %" in plan_of(page)  # 18 + 20 + 16 of 60


def test_nothing_is_stored(school, maya, maths):
    rows = db.session.query(Score.assignment_id, Score.points, Score.seq).order_by(Score.assignment_id)
    before = rows.all()
    asked(maya, maths, **{field(maths, "Three"): "20"})
    assert rows.all() == before
    assert 'value="20"' not in asked(maya, maths, whatif="yes")


def test_letters_are_understood_where_the_class_has_them(maya, maths):
    assert "is not a score" in plan_of(asked(maya, maths, 422, **{field(maths, "Three"): "B"}))
    add_letters(maths)
    assert "If this happens" in plan_of(asked(maya, maths, **{field(maths, "Three"): "B"}))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("abc", "&#34;abc&#34; is not a score. Type a number, like 17 or 85%"),
        ("m", "is not a score"),
        ("e", "is not a score"),
        ("18l", "is not a score"),
        ("-1", "Type 0 or more"),
        ("1.234", "Use no more than 2 decimal places"),
        ("31", "It is out of 20"),
        ("18/25", "It is out of 20"),
        ("NaN", "is not a score"),
        ("1e9", "is not a score"),
        ("9" * 400, "Use no more than 10 characters"),
        ("<b>", "&#34;&lt;b&gt;&#34; is not a score"),
    ],
)
def test_what_is_no_score_is_said_beside_its_field_and_the_rest_is_kept(maya, maths, text, says):
    page = asked(maya, maths, 422, **{field(maths, "Three"): text, field(maths, "Four"): "10"})
    assert says in page
    assert "<title>Error: Maths" in page
    assert 'value="10"' in page
    assert page.count('aria-invalid="true"') == 1


def test_a_field_of_another_class_is_passed_over(school, maya, maths):
    page = asked(maya, maths, **{f"p-{school.quiz.public_id}": "1", "p-": "3", "p-nothing": "x"})
    assert "Type a score to see what it would do." in plan_of(page)


# --- What do I need


@pytest.mark.parametrize(
    ("goal", "says"),
    [
        ("70", "To reach 70% you need 94.99% on each of 2 pieces, 40 points together."),  # printed: 70 of 100
        ("70%", "To reach 70% you need 94.99%"),
        ("71,5", "To reach 71.5% you need 98.74%"),
        ("32", "32% is certain"),
        ("72", "To reach 72% you need 99.99%"),
        ("72.01", "72.01% is not possible any more on this work. The most is 72%."),
    ],
)
def test_what_is_needed_is_exact(maya, maths, goal, says):
    assert says in plan_of(asked(maya, maths, goal=goal, on="ahead"))


def test_missing_work_can_be_counted_in(maya, maths):
    """32 + 3 x 20 x 80% = 80 of 100."""
    assert "To reach 80% you need 80% on each of 3 pieces" in plan_of(asked(maya, maths, goal="80", on="missing"))


def test_one_piece_is_said_in_points(maya, maths):
    """32 + 17.2 = 49.2 of 80 = 61.5%."""
    page = plan_of(asked(maya, maths, goal="61.5", on=maths.works["Three"].public_id))
    assert "To reach 61.5% you need 85.98% on Three: 17.2 out of 20 points." in page


def test_a_letter_is_a_goal_where_the_class_has_letters(maya, maths):
    add_letters(maths)
    assert "To reach 70% you need 94.99%" in plan_of(asked(maya, maths, goal="c"))
    assert "is not a grade" in plan_of(asked(maya, maths, 422, goal="Q"))


def test_what_is_pretended_counts_in_what_is_needed(maya, maths):
    """With 20 on Three: 52 + 18 = 70 of 100."""
    page = plan_of(asked(maya, maths, goal="70", on="ahead", **{field(maths, "Three"): "20"}))
    assert "To reach 70% you need 89.98% on Four: 18 out of 20 points." in page
    assert "With your pretend scores" in page


@pytest.mark.parametrize("goal", ["x", "-5", "m", "18/20", "1.234", "9" * 50, "NaN"])
def test_what_is_no_goal_is_said_beside_it(maya, maths, goal):
    page = asked(maya, maths, 422, goal=goal)
    assert 'id="goal-error"' in page
    assert f'value="{goal}"' in page


def test_nonsense_for_the_work_falls_back_to_all_of_it(maya, maths):
    assert "on each of 2 pieces" in plan_of(asked(maya, maths, goal="70", on="nonsense"))


def test_with_everything_graded_there_is_nothing_to_need(school, maya):
    section = add_class(school.oak, "Done", school.maya)
    assert "Everything so far is graded." in plan_of(asked(maya, section, goal="80"))


def test_extra_credit_is_not_asked_of_anyone(school, maya, maths):
    add_work(maths.works["Three"].category, "Bonus", extra_credit=True)
    assert "on each of 2 pieces" in plan_of(asked(maya, maths, goal="70"))


# --- How it has gone


def test_the_trend_is_a_picture_a_sentence_and_a_table(maya, maths):
    page = asked(maya, maths)
    figure = page[page.index("<figure") : page.index("</figure>")]
    said = "From the work up to Wed 2 Sep the grade was 90%. It is 53.33% now, from 3 graded pieces."
    assert said in figure
    assert '<title id="trend-title">How the grade has gone</title>' in figure
    rows = re.findall(r'<th scope="row">(.*?)</th><td class="n">(\d+)</td><td class="n">(.*?)</td>', figure)
    assert rows == [("Wed 2 Sep", "1", "90%"), ("Wed 9 Sep", "2", "80%"), ("Wed 16 Sep", "3", "53.33%")]


def test_what_is_remembered_goes_with_the_scores(school, maya, maths):
    for _twice in range(2):
        assert "It is 53.33% now" in asked(maya, maths)
        assert "lift your grade from 53.33% to 86.67%" in maya.get("/student/").text
    two = db.session.query(Assignment).filter_by(title="Two").one()
    db.session.query(Score).filter_by(assignment_id=two.id).one().points = Decimal(20)
    db.session.commit()
    assert "It is 63.33% now" in asked(maya, maths)
    assert '<td class="n">95%</td>' in asked(maya, maths)
    assert "lift your grade from 63.33% to 96.67%" in maya.get("/student/").text


def test_one_score_makes_no_line(maya, school):
    assert "<figure" not in asked(maya, school.algebra)


# --- Where nothing can change any more


@pytest.mark.parametrize("why", ["set by hand", "closed"])
def test_a_grade_that_no_score_changes_is_not_planned(school, maya, maths, why):
    if why == "set by hand":
        override = typed_override("91", "Was ill for the test")
        overrides.set_override(maths, school.maya.id, override, seen=0, actor_id=school.rivera.id, now=NOW)
    else:
        closing.close_session(school.oak, maths.term, NOW, actor_id=school.pat.id)
        freezing.keep_classes(freezing.unkept_classes())
    db.session.commit()
    db.session.expire_all()
    page = asked(maya, maths, whatif="yes", goal="x")
    assert "Plan ahead" not in page
    assert "<figure" not in page


def test_a_class_of_outcomes_has_no_plan(school, maya):
    section = make_art(school).section
    db.session.commit()
    assert "Plan ahead" not in asked(maya, section, whatif="yes", goal="x")


# --- Who


def test_what_others_typed_is_nowhere(school, sign_in, maya, maths):
    asked(maya, maths, **{field(maths, "Three"): "19.37"})
    assert "19.37" not in sign_in(school.dana).get("/parent/").text


def test_asking_takes_as_many_statements_as_the_page(school, maya, maths, count_statements):
    wish = {"goal": "70", "whatif": "yes", field(maths, "Three"): "3"}
    address = f"/student/classes/{maths.public_id}"
    maya.get(address)
    with count_statements() as plain:
        maya.get(address)
    with count_statements() as seen:
        maya.get(address, query_string=wish)
    assert len(seen) == len(plain)
