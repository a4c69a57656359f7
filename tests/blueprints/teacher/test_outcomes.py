"""The pages of a class that grades outcomes: levels, settings, outcomes, alignment, history."""

import re

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import MasteryScale, Outcome
from gradebook.services import mastery_scales, outcome_rules, outcomes
from gradebook.services.outcome_rules import OutcomeDraft
from tests.art import NOW, Art, make_art

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def art(school) -> Art:
    made = make_art(school)
    db.session.commit()
    return made


def url(art, rest="") -> str:
    return f"/teacher/classes/{art.section.public_id}/outcomes{rest}"


def seen_in(html: str) -> str:
    return re.search(r'name="seen" value="([^"]+)"', html)[1]


def settings_fields(client, art, **changed) -> dict[str, str]:
    html = client.get(url(art, "/settings")).text
    scale = db.session.query(MasteryScale).one().public_id
    fields = {"basis": "outcomes", "scale": scale, "method": "decaying", "times": "3"}
    return {**fields, "seen": seen_in(html), **changed}


def followed(client, address: str, fields: dict[str, str]) -> str:
    """What comes after a form that was taken."""
    answer = client.post(address, data=fields)
    assert answer.status_code == 303, answer.text
    return client.get(answer.location).text


# --- Everyone's levels


def test_the_class_shows_everyones_levels_in_words_and_numbers(sign_in, school, art):
    html = sign_in(school.rivera).get(url(art)).text
    assert "<h1>Outcomes of Art</h1>" in html
    row = re.search(r"Diaz, Maya.*?</tr>", html, re.S)[0]
    assert "2 of 2" in row
    assert re.search(r"<bdi>Meets</bdi>.*?3\.48", row, re.S)
    row = re.search(r"Evans, Leo.*?</tr>", html, re.S)[0]
    assert "Beginning" in row
    assert "Not rated yet" in row
    assert "0 of 2" in row


def test_a_class_that_grades_points_is_told_how_to_grade_outcomes(sign_in, school):
    html = sign_in(school.rivera).get(f"/teacher/classes/{school.algebra.public_id}/outcomes").text
    assert "This class grades points" in html
    assert f"/teacher/classes/{school.algebra.public_id}/outcomes/settings" in html


def test_the_grid_and_the_column_of_scores_lead_to_the_outcomes(sign_in, school, art):
    client = sign_in(school.rivera)
    answer = client.get(f"/teacher/classes/{art.section.public_id}")
    assert (answer.status_code, answer.location) == (303, url(art))
    work = art.works["still"].public_id
    answer = client.get(f"/teacher/assignments/{work}/scores")
    assert (answer.status_code, answer.location) == (303, f"/teacher/assignments/{work}/ratings")
    assert client.get(f"/teacher/classes/{school.algebra.public_id}").status_code == 200


# --- Settings


def test_a_class_can_begin_to_grade_outcomes_and_gets_the_first_scale(sign_in, school):
    client = sign_in(school.rivera)
    address = f"/teacher/classes/{school.algebra.public_id}/outcomes/settings"
    seen = seen_in(client.get(address).text)
    answer = client.post(
        address, data={"basis": "outcomes", "scale": "usual", "method": "latest", "times": "3", "seen": seen}
    )
    assert answer.status_code == 303
    db.session.refresh(school.algebra)
    assert school.algebra.grades_outcomes
    html = client.get(address).text
    assert "Exceeds" in html
    assert "Add an outcome" in html


