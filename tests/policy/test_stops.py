"""What the office stops, and for whom: told by the roles of a person, without a question to the database."""

from datetime import timedelta

import pytest

from gradebook.models import ClosureScope, RoleKind
from gradebook.policy import stops
from gradebook.policy.stops import address_in, stopped
from gradebook.services import accounts, message_rules
from gradebook.services.message_rules import NoReason

GUARDIANS, TEACHERS, OFFICE = {"dana", "tess-parent"}, {"rivera", "tess"}, {"pat"}


@pytest.fixture
def concerned(school, clock):
    """Which of these people a stop keeps from writing these words at Oak School now."""

    def concerned(words=""):
        asked = {name: (name, None) for name in ("dana", "rivera", "pat", "tess")}
        asked |= {"tess": ("tess", RoleKind.TEACHER), "tess-parent": ("tess", RoleKind.PARENT)}
        people = {
            name: accounts.person_acting_as(school.people[username], clock(), kind)
            if kind
            else accounts.person_acting_as(school.people[username], clock(), KINDS[username])
            for name, (username, kind) in asked.items()
        }
        return {name for name, person in people.items() if stopped(person, school.oak.id, words)}

    return concerned


KINDS = {"dana": RoleKind.PARENT, "rivera": RoleKind.TEACHER, "pat": RoleKind.OFFICE}


def stop(school, scope, clock, **more):
    message_rules.stop(school.oak, scope, "Call us.", clock(), actor_id=school.pat.id, **more)


@pytest.mark.parametrize(
    ("scope", "kept_from_writing"),
    [
        (ClosureScope.EVERYONE, GUARDIANS | TEACHERS),
        (ClosureScope.GUARDIANS, GUARDIANS),
        (ClosureScope.TEACHERS, TEACHERS),
        (ClosureScope.LINKS, set()),
    ],
)
def test_a_stop_keeps_whom_it_names_from_writing_until_it_is_lifted(school, clock, concerned, scope, kept_from_writing):
    assert concerned() == set()
    stop(school, scope, clock)
    assert concerned() == kept_from_writing
    [closure] = message_rules.closures_of(school.oak, clock())
    message_rules.lift(closure, school.oak, clock(), actor_id=school.pat.id)
    assert concerned() == set()
    assert school.oak.closures is None


def test_addresses_are_stopped_for_guardians_and_teachers_and_nothing_else_is(school, clock, concerned):
    stop(school, ClosureScope.LINKS, clock)
    assert concerned("See you at the fair.") == set()
    assert concerned("See www.fair.example") == GUARDIANS | TEACHERS


def test_a_stop_ends_by_itself_to_the_second_and_over_the_end_of_summer_time(school, clock, concerned):
    begun = clock().replace(month=10, day=31, hour=20)  # clocks go back in the night to 1 November
    clock.set(begun)
    stop(school, ClosureScope.EVERYONE, clock, ends_at=begun + timedelta(hours=24))
    clock.set(begun + timedelta(hours=24, seconds=-1))
    assert concerned() == GUARDIANS | TEACHERS
    clock.set(begun + timedelta(hours=24))
    assert concerned() == set()
    stop(school, ClosureScope.EVERYONE, clock)  # the one that has ended does not stand against another
    assert concerned() == GUARDIANS | TEACHERS


def test_a_stop_without_an_end_holds_over_the_end_of_the_year(school, clock, concerned):
    stop(school, ClosureScope.GUARDIANS, clock)
    clock.set(clock().replace(year=2027, month=1, day=2))
    assert concerned() == GUARDIANS


def test_the_stop_of_one_school_is_none_of_another(school, clock):
    message_rules.stop(school.elm, ClosureScope.EVERYONE, "Call us.", clock(), actor_id=school.quinn.id)
    dana = accounts.person_acting_as(school.dana, clock(), RoleKind.PARENT)
    finch = accounts.person_acting_as(school.finch, clock(), RoleKind.TEACHER)
    assert (stops.stops_of(dana), len(stops.stops_of(finch))) == ([], 1)


def test_the_same_is_stopped_once_with_a_reason_and_a_person_elsewhere(school, clock):
    for _twice in range(2):
        stop(school, ClosureScope.EVERYONE, clock)
    assert len(message_rules.closures_of(school.oak, clock())) == 1
    with pytest.raises(NoReason):
        message_rules.stop(school.oak, ClosureScope.LINKS, "  ", clock(), actor_id=school.pat.id)
    with pytest.raises(ValueError, match="person"):
        stop(school, ClosureScope.PERSON, clock)


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ("see https://a", "https://a"),
        ("see HTTP://EVIL.EXAMPLE/x now", "HTTP://EVIL.EXAMPLE/x"),
        ("www.evil", "www.evil"),
        ("go to evil.com.", "evil.com."),
        ("Ana:evil.com", "Ana:evil.com"),
        ("evil。com", "evil。com"),
        ("evil\u200b.com", "evil.com"),
        ("evil.\u200bcom", "evil.com"),
        ("пример.рф", "пример.рф"),
        ("first\nevil.co/a b", "evil.co/a"),
        ("at 192.168.1.1", "192.168.1.1"),
        ("write to ana@evil.com", "ana@evil.com"),
        ("It is due today.No later", "today.No"),
        ("a" * 100 + ".com", "a" * 60),
        ("", None),
        ("Hello. Ana was ill, e.g. on the 3.5. and 4.5., i.e. twice...", None),
        ("She got 15.5 of 20, at 8.30 a.m.", None),
    ],
)
def test_what_looks_like_an_address(words, word):
    assert address_in(words) == word
