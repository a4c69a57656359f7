"""What a page may weigh, and how many files its first showing may need."""

import gzip
import re
from typing import Any

import pytest
from playwright.sync_api import Page

from gradebook.extensions import db
from tests import school
from tests.browser import budgets
from tests.browser.budgets import FAMILY, GRID, OTHER
from tests.classes import make_class

PAGES = [
    ("maya", "/student/", FAMILY),
    ("maya", "/student/classes/{full}", FAMILY),
    ("dana", "/parent/", FAMILY),
    ("dana", "/parent/children/{maya}", FAMILY),
    ("dana", "/parent/children/{maya}/classes/{full}", FAMILY),
    ("dana", "/messages/{talk}", FAMILY),
    ("rivera", "/teacher/", OTHER),
    ("rivera", "/teacher/classes/{full}/rules", OTHER),
    ("rivera", "/teacher/classes/{full}/students/{maya}", OTHER),
    ("rivera", "/teacher/classes/{large}", GRID),
    ("pat", "/office/people", OTHER),
    ("pat", "/office/students/{maya}/guardians", OTHER),
]


# 400 ms until an answer begins, 400 kbit/s from then on.
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
SLOWLY = ("/student/", "/teacher/", "/teacher/classes/{large}")
PAINTED = """() => new Promise((tell) => {
    new PerformanceObserver((list) => {
        for (const { name, startTime } of list.getEntries()) if (name === "first-contentful-paint") tell(startTime);
    }).observe({ type: "paint", buffered: true });
})"""


@pytest.fixture
def names(site: Any, things: dict[str, str]) -> dict[str, str]:
    """What the screens show, and a class of the size that the grid's budget is for."""
    with site.app.app_context():
        large = make_class(school.find(), students=35, assignments=40).public_id
        db.session.commit()
        db.session.remove()
    return {**things, "large": large}


def sent(page: Page, address: str) -> list[Any]:
    """Every answer that the page brought, in the order of the questions."""
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(address, wait_until="networkidle")
    return answers


def weight(answer: Any) -> int:
    """The bytes of an answer as they went through the wire."""
    body = answer.body()
    return int(answer.all_headers().get("content-length") or len(gzip.compress(body)))


@pytest.mark.parametrize(("who", "address", "budget"), PAGES, ids=[page[1] for page in PAGES])
def test_pages_keep_to_their_budgets(who, address, budget, enter, names, site):
    page = enter(who, fresh=True)
    answers = sent(page, address.format_map(names))
    for answer in answers:
        assert answer.url.startswith(site.url), "nothing comes from elsewhere"
        assert answer.status == 200
    assert answers[0].all_headers()["content-encoding"] == "gzip"
    spent = page.evaluate(budgets.SPENT)
    assert budgets.over(spent, budget) == []
    # What the browser says of itself is what was sent.
    assert budgets.budget_of(spent["path"], is_family=who in ("maya", "dana")) is budget
    assert spent["page"] == weight(answers[0])
    assert spent["style"] == sum(weight(answer) for answer in answers if answer.request.resource_type == "stylesheet")
    modules = [answer for answer in answers if answer.request.resource_type == "script"]
    assert (spent["modules"], spent["module"]) == (len(modules), sum(map(weight, modules)))
    shown = [url for url in first_requests(answers) if not url.endswith("/favicon.svg")]
    assert spent["requests"] == len(shown), shown


@pytest.mark.parametrize(("who", "address", "budget"), [page for page in PAGES if page[1] in SLOWLY], ids=SLOWLY)
def test_the_first_visit_shows_something_soon_on_a_slow_connection(who, address, budget, enter, names):
    def painted() -> float:
        page = enter(who, fresh=True)
        wire = page.context.new_cdp_session(page)
        wire.send("Network.emulateNetworkConditions", SLOW)
        page.goto(address.format_map(names), wait_until="load")
        return float(page.evaluate(PAINTED))

    # What the connection costs is always the same; what this machine does beside it only adds to it.
    assert any(800 <= painted() <= budget.first_render * 1000 for _ in range(3))


def first_requests(answers: list[Any]) -> list[str]:
    """What the first showing waits for: the page, its style sheets and its pictures. Module scripts come after it, and
    what they ask for."""
    return [answer.url for answer in answers if answer.request.resource_type not in ("script", "fetch")]


def test_styles_and_scripts_are_kept_for_a_year(enter, things):
    answers = sent(enter("maya"), "/student/")
    files = [answer for answer in answers if re.search(r"\.(css|js|svg)$", answer.url)]
    assert {"max-age=31536000" in answer.all_headers()["cache-control"] for answer in files} == {True}
    assert "no-store" in answers[0].all_headers()["cache-control"]
