"""Files that come with a message: with it or not at all, for who may read it, and never shown as a page of ours."""

import re
from io import BytesIO
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from gradebook.extensions import db
from gradebook.models import Attachment, AttachmentContent, Message, Restriction
from gradebook.services import attachments
from tests.files import EXAMPLES, PDF, PLACE, photo

SCRIPT = {"X-Requested-With": "fetch"}


def send(browser, address, *files, body="With a file", key=None, **more):
    """Send a message with (name, content) pairs."""
    fields = {"body": body, "client_key": key or str(uuid4())}
    return post(browser, f"{address}/messages", fields, *files, **more)


def post(browser, path, fields, *files, **more):
    """As a browser sends a form with files; all of it in memory, so that no file is left open."""
    several = [("files", FileStorage(BytesIO(content), name)) for name, content in files]
    boundary, data = encode_multipart(MultiDict([*fields.items(), *several]))
    return browser.post(path, data=data, content_type=f"multipart/form-data; boundary={boundary}", **more)


def links(page):
    return re.findall(r'href="(/messages/\w+/files/\w+)"', page)


def how_many(*models):
    return [db.session.scalar(select(func.count()).select_from(model)) for model in models]


@pytest.fixture
def address(talk):
    return talk("dana", "maya", "algebra")


def test_both_sides_fetch_what_was_sent_and_nothing_is_shown_inline(sign_in, school, address):
    dana, rivera = sign_in(school.dana), sign_in(school.rivera)
    files = [(name, EXAMPLES[name]) for name in ("letter.pdf", "photo.JPG", "report.docx", "list.xlsx", "notes.txt")]
    assert send(dana, address, *files).status_code == 303
    for browser in (dana, rivera):
        page = browser.get(address).text
        assert len(links(page)) == 5
        for link, (name, _content) in zip(links(page), files, strict=True):
            answer = browser.get(link)
            assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
            assert answer.headers["Cache-Control"] == "no-store"
    assert dana.get(links(page)[0]).data == PDF
    assert PLACE.encode() not in dana.get(links(page)[1]).data


def test_for_everybody_else_there_is_no_such_address(sign_in, school, address, talk, client):
    send(sign_in(school.dana), address, ("letter.pdf", PDF))
    link = links(sign_in(school.dana).get(address).text)[0]
    for user in (school.erin, school.osei, school.maya, school.pat):
        assert sign_in(user).get(link).status_code in (403, 404)
    assert client.get(link).status_code == 303
    # nor through a conversation of one's own
    own = talk("erin", "leo", "algebra")
    assert sign_in(school.erin).get(own + link[link.index("/files") :]).status_code == 404
    db.session.query(Restriction).update({"adult_id": school.dana.id})
    assert sign_in(school.dana).get(link).status_code == 404


def test_what_came_with_a_removed_message_is_gone(sign_in, school, address):
    dana = sign_in(school.dana)
    send(dana, address, ("letter.pdf", PDF))
    link = links(dana.get(address).text)[0]
    dana.post(f"{address}/messages/2/removal")
    assert links(dana.get(address).text) == []
    assert dana.get(link).status_code == 404
    dana.post(f"{address}/messages/2/return")
    assert dana.get(link).status_code == 200


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([("a.exe", b"MZ")], "a.exe is none of these"),
        ([("letter.pdf", PDF), ("a.png", PDF)], "a.png is not what its name says"),
        ([("a.txt", b"x" * (10 * 1024 * 1024 + 1))], "a.txt is larger than 10 MB"),
        ([(f"{number}.pdf", PDF) for number in range(6)], "Choose 5 files or fewer"),
        ([("<b>.pdf", b"")], "&lt;b&gt;.pdf is empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_bad_file_and_nothing_is_sent(sign_in, school, address, files, words):
    dana = sign_in(school.dana)
    before = how_many(Message, Attachment, AttachmentContent)
    answer = send(dana, address, *files, body="Kept in the box")
    assert answer.status_code == 422
    assert words in answer.text
    assert "Kept in the box</textarea>" in answer.text
    if "&lt;" not in words:
        assert words in send(dana, address, *files, headers=SCRIPT).json["problem"]
    assert how_many(Message, Attachment, AttachmentContent) == before


def test_the_same_key_and_files_are_one_message_and_other_files_are_refused(sign_in, school, address):
    dana, key = sign_in(school.dana), str(uuid4())
    for _try in range(2):
        assert send(dana, address, ("a.jpg", photo()), key=key, headers=SCRIPT).json == {"number": 2}
    for files in ([], [("a.jpg", photo(9, 9))], [("a.jpg", photo()), ("b.jpg", photo())]):
        assert send(dana, address, *files, key=key, headers=SCRIPT).status_code == 409
    assert how_many(Message, Attachment, AttachmentContent) == [2, 1, 1]


def test_a_person_has_so_much_room_and_no_more(sign_in, school, address, monkeypatch):
    monkeypatch.setattr(attachments, "QUOTA", 3 * len(PDF))
    dana, rivera = sign_in(school.dana), sign_in(school.rivera)
    assert send(dana, address, ("a.pdf", PDF), ("b.pdf", PDF)).status_code == 303
    before = how_many(Message, Attachment, AttachmentContent)
    assert "no room for more files" in send(dana, address, ("c.pdf", PDF), ("d.pdf", PDF)).text
    assert how_many(Message, Attachment, AttachmentContent) == before
    assert send(rivera, address, ("a.pdf", PDF), ("b.pdf", PDF)).status_code == 303  # each has their own
    assert send(dana, address, ("c.pdf", PDF)).status_code == 303


def test_the_first_message_may_have_files(sign_in, school, how_many):
    data = {
        "student": school.maya.public_id, "section": school.algebra.public_id, "guardian": school.dana.public_id,
        "body": "Hello", "client_key": str(uuid4()),
    }  # fmt: skip
    dana = sign_in(school.dana)
    answer = post(dana, "/messages/", data, ("a.exe", b"x"))
    assert answer.status_code == 422
    assert how_many() == 0
    answer = post(dana, "/messages/", data, ("a.pdf", PDF))
    assert links(dana.get(answer.headers["Location"]).text)


def test_there_is_room_for_five_large_files_where_files_are_sent_and_nowhere_else(sign_in, school, address):
    large = [(f"{number}.txt", b"x" * 3 * 1024 * 1024) for number in range(5)]
    assert send(sign_in(school.dana), address, *large, headers=SCRIPT).json == {"number": 2}
    three = ("a.txt", b"x" * 3 * 1024 * 1024)
    assert post(sign_in(school.dana), f"{address}/draft", {"body": "x"}, three).status_code == 413
    assert send(sign_in(school.pat), address, three).status_code == 413


def test_a_student_learns_nothing_by_size_either(sign_in, school, address):
    maya, answers = sign_in(school.maya), []
    for path in (address, "/messages/madeUpKey123", "/nothing"):
        answer = send(maya, path, ("a.txt", b"x" * 3 * 1024 * 1024))
        answers.append((answer.status_code, re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text)))
    assert answers == [answers[0]] * 3


def test_a_page_with_files_asks_once_more_and_one_without_does_not(sign_in, school, address, count_statements):
    dana = sign_in(school.dana)
    dana.get(address)
    with count_statements() as without:
        dana.get(address)
    send(dana, address, ("a.pdf", PDF), ("b.pdf", PDF))
    send(dana, address, ("c.pdf", PDF))
    dana.get(address)
    with count_statements() as seen:
        dana.get(address)
    assert len(seen) == len(without) + 1
