"""Who comes in at the office's door, what another school's office finds behind it, and what nonsense does there."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import (
    Approval,
    AuditEntry,
    DayOff,
    Enrollment,
    GradingScale,
    GradingScaleBand,
    Outcome,
    Restriction,
    Role,
    RoleKind,
)
from gradebook.services import mastery_scales
from tests.school import SEEN

NONSENSE = (
    {},
    {"seen": "x", "kind": "x", "confirm": "x"},
    {
        "seen": ["a", "b"], "display_name": ["‮\x1b", "two"], "title": "x" * 5000, "username": "é" * 300,
        "email": "@", "begins_on-day": "9" * 40, "begins_on-month": "-1", "begins_on-year": "²", "person": ["x"] * 300,
        "guardian": "x", "adult": "x", "course": "x", "term": "x", "parent": "x", "position": "king", "role": "king",
        "grades": "x", "section": "x", "last_day-day": "NaN", "relationship": "x" * 999, "q": "%" * 999, "edit": "y",
    },
    {"display_name": "a\0b", "seen": "\0"},
)  # fmt: skip


def office_rules(app):
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("office.")]


def keys_of(school, of_elm):
    """An id of each kind for the rules' placeholders."""
    people = (school.fern, school.finch, school.botany) if of_elm else (school.maya, school.dana, school.algebra)
    student, adult, section = people
    place = db.session.scalar(select(Enrollment).where(Enrollment.section_id == section.id).limit(1))
    order = db.session.scalar(select(Restriction).limit(1))
    return {
        "person_id": adult.public_id, "student_id": student.public_id, "section_id": section.public_id,
        "enrollment_id": place.public_id, "restriction_id": order.public_id, "kind": "teacher",
        "guardianship_id": school.dana_of_maya.public_id, "term_id": section.term.public_id,
        "scale_id": scale_of(section).public_id, "mastery_scale_id": levels_of(section).public_id,
        "outcome_id": outcome_of(section).public_id, "day_off_id": day_off_of(section).public_id,
        "approval_id": approval_at(section).public_id,
    }  # fmt: skip


def scale_of(section):
    """A grading scale of the class's school."""
    found = db.session.scalar(select(GradingScale).where(GradingScale.school_id == section.school_id).limit(1))
    if found is None:
        found = GradingScale(school_id=section.school_id, name="Pass or fail")
        found.bands = [GradingScaleBand(school_id=section.school_id, label="Fail", bound=Decimal(0))]
        db.session.add(found)
        db.session.flush()
    return found


def day_off_of(section):
    """A day without lessons of the class's school."""
    row = DayOff(school_id=section.school_id, title="Holiday", begins_on=date(2026, 12, 1), ends_on=date(2026, 12, 2))
    db.session.add(row)
    db.session.flush()
    return row


def approval_at(section):
    """Something that waits for a second person of the class's school."""
    by = school_office(section)
    row = Approval(
        school_id=section.school_id, kind="conversation.export", details={}, reason="Because", asked_by=by,
        asked_at=SEEN, ends_at=SEEN + timedelta(days=365),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def school_office(section):
    """The key of somebody who runs the office of the class's school."""
    runs = (Role.school_id == section.school_id, Role.kind == RoleKind.OFFICE)
    return db.session.scalars(select(Role.user_id).where(*runs)).first()


def levels_of(section):
    """A mastery scale of the class's school."""
    return mastery_scales.first_scale(section.school_id, actor_id=None, now=SEEN)


def outcome_of(section):
    """An outcome of the class's school."""
    found = db.session.scalar(select(Outcome).where(Outcome.school_id == section.school_id).limit(1))
    if found is None:
        words = {"title": "Speaks clearly", "code": None, "description": None}
        found = mastery_scales.save_outcome(section.school_id, None, words, seen=0, actor_id=None, now=SEEN)
    return found


def each_address(app, keys):
    with app.test_request_context():
        for rule in office_rules(app):
            url = app.url_map.bind("localhost").build(rule.endpoint, {name: keys[name] for name in rule.arguments})
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                yield method, url, bool(rule.arguments)


@pytest.mark.parametrize("who", ["rivera", "dana", "maya"])
def test_nobody_but_the_office_comes_in(app, school, sign_in, who):
    client = sign_in(school.people[who])
    for method, url, _has_key in each_address(app, keys_of(school, of_elm=False)):
        assert client.open(url, method=method).status_code == 404, (method, url)


def test_a_visitor_is_asked_to_sign_in(app, school, client):
    for method, url, _has_key in each_address(app, keys_of(school, of_elm=False)):
        answer = client.open(url, method=method)
        assert (answer.status_code, answer.location[:13]) == (303, "/auth/sign-in"), (method, url)


def test_another_schools_office_finds_nothing(app, school, sign_in):
    """Quinn with every key of Oak School; Pat with the keys of Elm School that exist."""
    ours, theirs = keys_of(school, of_elm=False), keys_of(school, of_elm=True)
    before = db.session.query(AuditEntry).count()
    quinn = sign_in(school.quinn)
    for method, url, has_key in each_address(app, ours):
        if has_key:
            assert quinn.open(url, method=method).status_code == 404, (method, url)
    pat = sign_in(school.pat)
    elsewhere = ("/guardianships/", "/restrictions/")
    for method, url, has_key in each_address(app, theirs):
        if has_key and not any(f"/office{part}" in url for part in elsewhere):
            assert pat.open(url, method=method).status_code == 404, (method, url)
    assert db.session.query(AuditEntry).count() == before


def test_the_own_office_finds_what_the_other_did_not(app, school, sign_in):
    """Or the test above would prove nothing."""
    pat = sign_in(school.pat)
    for method, url, _has_key in each_address(app, keys_of(school, of_elm=False)):
        if method == "GET":
            assert pat.get(url).status_code in (200, 303), url


@pytest.mark.parametrize("number", range(len(NONSENSE)))
def test_nonsense_is_answered_never_with_an_error_of_ours(app, school, sign_in, number):
    pat = sign_in(school.pat)
    for method, url, _has_key in each_address(app, keys_of(school, of_elm=False)):
        answer = pat.open(url, method=method, **({"data": NONSENSE[number]} if method == "POST" else {}))
        assert answer.status_code < 500, (method, url)


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%ff%fe", "term=%27", "role=x&status=x&form=%22&page=-3", "name=%3Cscript%3E"]
)
def test_nonsense_in_the_address_is_answered_too(app, school, sign_in, query):
    pat = sign_in(school.pat)
    for method, url, _has_key in each_address(app, keys_of(school, of_elm=False)):
        if method == "GET":
            answer = pat.get(f"{url}?{query}")
            assert answer.status_code < 500, url
            assert b"<script>" not in answer.data
