"""The record of a conversation as a file: its PDF in the language of who asks, and the answer that gives it.

It is made before anything is written down, from what is only read, so that nobody waits for it; then its SHA-256 is
known, and goes into the log before the file is given.
"""

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from io import SEEK_END
from typing import IO, Any
from zoneinfo import ZoneInfo

from flask import Response
from flask_babel import gettext as _
from flask_babel import ngettext

from gradebook.interchange import record_file, record_pdf
from gradebook.interchange.record_file import BIT
from gradebook.interchange.record_pdf import is_from_right, laid_out
from gradebook.models import AuditEntry, Conversation
from gradebook.services.audit_log import Names
from gradebook.services.records import Record
from gradebook.web.filters import file_size
from gradebook.web.language import language
from gradebook.web.office_words import place_words

Sentence = Callable[[AuditEntry, Names], str]
Line = dict[str, Any]


def made(record: Record, sentence: Sentence | None = None) -> tuple[IO[bytes], str]:
    """The ZIP file, and its SHA-256. `sentence` says an entry of the audit log, which the office's record has."""
    target = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed when the answer is sent

    def draw(messages: list[Line], number: int, count: int, sums: dict[str, str]) -> bytes:
        return record_pdf.drawn(_Page(record, sentence, sums).data(messages, number, count))

    digest = record_file.write(target, record.head, record.messages(), record.tail, record.contents(), draw)
    return target, digest


def answer(file: IO[bytes], conversation: Conversation) -> Response:
    """The file, to be kept on one's device."""
    response = Response(_bits(file), content_type="application/zip")
    response.content_length = file.seek(0, SEEK_END)
    response.headers.set("Content-Disposition", "attachment", filename=f"conversation-{conversation.public_id}.zip")
    response.call_on_close(file.close)
    return response


