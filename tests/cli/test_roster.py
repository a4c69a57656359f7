"""`flask import-oneroster` as a person in a terminal sees it."""

import pytest
from sqlalchemy import func, select

from gradebook.database import will_write
from gradebook.extensions import db
from gradebook.models import AuditEntry, School, User
from gradebook.services import roster_import
from tests.rosters import RosterFolder


@pytest.fixture
def run(app, clock):
    def run(*arguments):
        return app.test_cli_runner().invoke(args=["import-oneroster", *map(str, arguments)])

    return run


@pytest.fixture
def roster(app, tmp_path):
    return RosterFolder(tmp_path)


def people():
    return db.session.scalar(select(func.count()).select_from(User))


def test_a_dry_run_prints_the_plan_and_writes_nothing(run, roster):
    result = run(roster.path, "--dry-run")
    assert result.exit_code == 0, result.output
    assert "people                  7          0          0          0" in result.stdout
    assert "Nothing was written" in result.stdout
    assert people() == 0


def test_a_zip_is_imported_and_again_changes_nothing(run, roster):
    path = roster.zipped()
    result = run(path, "--timezone", "America/New_York")
    assert result.exit_code == 0, result.output
    assert "Done." in result.stdout
    assert db.session.scalars(select(School.timezone)).first() == "America/New_York"
    again = run(path)
    assert "Everything was up to date" in again.stdout
    assert people() == 7


def test_progress_goes_to_the_other_stream(run, roster):
    result = run(roster.path)
    assert "Read users: 8" in result.stderr
    assert "Wrote people: 7" in result.stderr
    assert "Read users" not in result.stdout


def test_problems_are_told_by_file_and_line_and_stop_the_import(run, roster):
    roster.add("enrollments", "e9,,,c9,n,u1,student,,,")
    result = run(roster.path)
    assert result.exit_code == 1
    assert 'enrollments.csv:10 classSourcedId "c9": is not in classes.csv.' in result.stdout
    assert "--leave-out-problems" in result.output
    assert people() == 0
    assert run(roster.path, "--leave-out-problems").exit_code == 0
    assert people() == 7


def test_a_file_that_ends_too_much_stops_and_says_how_to_agree(run, roster):
    run(roster.path)
    roster.take_out("enrollments", "e1").take_out("enrollments", "e2")
    result = run(roster.path, "--leave-out-problems")
    assert result.exit_code == 1
    assert "2 of 8 enrollments" in result.output
    assert run(roster.path, "--leave-out-problems", "--allow-ending").exit_code == 0


def test_details_show_old_and_new(run, roster):
    run(roster.path)
    result = run(roster.change("users", "Leo,Evans", "Leon,Evans").path, "--details")
    assert "~ people: Leon Evans (u2) (" in result.stdout
    assert "display_name: Leo Evans → Leon Evans" in result.stdout


def test_the_name_in_the_audit_log_can_be_given(run, roster):
    run(roster.path)
    result = run(roster.add("enrollments", "e9,,,c2,n,u2,student,,,").path, "--as", "Rivera")
    assert result.exit_code == 0, result.output
    actors = db.session.scalars(select(AuditEntry.actor_id).where(AuditEntry.act == "roster.imported")).all()
    rivera = db.session.scalar(select(User.id).where(User.username_key == "rivera"))
    assert actors == [None, None, rivera, rivera]
    assert run(roster.path, "--as", "nobody").exit_code == 1


@pytest.mark.parametrize("arguments", [["nowhere"], [__file__]])
def test_what_is_no_roster_is_one_line_and_an_exit_code(run, arguments):
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")


def test_an_unknown_time_zone_is_refused(run, roster):
    assert run(roster.path, "--timezone", "Mars/Olympus").exit_code == 2


def test_the_plan_is_made_without_the_write_lock(run, roster, monkeypatch):
    seen = []
    prepare, apply = roster_import.prepare, roster_import.apply
    monkeypatch.setattr(roster_import, "prepare", lambda *a, **k: seen.append(will_write.get()) or prepare(*a, **k))
    monkeypatch.setattr(roster_import, "apply", lambda *a, **k: seen.append(will_write.get()) or apply(*a, **k))
    assert run(roster.path).exit_code == 0
    assert seen == [False, True]


def test_a_database_that_changed_meanwhile_is_said(run, roster, monkeypatch):
    def changed(*_arguments, **_options):
        raise roster_import.Refused("changed")

    monkeypatch.setattr(roster_import, "apply", changed)
    result = run(roster.path)
    assert result.exit_code == 1
    assert "Run the import again" in result.output
