"""Reading rosters of each version from folders and zips."""

import zipfile
from datetime import date

import pytest

from gradebook.interchange.oneroster import source
from gradebook.interchange.oneroster.reader import read_roster
from gradebook.interchange.tables import Unreadable
from tests.rosters import RosterFolder


@pytest.fixture(autouse=True)
def _words(app):
    """Texts are translations, which need an application."""


def test_the_versions_are_told_apart(tmp_path):
    for name, version in (("oneroster_1_1", "1.1"), ("oneroster_1_2", "1.2"), ("sds", "SDS 2.1")):
        assert read_roster(RosterFolder(tmp_path, name).path).version == version


@pytest.mark.parametrize(("name", "version"), [("oneroster_1_1", "1.1"), ("oneroster_1_2", "1.2")])
def test_the_versions_are_told_apart_without_a_manifest(tmp_path, name, version):
    assert read_roster(RosterFolder(tmp_path, name).remove("manifest").path).version == version


def test_another_version_is_refused(tmp_path):
    roster = RosterFolder(tmp_path).change("manifest", "oneroster.version,1.1", "oneroster.version,2.0")
    with pytest.raises(Unreadable, match=r"OneRoster 2\.0"):
        read_roster(roster.path)


def test_an_end_date_is_the_last_day_in_1_1_and_the_day_after_in_1_2(tmp_path):
    one, two = (read_roster(RosterFolder(tmp_path, name).path) for name in ("oneroster_1_1", "oneroster_1_2"))
    assert one.sessions["y"].ends_on == two.sessions["y"].ends_on == date(2027, 6, 19)
    assert one.places["e1"].ends_on == two.places["e1"].ends_on == date(2027, 6, 19)


@pytest.mark.parametrize("within", ["", "export/"])
def test_a_zip_is_read_like_a_folder(tmp_path, within):
    roster = RosterFolder(tmp_path)
    assert read_roster(roster.zipped(within)).people == read_roster(roster.path).people


def test_passwords_are_read_into_nothing(tmp_path):
    for name in ("oneroster_1_1", "oneroster_1_2", "sds"):
        roster = repr(read_roster(RosterFolder(tmp_path, name).path))
        assert "secret" not in roster
        assert "P@ssword" not in roster


def test_a_bad_row_is_a_problem_with_its_place_and_the_others_are_read(tmp_path):
    roster = RosterFolder(tmp_path).change("academicSessions", "2027-01-29", "29.01.2027").add("orgs", "x,,,,school,,,")
    read = read_roster(roster.path)
    assert [problem[:4] for problem in read.problems] == [
        ("orgs.csv", 5, "name", ""),
        ("academicSessions.csv", 3, "endDate", "29.01.2027"),
    ]
    assert set(read.sessions) == {"y", "q1"}
    assert "t1" in read.mentioned["academicSessions"]


def test_a_key_that_stands_twice_is_a_problem(tmp_path):
    roster = RosterFolder(tmp_path).add("orgs", "n,,,North again,school,,,")
    (problem,) = read_roster(roster.path).problems
    assert (problem.line, problem.value) == (5, "n")


def test_rows_to_be_deleted_are_kept_apart(tmp_path):
    roster = RosterFolder(tmp_path).change("users", "u2,,", "u2,tobedeleted,")
    read = read_roster(roster.path)
    assert "u2" not in read.people
    assert read.gone["users"] == {"u2": 3}


def test_a_file_with_a_header_only_and_missing_optional_files_are_no_problem(tmp_path):
    roster = RosterFolder(tmp_path).remove("manifest", "categories", "lineItems", "results")
    roster.write("demographics", b'"sourcedId","status","dateLastModified","birthDate"\n')
    read = read_roster(roster.path)
    assert not read.problems
    assert read.rows["demographics"] == 0


def test_an_announced_file_that_is_not_there_is_a_problem(tmp_path):
    (problem,) = read_roster(RosterFolder(tmp_path).remove("results").path).problems
    assert problem.file == "results.csv"


def test_a_span_that_ends_after_the_next_has_begun_is_noted(tmp_path):
    roster = RosterFolder(tmp_path).add("academicSessions", "t2,,,Term 2,term,2026-12-01,2027-06-18,y,2027")
    (note,) = read_roster(roster.path).notes
    assert (note.line, note.value) == (3, "2027-01-29")


@pytest.mark.parametrize("name", ["../users.csv", "/etc/users.csv", "a/../../users.csv", "..\\users.csv"])
def test_a_zip_that_names_a_file_outside_is_refused(tmp_path, name):
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("orgs.csv", "sourcedId\n")
        archive.writestr(name, "sourcedId\n")
    with pytest.raises(Unreadable, match="outside"):
        read_roster(path)


def test_a_zip_that_would_unpack_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "MOST_BYTES", 1000)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("orgs.csv", "x" * 2000)
    with pytest.raises(Unreadable, match="more than"):
        read_roster(path)


def test_a_zip_with_too_many_files_and_one_with_the_same_file_twice_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "MOST_ENTRIES", 3)
    roster = RosterFolder(tmp_path)
    with pytest.raises(Unreadable, match="more than 3"):
        read_roster(roster.zipped())
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("orgs.csv", "sourcedId\n")
        archive.writestr("a/ORGS.csv", "sourcedId\n")
    with pytest.raises(Unreadable, match="two files"):
        read_roster(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"hello"])
def test_what_is_neither_a_folder_nor_a_zip_is_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(Unreadable):
        read_roster(tmp_path / "file")
    with pytest.raises(Unreadable):
        read_roster(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(Unreadable, match="users.csv"):
        read_roster(tmp_path / "empty")


def test_a_damaged_entry_of_a_zip_is_refused(tmp_path):
    path = RosterFolder(tmp_path).zipped()
    content = bytearray(path.read_bytes())
    place = content.index(b"users.csv") + 20
    content[place : place + 40] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(Unreadable):
        read_roster(path)


def test_relations_stand_with_the_student_or_with_the_guardian_of_school_data_sync(tmp_path):
    roster = RosterFolder(tmp_path, "sds").add("relationships", "g1,u2,child")
    links = {(link.student, link.adult, link.word) for link in read_roster(roster.path).links}
    assert links == {("u1", "g1", "guardian"), ("u2", "g1", "relative"), ("u2", "g1", "parent")}


def test_numbers_in_line_items_are_read_strictly(tmp_path):
    for text in ("NaN", "1e3", "-5", "20.123", "1_0", "９"):
        roster = RosterFolder(tmp_path / text).change("lineItems", "0.0,20.0", f"0.0,{text}")
        assert len(read_roster(roster.path).problems) == 2
