"""What students and guardians read of a class that grades outcomes: their own, posted, in words."""

import re

import pytest

from gradebook.extensions import db
from gradebook.models import MasteryScale, SectionOutcomeRules
from gradebook.services import closing, freezing
from tests.art import NOW, Art, make_art

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def art(school) -> Art:
    made = make_art(school)
    db.session.commit()
    return made


def pages(sign_in, school, art) -> dict[str, str]:
    """Maya's and Dana's page of the class."""
    section = art.section.public_id
    return {
        "maya": sign_in(school.maya).get(f"/student/classes/{section}").text,
        "dana": sign_in(school.dana).get(f"/parent/children/{school.maya.public_id}/classes/{section}").text,
    }


def test_each_outcome_has_its_level_what_it_means_and_the_ratings_it_came_from(sign_in, school, art):
    for html in pages(sign_in, school, art).values():
        first = re.search(r"Draws from observation.*?Mixes colours", html, re.S)[0]
        assert "<bdi>Approaching</bdi>" in first
        assert "Does part of what is expected" in first
        assert "What draws from observation means at home." in first
        assert "0.65 × 2 + 0.35 × 3 = 2.35" in first
        assert first.index("Still life") < first.index("Tree sketch")
        assert "<bdi>Exceeds</bdi>" in html[html.index("Mixes colours") :]
        assert re.search(r"1<small> / 2</small>", html)


def test_hidden_ratings_are_not_there_in_any_form(sign_in, school, art):
    before = pages(sign_in, school, art)
    for html in before.values():
        assert "Secret portrait" not in re.search(r'class="outcomes".*', html, re.S)[0]
        assert "3.48" not in html
    art.rate(school.rivera, {art.place("portrait", "AR1", school.maya): "1"})
    db.session.commit()
    after = pages(sign_in, school, art)
    assert [plain(html) for html in after.values()] == [plain(html) for html in before.values()]


def plain(html: str) -> str:
    """A page without what is new on every page."""
    return re.sub(r'(name="csrf_token" value|content)="[^"]+"', "", html)


def test_nothing_of_another_student_is_on_the_page(sign_in, school, art):
    for html in pages(sign_in, school, art).values():
        assert "Leo" not in html
        assert "Evans" not in html


def test_another_family_cannot_open_it(sign_in, school, art):
    section = art.section.public_id
    assert sign_in(school.dana).get(f"/parent/children/{school.leo.public_id}/classes/{section}").status_code == 404
    assert sign_in(school.chris).get(f"/parent/children/{school.maya.public_id}/classes/{section}").status_code == 404
    assert sign_in(school.zoe).get(f"/student/classes/{section}").status_code == 404


def test_missing_and_excused_work_is_said_kindly(sign_in, school, art):
    html = sign_in(school.leo).get(f"/student/classes/{art.section.public_id}").text
    assert "Missing" in html
    assert "does not count" in html
    assert "One rating counts so far: 1." in html


def test_a_class_without_a_posted_rating_says_so(sign_in, school, art):
    for work in art.works.values():
        work.posted_at = None
    db.session.commit()
    found = pages(sign_in, school, art)
    assert "Nothing is rated in Art yet" in found["maya"]
    assert "Nothing has been posted for Maya in Art yet" in found["dana"]


@pytest.mark.parametrize(("person", "path"), [("maya", "/student/"), ("dana", "/parent/")])
def test_the_homes_lead_to_the_outcomes_and_show_no_percentage_for_them(sign_in, school, art, person, path):
    html = sign_in(school.people[person]).get(path).text
    row = re.search(r"<bdi>Art</bdi>.*?</(tr|li)>", html, re.S)[0]
    assert "Outcomes" in row
    assert "%" not in row


def test_closed_levels_say_that_they_are_final_and_stay(sign_in, school, art):
    for html in pages(sign_in, school, art).values():
        assert "final since" not in html
    closing.close_session(school.oak, art.section.term, NOW, actor_id=school.pat.id)
    freezing.keep_classes(freezing.unkept_classes())
    rules = db.session.get_one(SectionOutcomeRules, art.section.id)
    for level in db.session.get_one(MasteryScale, rules.scale_id).levels:
        level.label = f"Now {level.label}"
    db.session.commit()
    for html in pages(sign_in, school, art).values():
        assert "These levels are final since" in html
        assert "Exceeds" in html
        assert "Now " not in html
    rivera = sign_in(school.rivera)
    for page in ("outcomes", f"students/{school.maya.public_id}"):
        html = rivera.get(f"/teacher/classes/{art.section.public_id}/{page}").text
        assert "Exceeds" in html
        assert "Now Exceeds" not in html
