"""A student learns nothing about messages: not that they are there, not how many, not whose."""

import re

import pytest

MADE_UP = "/nothing/of/the/kind"
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")


def answer_of(browser, method: str, path: str, **more):
    """Status, headers and body, apart from what each request makes anew."""
    browser.get(MADE_UP)  # the first page of a session also sets its cookie
    answer = getattr(browser, method)(path, **more)
    body = re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text)
    headers = sorted((name, value) for name, value in answer.headers if name not in ("Date", "Content-Length"))
    return answer.status_code, headers, body


@pytest.fixture
def addresses(school, talk):
    """Every address there is under /messages/, and some that look like one."""
    address = talk("dana", "maya", "algebra", ("rivera", "Secret about Maya"))
    return [
        "/messages/", "/messages", "/messages/new", "/messages/new/", "/messages/madeUpKey123",
        f"/messages/new?student={school.maya.public_id}&section={school.algebra.public_id}",
        address, f"{address}/", f"{address}?before=2", f"{address}/messages", f"{address}/messages/1",
        "/messages/unread", "/messages/unread/", "/messages/beside", f"{address}/stream", f"{address}/stream/",
        f"{address}/changes?after=0", f"{address}/changes", f"{address}/read", f"{address}/draft",
        f"{address}/messages/1/removal", f"{address}/messages/1/return", f"{address}/messages/1/correction",
        f"{address}/files/madeUpKey123", f"{address}/files", "/messages/search?q=secret", "/messages/search/",
    ]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_every_address_answers_as_one_that_was_made_up(sign_in, school, addresses, method):
    maya = sign_in(school.maya)
    expected = answer_of(maya, method, MADE_UP)
    assert expected[0] == 404
    for path in addresses:
        assert answer_of(maya, method, path) == expected, path


def test_so_does_a_form_without_its_token(sign_in, school, addresses):
    maya = sign_in(school.maya)
    expected = answer_of(maya, "post", MADE_UP, csrf=False, data={"body": "x"})
    for path in addresses:
        assert answer_of(maya, "post", path, csrf=False, data={"body": "x"}) == expected, path


def test_so_does_a_script(sign_in, school, addresses):
    maya = sign_in(school.maya)
    as_script = {"headers": {"X-Requested-With": "fetch"}}
    expected = answer_of(maya, "get", MADE_UP, **as_script)
    for path in addresses:
        assert answer_of(maya, "get", path, **as_script) == expected, path


def test_so_do_two_slashes(sign_in, school, addresses):
    maya = sign_in(school.maya)
    for path in ("//messages/", "//messages//new"):
        assert maya.get("/", environ_overrides={"PATH_INFO": path}).status_code == 404
    rivera = sign_in(school.rivera)
    assert rivera.get("/", environ_overrides={"PATH_INFO": "//messages/"}).status_code in (200, 308)


def test_no_page_of_a_student_speaks_of_messages(sign_in, school, addresses):
    maya = sign_in(school.maya)
    for path in ("/student/", "/auth/sessions", "/auth/appearance", "/auth/password", MADE_UP):
        page = maya.get(path).text.lower()
        assert "secret about maya" not in page
        assert "message" not in page, path


def test_a_teacher_gets_an_answer_at_the_same_addresses(sign_in, school, addresses):
    rivera = sign_in(school.rivera)
    assert rivera.get("/messages/").status_code == 200
    assert rivera.get(addresses[6]).status_code == 200
