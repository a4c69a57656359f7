"""Lines of a conversation that nobody wrote: kept as a code, said in the reader's language."""

from flask import Flask
from flask_babel import gettext as _

from gradebook.services.reviews import days_of
from gradebook.web.filters import day as day_words


def init_app(app: Flask) -> None:
    """Give templates the filter."""
    app.jinja_env.filters["system_words"] = system_words


def system_words(code: str) -> str:
    """What happened, in a sentence; a code of another version of the product says only that there was something."""
    days = days_of(code)
    if days is None:
        return _("The school office wrote something down here.")
    first, last = days
    if first == last:
        return _("The school office read messages of this conversation on %(day)s.", day=day_words(first))
    return _(
        "The school office read messages of this conversation, from %(first)s to %(last)s.",
        first=day_words(first),
        last=day_words(last),
    )
