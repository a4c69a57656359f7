"""The school's grading scales, as the office's pages."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import GradingScale
from gradebook.services import grading_scales
from gradebook.services.grading_scales import Band, ScaleDraft

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


@pytest.fixture
def letters(school):
    """A scale that Algebra uses: Maya's posted 90% is an A."""
    draft = ScaleDraft("Letters", (Band("A", Decimal(90)), Band("B", Decimal(45)), Band("F", Decimal(0))))
    scale = grading_scales.add_scale(school.oak, draft, NOW, actor_id=school.pat.id)
    school.algebra.grading_scale_id = scale.id
    db.session.commit()
    return scale


def url(scale):
    return f"/office/scales/{scale.public_id}"


def fields_of(page):
    """What a browser would send back, untouched, apart from the buttons."""
    form = page.split("office-form")[1].split("</form>")[0]
    found = re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form)
    found += [(name, value) for value, name in re.findall(r'<input[^>]*value="([^"]*)"[^>]*name="([^"]+)"', form)]
    names = re.findall(r'<input[^>]*name="([^"]+)"', form)
    fields = dict.fromkeys(names, "") | dict(found)
    fields.pop("csrf_token", None)
    return fields


def bands_of(name):
    scale = db.session.scalar(select(GradingScale).where(GradingScale.name == name))
    db.session.refresh(scale)
    return [(band.label, str(band.bound)) for band in scale.bands]


def test_a_scale_is_picked_by_country_changed_and_added(school, sign_in):
    pat = sign_in(school.pat)
    found = pat.get("/office/scales/new?q=france").text
    assert "France, out of 20" in found
    assert "GCSE" not in found
    page = pat.get("/office/scales/new?from=france-20").text
    fields = fields_of(page)
    assert (fields["name"], fields["bands-0-label"], fields["bands-0-bound"]) == (
        "France, out of 20",
        "Très bien",
        "80",
    )
    answer = pat.post("/office/scales/new?from=france-20", data=fields | {"name": "Lycée", "bands-0-bound": "85,5"})
    assert answer.status_code == 303
    assert "Lycée was added." in pat.get(answer.location).text
    assert bands_of("Lycée")[:2] == [("Très bien", "85.50"), ("Bien", "70.00")]


def test_levels_are_filled_in_before_they_are_used(school, sign_in):
    pat = sign_in(school.pat)
    page = pat.get("/office/scales/new?from=germany-6").text
    assert "sehr gut" in page
    assert "Some labels look like numbers" in page
    fields = fields_of(page)
    answer = pat.post("/office/scales/new?from=germany-6", data=fields)
    assert answer.status_code == 422
    assert "Enter from which percentage 1 holds" in answer.text
    bounds = {f"bands-{at}-bound": bound for at, bound in enumerate(("92", "81", "67", "50", "30", "0"))}
    assert pat.post("/office/scales/new?from=germany-6", data=fields | bounds).status_code == 303
    assert [label for label, _ in bands_of("Germany, 1 to 6")] == list("123456")


def test_without_a_band_at_0_there_is_a_way_out(school, sign_in):
    pat = sign_in(school.pat)
    fields = {"name": "Two", "bands-0-label": "A", "bands-0-bound": "90", "bands-1-label": "B", "bands-1-bound": "60"}
    answer = pat.post("/office/scales/new", data=fields | {"do": "save"})
    assert answer.status_code == 422
    assert "Below 60% no label holds: the lowest band, B, must begin at 0%. Let it, or add a band at 0%" in answer.text
    assert 'href="#zero"' in answer.text
    assert 'value="zero"' in answer.text
    page = pat.post("/office/scales/new", data=fields | {"do": "zero"}).text
    more = fields_of(page)
    assert (more["bands-0-label"], more["bands-2-label"], more["bands-2-bound"]) == ("A", "", "0")
    assert pat.post("/office/scales/new", data=more | {"bands-2-label": "C"}).status_code == 303
    assert bands_of("Two") == [("A", "90.00"), ("B", "60.00"), ("C", "0.00")]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Enter a name, like US letters A–F"),
        ({"name": "letters"}, "There is a scale called Letters already. Choose another name"),
        ({"bands-0-label": ""}, "Enter a label for the band from 90%, like A or Pass"),
        ({"bands-0-label": "x" * 21}, "Use 20 characters or fewer for a label"),
        ({"bands-0-bound": "ninety"}, "A bound must be a percentage, like 90 or 87.5"),
        ({"bands-0-bound": "-1"}, "A bound must be a percentage, like 90 or 87.5"),
        ({"bands-0-bound": "90.001"}, "Use no more than 2 decimal places"),
        ({"bands-0-bound": "151"}, "From can be at most 150"),
        ({"bands-0-bound": "NaN"}, "A bound must be a percentage"),
        ({"bands-0-bound": "45"}, "both begin at 45%. Change or remove one of them"),
        ({"bands-0-label": "b"}, "Two bands are called"),
        (
            dict.fromkeys((f"bands-{at}-{what}" for at in range(3) for what in ("label", "bound")), ""),
            "at least one band",
        ),
    ],
)
def test_bad_input_is_refused_in_words_and_kept(school, sign_in, letters, changes, words):
    fields = {"name": "New", "bands-0-label": "A", "bands-0-bound": "90", "bands-1-label": "B", "bands-1-bound": "45"}
    fields |= {"bands-2-label": "F", "bands-2-bound": "0"}
    answer = sign_in(school.pat).post("/office/scales/new", data=fields | changes)
    assert answer.status_code == 422
    summary = answer.text.split("data-error-summary")[1].split("</div>")[0]
    assert words in summary
    assert fields_of(answer.text)["bands-2-label"] == changes.get("bands-2-label", "F")
    assert len(db.session.scalars(select(GradingScale)).all()) == 1