def test_a_change_that_moves_posted_levels_is_shown_before_it_is_saved(sign_in, school, art):
    client = sign_in(school.rivera)
    fields = settings_fields(client, art, method="highest")
    html = client.post(url(art, "/settings"), data=fields).text
    assert "1 posted level would change" in html
    assert re.search(r"Diaz, Maya.*Approaching.*2\.35.*Meets.*3", html, re.S)
    assert "Evans, Leo" not in html
    sent = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))
    assert sent["shown"] == "1"
    assert "1 posted level changed" in followed(client, url(art, "/settings"), sent)
    found = outcomes.outcomes_for_family(art.section, school.maya.id, NOW)
    assert found.results[art.outcomes["AR1"].id].level.label == "Meets"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("times", "0", "from 1 to 10"),
        ("times", "11", "at most 10"),
        ("times", "", "from 1 to 10"),
        ("times", "often", "whole number from 1 to 10"),
        ("scale", "nowhere", "choose one from the list"),
        ("method", "magic", "Not a valid choice"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_saved(sign_in, school, art, field, value, words):
    client = sign_in(school.rivera)
    answer = client.post(url(art, "/settings"), data=settings_fields(client, art, **{field: value}))
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert words in answer.text


def test_settings_without_what_was_seen_are_refused(sign_in, school, art):
    fields = settings_fields(sign_in(school.rivera), art)
    del fields["seen"]
    assert sign_in(school.rivera).post(url(art, "/settings"), data=fields).status_code == 428


def test_settings_that_moved_meanwhile_are_said(sign_in, school, art):
    client = sign_in(school.rivera)
    old = settings_fields(client, art, missing_is_lowest="y")
    client.post(url(art, "/settings"), data={**old, "shown": "1"})
    answer = client.post(url(art, "/settings"), data={**old, "method": "latest"})
    assert answer.status_code == 409
    assert "Someone else changed how this class grades" in answer.text


# --- Outcomes


def test_an_outcome_is_added_changed_taken_away_and_put_back(sign_in, school, art):
    client = sign_in(school.rivera)
    answer = client.post(url(art), data={"title": "Shades", "code": "AR3", "description": "Light and dark."})
    assert answer.location.endswith(url(art, "/settings"))
    made = db.session.scalars(select(Outcome).where(Outcome.title == "Shades")).one()
    html = client.get(url(art, f"/{made.public_id}")).text
    assert "Light and dark." in html
    fields = {"title": "Shades well", "code": "", "description": "", "seen": seen_in(html)}
    assert client.post(url(art, f"/{made.public_id}"), data=fields).status_code == 303
    assert client.post(url(art, f"/{made.public_id}"), data=fields).status_code == 409
    db.session.refresh(made)
    assert (made.title, made.code, made.description) == ("Shades well", None, None)
    assert client.post(url(art, f"/{made.public_id}/removal")).status_code == 303
    assert "Shades well" not in [one.title for one in art.read().outcomes]
    html = client.get(url(art, "/settings")).text
    assert "was taken away" in html
    assert client.post(url(art), data={"do": "take", "take": made.public_id}).status_code == 303
    assert "Shades well" in [one.title for one in art.read().outcomes]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": ""}, "Enter what students learn"),
        ({"title": "x" * 201}, "Use 200 characters or fewer"),
        ({"title": "mixes colours"}, "already has an outcome called mixes colours"),
        ({"title": "Fine", "code": "y" * 41}, "Use 40 characters or fewer"),
        ({"do": "take"}, "Choose at least one outcome"),
    ],
)
def test_a_wrong_outcome_is_named_and_what_was_typed_is_kept(sign_in, school, art, fields, words):
    answer = sign_in(school.rivera).post(url(art), data=fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert fields.get("title", "") in answer.text
    assert len(art.read().outcomes) == 2


def test_an_outcome_of_the_school_is_offered_and_keeps_its_words(sign_in, school, art):
    words = {"title": "Speaks clearly", "code": "S1", "description": None}
    shared = mastery_scales.save_outcome(school.oak.id, None, words, seen=0, actor_id=school.pat.id, now=NOW)
    db.session.commit()
    client = sign_in(school.rivera)
    assert "Speaks clearly" in client.get(url(art, "/settings")).text
    client.post(url(art), data={"do": "take", "take": shared.public_id})
    html = client.get(url(art, f"/{shared.public_id}")).text
    assert "the school office keeps its words" in html
    assert client.post(url(art, f"/{shared.public_id}"), data={"title": "Mine", "seen": "1"}).status_code == 422


def test_an_outcome_of_another_class_is_not_there(sign_in, school, art):
    own = art.outcomes["AR1"].public_id
    assert sign_in(school.rivera).get(url(art, f"/{own}")).status_code == 200
    other = f"/teacher/classes/{school.algebra.public_id}/outcomes/{own}"
    assert sign_in(school.rivera).get(other).status_code == 404
    assert sign_in(school.osei).get(url(art, f"/{own}")).status_code == 404


# --- Alignment


def test_what_a_piece_is_about_is_ticked_and_saved(sign_in, school, art):
    client = sign_in(school.rivera)
    address = f"/teacher/assignments/{art.works['portrait'].public_id}/outcomes"
    html = client.get(address).text
    ticked = re.findall(r'name="outcome" value="(\w+)"( checked)?', html)
    assert [bool(checked) for _id, checked in ticked] == [True, False]
    fields = {"outcome": [one for one, _checked in ticked], "seen": seen_in(html), "do": "rate"}
    answer = client.post(address, data=fields)
    assert answer.location.endswith("/ratings")
    assert len(art.read().aligned[art.works["portrait"].id]) == 2


def test_unticking_shows_the_posted_levels_that_move(sign_in, school, art):
    client = sign_in(school.rivera)
    address = f"/teacher/assignments/{art.works['still'].public_id}/outcomes"
    html = client.post(address, data={"seen": seen_in(client.get(address).text)}).text
    assert "2 posted levels would change" in html
    sent = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    assert client.post(address, data=dict(sent)).status_code == 303
    assert art.works["still"].id not in art.read().aligned


def test_the_work_of_a_class_that_grades_points_is_about_nothing(sign_in, school):
    assert sign_in(school.rivera).get(f"/teacher/assignments/{school.quiz.public_id}/outcomes").status_code == 404


# --- Ratings of one piece of work


def rate_url(art, work="still") -> str:
    return f"/teacher/assignments/{art.works[work].public_id}/ratings"


def name_of(art, work, code, student) -> str:
    return f"{student.id}.{art.outcomes[code].id}"


def chosen(html: str, name: str) -> str:
    select_ = re.search(rf'<select[^>]* name="{re.escape(name)}".*?</select>', html, re.S)[0]
    return re.search(r'<option value="([^"]*)" selected>', select_)[1]


def test_there_is_a_choice_for_each_student_and_outcome(sign_in, school, art):
    html = sign_in(school.rivera).get(rate_url(art)).text
    assert "<h1>Rate: Still life</h1>" in html
    assert chosen(html, name_of(art, "still", "AR1", school.maya)) == "2"
    assert chosen(html, name_of(art, "still", "AR1", school.leo)) == "missing"
    assert chosen(html, name_of(art, "still", "AR2", school.leo)) == "excused"
    assert "2 of 2 rated" in html
    assert '<option value="4">4 Exceeds</option>' in html


def test_ratings_are_saved_and_said(sign_in, school, art):
    client = sign_in(school.rivera)
    seen = seen_in(client.get(rate_url(art)).text)
    fields = {name_of(art, "still", "AR1", school.leo): "3", name_of(art, "still", "AR1", school.maya): "2"}
    html = followed(client, rate_url(art), {**fields, "seen": seen})
    assert "1 rating saved" in html
    assert chosen(html, name_of(art, "still", "AR1", school.leo)) == "3"


def test_a_wrong_choice_is_named_at_its_place_and_the_rest_is_saved(sign_in, school, art):
    client = sign_in(school.rivera)
    wrong, right = name_of(art, "still", "AR1", school.leo), name_of(art, "still", "AR1", school.maya)
    seen = seen_in(client.get(rate_url(art)).text)
    answer = client.post(rate_url(art), data={wrong: "9", right: "4", "seen": seen})
    assert answer.status_code == 422
    assert "1 rating saved. 1 was not saved." in answer.text
    assert f'href="#c{wrong}"' in answer.text
    assert "Choose a level from the list" in answer.text
    assert chosen(answer.text, right) == "4"


def test_two_people_at_once_are_both_told_and_the_second_can_choose(sign_in, school, art):
    client = sign_in(school.rivera)
    name = name_of(art, "still", "AR1", school.maya)
    seen = seen_in(client.get(rate_url(art)).text)
    art.rate(school.cole, {art.place("still", "AR1", school.maya): "4"})
    db.session.commit()
    answer = client.post(rate_url(art), data={name: "1", "seen": seen})
    assert answer.status_code == 409
    assert "Abe Cole changed this to 4 Exceeds" in answer.text
    assert chosen(answer.text, name) == "1", "what was chosen is kept"
    assert "1 rating saved" in followed(client, rate_url(art), {name: "1", "seen": seen_in(answer.text)})


def test_ratings_without_what_was_seen_or_of_a_class_with_points_are_refused(sign_in, school, art):
    client = sign_in(school.rivera)
    assert client.post(rate_url(art), data={}).status_code == 428
    assert client.get(f"/teacher/assignments/{school.quiz.public_id}/ratings").status_code == 404
    assert sign_in(school.osei).get(rate_url(art)).status_code == 404


def test_posting_counts_the_students_who_are_rated(sign_in, school, art):
    html = sign_in(school.rivera).get(f"/teacher/assignments/{art.works['portrait'].public_id}/posting").text
    assert re.search(r"\b1 of 2\b", html)


# --- History and one student


def test_every_change_is_in_the_history(sign_in, school, art):
    art.rate(school.cole, {art.place("sketch", "AR1", school.leo): "2"})
    db.session.commit()
    client = sign_in(school.rivera)
    html = client.get(url(art, "/history")).text
    assert "8 changes" in html
    assert re.search(r"Leo Evans.*?1 <bdi>Beginning.*?2 <bdi>Approaching.*?Abe Cole", html, re.S)
    html = client.get(url(art, f"/history?student={school.maya.public_id}")).text
    assert "4 changes" in html
    assert "Leo Evans" not in html
    assert client.get(url(art, f"/history?student={school.zoe.public_id}")).status_code == 404
    assert client.get(url(art, f"/history?assignment={school.quiz.public_id}")).status_code == 404
    assert client.get(url(art, f"/history?assignment={art.works['sketch'].public_id}&page=99")).status_code == 200


def test_a_students_page_shows_each_level_with_its_sum_and_what_the_family_sees(sign_in, school, art):
    html = sign_in(school.rivera).get(f"/teacher/classes/{art.section.public_id}/students/{school.maya.public_id}").text
    assert "0.65 × 4 + 0.35 × (3 + 2) ÷ 2 = 3.475, rounded 3.48" in html
    family = html[html.index("What the family sees") :]
    assert "Approaching" in family[: family.index("The latest rating")]


# --- The editor of assignments


def test_an_assignment_of_such_a_class_asks_for_no_points_and_leads_to_its_outcomes(sign_in, school, art):
    client = sign_in(school.rivera)
    address = f"/teacher/classes/{art.section.public_id}/assignments/new"
    html = client.get(address).text
    assert 'type="hidden" name="points"' in html
    assert "What this does to grades" not in html
    category = re.search(r'<select[^>]*name="category".*?<option value="(\w+)"', html, re.S)
    fields = {"title": "Print", "points": "10", "counts": "y", "shows": "when_posted", "do": "outcomes"}
    answer = client.post(address, data={**fields, "category": category[1] if category else ""})
    assert answer.status_code == 303
    assert re.fullmatch(r"/teacher/assignments/\w+/outcomes", answer.location)
    assert "It counts" not in client.get(answer.location).text


def test_an_assignment_of_a_class_with_points_still_asks_for_them(sign_in, school):
    html = sign_in(school.rivera).get(f"/teacher/classes/{school.algebra.public_id}/assignments/new").text
    assert 'type="hidden" name="points"' not in html
    assert "Save and enter scores" in html


# --- Statements


@pytest.mark.parametrize("page", ["", "/settings", "/history"])
def test_a_page_asks_as_often_for_many_ratings_as_for_few(sign_in, school, art, count_statements, page):
    client = sign_in(school.rivera)
    client.get(url(art, page))
    with count_statements() as few:
        client.get(url(art, page))
    for number in range(5):
        outcome_rules.add_outcome(art.section, OutcomeDraft(f"More {number}"), actor_id=school.rivera.id, now=NOW)
    db.session.commit()
    with count_statements() as many:
        client.get(url(art, page))
    assert len(many) == len(few) <= 14


def test_a_class_that_grades_points_asks_nothing_about_outcomes(sign_in, school, art, count_statements):
    algebra = school.algebra.public_id
    for person, path in (
        (school.rivera, f"/teacher/classes/{algebra}"),
        (school.rivera, f"/teacher/classes/{algebra}/students/{school.maya.public_id}"),
        (school.maya, f"/student/classes/{algebra}"),
        (school.dana, f"/parent/children/{school.maya.public_id}/classes/{algebra}"),
    ):
        client = sign_in(person)
        with count_statements() as seen:
            assert client.get(path).status_code == 200
        assert not [one for one in seen if "outcome_" in one or "mastery_" in one]


# --- Home


def test_the_home_counts_ratings_that_wait_and_no_scores(sign_in, school, art):
    html = sign_in(school.rivera).get("/teacher/").text
    assert "Secret portrait" in html, "Leo is not rated"
    assert "Tree sketch" not in html
    assert "Still life" not in html, "missing and excused are said"
    art.rate(school.rivera, {art.place("portrait", "AR1", school.leo): "2"})
    art.rate(school.rivera, {art.place("still", "AR2", school.leo): ""})
    db.session.commit()
    html = sign_in(school.rivera).get("/teacher/").text
    assert "Secret portrait" not in html
    assert "Still life" in html
    outcome_rules.remove_outcome(art.section, art.outcomes["AR2"], actor_id=school.rivera.id, now=NOW)
    db.session.commit()
    assert "Still life" not in sign_in(school.rivera).get("/teacher/").text
