"""Rights end at midnight of their day in the school's time zone, west and east of UTC, to the minute."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gradebook.extensions import db
from gradebook.models import Enrollment, Restriction, Role, RoleKind
from tests.families import pages_of
from tests.school import SEEN

DAY = date(2026, 10, 20)
ZONES = ("America/New_York", "Asia/Tokyo")


@pytest.fixture(params=ZONES)
def midnight(request, school):
    """Where Oak School lies, and when DAY begins there."""
    school.oak.timezone = request.param
    db.session.commit()
    return datetime.combine(DAY, time(), ZoneInfo(request.param))


@pytest.fixture
def at(clock, sign_in):
    """at(moment, person): a browser of this person, signed in a little earlier, at that moment."""

    def at(moment, person):
        clock.set(moment - timedelta(minutes=30))
        client = sign_in(person)
        clock.set(moment)
        return client

    return at


def place_of(school, user):
    return db.session.query(Enrollment).filter_by(user_id=user.id, section_id=school.algebra.id).one()


def opened(client, urls) -> list[int]:
    return [client.get(url).status_code for url in urls]


def test_a_place_in_a_class_ends_at_midnight(school, midnight, at):
    place_of(school, school.maya).ends_on = DAY
    own, guardians = pages_of(school.maya, school.algebra)
    before = midnight - timedelta(minutes=1)
    assert opened(at(before, school.maya), own) == [200, 200]
    assert opened(at(before, school.dana), guardians) == [200, 200, 200]
    assert opened(at(midnight, school.maya), own) == [200, 404]
    assert opened(at(midnight, school.dana), guardians) == [200, 200, 404]
    assert "Algebra" not in at(midnight, school.maya).get("/student/").text
    assert "Algebra" not in at(midnight, school.dana).get("/parent/").text


def test_a_place_in_a_class_begins_at_midnight(school, midnight, at):
    place_of(school, school.maya).begins_on = DAY
    own, guardians = pages_of(school.maya, school.algebra)
    before = midnight - timedelta(minutes=1)
    assert opened(at(before, school.maya), own) == [200, 404]
    assert opened(at(before, school.dana), guardians) == [200, 200, 404]
    assert opened(at(midnight, school.maya), own) == [200, 200]
    assert opened(at(midnight, school.dana), guardians) == [200, 200, 200]


def test_a_guardianship_ends_at_midnight(school, midnight, at):
    school.dana_of_maya.ends_on = DAY
    guardians = pages_of(school.maya, school.algebra)[1]
    assert opened(at(midnight - timedelta(minutes=1), school.dana), guardians) == [200, 200, 200]
    assert opened(at(midnight, school.dana), guardians) == [200, 404, 404]
    assert "Maya" not in at(midnight, school.dana).get("/parent/").text
    assert "Maya" in at(midnight - timedelta(minutes=1), school.dana).get("/parent/").text


def test_an_open_browser_loses_the_right_at_midnight(school, midnight, at, clock):
    school.dana_of_maya.ends_on = DAY
    url = pages_of(school.maya, school.algebra)[1][-1]
    dana = at(midnight - timedelta(minutes=1), school.dana)
    assert dana.get(url).status_code == 200
    clock.advance(minutes=1)
    assert dana.get(url).status_code == 404


def test_an_order_against_records_holds_from_midnight_to_midnight(school, midnight, at):
    db.session.add(
        Restriction(
            school_id=school.oak.id,
            student_id=school.maya.id,
            adult_id=school.dana.id,
            no_contact=False,
            no_records=True,
            hide_address=False,
            document_reference="26-2",
            begins_on=DAY,
            ends_on=DAY + timedelta(days=1),
            entered_by=school.pat.id,
            entered_at=SEEN,
        )
    )
    guardians = pages_of(school.maya, school.algebra)[1]
    minute, next_midnight = timedelta(minutes=1), midnight + timedelta(days=1)
    assert opened(at(midnight - minute, school.dana), guardians) == [200, 200, 200]
    for moment in (midnight, next_midnight - minute):
        dana = at(moment, school.dana)
        assert opened(dana, guardians) == [200, 404, 404]
        assert "Maya" not in dana.get("/parent/").text
    assert opened(at(next_midnight, school.dana), guardians) == [200, 200, 200]


def test_an_order_about_one_adult_leaves_the_other_alone(school, midnight, at):
    guardians = pages_of(school.maya, school.algebra)[1]
    assert opened(at(midnight, school.rex), guardians) == [200, 404, 404]
    assert opened(at(midnight, school.dana), guardians) == [200, 200, 200]


@pytest.mark.parametrize(("name", "kind"), [("maya", RoleKind.STUDENT), ("dana", RoleKind.PARENT)])
def test_a_role_ends_at_midnight(school, midnight, at, name, kind):
    user = school.people[name]
    db.session.query(Role).filter_by(user_id=user.id, kind=kind).one().ends_on = DAY
    urls = pages_of(school.maya, school.algebra)[0 if name == "maya" else 1]
    assert set(opened(at(midnight - timedelta(minutes=1), user), urls)) == {200}
    assert 200 not in opened(at(midnight, user), urls)


def test_each_school_has_its_own_midnight(school, at):
    """Elm School lies in Tokyo: its day is over 13 hours before Oak School's."""
    in_tokyo = datetime.combine(DAY, time(), ZoneInfo("Asia/Tokyo"))
    in_new_york = datetime.combine(DAY, time(), ZoneInfo("America/New_York"))
    for user, section in ((school.fern, school.botany), (school.maya, school.algebra)):
        db.session.query(Enrollment).filter_by(user_id=user.id, section_id=section.id).one().ends_on = DAY
    db.session.commit()
    fern, maya = pages_of(school.fern, school.botany)[0][1:], pages_of(school.maya, school.algebra)[0][1:]
    assert opened(at(in_tokyo, school.fern), fern) == [404]
    assert opened(at(in_tokyo, school.maya), maya) == [200]
    assert opened(at(in_new_york, school.maya), maya) == [404]