def _bits(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while bit := file.read(BIT):
            yield bit


class _Page:
    """What stands in one PDF."""

    def __init__(self, record: Record, sentence: Sentence | None, sums: dict[str, str]) -> None:
        self.record, self.sentence, self.sums = record, sentence, sums
        self.zone = ZoneInfo(record.timezone)
        self.missing: set[str] = set()

    def data(self, messages: list[Line], number: int, count: int) -> Line:
        blocks = self._messages(messages, is_first=number == 1, is_last=number == count)
        if number == count:
            blocks += [*self._reads(), *self._audit(), *self._check()]
        facts = [*self._facts(), *self._more_facts(number, count)]
        heading = _("Record of a conversation")
        missing = record_pdf.not_drawn(_texts(blocks, facts))
        if missing:
            facts.append([_("Not shown"), self._missing_words(missing)])
        return {
            "title": heading,
            "footer": f"{self._about()} · {self.record.head['conversation']['id']}",
            "lang": language().name[:2],
            "right": language().locale.text_direction == "rtl",
            "facts": facts,
            "blocks": blocks,
        }

    def _about(self) -> str:
        about = self.record.head["conversation"]
        return _("About %(child)s · %(class)s", **{"child": about["about"], "class": place_words(about["class"])})

    def _facts(self) -> list[list[str]]:
        head = self.record.head
        about = head["conversation"]
        return [
            [_("School"), head["school"]["name"]],
            [_("Child"), about["about"]],
            [_("Class"), place_words(about["class"])],
            [_("Who takes part"), "\n".join(map(_participant, head["participants"]))],
            [_("Begun"), self._at(about["begun_at"])],
            [_("Newest message"), self._at(about["newest_at"]) if about["newest_at"] else "–"],
            [_("Messages"), str(about["messages"])],
            [_("Times"), _("As the clocks of the school show them (%(zone)s)", zone=self.record.timezone)],
            [_("Made for"), _made_for(head["made_for"])],
        ]

    def _more_facts(self, number: int, count: int) -> list[list[str]]:
        found = [[_("SHA-256 of record.json"), self.sums[record_file.JSON]]]
        if count > 1:
            found.append([_("Part"), _("%(number)s of %(count)s", number=number, count=count)])
        return found

    def _missing_words(self, missing: set[str]) -> str:
        return ngettext(
            "%(num)s letter or sign for which there is no font here. It stands in record.json.",
            "%(num)s letters or signs for which there is no font here. They stand in record.json.",
            len(missing),
        )

    def _messages(self, messages: list[Line], *, is_first: bool, is_last: bool) -> list[Line]:
        """With a line where a teacher began or ceased to read."""
        changes = list(self.record.head["teacher_changes"])
        if not is_first and messages:
            changes = [each for each in changes if each["day"] > self._day(messages[0])]
        found: list[Line] = []
        for message in messages:
            while changes and changes[0]["day"] <= self._day(message):
                found.append(_change(changes.pop(0)))
            found.append(self._message(message))
        return found + ([_change(each) for each in changes] if is_last else [])

    def _message(self, message: Line) -> Line:
        text = message["text"]
        if text is None:
            text = _("Message removed, %(when)s", when=self._at(message["removed_at"]))
        return {
            "kind": "message",
            "number": str(message["number"]),
            "by": message["by"],
            "about": f"{_role(message['role'])}, {self._at(message['sent_at'])}",
            "text": laid_out(text),
            "right": is_from_right(text),
            "notes": [{"text": laid_out(note), "right": is_from_right(note)} for note in self._notes(message)],
        }

    def _notes(self, message: Line) -> list[str]:
        found = []
        if "answers" in message:
            found.append(_("Answer to an announcement") + f": {message['answers']['title']}")
        if message["corrects"]:
            found.append(_("Correction of message %(number)s", number=message["corrects"]))
        if message["corrected_by"]:
            found.append(_("Corrected by message %(number)s", number=message["corrected_by"]))
        if message["edited_at"]:
            found.append(_("Edited, %(when)s", when=self._at(message["edited_at"])))
        for each in message["earlier_texts"]:
            found.append(
                _("Written %(when)s, and changed later:", when=self._at(each["written_at"])) + f"\n{each['text']}"
            )
        if message.get("removed_text") is not None:
            found.append(_("What stood there:") + f"\n{message['removed_text']}")
        for each in message["files"]:
            found.append(f"{_('File')}: {each['name']} ({file_size(each['size'])})\nSHA-256 {each['sha256']}")
        for each in message.get("read", ()):
            found.append(_("Read by %(person)s, %(when)s", person=each["by"], when=self._at(each["at"])))
        return found

    def _reads(self) -> list[Line]:
        reads = self.record.tail.get("reads")
        if not reads:
            return []
        lines = [
            _("%(when)s: %(person)s had read up to message %(number)s", when=self._at(each["at"]), person=each["by"],
              number=each["up_to"])
            for each in reads
        ]  # fmt: skip
        return [{"kind": "heading", "text": _("Who read what")}, *map(_line, lines)]

    def _audit(self) -> list[Line]:
        names = self.record.names
        if not self.record.entries or self.sentence is None or names is None:
            return []
        lines = [f"{self._local(each.at)}: {self.sentence(each, names)}" for each in self.record.entries]
        return [{"kind": "heading", "text": _("From the log of the school")}, *map(_line, lines)]

    def _check(self) -> list[Line]:
        words = _(
            "SHA256SUMS, beside this PDF, has the SHA-256 of each file. On a computer with these programs “sha256sum "
            "-c SHA256SUMS” (or “shasum -a 256 -c SHA256SUMS”) compares them. Whether this record was given out by the "
            "school, to whom and when, the school says with “flask record-verify” and the ZIP file."
        )
        return [{"kind": "heading", "text": _("How to check this record")}, _line(words)]

    def _at(self, text: str) -> str:
        return self._local(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC))

    def _local(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def _day(self, message: Line) -> str:
        return self._at(message["sent_at"])[:10]


def _line(text: str) -> Line:
    return {"kind": "line", "text": laid_out(text)}


def _change(change: Line) -> Line:
    day = date.fromisoformat(change["day"]).isoformat()
    if change["reads"]:
        words = _(
            "%(teacher)s joined the teachers of this class and can read this conversation.", teacher=change["teacher"]
        )
    else:
        words = _(
            "%(teacher)s no longer teaches this class and cannot read this conversation any more.",
            teacher=change["teacher"],
        )
    return _line(f"{day}: {words}")


def _participant(person: Line) -> str:
    about = ", ".join(filter(None, (_role(person["role"]), person.get("relationship"))))
    return f"{person['name']} ({about})"


def _role(role: str) -> str:
    words = {"guardian": _("guardian"), "teacher": _("teacher"), "office": _("school office")}
    return words.get(role, role)


def _made_for(reader: str) -> str:
    if reader == "office":
        return _("The school office, with what was removed and what the log says")
    if reader == "teacher":
        return _("A teacher who takes part, as the pages of messages show it")
    return _("A guardian who takes part, as the pages of messages show it")


def _texts(blocks: list[Line], facts: list[list[str]]) -> list[str]:
    """Everything that is drawn."""
    notes = [note["text"] for block in blocks for note in block.get("notes", ())]
    named = [block[name] for block in blocks for name in ("by", "about", "text") if name in block]
    return [*named, *notes, *(text.replace("\u200b", "") for row in facts for text in row)]
