"""Editing, removing and putting right: what stood there is kept, and everybody is told once and in order."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from gradebook.extensions import db
from gradebook.models import Conversation, Message, MessageText
from gradebook.services import message_changes, messaging
from tests.services.test_messaging import opened

MINUTE = timedelta(minutes=1)


@pytest.fixture
def talk(school, clock):
    return opened(school, clock())


@pytest.fixture
def send(talk, clock, school):
    def send(body="Hello", key=None, **more):
        return messaging.send(
            talk, author_id=school.dana.id, body=body, client_key=key or str(uuid4()), now=clock(), **more
        )

    return send


@pytest.fixture
def message(talk):
    def message(seq=1):
        query = select(Message).where(Message.conversation_id == talk.id, Message.seq == seq)
        return db.session.scalars(query.execution_options(populate_existing=True)).one()

    return message


def told(talk, school, after=0):
    """What a page that knows the changes up to this one is told: (change, message, text)."""
    lines = messaging.changes_after(talk, school.rivera.id, after)
    return [(line.changed, line.seq, line.body) for line in lines]


def counters(talk):
    return db.session.execute(
        select(Conversation.last_seq, Conversation.last_change).where(Conversation.id == talk.id)
    ).one()


def edit(message, body, clock, seen=None):
    return message_changes.edit(message, body=body, seen=seen or message.version, now=clock())


def test_an_edit_takes_the_next_number_of_the_conversation_and_is_no_new_message(talk, send, message, school, clock):
    send("One"), send("Two")
    assert edit(message(), "Uno", clock) == 3
    assert tuple(counters(talk)) == (2, 3)
    assert told(talk, school) == [(2, 2, "Two"), (3, 1, "Uno")]
    assert told(talk, school, after=2) == [(3, 1, "Uno")]
    assert [line.body for line in messaging.messages_of(talk, school.rivera.id).lines] == ["Uno", "Two"]


def test_every_text_is_kept_once(talk, send, message, clock):
    send("One")
    for body in ("Two", "Three"):
        clock.advance(minutes=1)
        edit(message(), body, clock)
    assert [(text.version, text.body) for text in message_changes.earlier_texts(message())] == [(1, "One"), (2, "Two")]
    assert message_changes.earlier_texts(message())[1].written_at == clock() - MINUTE


def test_the_same_words_again_change_nothing(talk, send, message, clock):
    send("One")
    first = edit(message(), "Two", clock)
    assert edit(message(), "Two", clock, seen=1) == first  # the same form sent twice
    assert tuple(counters(talk)) == (1, 2)


def test_who_saw_an_older_text_changes_nothing(talk, send, message, clock):
    send("One")
    edit(message(), "Two", clock)
    with pytest.raises(message_changes.Moved):
        edit(message(), "Three", clock, seen=1)


def test_two_edits_at_the_same_time_do_not_overwrite_one_another(talk, send, message, clock):
    send("One")
    mine = message()
    db.session.expunge(mine)
    edit(message(), "Theirs", clock)
    with pytest.raises(message_changes.Moved):
        edit(mine, "Mine", clock)


def test_a_removed_message_leaves_its_place_and_its_text_only_for_later_review(talk, send, message, school, clock):
    send("Secret"), send("Two")
    assert message_changes.remove(message(), clock()) == 3
    assert message_changes.remove(message(), clock()) == 3
    assert told(talk, school, after=2) == [(3, 1, "")]
    assert message_changes.earlier_texts(message()) == []
    assert db.session.scalars(select(MessageText.body)).all() == ["Secret"]
    assert "Secret" not in "".join(line.first_words for line in lines_of(school, clock))


def lines_of(school, clock):
    from tests.services.test_messaging import acting

    return messaging.conversations(acting(school.dana, clock()))


def test_no_earlier_text_of_a_removed_message_is_shown(talk, send, message, clock):
    send("Secret")
    edit(message(), "Milder", clock)
    message_changes.remove(message(), clock())
    assert message_changes.earlier_texts(message()) == []
    assert db.session.scalar(select(func.count()).select_from(MessageText)) == 2


def test_what_was_removed_comes_back_as_it_was_and_was_never_edited(talk, send, message, school, clock):
    send("One")
    message_changes.remove(message(), clock())
    message_changes.bring_back(message())
    message_changes.bring_back(message())
    assert (message().body, message().version, message().edited_at) == ("One", 1, None)
    assert message_changes.earlier_texts(message()) == []
    edit(message(), "Two", clock)
    assert [text.body for text in message_changes.earlier_texts(message())] == ["One"]
    assert told(talk, school, after=1) == [(4, 1, "Two")]
    assert db.session.scalar(select(func.count()).select_from(Message)) == 1


def test_a_correction_is_a_message_that_names_what_it_puts_right(talk, send, message, school):
    send("At three"), send("Else")
    assert send("At four", corrects=1) == 3
    assert tuple(counters(talk)) == (3, 4)
    lines = messaging.changes_after(talk, school.rivera.id, 2)
    assert [(line.changed, line.seq, line.corrected_by, line.corrects) for line in lines] == [
        (3, 1, 3, None), (4, 3, None, 1)
    ]  # fmt: skip
    assert lines[1].corrects_words == "At three"


def test_a_correction_sent_twice_is_one(talk, send, message):
    send("At three")
    assert send("At four", "key", corrects=1) == send("At four", "key", corrects=1) == 2
    assert tuple(counters(talk)) == (2, 3)
    with pytest.raises(messaging.OtherBody):
        send("At four", "key")


def test_a_message_that_was_edited_or_removed_since_is_still_the_same_when_it_is_sent_again(talk, send, message, clock):
    send("One", "key")
    edit(message(), "Two", clock)
    assert send("One", "key") == 1
    message_changes.remove(message(), clock())
    assert send("One", "key") == 1
    with pytest.raises(messaging.OtherBody):
        send("Two", "key")


def test_what_is_unread_counts_messages_and_not_their_changes(talk, send, message, school, clock):
    from tests.services.test_messaging import RoleKind, acting

    def inbox():
        return messaging.inbox_of(acting(school.rivera, clock(), RoleKind.TEACHER))

    send("One"), send("Two")
    messaging.mark_read(talk.id, school.rivera.id, 2, clock())
    before = inbox()
    edit(message(), "Uno", clock)
    assert inbox().unread == 0
    assert inbox().mark != before.mark
