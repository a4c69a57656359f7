"""Jobs: done once in the ordinary case, again after a crash, never lost, and tried later when they fail."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from gradebook import jobs
from gradebook.extensions import db
from gradebook.jobs.sweep import plan_sweep
from gradebook.jobs.worker import do_one, work
from gradebook.models import Attempt, Job
from gradebook.services import queue


@pytest.fixture
def done(monkeypatch):
    """A kind of job that notes its arguments."""
    seen = []
    monkeypatch.setitem(jobs.JOBS, "note", lambda now, arguments: seen.append(arguments))
    return seen


def only_job():
    return db.session.scalars(select(Job)).one()


def test_a_job_is_done_when_its_time_has_come_and_once(app, clock, done):
    queue.enqueue("note", clock() + timedelta(minutes=1), word="hello")
    db.session.commit()
    assert not do_one()
    clock.advance(minutes=1)
    assert do_one()
    assert not do_one()
    assert done == [{"word": "hello"}]


def test_the_same_key_is_one_job(app, clock, done):
    for _ in range(2):
        queue.enqueue("note", clock(), key="once")
    assert do_one()
    assert not do_one()


def test_a_job_of_a_worker_that_died_is_taken_again_when_its_lease_runs_out(app, clock, done):
    queue.enqueue("note", clock())
    assert queue.take(clock()) is not None
    db.session.commit()  # and here the worker is killed
    assert not do_one()
    clock.advance(seconds=queue.LEASE.total_seconds())
    assert do_one()
    assert len(done) == 1


def test_a_job_that_fails_writes_nothing_and_is_tried_again_later(app, clock, monkeypatch):
    def half_done(now, _arguments):
        db.session.add(Attempt(kind="password", at=now, account_key="half", network="n"))
        db.session.flush()
        raise RuntimeError("the printer is on fire")

    monkeypatch.setitem(jobs.JOBS, "note", half_done)
    queue.enqueue("note", clock())
    assert do_one()
    assert db.session.scalars(select(Attempt)).all() == []
    assert "the printer is on fire" in only_job().last_error
    assert not do_one()
    clock.advance(minutes=2)
    assert do_one()
    assert only_job().attempts == 2


def test_a_job_is_given_up_after_eight_tries_and_kept(app, clock):
    queue.enqueue("no such kind", clock())
    for _ in range(queue.MOST_ATTEMPTS):
        assert do_one()
        clock.advance(days=1)
    assert not do_one()
    assert only_job().done_at is None


def test_the_sweep_deletes_old_tries_and_plans_the_next_day(app, clock):
    db.session.add(Attempt(kind="password", at=clock() - timedelta(days=2), account_key="old", network="n"))
    db.session.add(Attempt(kind="password", at=clock(), account_key="new", network="n"))
    plan_sweep(clock())
    assert do_one()
    assert [attempt.account_key for attempt in db.session.scalars(select(Attempt))] == ["new"]
    planned = db.session.scalars(select(Job).where(Job.done_at.is_(None))).one()
    assert planned.run_at == clock() + timedelta(days=1)


def test_the_worker_stops_when_it_is_told(app, clock, done):
    queue.enqueue("note", clock())
    rounds = iter([True, True, False])
    work(lambda: next(rounds))
    assert len(done) == 1


@pytest.mark.commits
def test_two_workers_share_the_work_without_doing_it_twice(app, clock, monkeypatch):
    seen, lock = [], threading.Lock()

    def note(_now, arguments):
        with lock:
            seen.append(arguments["number"])

    monkeypatch.setitem(jobs.JOBS, "note", note)
    for number in range(20):
        queue.enqueue("note", clock(), number=number)
    db.session.commit()

    def worker():
        with app.app_context():
            while do_one():
                pass

    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(20))
