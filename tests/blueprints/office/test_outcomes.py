"""The school's mastery scales and outcomes: made, changed and retired by the office."""

import re

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import MasteryScale, Outcome
from tests.art import make_art

pytestmark = pytest.mark.usefixtures("clock")


def scale_fields(levels, name="Three levels", met_from="2", **more) -> dict[str, str]:
    fields = {"name": name, "met_from": met_from, **more}
    for place, (number, label) in enumerate(levels):
        fields |= {f"levels-{place}-number": number, f"levels-{place}-label": label}
        fields |= {f"levels-{place}-description": f"What {label} means"}
    return fields


THREE = [("1", "Not yet"), ("3", "Well"), ("2", "Yes"), ("", "")]


def seen_in(html: str) -> str:
    return re.search(r'name="seen" value="([^"]+)"', html)[1]


def test_a_scale_is_made_changed_retired_and_offered_again(sign_in, school):
    client = sign_in(school.pat)
    assert "Exceeds" in client.get("/office/mastery-scales/new").text, "four levels to begin with"
    fields = scale_fields(THREE)
    fields["levels-3-description"] = ""
    assert client.post("/office/mastery-scales/new", data=fields).status_code == 303
    scale = db.session.scalars(select(MasteryScale)).one()
    assert [(str(one.number), one.label) for one in scale.levels] == [
        ("3.00", "Well"), ("2.00", "Yes"), ("1.00", "Not yet"),
    ]  # fmt: skip
    address = f"/office/mastery-scales/{scale.public_id}"
    seen = seen_in(client.get(address).text)
    fields = scale_fields(THREE[:3], name="Other", seen=seen)
    assert client.post(address, data=fields).status_code == 303
    assert client.post(address, data=fields).status_code == 409
    client.post(f"{address}/retirement")
    assert "Retired" in client.get("/office/outcomes").text
    client.post(f"{address}/retirement", data={"do": "return"})
    assert "Retired" not in client.get(address).text.split("<main")[1].split("Levels")[0]


@pytest.mark.parametrize(
    ("levels", "more", "words"),
    [
        ([("1", "One")], {"met_from": "1"}, "at least two levels"),
        ([("1", "One"), ("1", "Two")], {"met_from": "1"}, "same number as another level"),
        ([("1", "One"), ("2", "one")], {}, "Two levels are called"),
        ([("1", "One"), ("3", "Three")], {}, "No level has the number"),
        ([("1", "One"), ("2", "Two")], {"met_from": "1"}, "everything would be met"),
        ([("1", ""), ("2", "Two")], {}, "Enter a name for the level"),
        ([("", "One"), ("2", "Two")], {}, "Enter the number of the level"),
        ([("one", "One"), ("2", "Two")], {}, "must be like 3 or 2.5"),
        ([("1", "One"), ("2", "Two")], {"name": ""}, "Enter a name, like Four levels"),
        ([("1", "One"), ("2", "Two")], {"met_from": ""}, "Enter the number of the lowest level"),
    ],
)
def test_a_scale_that_cannot_be_is_refused_with_what_to_do(sign_in, school, levels, more, words):
    answer = sign_in(school.pat).post("/office/mastery-scales/new", data=scale_fields(levels, **more))
    assert answer.status_code == 422
    assert words in answer.text
    assert "There is a problem" in answer.text
    assert db.session.scalars(select(MasteryScale)).all() == []


def test_a_scale_on_which_something_is_rated_keeps_its_numbers(sign_in, school):
    make_art(school)
    db.session.commit()
    scale = db.session.scalars(select(MasteryScale)).one()
    client, address = sign_in(school.pat), f"/office/mastery-scales/{scale.public_id}"
    html = client.get(address).text
    assert "5 ratings are on this scale" in html
    four = [("4", "A"), ("3", "B"), ("2", "C"), ("1", "D")]
    answer = client.post(address, data=scale_fields(four, met_from="2", seen=seen_in(html)))
    assert answer.status_code == 422
    assert "what counts as met stay" in answer.text
    assert client.post(address, data=scale_fields(four, met_from="3", seen=seen_in(html))).status_code == 303


def test_an_outcome_of_the_school_is_made_changed_and_retired(sign_in, school):
    client = sign_in(school.pat)
    fields = {"title": "Speaks clearly", "code": "S1", "description": "So that all can hear."}
    assert client.post("/office/outcomes/new", data=fields).status_code == 303
    assert client.post("/office/outcomes/new", data=fields).status_code == 422
    found = db.session.scalars(select(Outcome)).one()
    address = f"/office/outcomes/{found.public_id}"
    seen = seen_in(client.get(address).text)
    assert client.post(address, data={**fields, "title": "Speaks up", "seen": seen}).status_code == 303
    assert client.post(address, data={**fields, "title": "Speaks", "seen": seen}).status_code == 409
    assert client.post(f"{address}/retirement").status_code == 303
    db.session.refresh(found)
    assert (found.title, found.retired_at is None) == ("Speaks up", False)
    client.post(f"{address}/retirement", data={"do": "return"})
    db.session.refresh(found)
    assert found.retired_at is None


def test_an_outcome_needs_a_title(sign_in, school):
    answer = sign_in(school.pat).post("/office/outcomes/new", data={"title": " "})
    assert answer.status_code == 422
    assert "Enter what students learn" in answer.text


def test_the_office_of_another_school_sees_nothing_of_it(sign_in, school):
    make_art(school)
    db.session.commit()
    scale = db.session.scalars(select(MasteryScale)).one()
    assert sign_in(school.pat).get(f"/office/mastery-scales/{scale.public_id}").status_code == 200
    assert sign_in(school.quinn).get(f"/office/mastery-scales/{scale.public_id}").status_code == 404
    assert "Four levels" not in sign_in(school.quinn).get("/office/outcomes").text
