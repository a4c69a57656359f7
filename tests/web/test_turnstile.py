"""Requests beyond what a process works on at a time wait, and none is lost."""

import threading

import pytest

from gradebook.web.turnstile import Turnstile


class Pages:
    """An application that answers when it is told to, and counts how many it works on."""

    def __init__(self) -> None:
        self.inside, self.most = 0, 0
        self.entered = threading.Semaphore(0)
        self.go_on = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, environ, start_response):
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.entered.release()
        assert self.go_on.wait(10)
        with self._lock:
            self.inside -= 1
        return [b"done"]


def test_two_at_a_time_and_the_others_after_them():
    pages, answers = Pages(), []
    turnstile = Turnstile(pages, most=2)
    asking = [threading.Thread(target=lambda: answers.append(turnstile({}, None))) for _ in range(6)]
    for one in asking:
        one.start()
    assert pages.entered.acquire(timeout=10)
    assert pages.entered.acquire(timeout=10)
    assert not pages.entered.acquire(timeout=0.2), "a third one is inside"
    pages.go_on.set()
    for one in asking:
        one.join(10)
    assert pages.most == 2
    assert answers == [[b"done"]] * 6


def test_a_page_that_breaks_gives_its_place_back():
    def broken(environ, start_response):
        raise ZeroDivisionError

    turnstile = Turnstile(broken, most=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            turnstile({}, None)


def test_the_application_has_one(app):
    assert isinstance(app.wsgi_app, Turnstile)
