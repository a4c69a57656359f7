"""`flask record-verify`: whether a record is whole, and to whom it was given."""

from datetime import timedelta
from zipfile import ZipFile

from gradebook.extensions import db
from gradebook.policy.conversations import Correspondence
from gradebook.services import messaging
from tests.conftest import NOON


def test_it_says_to_whom_a_record_was_given_and_names_what_was_changed(app, school, sign_in, tmp_path):
    pair = Correspondence(school.maya, school.algebra, school.dana, ())
    found = messaging.open_conversation(pair, actor_id=school.dana.id, now=NOON - timedelta(hours=1))
    messaging.send(found, author_id=school.dana.id, body="Hello", client_key="1", now=NOON)
    db.session.commit()
    given = sign_in(school.dana).post(f"/messages/{found.public_id}/record").data
    (tmp_path / "given.zip").write_bytes(given)
    run = app.test_cli_runner().invoke
    answer = run(args=["record-verify", str(tmp_path / "given.zip")])
    assert answer.exit_code == 0, answer.output
    assert "Given to Dana Diaz on 2026-10-14 08:00 (America/New_York)." in answer.output

    forge(tmp_path / "given.zip", tmp_path / "forged.zip", lambda path, content: content.replace(b"Hello", b"Never"))
    answer = run(args=["record-verify", str(tmp_path / "forged.zip")])
    assert answer.exit_code == 1
    assert "record.json" in answer.output

    forge(tmp_path / "given.zip", tmp_path / "own.zip", lambda path, content: content)
    answer = run(args=["record-verify", str(tmp_path / "own.zip")])
    assert answer.exit_code == 1
    assert "never gave it out like this" in answer.output

    (tmp_path / "text.zip").write_text("No record")
    answer = run(args=["record-verify", str(tmp_path / "text.zip")])
    assert answer.exit_code == 1
    assert "not the record of a conversation" in answer.output


def forge(source, target, change):
    with ZipFile(source) as archive, ZipFile(target, "w") as made:
        for entry in archive.infolist():
            made.writestr(entry.filename, change(entry.filename, archive.read(entry)))
