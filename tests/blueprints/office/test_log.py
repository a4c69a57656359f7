"""O7: the audit log in sentences."""

import re
from datetime import timedelta
from html import unescape

import pytest

from gradebook.blueprints.office.log_words import KINDS, SENTENCES
from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.models import AuditEntry, Duty, RoleKind
from gradebook.services import audit, audit_log, duties
from tests.conftest import NOON
from tests.school import make_role


@pytest.fixture
def write(school):
    """write(act, actor, days ago, **facts): an entry of Oak School, committed."""

    def add(act, actor=None, ago=0, school_id=school.oak.id, **facts):
        at = utc_now() - timedelta(days=ago)
        audit.record(act, at, school_id=school_id, actor_id=actor.id if actor else None, **facts)
        db.session.commit()

    return add


@pytest.fixture
def shown(school, sign_in):
    """shown(query): the sentences on the page that Pat sees, the newest first."""
    pat = sign_in(school.pat)

    def ask(query="", status=200):
        answer = pat.get(f"/office/log?{query}")
        assert answer.status_code == status
        return [unescape(words) for words in re.findall(r"<summary><bdi>([^<]+)</bdi>", answer.text)]

    return ask


def some_of_each_kind(write, school):
    """Four entries, each with another filter that finds it alone."""
    write("scores.posted", school.rivera, 1, section_id=school.algebra.id, assignment_id=1, title="Quiz 1")
    write("guardianship.changed", school.pat, 2, person_id=school.maya.id, guardian=school.dana.id)
    write("enrollment.created", school.pat, 3, person_id=school.leo.id, section=school.history.id,
          position="student", begins_on="2026-10-11", ends_on=None)  # fmt: skip
    write("account.password_changed", school.erin, 4, school_id=None, person_id=school.erin.id)


SAID = [
    "Inés Rivera posted the scores of Quiz 1 in Algebra",
    "Pat Parker changed what Dana Diaz may do as a guardian of Maya Diaz",
    "Pat Parker put Leo Evans into History: Student, from Sun 11 Oct 2026",
    "Erin Evans chose a new password",
]


FOUND = {
    "": [0, 1, 2, 3],
    "person=rivera": [0],
    "person=INES": [0],
    "person=dana": [1],
    "person=erin": [3],
    "person=evans": [2, 3],
    "child=maya": [1],
    "child=leo+evans": [2],
    "child=erin": [],
    "class=alg": [0],
    "class=history": [2],
    "class=botany": [],
    "kind=grades": [0],
    "kind=access": [3],
    "kind=classes&person=pat": [2],
    "kind=unheard": [0, 1, 2, 3],
    "days=1": [],
    "first-day=12&first-month=10&first-year=2026&last-day=12&last-month=10&last-year=2026": [1],
    "person=%25": [],
    "person=fern": [],
}


def test_searching(write, school, shown):
    some_of_each_kind(write, school)
    for query, numbers in FOUND.items():
        assert shown(query) == [SAID[number] for number in numbers], query


def test_a_class_whose_title_has_an_accent(write, school, shown):
    school.algebra.title = "Éveil"
    some_of_each_kind(write, school)
    assert shown("class=Éveil") == shown("class=ÉVEIL") == ["Inés Rivera posted the scores of Quiz 1 in Éveil"]


def test_another_school_is_not_there(write, school, sign_in, shown):
    write("session.created", school.quinn, school_id=school.elm.id, title="Elm term", person_id=school.maya.id)
    write("account.password_changed", school.finch, school_id=None, person_id=school.finch.id)
    assert shown() == shown("person=finch") == shown("child=maya") == []
    assert "Elm term" in sign_in(school.quinn).get("/office/log").text


def test_somebody_of_two_schools_and_an_office_that_is_not_known_here(write, school, shown):
    make_role(school.erin, school.elm, RoleKind.PARENT)
    write("account.password_changed", school.quinn, school_id=None, person_id=school.erin.id)
    assert shown() == ["somebody who is not of this school chose a new password for Erin Evans"]


