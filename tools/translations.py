"""`make translations`: the catalogues of gradebook/translations brought up to the texts of the code, and compiled.

A text keeps its translation for as long as it is written the same; a new one stands there without, to be filled in.
What is compiled is committed too: nothing has to be built before the application starts.
"""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from gradebook.web.language import OF_FAMILIES

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "gradebook" / "translations"
NOT_OURS = (".venv", "tests", "instance", "node_modules")
# Shown to teachers and the office only: a language of families does without.
OF_STAFF = (
    "gradebook/blueprints/office/", "gradebook/blueprints/teacher/", "gradebook/cli/", "gradebook/interchange/",
    "gradebook/services/roster", "gradebook/services/score_import",
    "templates/office/", "templates/teacher/", "templates/auth/help_office", "templates/auth/help_teacher",
)  # fmt: skip
NO_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # else that of this moment would be written into what is compiled
# Dates would change with every run, and the people are in the history of the repository.
NOT_KEPT = re.compile(rb'^"(.*-Date|Report-Msgid-Bugs-To|Last-Translator|Language-Team): .*\n', re.MULTILINE)


def languages() -> list[str]:
    """Those that have a catalogue."""
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


def texts() -> Catalog:
    """All texts of the code and the templates, each with the files that it is in."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog()
    for name, _line, message, _comments, context in extract_from_dir(
        ROOT,
        method_map=methods,
        options_map=options,
        keywords={**DEFAULT_KEYWORDS, "_l": None},
        directory_filter=lambda folder: Path(folder).name not in NOT_OURS,
    ):
        found.add(message, locations=[(name, None)], context=context)
    return found


def needed(language: str, found: Catalog) -> Iterator[Message]:
    """The texts that someone who reads this language can meet."""
    for message in found:
        is_of_staff = all(name.startswith(OF_STAFF) for name, _line in message.locations)
        if message.id and not (is_of_staff and language in OF_FAMILIES):
            yield message


def catalogue(language: str) -> Catalog:
    """What is translated, as it is kept in the repository."""
    with (FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        kept = read_po(file, locale=language)
    kept.creation_date = kept.revision_date = NO_DAY
    return kept


def updated(language: str, found: Catalog) -> Catalog:
    """The texts of now, with the translations of before."""
    before = catalogue(language)
    now = Catalog(locale=language, project="Gradebook", version="1", fuzzy=False, header_comment="# Texts of Gradebook")
    for message in sorted(needed(language, found), key=lambda one: (sorted(one.locations)[0][0], str(one.id))):
        known = before.get(message.id, message.context)
        now.add(
            message.id,
            known.string if known else None,
            locations=sorted(set(message.locations)),
            flags=message.flags,
            context=message.context,
        )
    return now


def written(kept: Catalog) -> bytes:
    """A catalogue as a file for translators."""
    file = BytesIO()
    write_po(file, kept, width=110, include_lineno=False)
    return NOT_KEPT.sub(b"", file.getvalue())


def compiled(kept: Catalog) -> bytes:
    """A catalogue as the application reads it."""
    file = BytesIO()
    write_mo(file, kept)
    return file.getvalue()


def missing(kept: Catalog) -> list[str]:
    """The texts that have no translation, or not each of their forms."""
    return [str(message.id) for message in kept if message.id and not all(_forms(message))]


def _forms(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if message.pluralizable else (str(message.string or ""),)


def main() -> None:
    """Bring every catalogue up to date; end with 1 if something is left to translate."""
    found, left = texts(), 0
    for language in languages():
        kept = updated(language, found)
        folder = FOLDER / language / "LC_MESSAGES"
        (folder / "messages.po").write_bytes(written(kept))
        (folder / "messages.mo").write_bytes(compiled(catalogue(language)))
        left += len(missing(kept))
        print(f"{language}: {len(kept)} texts, {len(missing(kept))} without a translation")
    sys.exit(1 if left else 0)


if __name__ == "__main__":
    main()
