"""The record of a long conversation is whole, and made twice it is the same bytes; one of 5,000 messages is made within
ten seconds (`make soak`; the short form that runs with the other tests takes no time)."""

import io
import json
import os
import time
from datetime import timedelta
from zipfile import ZipFile

from sqlalchemy import insert, update

from gradebook import actor
from gradebook.extensions import db
from gradebook.models import Conversation, Message
from gradebook.policy.conversations import Correspondence
from gradebook.services import messaging
from tests.conftest import NOON

MESSAGES = int(os.environ.get("SOAK_MESSAGES", "500")) // 2
IS_LONG = "SOAK_MESSAGES" in os.environ
WORDS = "Maya was late again today, and she told me that the bus did not come. " * 3


def conversation_of(school, count):
    """Dana and Ms Rivera in turn, a message an hour."""
    pair = Correspondence(school.maya, school.algebra, school.dana, ())
    talk = messaging.open_conversation(pair, actor_id=school.dana.id, now=NOON - timedelta(hours=count))
    db.session.flush()
    rows = [
        {
            "school_id": talk.school_id, "conversation_id": talk.id, "seq": seq, "changed": seq,
            "author_id": (school.dana if seq % 2 else school.rivera).id, "body": f"{seq} {WORDS}مرحبا",
            "folded": "", "sent_at": NOON - timedelta(hours=count - seq), "client_key": str(seq),
        }
        for seq in range(1, count + 1)
    ]  # fmt: skip
    with actor.classes_opened([school.algebra.id]):
        db.session.execute(insert(Message), rows)
        counts = {"last_seq": count, "last_change": count, "last_message_at": NOON}
        db.session.execute(update(Conversation).where(Conversation.id == talk.id).values(**counts))
    db.session.commit()
    return f"/messages/{talk.public_id}/record"


def test_a_long_conversation(school, sign_in):
    address = conversation_of(school, MESSAGES)
    browser = sign_in(school.dana)
    began = time.perf_counter()
    data = browser.post(address).data
    took = time.perf_counter() - began
    with ZipFile(io.BytesIO(data)) as archive:
        record = json.loads(archive.read("record.json"))
        pdfs = [name for name in archive.namelist() if name.endswith(".pdf")]
        assert all(archive.read(name).startswith(b"%PDF-") for name in pdfs)
    assert [each["number"] for each in record["messages"]] == list(range(1, MESSAGES + 1))
    assert browser.post(address).data == data
    assert pdfs
    assert took < 10 or not IS_LONG, f"{took:.1f} s"
