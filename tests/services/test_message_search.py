"""Search: the same answers on both databases, only of one's own conversations, and only what stands there now."""

from uuid import uuid4

import pytest

from gradebook.extensions import db
from gradebook.models import Message, Restriction, RoleKind
from gradebook.services import message_changes, message_search, messaging
from gradebook.services.message_search import ON_A_PAGE, excerpt, find, searched_words
from tests.services.test_messaging import acting, opened


@pytest.fixture
def talk(school, clock):
    return opened(school, clock())


@pytest.fixture
def send(talk, clock, school):
    def send(body, conversation=None, author=None):
        return messaging.send(
            conversation or talk, author_id=(author or school.dana).id, body=body, client_key=str(uuid4()), now=clock()
        )

    return send


@pytest.fixture
def found(school, clock):
    """found("words", person) -> the bodies' numbers, the newest first."""

    def found(query, user=None, kind=RoleKind.PARENT, page=1):
        person = acting(user or school.dana, clock(), kind)
        return [one.seq for one in find(person, searched_words(query), page=page)]

    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("creme", [1]), ("CRÈME", [1]), ("brul", [1]), ("creme brulee", [1]), ("brulee creme", [1]),
        ("creme tart", []), ("rème", []), ("strasse", [2]), ("straße 7", [2]), ("7b", [2]), ("o'neil", [3]),
        ("neil o", [3]), ("maya@example.org", [3]), ("example", [3]), ("0.5", [4]), ("3:40", [4]), ("40", [4]),
        ("Москв", [5]), ("سلام", [5]), ("and", [6]), ("or not", [6]), ("near", [6]), ("*", []), ('"', []), ("", []),
        ("%", []), ("_", []), ("'; --", []), ("a OR b", []), ("creme*", [1]), ("body:creme", []), ("\u0000", []),
        ("x" * 500, []),
    ],
)  # fmt: skip
def test_words_are_found_by_their_beginnings(send, found, query, expected):
    for body in (
        "Crème brûlée on Friday", "Straße 7B", "O'Neil wrote to maya@example.org", "0.5 points at 3:40",
        "Москва سَلام", "and or not near",
    ):  # fmt: skip
        send(body)
    assert found(query) == expected


def test_nobody_finds_what_is_not_theirs(send, found, school, clock):
    send("Secret of Maya")
    send("Secret of Leo", opened(school, clock(), "erin", "leo"), school.erin)
    assert found("secret") == [1]
    assert found("secret", school.erin) == [1]
    assert len(found("secret", school.rivera, RoleKind.TEACHER)) == 2
    for user, kind in (
        (school.osei, RoleKind.TEACHER),
        (school.chris, RoleKind.PARENT),
        (school.maya, RoleKind.STUDENT),
    ):
        assert found("secret", user, kind) == []
    db.session.query(Restriction).update({"adult_id": school.dana.id})
    assert found("secret") == []


def test_only_what_stands_there_now_is_found(send, found, clock):
    send("First words")
    message = db.session.query(Message).one()
    message_changes.edit(message, body="Other text", seen=1, now=clock())
    assert (found("first"), found("other")) == ([], [1])
    db.session.expire_all()
    message_changes.remove(message, clock())
    assert found("other") == []
    db.session.expire_all()
    message_changes.bring_back(message)
    assert found("other") == [1]


def test_the_newest_come_first_in_pages(send, found):
    for number in range(ON_A_PAGE + 3):
        send(f"Homework {number}")
    assert found("homework") == list(range(23, 2, -1))  # one more than a page
    assert found("homework", page=2) == [3, 2, 1]
    assert found("homework", page=3) == []


def test_messages_to_many_families_are_found_too(school, found, clock):
    letters = [messaging.Letter(school.maya.id, school.dana.id, "Bring goggles")]
    messaging.send_to_each(school.algebra, letters, author_id=school.rivera.id, client_key=str(uuid4()), now=clock())
    assert found("goggles") == [1]


def shown(body, query):
    return "".join(
        f"[{piece.words}]" if piece.is_found else piece.words for piece in excerpt(body, searched_words(query))
    )


def test_what_was_found_is_shown_with_what_stands_around_it():
    assert shown("Crème brûlée", "brul") == "Crème [brûlée]"
    assert shown("One two one", "one") == "[One] two [one]"
    long = "word " * 100 + "Brûlée " + "more " * 100
    text = shown(long, "brulee")
    assert text.startswith("… word")
    assert "[Brûlée]" in text
    assert text.endswith("more …")
    assert len(text) < 200
    assert shown("x" * 5000, "x").startswith("[x")
    assert shown("nothing of it", "else") == "nothing of it"


def test_what_is_looked_for_has_its_limits():
    assert len(searched_words("a b c d e f g h i j k")) == message_search.MOST_WORDS
    assert searched_words("  Ñandú—7b!  ") == ["nandu", "7b"]