def test_a_scale_in_use_shows_its_effect_and_keeps_what_was_typed(school, sign_in, letters):
    pat = sign_in(school.pat)
    page = pat.get(url(letters)).text
    assert "1 class uses it" in page
    typed = fields_of(page) | {"bands-0-bound": "91", "do": "save"}
    asked = pat.post(url(letters), data=typed)
    assert asked.status_code == 200
    assert "<h1>Change 1 posted grade?</h1>" in asked.text
    assert "Algebra" in asked.text
    assert "Maya" not in asked.text
    assert bands_of("Letters")[0] == ("A", "90.00")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', asked.text))
    again = pat.post(url(letters), data=hidden | {"do": "edit"}).text
    assert fields_of(again)["bands-0-bound"] == "91"
    answer = pat.post(url(letters), data=hidden | {"do": "save"})
    assert answer.status_code == 303
    assert "Saved. 1 posted grade changed." in pat.get(answer.location).text
    assert bands_of("Letters")[0] == ("A", "91.00")


def test_what_a_colleague_saved_meanwhile_is_not_overwritten(school, sign_in, letters):
    pat = sign_in(school.pat)
    fields = fields_of(pat.get(url(letters)).text)
    school.algebra.grading_scale_id = None
    pat.post(url(letters), data=fields | {"bands-1-bound": "50"})
    answer = pat.post(url(letters), data=fields | {"bands-0-bound": "95"})
    assert answer.status_code == 409
    assert "A 90%, B 50%, F 0%" in answer.text
    assert "A 95%, B 45%, F 0%" in answer.text
    assert bands_of("Letters")[0] == ("A", "90.00")


def test_without_the_version_nothing_is_changed(school, sign_in, letters):
    fields = fields_of(sign_in(school.pat).get(url(letters)).text)
    fields.pop("seen")
    assert sign_in(school.pat).post(url(letters), data=fields | {"bands-0-bound": "95"}).status_code == 428


def test_a_scale_is_retired_and_offered_again(school, sign_in, letters):
    pat, rivera, osei = sign_in(school.pat), sign_in(school.rivera), sign_in(school.osei)
    answer = pat.post(f"{url(letters)}/retirement")
    assert "Classes that use it keep it." in pat.get(answer.location).text
    assert letters.public_id in rivera.get(f"/teacher/classes/{school.algebra.public_id}/rules").text
    assert letters.public_id not in osei.get(f"/teacher/classes/{school.history.public_id}/rules").text
    pat.post(f"{url(letters)}/return")
    assert letters.public_id in osei.get(f"/teacher/classes/{school.history.public_id}/rules").text


@pytest.mark.parametrize("who", ["quinn", "rivera", "maya", "dana"])
def test_nobody_else_finds_the_schools_scales(school, sign_in, letters, who):
    person = sign_in(school.people[who])
    assert person.get(url(letters)).status_code == 404
    assert person.post(url(letters), data={"seen": "x", "name": "x"}).status_code == 404
    assert person.post(f"{url(letters)}/retirement").status_code == 404
    assert "Letters" not in person.get("/office/scales").text


@pytest.mark.parametrize(
    "fields",
    [{}, {"do": "remove:99"}, {"do": "remove:²"}, {"bands-²-label": "x"}, {"bands": "y", "bands-0": "x"}],
)
def test_nonsense_is_answered_with_the_form(school, sign_in, letters, fields):
    pat = sign_in(school.pat)
    assert pat.post("/office/scales/new", data=fields).status_code in (200, 422)
    seen = fields_of(pat.get(url(letters)).text)["seen"]
    assert pat.post(url(letters), data={"seen": seen} | fields).status_code in (200, 422)


def test_the_list_asks_the_same_however_many_scales_there_are(school, sign_in, letters, count_statements):
    pat = sign_in(school.pat)
    with count_statements() as few:
        pat.get("/office/scales")
    for number in range(5):
        draft = ScaleDraft(f"Scale {number}", (Band("F", Decimal(0)),))
        grading_scales.add_scale(school.oak, draft, NOW, actor_id=school.pat.id)
    db.session.commit()
    with count_statements() as many:
        assert "Scale 4" in pat.get("/office/scales").text
    assert len(many) == len(few) <= 6, many
