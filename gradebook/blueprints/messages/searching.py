"""Search in one's own conversations."""

from flask import render_template, request

from gradebook.blueprints.messages import bp
from gradebook.blueprints.messages.doorstep import correspondent, page_number
from gradebook.blueprints.messages.shown import timezones
from gradebook.services import announced, message_search
from gradebook.services.message_search import LONGEST_QUERY, ON_A_PAGE
from gradebook.web import door


@bp.get("/search")
@door.adult
def search() -> str:
    """The messages with all the words that were typed, the newest first; before them the announcements."""
    person, number = correspondent(), page_number(request.args.get("page"))
    query = (request.args.get("q") or "").strip()[:LONGEST_QUERY]
    words = message_search.searched_words(query)
    found = message_search.find(person, words, page=number)
    return render_template(
        "messages/search.html",
        query=query,
        words=words,
        found=found[:ON_A_PAGE],
        has_more=len(found) > ON_A_PAGE,
        number=number,
        announced=announced.find(person, words) if number == 1 else [],
        timezones=timezones(person),
    )
