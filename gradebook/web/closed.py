"""A closed term in words: what is closed, since when, and who can open it."""

from flask_babel import gettext as _

from gradebook.services.periods import PeriodClosed
from gradebook.web.filters import day as day_words


def closed_words(error: PeriodClosed) -> str:
    """One sentence for the place where the change was asked for."""
    return _(
        "%(title)s is closed since %(day)s, so its grades cannot change. The office of %(school)s can reopen it.",
        title=error.title,
        day=day_words(error.school.today(error.since)),
        school=error.school.name,
    )
