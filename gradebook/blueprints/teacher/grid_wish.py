"""What the teacher wishes to see of a class grid: search, filters, order, term and page, as query parameters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Self

SHOW = ("missing", "blank", "late", "below", "changed")
STATES = ("posted", "hidden")
VISIT = "visit"
LONGEST_SEARCH = 80

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_KEY = re.compile(r"[A-Za-z0-9]{1,12}", re.ASCII)
_SORT = re.compile(r"-?[A-Za-z0-9]{1,12}", re.ASCII)
_MARK = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{1,2})?", re.ASCII)


@dataclass(frozen=True)
class Wish:
    """One view of a grid. What is not understood in an address is left out, never an error."""

    q: str = ""
    """Part of a student's name."""
    show: str = ""
    """Only students with missing, blank, late or changed work, or below a mark."""
    below: str = ""
    """The mark, in percent of the overall grade."""
    since: str = ""
    """Changed since when: a day (ISO), or `visit` for the last visit."""
    category: str = ""
    state: str = ""
    sort: str = "name"
    """name, overall, or the public id of an assignment; with - before it from the top."""
    term: str = ""
    page: int = 1

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> Self:
        """The wish that an address states."""
        show, page = arguments.get("show", ""), arguments.get("page", "")
        below, since = arguments.get("below", "").strip().removesuffix("%"), arguments.get("since", "")
        return cls(
            q=arguments.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH],
            show=show if show in SHOW and (show != "below" or _MARK.fullmatch(below)) else "",
            below=below if show == "below" and _MARK.fullmatch(below) else "",
            since=(since if _is_day(since) else VISIT) if show == "changed" else "",
            category=_if_like(_KEY, arguments.get("category", "")),
            state=arguments.get("state", "") if arguments.get("state", "") in STATES else "",
            sort=_if_like(_SORT, arguments.get("sort", "")) or "name",
            term=_if_like(_KEY, arguments.get("term", "")),
            page=int(page) if page.isascii() and page.isdigit() and len(page) < 5 else 1,
        )

    def arguments(self, **changes: Any) -> dict[str, Any]:
        """The query parameters of this view, or of one that differs in `changes`; usual values are left out."""
        wish = replace(self, **changes) if changes else self
        usual = vars(_USUAL)
        return {name: value for name, value in vars(wish).items() if value != usual[name]}

    @property
    def day(self) -> date | None:
        """The school day since which something changed; None: since the last visit."""
        return None if self.since in ("", VISIT) else date.fromisoformat(self.since)

    @property
    def mark(self) -> Decimal:
        """The mark below which students are shown."""
        return Decimal(self.below.replace(",", ".") or 0)

    @property
    def narrows(self) -> bool:
        """Whether any filter is on, so that there is something to clear."""
        return bool(self.q or self.show or self.category or self.state)

    @property
    def order(self) -> tuple[str, bool]:
        """What rows are sorted by, and whether from the top."""
        return self.sort.removeprefix("-"), self.sort.startswith("-")


_USUAL = Wish()


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text)) and 1900 < date.fromisoformat(text).year < 2200
    except ValueError:
        return False


def _if_like(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""
