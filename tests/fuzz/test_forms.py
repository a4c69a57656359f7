"""Nonsense in every form, as everyone who may send it: never an error of ours, never half a write, no GET that writes.

The forms are read from the pages themselves and the acts from the access matrix, so that a new one is tried as soon
as it is there. The nonsense is drawn with a fixed number: a run can be repeated.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote_plus, urlsplit

import pytest

from tests.access import matrix
from tests.access.people import ACTORS
from tests.access.test_inventory import contents
from tests.access.test_matrix import undone
from tests.access.things import Scene

WHO = [actor for actor in ACTORS if actor.name in ("visitor", "maya", "dana", "rivera", "pat", "vera")]
ONLY = {"vera": "/office/oversight"}
"""Who is like another of these but for one part of the product tries that part."""
NUMBER = 20261014
ROUNDS = 2
URLENCODED = "application/x-www-form-urlencoded"

# What is put into fields. Bytes are no text in UTF-8; surrogates cannot be typed, but sent.
NONSENSE = (
    "", " ", "\0", "a\0b", "\r\n", "\u202e\u200b", "\ufeff", "ß" * 300, "ΐ" * 60, "ﷺ" * 200, "x" * 20_000,
    "'", '"><script>', "%s%(x)s{0}{{7*7}}", "../../etc/passwd", "-1", "0", "1e309", "NaN", "sNaN",
    "Infinity", "-0", "１２", "٣٤", "1_0",
    "9" * 400, "999999999", "9223372036854775808", "0x10", "1,5",
    "99999.999", "none", "new", "student", "office-0", "add:9999",
    "remove:-1", "up:0", "down:٣", "31", "2026-02-30", "a@b", "ΐ" * 40 + "@example.org",
    b"\xed\xa0\x80", b"\xff\xfe", b"\xc3",
)  # fmt: skip


@dataclass
class Form:
    """A form as a page shows it: where it goes, and its fields with the values in them."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """Each once."""
        return list(dict.fromkeys(name for name, _value in self.fields))


class Forms(HTMLParser):
    """Collects the forms of a page that are posted, and the other targets that their buttons name."""

    def __init__(self, here: str) -> None:
        super().__init__()
        self.here = here
        self.found: list[Form] = []
        self._form: Form | None = None
        self._by_id: dict[str, Form] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._begin(facts)
        form = self._by_id.get(facts["form"]) if "form" in facts else self._form
        if form is None:
            return
        if "formaction" in facts:
            self.found.append(Form(facts["formaction"], form.fields))
        name = facts.get("name", "")
        if tag == "select":
            self._select = name
        if tag == "option" and "selected" in facts:
            name = self._select
        if tag in ("input", "button", "textarea", "option") and name and name != "csrf_token":
            form.fields.append((name, facts.get("value", "")))

    def _begin(self, facts: dict[str, str]) -> None:
        self._form = None
        if facts.get("method", "").lower() == "post":
            self._form = Form(facts.get("action") or self.here)
            self._by_id[facts.get("id", "")] = self._form
            self.found.append(self._form)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


def doors_of(actor: Any) -> list[matrix.Door]:
    """What this one tries."""
    return [door for door in matrix.read() if door.path.startswith(ONLY.get(actor.name, "/"))]


def forms_for(actor: Any, scene: Scene, browser: Any) -> list[Form]:
    """Every form on the pages that the actor sees, and every act that the actor may try; each once."""
    found: dict[Any, Form] = {}
    for door in doors_of(actor):
        path, status = scene.path(door.path), door.statuses[actor.name]
        if door.method == "GET" and status == 200:
            parser = Forms(path)
            parser.feed(browser.get(path).text)
            forms = parser.found
        elif door.method != "GET" and status not in (403, 404) and (status, actor.name) != (303, "visitor"):
            forms = [Form(path, [(name, scene.path(value)) for name, value in door.fields])]
        else:
            continue
        for form in forms:
            found.setdefault((urlsplit(form.action).path, tuple(sorted(form.names))), form)
    return list(found.values())


def encoded(fields: Any) -> str:
    """Percent-encoded, whatever it is."""
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in fields)


def bodies(form: Form, draw: random.Random) -> Iterator[str]:
    """No field at all, nonsense in all of them, each of them twice, and the form with one of them spoiled."""
    yield ""
    yield encoded((name, draw.choice(NONSENSE)) for name in form.names)
    yield encoded([*form.fields, *((name, draw.choice(NONSENSE)) for name in form.names)])
    for _round in range(ROUNDS):
        bad, value = draw.choice(form.names or ["x"]), draw.choice(NONSENSE)
        yield encoded((name, value if name == bad else was) for name, was in form.fields)


def all_but_tries() -> dict[str, Any]:
    """The database without the tries at passwords, which are counted although they fail."""
    return {name: rows for name, rows in contents().items() if name != "attempts"}


def saves_what_is_good(form: Form) -> bool:
    """A grid keeps the cells that could be read and says which could not: its 422 is half a save on purpose."""
    return urlsplit(form.action).path.endswith("/scores")


@pytest.mark.parametrize("actor", WHO, ids=lambda actor: actor.name)
def test_no_form_breaks_and_what_is_refused_writes_nothing(actor, app, scene):
    draw, browser = random.Random(NUMBER), scene.browser(actor.name, app)
    forms, before = forms_for(actor, scene, browser), all_but_tries()
    assert len(forms) >= 2
    for form in forms:
        for body in bodies(form, draw):
            with undone():
                answer = browser.post(form.action, data=body, content_type=URLENCODED)
                assert answer.status_code < 500, (form.action, body)
                if answer.status_code >= 400 and not saves_what_is_good(form):
                    assert all_but_tries() == before, (form.action, body)


@pytest.mark.parametrize("actor", WHO, ids=lambda actor: actor.name)
def test_no_address_breaks_and_no_get_writes(actor, app, scene):
    draw, browser = random.Random(NUMBER), scene.browser(actor.name, app)
    before = contents()
    names = ("q", "page", "before", "student", "section", "guardian", "term", "role", "sort", "show", "next", "code")
    for door in doors_of(actor):
        if door.method == "GET" and door.statuses[actor.name] in (200, 303):
            path = scene.path(door.path).split("?")[0]
            query = encoded((name, draw.choice(NONSENSE)) for name in names)
            assert browser.get(f"{path}?{query}").status_code < 500, (path, query)
            key = quote_plus(draw.choice(NONSENSE)[:80])
            assert browser.get(f"{path.rpartition('/')[0]}/{key}").status_code < 500, (path, key)
    assert contents() == before


PARTS = "multipart/form-data; boundary=b"
NOT_FORMS = (
    ("a=&" * 100_000, URLENCODED),
    ("x" * 3_000_000, URLENCODED),
    ("&".join(f"categories-{number}-title=x" for number in range(9999)), URLENCODED),
    ("rows=" + "1," * 200_000 + "1&columns=1&seen=0", URLENCODED),
    ("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n" * 2000 + "--b--", PARTS),
    ('--b\r\nContent-Disposition: form-data; name="title"; filename="../x"\r\n\r\n1\r\n--b--', PARTS),
    ("--b\r\nContent-Disposition: form-data\r\n\r\n", PARTS),
    ("--c\r\n", "multipart/form-data"),
    ("--b\r\nContent-Disposition: form-data; name=a\r\nContent-Type: a/b; charset=utf-7\r\n\r\n+\r\n--b--", PARTS),
    ("<a/>", "application/xml"),
    ("{", "application/json"),
    (b"a=%ed%a0%80&%ff=1&b=\xff", f"{URLENCODED}; charset=utf-16"),
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(NOT_FORMS)))
def test_what_is_no_form_changes_nothing(number, app, scene):
    body, kind = NOT_FORMS[number]
    for name, path in (
        ("visitor", "/auth/sign-in"),
        ("dana", "/messages/{talk}/messages"),
        ("rivera", "/teacher/classes/{algebra}/scores"),
        ("rivera", "/teacher/classes/{algebra}/rules"),
        ("pat", "/office/students/{maya}/guardians/new"),
    ):
        browser = scene.browser(name, app)
        before = all_but_tries()
        answer = browser.post(scene.path(path), data=body, content_type=kind)
        assert answer.status_code < 500, path
        assert all_but_tries() == before
