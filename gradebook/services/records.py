"""The record of a conversation: all that belongs into it, for one who reads it, or for the office.

What a guardian or a teacher gets is what the pages show them: a removed message is a tombstone, a reading of another is
told as the page tells it, nothing is known that is not theirs. The office gets what is kept: removed words, every
reading, what was done about the conversation. Whoever calls has asked the policy first.

Nothing in it depends on when it is made, so that the same conversation gives the same record.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import load_only

from gradebook.clock import day_in
from gradebook.extensions import db
from gradebook.models import (
    Announcement,
    Attachment,
    AttachmentContent,
    AuditEntry,
    Conversation,
    Guardianship,
    Message,
    MessageKind,
    MessageText,
    Participant,
    Read,
    RoleKind,
    ScanState,
    School,
    User,
)
from gradebook.policy import conversations as policy
from gradebook.policy.conversations import Standing, TeacherChange
from gradebook.policy.person import Person
from gradebook.services import audit_log, messaging, office_hours, reviews

FORMAT, VERSION = "gradebook.conversation", 1
AT_ONCE = 500
"""Messages that are fetched in one go."""
OUTSIDE = ("approval.", "record.", "report.", "review.")
"""Acts about the record itself, which would make it another one each time that it is fetched; and of oversight, which
tells its own when its time has come, as a line among the messages."""
SUCCESSOR = "section.successor_named"
WITHHELD = {ScanState.WAITING: "not checked for harmful content yet", ScanState.FOUND: "harmful content was found"}
"""Why a file that is named is not in the record."""


@dataclass(frozen=True)
class Reader:
    """Somebody of the other side: up to which message they had read, from when on."""

    name: str
    rows: list[tuple[int, datetime]]


@dataclass(frozen=True)
class Record:
    """What is to be written down, but for the messages and the files, which are many."""

    conversation: Conversation
    head: dict[str, Any]
    """Keys as in record.json."""
    tail: dict[str, Any]
    """What stands behind the messages: readings and what was done, for the office."""
    entries: list[AuditEntry]
    """The audit entries behind tail["audit"]."""
    names: audit_log.Names | None
    timezone: str
    has_originals: bool
    """For the office: with what stood in removed messages."""
    _person_id: int
    _roles: dict[int, RoleKind] = field(default_factory=dict)
    _seen: list[Reader] = field(default_factory=list)

    def messages(self) -> Iterator[dict[str, Any]]:
        """One after another, as in record.json; files without their contents."""
        for rows in _pages(self.conversation):
            texts = _texts([row.id for row in rows if row.version > 1 or row.removed_at])
            files = _files(self.conversation, [row.seq for row in rows if row.files])
            answered = self._answered({row.announcement_id for row in rows if row.announcement_id})
            for row in rows:
                found = self._message(row, texts.get(row.id, []), files.get(row.seq, []))
                yield found | answered.get(row.announcement_id, {})

    def _message(self, row: Any, texts: list[MessageText], files: list[Attachment]) -> dict[str, Any]:
        is_gone = row.removed_at is not None and not self.has_originals
        found: dict[str, Any] = {
            "number": row.seq,
            "by": row.display_name or "School office",
            "role": "office" if row.kind == MessageKind.SYSTEM else _role_word(self._roles.get(row.author_id)),
            "sent_at": written(row.sent_at),
            "text": None if row.removed_at else _words(row),
            "edited_at": written(row.edited_at),
            "removed_at": written(row.removed_at),
            "deleted_at": written(row.purged_at),
            "deleted_by_rule": row.purge_rule,
            "corrects": row.corrects,
            "corrected_by": row.corrected_by,
            "earlier_texts": [] if is_gone else [_text(each) for each in texts if each.version < row.version],
            "files": [] if is_gone else [_file(each) for each in files],
        }
        if row.removed_at and not row.purged_at and self.has_originals:
            found["removed_text"] = next((each.body for each in texts if each.version == row.version), None)
        if row.author_id == self._person_id and self._seen:
            found["read"] = _read_by(self._seen, row.seq)
        return found

    def _answered(self, keys: set[int]) -> dict[int, dict[str, Any]]:
        """By key what a message says of the announcement that it answers: to a family nothing of a withdrawn one."""
        if not keys:
            return {}
        query = select(Announcement).where(Announcement.id.in_(keys))
        if not self.has_originals:
            query = query.where(Announcement.recalled_at.is_(None))
        return {one.id: {"answers": _announcement(one)} for one in db.session.scalars(query)}

    def contents(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        """The files with their bytes, one at a time: those that stand in the messages."""
        for rows in _pages(self.conversation):
            numbers = [row.seq for row in rows if row.files and (self.has_originals or row.removed_at is None)]
            for files in _files(self.conversation, numbers).values():
                for each in (one for one in files if one.purged_at is None and one.scan.lets_out):
                    query = select(AttachmentContent.content).where(AttachmentContent.attachment_id == each.id)
                    yield _file(each), db.session.scalars(query).one()


# --- For who reads it


def record_for(person: Person, conversation: Conversation) -> Record:
    """The record as this guardian or teacher sees the conversation today."""
    standing = policy.standing(person, conversation)
    school = db.session.get_one(School, conversation.school_id)
    roles = _roles_of(conversation)
    today = day_in(school.timezone, person.now)
    begun = day_in(school.timezone, conversation.created_at)
    head = _head(conversation, school, "teacher" if person.acts_as(RoleKind.TEACHER) else "guardian")
    staff = "office" if conversation.is_with_office else "teacher"
    head["participants"] = [
        *({"name": side.user.display_name, "role": "guardian", "relationship": side.relationship}
          for side in standing.guardians),
        *({"name": teacher.display_name, "role": staff} for teacher in standing.teachers),
    ]  # fmt: skip
    changes = [] if conversation.is_with_office else policy.teacher_changes(standing, begun, today)
    head["teacher_changes"] = [_change(each) for each in changes]
    seen = _seen_by_others(conversation, standing, school, person)
    return Record(conversation, head, {}, [], None, school.timezone, False, person.id, roles, seen)


def _seen_by_others(conversation: Conversation, standing: Standing, school: School, person: Person) -> list[Reader]:
    """As the page of the conversation tells it: what a teacher read outside the office hours from their next beginning
    on, and as of then."""
    if not any(side.user.id == person.id for side in standing.guardians):
        names = {side.user.id: side.user.display_name for side in standing.guardians}
        return [Reader(names[key], rows) for key, rows in _reads_of(conversation, names).items()]
    places = {place.user.id: place for place in standing.places if place.reads}
    hours = office_hours.hours_for(school.id, school.timezone, [place.hours for place in places.values()])
    own = dict(zip(places, hours, strict=True))
    found = []
    for key, rows in _reads_of(conversation, places).items():
        told = [(seq, own[key].from_then(at)) for seq, at in rows]
        found.append(Reader(places[key].user.display_name, [(seq, at) for seq, at in told if at <= person.now]))
    return found


def _reads_of(conversation: Conversation, people: Iterable[int]) -> dict[int, list[tuple[int, datetime]]]:
    found: dict[int, list[tuple[int, datetime]]] = {key: [] for key in people}
    rows = db.session.execute(
        select(Read.user_id, Read.seq, Read.read_at)
        .where(Read.conversation_id == conversation.id, Read.user_id.in_(list(found)))
        .order_by(Read.user_id, Read.seq)
    )
    for key, seq, at in rows:
        found[key].append((seq, at))
    return found


def _read_by(seen: list[Reader], seq: int) -> list[dict[str, Any]]:
    """Who had read up to this message, and when first: nobody reads less far later."""
    found = []
    for reader in seen:
        place = bisect_left(reader.rows, seq, key=lambda row: row[0])
        if place < len(reader.rows):
            found.append({"by": reader.name, "at": written(reader.rows[place][1])})
    return found


# --- For the office


def record_for_office(person: Person, conversation: Conversation, school: School) -> Record:
    """The record with all that is kept. On PostgreSQL inside `actor.record_opened`."""
    people = _people_of(conversation)
    day = day_in(school.timezone, person.now)
    begun = day_in(school.timezone, conversation.created_at)
    places = () if conversation.is_with_office else policy.places_of(conversation, day)
    changes = policy.teacher_changes(Standing((), False, "", None, places=places), begun, day)
    head = _head(conversation, school, "office")
    head["participants"] = [_participant(*each) for each in people]
    head["teacher_changes"] = [_change(each) for each in changes]
    entries = _audit_entries(conversation, [row.user_id for row, _user, _relationship in people])
    names = audit_log.names_for(person, entries)
    known = {user.id: user.display_name for _row, user, _relationship in people}
    tail = {
        "reads": _all_reads(conversation, known),
        "audit": [_entry(each, names) for each in entries],
    }
    roles = {row.user_id: row.role_kind for row, _user, _relationship in people}
    return Record(conversation, head, tail, entries, names, school.timezone, True, person.id, roles)


def _people_of(conversation: Conversation) -> list[tuple[Participant, User, str | None]]:
    """Everyone who was ever admitted, guardians first, by name; not whoever of the office has only read, in a review:
    the line in the conversation names nobody either."""
    link = (
        (Guardianship.school_id == conversation.school_id)
        & (Guardianship.student_id == conversation.student_id)
        & (Guardianship.guardian_id == Participant.user_id)
    )
    rows = db.session.execute(
        select(Participant, User, Guardianship.relationship_name)
        .join(User, User.id == Participant.user_id)
        .outerjoin(Guardianship, link)
        .where(
            Participant.conversation_id == conversation.id,
            true()  # where it is with the office, its people take part whether they wrote or not
            if conversation.is_with_office
            else or_(Participant.role_kind != RoleKind.OFFICE, _wrote_in(conversation)),
        )
        .order_by(Participant.role_kind, User.name_key, User.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _wrote_in(conversation: Conversation) -> ColumnElement[bool]:
    return (
        select(Message.id)
        .where(
            Message.school_id == conversation.school_id,
            Message.conversation_id == conversation.id,
            Message.author_id == Participant.user_id,
            Message.kind == MessageKind.TEXT,
        )
        .correlate(Participant)
        .exists()
    )


def _participant(row: Participant, user: User, relationship: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {"name": user.display_name, "role": _role_word(row.role_kind)}
    if row.role_kind == RoleKind.PARENT:
        found["relationship"] = relationship or ""
    return found | {"joined_at": written(row.joined_at), "read_up_to": row.last_read_seq}


def _all_reads(conversation: Conversation, names: dict[int, str]) -> list[dict[str, Any]]:
    rows = [(at, names[key], seq) for key, found in _reads_of(conversation, names).items() for seq, at in found]
    return [{"by": name, "up_to": seq, "at": written(at)} for at, name, seq in sorted(rows)]


def _audit_entries(conversation: Conversation, people: list[int]) -> list[AuditEntry]:
    """What was done about the conversation, the rights of those in it, and their writing; the oldest first."""
    names_it = audit_log.fact("conversation") == conversation.public_id
    about = AuditEntry.person_id.in_([conversation.student_id, *people])
    passed_on = and_(AuditEntry.section_id == conversation.section_id, AuditEntry.act == SUCCESSOR)
    rows = db.session.scalars(
        select(AuditEntry)
        .where(AuditEntry.school_id == conversation.school_id, or_(names_it, about, passed_on))
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    return [each for each in rows if _belongs(each, conversation, set(people))]


def _belongs(entry: AuditEntry, conversation: Conversation, people: set[int]) -> bool:
    facts, act = entry.facts, entry.act
    if act.startswith(OUTSIDE):
        return False
    if "conversation" in facts:
        return bool(facts["conversation"] == conversation.public_id)
    about_child = entry.person_id == conversation.student_id
    if act.startswith(("guardianship.", "restriction.")):
        others = {facts.get(name) for name in ("guardian", "guardian_id", "adult")}
        return about_child and bool(others & people)
    if entry.section_id is None and act.startswith(("enrollment.", "messages.joint")):
        return False  # of no class, and so is a conversation with the office
    if act.startswith("enrollment."):
        return entry.section_id == conversation.section_id and (about_child or entry.person_id in people)
    if act == SUCCESSOR:
        return entry.section_id == conversation.section_id and entry.at >= conversation.created_at
    if act.startswith("messages.writing"):
        return entry.person_id in people
    return act.startswith("messages.") and about_child and entry.section_id == conversation.section_id


def _entry(entry: AuditEntry, names: audit_log.Names) -> dict[str, Any]:
    def person(key: int | None) -> str | None:
        return None if key is None else names.people.get(key)

    found = {"at": written(entry.at), "act": entry.act, "by": person(entry.actor_id), "about": person(entry.person_id)}
    return found | ({"successor": person(entry.facts["successor"])} if entry.act == SUCCESSOR else {})


# --- What all have


def written(moment: datetime | None) -> str | None:
    """A moment as the record says it: UTC, to the second."""
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _head(conversation: Conversation, school: School, made_for: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_for": made_for,
        "school": {"name": school.name, "timezone": school.timezone},
        "conversation": {
            "id": conversation.public_id,
            "about": conversation.student.display_name,
            "class": conversation.section.title if conversation.section else None,
            "is_joint": conversation.is_joint,
            "begun_at": written(conversation.created_at),
            "newest_at": written(conversation.last_message_at),
            "messages": conversation.last_seq,
        },
    }


def _change(change: TeacherChange) -> dict[str, Any]:
    return {"day": change.day.isoformat(), "teacher": change.user.display_name, "reads": change.reads}


def _role_word(kind: RoleKind | None) -> str:
    return "guardian" if kind == RoleKind.PARENT else str(kind or "")


def _text(text: MessageText) -> dict[str, Any]:
    return {"text": text.body, "written_at": written(text.written_at)}


def _file(file: Attachment) -> dict[str, Any]:
    return {
        "name": file.name,
        "path": f"files/{file.seq:05}-{file.position} {_flat(file.name)}",
        "size": file.size,
        "deleted_at": written(file.purged_at),
        "withheld": WITHHELD.get(file.scan),
    }


def _flat(name: str) -> str:
    """A name that leads into no folder."""
    return name.replace("/", "_").replace("\\", "_")


def _roles_of(conversation: Conversation) -> dict[int, RoleKind]:
    rows = db.session.execute(
        select(Participant.user_id, Participant.role_kind).where(Participant.conversation_id == conversation.id)
    )
    return {row[0]: row[1] for row in rows}


def _pages(conversation: Conversation) -> Iterator[list[Any]]:
    """The messages, some at a time: however many there are, few are in memory."""
    after = 0
    while True:
        rows = db.session.execute(
            select(
                Message.id, Message.seq, Message.author_id, messaging.author_name().label("display_name"), Message.body,
                Message.kind, Message.sent_at, Message.version, Message.edited_at, Message.removed_at, Message.corrects,
                Message.corrected_by, Message.files, Message.purged_at, Message.purge_rule, Message.announcement_id,
            )
            .join(User, User.id == Message.author_id)
            .where(
                Message.school_id == conversation.school_id,
                Message.conversation_id == conversation.id,
                Message.seq > after,
            )
            .order_by(Message.seq)
            .limit(AT_ONCE)
        ).all()  # fmt: skip
        if not rows:
            return
        yield list(rows)
        after = rows[-1].seq


def _announcement(one: Announcement) -> dict[str, Any]:
    found = {"id": one.public_id, "title": one.title, "sent_at": written(one.sent_at)}
    moments = {"withdrawn_at": one.recalled_at, "deleted_at": one.purged_at}
    return found | {name: written(moment) for name, moment in moments.items() if moment}


def _words(row: Any) -> str:
    """Of a line of the system what it says, in English: the file is the same in every language."""
    days = reviews.days_of(row.body) if row.kind == MessageKind.SYSTEM else None
    if days is None:
        return str(row.body)
    return f"The school office read messages of this conversation ({days[0].isoformat()} to {days[1].isoformat()})."


def _texts(message_ids: list[int]) -> dict[int, list[MessageText]]:
    found: dict[int, list[MessageText]] = defaultdict(list)
    if message_ids:
        query = select(MessageText).where(MessageText.message_id.in_(message_ids)).order_by(MessageText.version)
        for text in db.session.scalars(query):
            found[text.message_id].append(text)
    return found


def _files(conversation: Conversation, numbers: list[int]) -> dict[int, list[Attachment]]:
    found: dict[int, list[Attachment]] = defaultdict(list)
    if numbers:
        query = (
            select(Attachment)
            .options(
                load_only(
                    Attachment.seq,
                    Attachment.position,
                    Attachment.name,
                    Attachment.size,
                    Attachment.purged_at,
                    Attachment.scan,
                )  # fmt: skip
            )
            .where(
                Attachment.school_id == conversation.school_id,
                Attachment.conversation_id == conversation.id,
                Attachment.seq.in_(numbers),
            )
            .order_by(Attachment.seq, Attachment.position)
        )
        for file in db.session.scalars(query):
            found[file.seq].append(file)
    return found
