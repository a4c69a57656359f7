"""What a roster may not change because its term or grading period is closed: the office opens it first."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l

from gradebook.clock import Span, changes_closed_days
from gradebook.interchange.oneroster.draft import Draft, DraftClass
from gradebook.interchange.oneroster.plan import ClosedSession


def closed_words(closed: ClosedSession) -> Any:
    """Why a row cannot be taken over, and what to do."""
    return _l(
        "%(title)s is closed since %(day)s, so its grades cannot change. The school office can reopen it on the page "
        "Terms; or take the row out.",
        title=closed.title,
        day=closed.closed_on.isoformat(),
    )


def closed_term(draft: Draft, group: DraftClass, period_id: int | None = None) -> ClosedSession | None:
    """What is closed of the class's own term and this grading period; None: work in it may change."""
    return next((draft.state.closed[key] for key in (group.term_id, period_id) if key in draft.state.closed), None)


def closed_days(draft: Draft, group: DraftClass, before: Span | None, after: Span) -> ClosedSession | None:
    """The closed term or period in which a student's place would change."""
    for one in _closings(draft, group.closed):
        if changes_closed_days(before, after, Span(one.begins_on, one.ends_on), one.closed_on):
            return one
    return None


def _closings(draft: Draft, keys: Iterable[int]) -> list[ClosedSession]:
    return [draft.state.closed[key] for key in keys if key in draft.state.closed]
