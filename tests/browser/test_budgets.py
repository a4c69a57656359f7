"""What a page may weigh, and how many files its first showing may need."""

import gzip
import re
from typing import Any

import pytest
from playwright.sync_api import Page

KILOBYTE = 1024
PAGES = [  # who, where, HTML, scripts, requests
    ("maya", "/student/", 20, 12, 4),
    ("maya", "/student/classes/{full}", 20, 12, 4),
    ("dana", "/parent/", 20, 12, 4),
    ("dana", "/parent/children/{maya}", 20, 12, 4),
    ("dana", "/parent/children/{maya}/classes/{full}", 20, 12, 4),
    ("dana", "/messages/{talk}", 20, 12, 4),
    ("rivera", "/teacher/", 30, 20, 4),
    ("rivera", "/teacher/classes/{full}/rules", 30, 20, 4),
    ("rivera", "/teacher/classes/{full}/students/{maya}", 30, 20, 4),
    ("rivera", "/teacher/classes/{thirty}", 30, 45, 5),
    ("pat", "/office/people", 30, 20, 4),
    ("pat", "/office/students/{maya}/guardians", 30, 20, 4),
]


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


@pytest.mark.parametrize(("who", "address", "html", "script", "requests"), PAGES, ids=[page[1] for page in PAGES])
def test_pages_keep_to_their_budgets(who, address, html, script, requests, enter, things, site):
    answers = sent(enter(who), address.format_map(things))
    kinds: dict[str, int] = {}
    for answer in answers:
        assert answer.url.startswith(site.url), "nothing comes from elsewhere"
        assert answer.status == 200
        kind = answer.request.resource_type
        kinds[kind] = kinds.get(kind, 0) + weight(answer)
    assert answers[0].all_headers()["content-encoding"] == "gzip"
    assert kinds["document"] <= html * KILOBYTE, kinds
    assert kinds["stylesheet"] <= 25 * KILOBYTE, kinds
    assert kinds["script"] <= script * KILOBYTE, kinds
    assert len(first_requests(answers)) <= requests, [answer.url for answer in answers]
    files = 12 if html == 30 and script == 45 else 4  # the grid's
    assert len([answer for answer in answers if answer.request.resource_type == "script"]) <= files


def first_requests(answers: list[Any]) -> list[str]:
    """What the first showing waits for: the page, its style sheets and its pictures. Module scripts come after it, and
    what they ask for."""
    return [answer.url for answer in answers if answer.request.resource_type not in ("script", "fetch")]


def test_styles_and_scripts_are_kept_for_a_year(enter, things):
    answers = sent(enter("maya"), "/student/")
    files = [answer for answer in answers if re.search(r"\.(css|js|svg)$", answer.url)]
    assert {"max-age=31536000" in answer.all_headers()["cache-control"] for answer in files} == {True}
    assert "no-store" in answers[0].all_headers()["cache-control"]
