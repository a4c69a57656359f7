"""The record of a conversation as PDF, drawn by Typst: the same words give the same bytes, on every machine.

Drawing takes memory by the page, and Typst keeps what it has once drawn. So each PDF is drawn by a process of its own,
which runs this file as a program: it reads JSON and writes the PDF, and all its memory is given back.

Only fonts that come with Typst are used, for a machine's own would draw another PDF. They have Latin, Greek, Cyrillic,
Arabic and Hebrew letters, and mathematical signs; what they do not have is counted (`not_drawn`) and said in the PDF.
"""

import json
import subprocess
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

LONGEST = 120
"""Seconds for one PDF."""
LONGEST_WORD = 60
"""Letters after which a word may be broken, so that none leaves the page."""

SOURCE = """
#let d = json(bytes(sys.inputs.record))
#let side(right) = if right { rtl } else { ltr }
#let lines(text) = text.split("\\n").join(linebreak())
#set document(title: d.title, date: none)
#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"), size: 10pt, lang: d.lang, dir: side(d.right))
#set page(paper: "a4", margin: (x: 2cm, top: 2cm, bottom: 2.2cm), footer: context {
  set text(size: 8pt, fill: luma(35%))
  [#d.footer #h(1fr) #counter(page).display("1 / 1", both: true)]
})
#set par(leading: 0.55em, spacing: 0.8em)
#show heading.where(level: 1): set text(size: 17pt)
#show heading.where(level: 2): set text(size: 12pt)
= #d.title
#for row in d.facts {
  let name = text(fill: luma(35%), row.at(0))
  block(spacing: 0.65em, grid(columns: (4.2cm, 1fr), column-gutter: 0.4cm, name, lines(row.at(1))))
}
#for b in d.blocks {
  if b.kind == "heading" { heading(level: 2, b.text) }
  if b.kind == "line" { block(spacing: 0.8em, text(size: 9pt, fill: luma(35%), lines(b.text))) }
  if b.kind == "message" {
    let about = text(size: 8.5pt, fill: luma(35%), b.about)
    block(width: 100%, spacing: 1.1em, inset: (left: 0.3cm, right: 0.3cm), stroke: (left: 1.2pt + luma(75%)), {
      block(width: 100%, sticky: true, spacing: 0.4em, [#b.number. *#b.by* #h(0.5em) #about])
      if b.text != "" { block(width: 100%, spacing: 0.5em, { set text(dir: side(b.right)); lines(b.text) }) }
      for note in b.notes {
        set text(size: 8.5pt, fill: luma(25%), dir: side(note.right))
        block(width: 100%, spacing: 0.5em, lines(note.text))
      }
    })
  }
}
"""


class NotDrawn(RuntimeError):
    """The PDF could not be made."""


def drawn(data: dict[str, Any]) -> bytes:
    """The PDF of `data`: title, footer, lang, right (whether it is written from right to left), facts (rows of two
    texts), and blocks, each with a kind: heading, line or message. Raises NotDrawn."""
    command = [sys.executable, "-I", str(Path(__file__))]
    try:
        done = subprocess.run(  # noqa: S603 - our own program, and nothing of the record is in the command
            command, input=json.dumps(data).encode(), capture_output=True, timeout=LONGEST, check=True
        )
    except (subprocess.SubprocessError, OSError) as problem:
        raise NotDrawn(getattr(problem, "stderr", b"") or str(problem)) from problem
    return done.stdout


def laid_out(text: str) -> str:
    """The text with places at which an endless word may be broken."""
    return "".join(_broken(line) for line in text.splitlines(keepends=True))


def _broken(line: str) -> str:
    if len(line) <= LONGEST_WORD:
        return line
    found, run = [], 0
    for letter in line:
        run = 0 if letter.isspace() else run + 1
        found.append(letter)
        if run == LONGEST_WORD:
            found.append("\u200b")
            run = 0
    return "".join(found)


def is_from_right(text: str) -> bool:
    """Whether the text begins with letters that are written from right to left."""
    return next(
        (kind in ("R", "AL") for letter in text if (kind := unicodedata.bidirectional(letter)) in "L R AL"), False
    )


_DRAWN = (
    (0x0020, 0x024F), (0x0250, 0x02FF), (0x0300, 0x036F), (0x0370, 0x03FF), (0x0400, 0x052F), (0x05D0, 0x05EA),
    (0x0600, 0x06FF), (0x1E00, 0x1EFF), (0x1F00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x209F), (0x20A0, 0x20BF),
    (0x2100, 0x214F), (0x2150, 0x218B), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x2500, 0x25FF),
    (0xFB50, 0xFDFF), (0xFE70, 0xFEFF),
)  # fmt: skip


def not_drawn(texts: Iterable[str]) -> set[str]:
    """The letters of these texts that the fonts do not have."""
    letters = {letter for text in texts for letter in text}
    return {letter for letter in letters if letter not in "\n\t" and not _is_drawn(letter)}


def _is_drawn(letter: str) -> bool:
    return any(first <= ord(letter) <= last for first, last in _DRAWN)


def _program() -> None:
    import typst

    record = sys.stdin.buffer.read().decode()
    pdf = typst.compile(SOURCE.encode(), sys_inputs={"record": record}, ignore_system_fonts=True)
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    _program()
