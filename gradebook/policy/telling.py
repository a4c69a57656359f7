"""To whom the outbox still tells what it holds: whoever may read it when it is passed on, not when it was written."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select

from gradebook.extensions import db
from gradebook.models import AnnouncementRecipient, Notice, NoticeKind, Participant
from gradebook.policy import announcements, facts, scopes
from gradebook.policy.person import Person


def still_told(person: Person, notices: Sequence[Notice]) -> list[Notice]:
    """Of these notices, which are all this person's, those about what the person takes part in today, in the role in
    use; in two statements however many. That one's writing was closed is told to whoever has the role."""
    if person.account.deactivated_at is not None:
        return []
    here = [one for one in notices if one.school_id in person.school_days]
    talks = _among([one.conversation_id for one in here], Participant.conversation_id, scopes.conversations_of(person))
    sent = _among(
        [one.announcement_id for one in here],
        AnnouncementRecipient.announcement_id,
        announcements.received_by(person),
    )
    reads = facts.may_use_messages(person)
    return [
        one
        for one in here
        if one.kind == NoticeKind.WRITING_CLOSED
        or (reads and (one.conversation_id in talks or one.announcement_id in sent))
    ]


def _among(keys: list[int | None], column: Any, allowed: Select[int]) -> set[int | None]:
    wanted = {key for key in keys if key is not None}
    return set(db.session.scalars(allowed.where(column.in_(wanted)))) if wanted else set()