@pytest.mark.parametrize("who", ["rivera", "dana", "maya"])
def test_nobody_but_the_office(school, sign_in, who):
    assert sign_in(getattr(school, who)).get("/office/log").status_code == 404


def test_every_act_has_a_sentence_that_reads_well_when_all_it_is_about_is_gone(write, school, shown):
    assert set(audit.ACTS) <= SENTENCES.keys()
    assert {kind for kind, _words in SENTENCES.values()} == KINDS.keys()
    duties.give(school.pat, school.oak, Duty.SUPERVISOR, NOON, actor_id=school.quinn.id)  # told of message oversight
    for act in audit.ACTS:
        write(act, guardian=10**9, section=10**9, scale_id=10**9, position="none", kind="none", begins_on="x", step=[])
    for act in audit.ACTS:
        write(act)
    pages = range(1, 2 * len(audit.ACTS) // audit_log.ON_A_PAGE + 2)
    sentences = [sentence for page in pages for sentence in shown(f"page={page}")][: 2 * len(audit.ACTS)]
    assert len(sentences) == 2 * len(audit.ACTS)
    by_itself = ("A planned announcement", "A review of", "A conversation about", "A file that", "Too many wrong")
    assert all(sentence.startswith(("A command ", *by_itself)) for sentence in sentences)
    assert not [sentence for sentence in sentences if "None" in sentence or "%(" in sentence]


def test_a_set_up_between_classes_that_are_gone(write, school, shown):
    write("set_up.copied", school.rivera, section_id=school.algebra.id, source_id=10**9)
    write("set_up.copied", school.rivera, section=10**9, source_id=10**9)
    assert shown() == [
        "Inés Rivera copied the set-up of one class to another; both are gone",
        "Inés Rivera copied the set-up of a class that is gone to Algebra",
    ]


def test_an_act_of_another_version_is_told_by_its_name(school, shown):
    """What a newer version wrote, before somebody went back to this one."""
    db.session.add(AuditEntry(school_id=school.oak.id, at=utc_now(), act="moon.painted", facts={}))
    db.session.commit()
    assert shown() == ["A command: moon.painted"]


def test_the_entry_as_it_is_kept_stands_under_its_sentence(write, school, sign_in):
    write("session.reopened", school.pat, title="Term <1>", reason="A mistake", classes=3)
    text = sign_in(school.pat).get("/office/log").text
    assert "Pat Parker reopened Term &lt;1&gt;: “A mistake”" in text
    assert "&#34;classes&#34;: 3" in text
    assert "<1>" not in text


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("first-day=31&first-month=2&first-year=2026", "Enter a day like"),
        ("first-day=1&first-month=1&first-year=2020", "Choose at most 366 days"),
        ("first-day=2&first-month=3&first-year=2026&last-day=1&last-month=3&last-year=2026", "on or after the first"),
    ],
)
def test_days_that_cannot_be_are_said_and_kept(school, sign_in, query, says):
    answer = sign_in(school.pat).get(f"/office/log?person=maya&{query}")
    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="maya"' in answer.text
    assert 'value="2026"' in answer.text or 'value="2020"' in answer.text


def test_50_on_a_page_in_a_fixed_number_of_statements(write, school, sign_in, count_statements):
    pat = sign_in(school.pat)
    some_of_each_kind(write, school)
    with count_statements() as few:
        pat.get("/office/log?person=a&child=a&class=a")
    for _ in range(60):
        audit.record("person.changed", utc_now(), school_id=school.oak.id, actor_id=school.pat.id)
    db.session.commit()
    with count_statements() as many:
        first = pat.get("/office/log")
    assert len(few) == len(many) <= 11
    assert "64 entries" in first.text
    assert first.text.count("<summary><bdi>") == 50
    assert pat.get("/office/log?page=2").text.count("<summary><bdi>") == 14
    assert 'href="/office/log?kind=people&amp;page=2"' in pat.get("/office/log?kind=people").text
