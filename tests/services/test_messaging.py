"""Beginning, sending and counting: one conversation, one message, no gap."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from gradebook.extensions import db
from gradebook.models import Conversation, Message, Participant, Position, RoleKind, Section
from gradebook.policy.conversations import correspondence
from gradebook.services import messaging
from gradebook.services.accounts import person_acting_as
from tests.school import TODAY, enroll


def acting(user, now, kind=RoleKind.PARENT):
    return person_acting_as(user, now, kind)


def opened(school, now, guardian="dana", student="maya", section="algebra"):
    person = acting(school.people[guardian], now)
    pair = correspondence(person, school.people[student].public_id, school.sections[section].public_id, None)
    return messaging.open_conversation(pair, actor_id=person.id, now=now)


@pytest.fixture
def talk(school, clock):
    return opened(school, clock())


@pytest.fixture
def send(talk, clock):
    def send(author, body="Hello", key=None):
        return messaging.send(talk, author_id=author.id, body=body, client_key=key or str(uuid4()), now=clock())

    return send


def numbers(conversation) -> list[int]:
    return list(
        db.session.scalars(select(Message.seq).where(Message.conversation_id == conversation.id).order_by(Message.seq))
    )


def last_seq(conversation_id: int) -> int:
    return db.session.scalar(select(Conversation.last_seq).where(Conversation.id == conversation_id))


def test_beginning_twice_is_beginning_once(school, clock):
    assert opened(school, clock()).id == opened(school, clock()).id


def test_the_guardian_and_the_present_teachers_take_part(school, talk):
    taking_part = set(db.session.scalars(select(Participant.user_id)))
    assert taking_part == {school.dana.id, school.rivera.id, school.cole.id}


def test_messages_are_numbered_without_a_gap(school, talk, send):
    assert [send(school.dana), send(school.rivera), send(school.dana)] == [1, 2, 3]
    assert numbers(talk) == [1, 2, 3]
    assert last_seq(talk.id) == 3


def test_the_same_key_and_words_are_one_message(school, talk, send):
    assert send(school.dana, "Hello", "one") == send(school.dana, "Hello", "one") == 1
    assert send(school.dana, "Next", "two") == 2
    assert last_seq(talk.id) == 2


def test_the_same_key_with_other_words_is_refused(school, talk, send):
    send(school.dana, "Hello", "one")
    with pytest.raises(messaging.OtherBody):
        send(school.dana, "Goodbye", "one")


def test_a_repeated_send_leaves_the_time_of_the_newest_message(school, talk, send, clock):
    send(school.dana, "Hello", "one")
    first = clock()
    clock.advance(minutes=5)
    send(school.dana, "Hello", "one")
    db.session.refresh(talk)
    assert talk.last_message_at == first


def test_a_key_belongs_to_its_author_and_conversation(school, talk, send, clock):
    assert send(school.dana, "Hello", "one") == 1
    assert send(school.rivera, "Hello", "one") == 2
    other = opened(school, clock(), "erin", "leo")
    assert messaging.send(other, author_id=school.erin.id, body="Hello", client_key="one", now=clock()) == 1


def test_unread_is_what_others_wrote_since_one_read(school, talk, send, clock):
    def unread():
        people = (
            acting(school.dana, clock()),
            acting(school.rivera, clock(), RoleKind.TEACHER),
            acting(school.cole, clock(), RoleKind.TEACHER),
        )
        return [messaging.unread_count(person) for person in people]

    send(school.dana)
    send(school.dana)
    assert unread() == [0, 2, 2]
    messaging.mark_read(talk.id, school.cole.id, 1, clock())
    assert unread() == [0, 2, 1]
    send(school.rivera)  # who writes has read
    assert unread() == [1, 0, 2]
    messaging.mark_read(talk.id, school.cole.id, 3, clock())
    messaging.mark_read(talk.id, school.cole.id, 1, clock())  # never back
    assert unread() == [1, 0, 0]


def test_the_badge_is_the_sum_of_the_list(school, clock):
    for guardian, student, section in (
        ("dana", "maya", "algebra"),
        ("erin", "leo", "algebra"),
        ("tess", "leo", "algebra"),
        ("chris", "zoe", "history"),
    ):
        talk = opened(school, clock(), guardian, student, section)
        for number in range(2):
            messaging.send(talk, author_id=school.people[guardian].id, body="Hi", client_key=f"{number}", now=clock())
    for name, kind in (("rivera", RoleKind.TEACHER), ("tess", RoleKind.TEACHER), ("tess", RoleKind.PARENT)):
        person = acting(school.people[name], clock(), kind)
        lines = messaging.conversations(person)
        assert messaging.unread_count(person) == sum(line.unread for line in lines)
    rivera = acting(school.rivera, clock(), RoleKind.TEACHER)
    assert messaging.unread_count(rivera) == 6
    assert messaging.unread_count(acting(school.tess, clock(), RoleKind.TEACHER)) == 2


def test_an_ended_right_takes_its_unread_away(school, talk, send, clock):
    send(school.rivera)
    assert messaging.unread_count(acting(school.dana, clock())) == 1
    school.dana_of_maya.ends_on = TODAY
    db.session.flush()
    assert messaging.unread_count(acting(school.dana, clock())) == 0
    [line] = messaging.conversations(acting(school.dana, clock()))
    assert (line.goes_on, line.unread) == (False, 0)  # what was written before can be read, and is not counted


def test_a_teacher_who_comes_later_finds_new_what_no_colleague_has_read(school, talk, send, clock):
    for _ in range(3):
        send(school.dana)
    messaging.mark_read(talk.id, school.rivera.id, 2, clock())
    enroll(school.osei, school.algebra, Position.CO_TEACHER, begins_on=TODAY)
    messaging.admit_teacher_to_class(school.algebra, school.osei, clock())
    assert messaging.unread_count(acting(school.osei, clock(), RoleKind.TEACHER)) == 1


def test_a_message_admits_the_teachers_whom_a_roster_brought(school, talk, send, clock):
    enroll(school.osei, school.algebra, Position.CO_TEACHER, begins_on=TODAY)
    osei = acting(school.osei, clock(), RoleKind.TEACHER)
    assert messaging.conversations(osei) == []
    send(school.dana)
    assert len(messaging.conversations(osei)) == 1


def test_after_a_roster_all_teachers_of_many_classes_join_in_one_statement(school, talk, send, clock, count_statements):
    send(school.dana)
    other = opened(school, clock(), "erin", "leo")
    messaging.send(other, author_id=school.erin.id, body="Hi", client_key="k", now=clock())
    enroll(school.osei, school.algebra, Position.CO_TEACHER, begins_on=TODAY)
    enroll(school.tess, school.algebra, Position.CO_TEACHER, begins_on=TODAY)
    oak = school.oak.id
    with count_statements() as seen:
        messaging.admit_teachers_of_school(oak, clock())
    assert len([statement for statement in seen if statement.startswith("INSERT")]) == 1
    assert len(messaging.conversations(acting(school.osei, clock(), RoleKind.TEACHER))) == 2
    tess = acting(school.tess, clock(), RoleKind.TEACHER)  # Leo's stepmother: only Maya's
    assert [line.student_id for line in messaging.conversations(tess)] == [school.maya.id]


def test_who_left_before_is_not_admitted(school, talk, clock):
    clock.advance(days=2)
    messaging.admit_teachers_of_school(school.oak.id, clock())
    assert school.sub.id not in set(db.session.scalars(select(Participant.user_id)))


def test_fifty_messages_are_a_page(school, talk, send):
    for number in range(1, 121):
        send(school.dana, f"Message {number}")
    page = messaging.messages_of(talk, school.rivera.id)
    assert (page.first_seq, page.last_seq, page.has_earlier, page.last_read_seq) == (71, 120, True, 0)
    page = messaging.messages_of(talk, school.rivera.id, before=71)
    assert (page.first_seq, page.last_seq, page.has_earlier) == (21, 70, True)
    page = messaging.messages_of(talk, school.rivera.id, before=21)
    assert (page.first_seq, page.last_seq, page.has_earlier) == (1, 20, False)
    assert messaging.messages_of(talk, school.rivera.id, before=1).lines == []


def test_the_list_has_the_newest_first(school, clock):
    earlier, later = (
        opened(school, clock(), "tess", "leo", "algebra"),
        opened(school, clock(), "tess", "leo", "history"),
    )
    messaging.send(later, author_id=school.tess.id, body="First", client_key="a", now=clock())
    messaging.send(earlier, author_id=school.tess.id, body="x" * 900, client_key="a", now=clock() + timedelta(hours=1))
    lines = messaging.conversations(acting(school.tess, clock()))
    assert [line.id for line in lines] == [earlier.id, later.id]
    assert lines[0].first_words == "x" * messaging.FIRST_WORDS


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("  words \n", "words"),
        ("e\u0301", "é"),
        ("tab\tkept", "tab\tkept"),
    ],
)
def test_a_message_is_kept_in_one_form(typed, kept):
    assert messaging.cleaned(typed) == kept


@pytest.mark.parametrize("nothing", ["", " ", "\n\n", "\u200b\u200d", "\u2060", "\u00a0", "\u202e"])
def test_what_shows_nothing_has_no_words(nothing):
    assert not messaging.has_words(messaging.cleaned(nothing))


@pytest.mark.parametrize("something", ["a", ".", "👍", "مرحبا", "你好"])
def test_anything_that_shows_has_words(something):
    assert messaging.has_words(something)
    assert not messaging.has_control_characters(something)


@pytest.mark.parametrize("bad", ["a\0b", "a\x07b", "a\x1bb", "a\x85b", "a\ud800b"])
def test_control_characters_are_found(bad):
    assert messaging.has_control_characters(bad)


# --- At the same moment. These commit, each thread on a connection of its own.


def at_once(app, many, act):
    """Run act(number) in so many threads that start together; what each returned."""
    barrier = Barrier(many)

    def run(number):
        with app.app_context():
            barrier.wait()
            result = act(number)
            db.session.commit()
            db.session.remove()
            return result

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(run, range(many)))


@pytest.mark.commits
def test_fifty_who_begin_at_once_begin_one_conversation(app, school, clock):
    dana, maya, algebra = school.dana.id, school.maya.public_id, school.algebra.public_id
    now = clock()
    db.session.remove()

    def begin(number):
        from gradebook.models import User

        person = acting(db.session.get_one(User, dana), now)
        pair = correspondence(person, maya, algebra, None)
        conversation = messaging.open_conversation(pair, actor_id=dana, now=now)
        messaging.send(conversation, author_id=dana, body=f"Hello {number}", client_key=f"key {number}", now=now)
        return conversation.id

    found = at_once(app, 50, begin)
    assert len(set(found)) == 1
    assert db.session.scalar(select(func.count()).select_from(Conversation)) == 1
    assert db.session.scalar(select(func.count()).select_from(Participant)) == 3
    assert list(db.session.scalars(select(Message.seq).order_by(Message.seq))) == list(range(1, 51))
    assert last_seq(found[0]) == 50


@pytest.mark.commits
def test_one_key_sent_twenty_times_at_once_is_one_message(app, school, clock):
    conversation, author, now = opened(school, clock()), school.dana.id, clock()
    db.session.commit()
    key = conversation.id
    db.session.remove()

    def send(_number):
        found = db.session.get_one(Conversation, key)
        return messaging.send(found, author_id=author, body="Hello", client_key="the same", now=now)

    assert at_once(app, 20, send) == [1] * 20
    assert db.session.scalar(select(func.count()).select_from(Message)) == 1
    assert last_seq(key) == 1
    next_one = db.session.get_one(Conversation, key)
    assert messaging.send(next_one, author_id=author, body="Next", client_key="another", now=now) == 2


def letters(school, *names: tuple[str, str], body="Hello"):
    return [messaging.Letter(school.people[child].id, school.people[guardian].id, body) for guardian, child in names]


def test_letters_to_many_are_those_or_none(school, clock):
    some = letters(school, ("dana", "maya"), ("erin", "leo"))
    write = partial(messaging.send_to_each, school.algebra, author_id=school.rivera.id, client_key="one", now=clock())
    assert write(some) == 2
    assert write(some) == 0
    for other in (letters(school, ("dana", "maya")), letters(school, ("dana", "maya"), ("erin", "leo"), body="Other")):
        with pytest.raises(messaging.OtherBody):
            write(other)
    assert db.session.scalar(select(func.count()).select_from(Message)) == 2
    assert set(db.session.scalars(select(Conversation.last_seq))) == {1}


def test_no_letter_goes_out_above_the_limit(school, clock, monkeypatch):
    monkeypatch.setattr(messaging, "MOST_AN_HOUR", 1)
    with pytest.raises(messaging.TooMany) as refused:
        messaging.send_to_each(
            school.algebra,
            letters(school, ("dana", "maya"), ("erin", "leo")),
            author_id=school.rivera.id,
            client_key="one",
            now=clock(),
        )
    assert (refused.value.most, refused.value.in_an_hour) == (1, True)
    assert db.session.scalar(select(func.count()).select_from(Conversation)) == 0


@pytest.mark.commits
def test_letters_sent_twenty_times_at_once_go_out_once_and_answers_come_between(app, school, clock):
    some = letters(school, ("dana", "maya"), ("erin", "leo"), ("tess", "leo"))
    algebra, authors, now = school.algebra.id, (school.rivera.id, school.cole.id), clock()
    talk = opened(school, now).id
    dana = school.dana.id
    db.session.commit()
    db.session.remove()

    def act(number):
        if number % 5 == 4:
            found = db.session.get_one(Conversation, talk)
            return messaging.send(found, author_id=dana, body="Answer", client_key=f"{number}", now=now)
        section = db.session.get_one(Section, algebra)
        return messaging.send_to_each(
            section, some, author_id=authors[number % 2], client_key=f"key {number % 2}", now=now
        )

    at_once(app, 20, act)
    found = db.session.execute(select(Message.conversation_id, Message.seq).order_by(Message.conversation_id)).all()
    assert len(found) == 2 * 3 + 4
    for key in {row.conversation_id for row in found}:
        assert sorted(row.seq for row in found if row.conversation_id == key) == list(range(1, last_seq(key) + 1))
    assert last_seq(talk) == 6


@pytest.mark.commits
def test_two_sides_writing_at_once_leave_no_gap(app, school, clock):
    conversation, now = opened(school, clock()), clock()
    authors = [school.dana.id, school.rivera.id, school.cole.id]
    db.session.commit()
    key = conversation.id
    db.session.remove()

    def send(number):
        found = db.session.get_one(Conversation, key)
        return (
            messaging.send(
                found, author_id=authors[number % 3], body=f"{number // 2}", client_key=f"{number // 6}", now=now
            )
            if number % 7
            else _other(found, authors[number % 3], now)
        )

    def _other(found, author, now):
        return messaging.send(found, author_id=author, body="other", client_key=str(uuid4()), now=now)

    def careful(number):
        try:
            return send(number)
        except messaging.OtherBody:
            db.session.rollback()
            return None

    at_once(app, 24, careful)
    found = list(db.session.scalars(select(Message.seq).order_by(Message.seq)))
    assert found == list(range(1, len(found) + 1))
    assert last_seq(key) == len(found)


@pytest.mark.commits
def test_a_roster_and_messages_at_once_do_not_block_each_other(app, school, clock):
    talks = [opened(school, clock()), opened(school, clock(), "erin", "leo"), opened(school, clock(), "tess", "leo")]
    keys = [(talk.id, talk.guardian_id) for talk in talks]
    enroll(school.osei, school.algebra, Position.CO_TEACHER, begins_on=TODAY)
    enroll(school.tess, school.algebra, Position.CO_TEACHER, begins_on=TODAY)
    db.session.commit()
    oak, now = school.oak.id, clock()
    db.session.remove()

    def act(number):
        if number % 2:
            messaging.admit_teachers_of_school(oak, now)
            return
        key, guardian = keys[number // 2 % 3]
        found = db.session.get_one(Conversation, key)
        messaging.send(found, author_id=guardian, body="Hello", client_key=str(uuid4()), now=now)

    at_once(app, 16, act)
    assert db.session.scalar(select(func.count()).select_from(Message)) == 8
    count = db.session.execute(text("SELECT count(*) FROM participants")).scalar_one()
    assert count == 3 * 3 + 3 + 1  # three each, Mr Osei in all, Tess in Maya's
