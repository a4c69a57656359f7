"""What somebody has written is not lost where the right to send it ended meanwhile."""

from flask import render_template

from gradebook.policy.access import NotFound
from gradebook.policy.conversations import WhyNot
from gradebook.services.messaging import has_words


def unsent(body: str, why_not: WhyNot | None = None) -> tuple[str, int]:
    """The answer "not there", with the words in it, to copy. Raises NotFound where there are none.

    It says nothing but what its author has typed and may know, so that "not yours" looks like "not there".
    """
    if not has_words(body):
        raise NotFound
    return render_template("messages/unsent.html", body=body, why_not=why_not, has_errors=True), 404
