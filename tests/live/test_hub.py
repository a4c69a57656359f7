"""Places among the streams, waking, and what a stream says: without a database or a clock that runs."""

import json

import pytest

from gradebook.live import Full, Hub, Sight, Topic, events, sources
from gradebook.live.hub import MOST_OF_A_PERSON
from gradebook.live.sources import Source

ALGEBRA, HISTORY = Topic("section", 1), Topic("section", 2)


class NoSource:
    """A source that hears nothing."""

    started = 0
    ended = 0
    hears = False

    def start(self):
        NoSource.started += 1

    def is_alive(self):
        return True

    def end(self):
        NoSource.ended += 1


@pytest.fixture
def hub():
    NoSource.started = NoSource.ended = 0
    NoSource.hears = False
    return Hub(lambda hub: NoSource(), most=10)


def is_awake(watch):
    woken = watch._woken.is_set()
    watch._woken.clear()
    return woken


def test_only_who_watches_a_thing_is_woken(hub):
    mine, other = hub.watch(ALGEBRA, 1), hub.watch(HISTORY, 1)
    hub.announce(ALGEBRA)
    assert (is_awake(mine), is_awake(other)) == (True, False)
    hub.announce_all()
    assert (is_awake(mine), is_awake(other)) == (True, True)
    assert hub.topics() == {ALGEBRA, HISTORY}


def test_who_has_left_is_not_woken(hub):
    watch = hub.watch(ALGEBRA, 1)
    watch.close()
    watch.close()
    hub.announce(ALGEBRA)
    assert not is_awake(watch)


def test_one_stream_too_many_of_a_person_ends_the_oldest_of_that_person(hub):
    other = hub.watch(ALGEBRA, 2)
    watches = [hub.watch(ALGEBRA, 1) for _number in range(MOST_OF_A_PERSON)]
    assert all(watch.is_open for watch in watches)
    hub.watch(HISTORY, 1)
    assert [watch.is_open for watch in watches] == [False, True, True, True]
    assert is_awake(watches[0])
    assert other.is_open
    watches[0].close()
    hub.watch(HISTORY, 1)
    assert [watch.is_open for watch in watches] == [False, False, True, True]


def test_a_process_has_so_many_places(hub):
    for person in range(10):
        hub.watch(ALGEBRA, person)
    with pytest.raises(Full):
        hub.watch(ALGEBRA, 99)


def test_the_source_starts_with_the_first_stream_and_once(hub):
    assert NoSource.started == 0
    hub.watch(ALGEBRA, 1)
    hub.watch(ALGEBRA, 2)
    assert NoSource.started == 1


def test_a_closed_hub_listens_no_more_until_there_is_a_stream_again(hub):
    hub.close()
    hub.watch(ALGEBRA, 1)
    hub.close()
    hub.close()
    assert (NoSource.started, NoSource.ended) == (1, 1)
    hub.watch(ALGEBRA, 2)
    assert NoSource.started == 2


class Breaking(Source):
    """The database goes away while it is listened to; from one time on that was known before."""

    def __init__(self, hub, *, known_from):
        super().__init__("", hub)
        self.known_from = known_from
        self.times = 0

    def listen(self):
        self.times += 1
        if self.times == self.known_from:
            self.end()
        yield
        raise OSError("it is not there")


def test_a_database_that_goes_away_is_waited_for_unless_listening_was_ended(hub, monkeypatch, caplog):
    monkeypatch.setattr(sources, "PAUSES", (0.0,))
    source = Breaking(hub, known_from=3)
    source.run()
    assert source.times == 3
    assert [record.getMessage() for record in caplog.records] == [
        "live updates wait for the database: it is not there"
    ] * 2


class Scene:
    """A stream whose waits are counted and whose clock goes two seconds with each."""

    def __init__(self, hub, numbers, seen=None, stops_after=10_000):
        self.watch = hub.watch(ALGEBRA, 1)
        self.watch.wait = self.pass_time
        self.numbers, self.now, self.stops_after = list(numbers), 0.0, stops_after
        self.woken_at, self.looked_at = (), []
        self.lines = events(self.watch, self.look, Sight(seen), lambda: self.now < self.stops_after, lambda: self.now)

    def pass_time(self, seconds):
        self.now += seconds
        return self.now in self.woken_at

    def look(self):
        self.looked_at.append(self.now)
        found = self.numbers.pop(0) if len(self.numbers) > 1 else self.numbers[0]
        return Sight(found) if isinstance(found, int) else found

    def told(self):
        return [line for line in self.lines if not line.startswith("retry")]


def event(number):
    return f"id: {number}\ndata: {json.dumps({'number': number})}\n\n"


END = "event: end\ndata: {}\n\n"


def test_a_number_is_told_when_it_is_new(hub):
    assert Scene(hub, [3, 3, 4, 4, 6, None]).told() == [event(3), event(4), event(6), END]


def test_what_the_page_has_seen_is_not_told_again_but_what_it_missed_is(hub):
    assert Scene(hub, [3, 3, None], seen=3).told() == [END]
    assert Scene(hub, [7, None], seen=3).told() == [event(7), END]


def test_another_mark_is_told_though_the_number_is_the_same(hub):
    marked = f"id: 3\ndata: {json.dumps({'number': 3, 'mark': 'stopped'})}\n\n"
    assert Scene(hub, [3, Sight(3, "stopped"), Sight(3, "stopped"), 3, None], seen=3).told() == [marked, event(3), END]


def test_a_stream_hears_of_each_thing_that_it_watches(hub):
    both = hub.watch(ALGEBRA, 1, HISTORY)
    hub.announce(HISTORY)
    assert is_awake(both)
    hub.announce(ALGEBRA)
    assert is_awake(both)
    assert hub.topics() == {ALGEBRA, HISTORY}


def test_ended_rights_end_the_stream_at_the_next_look_and_free_its_place(hub):
    scene = Scene(hub, [None])
    assert scene.told() == [END]
    assert scene.now == 0
    assert hub.topics() == set()


def test_a_silent_stream_says_now_and_then_that_it_is_there(hub):
    told = Scene(hub, [3], seen=3, stops_after=61).told()
    assert told == [":\n\n"] * 10


def test_who_hears_looks_when_woken_and_now_and_then(hub):
    scene = Scene(hub, [3], seen=3, stops_after=40)
    NoSource.hears, scene.woken_at = True, (4, 6, 30)
    scene.told()
    assert scene.looked_at == [0, 4, 6, 22, 30]


def test_who_hears_nothing_looks_every_two_seconds(hub):
    scene = Scene(hub, [3], seen=3, stops_after=7)
    scene.told()
    assert scene.looked_at == [0, 2, 4, 6]


def test_what_is_announced_while_a_stream_looks_wakes_it_at_once(hub):
    watch = hub.watch(ALGEBRA, 1)
    hub.announce(ALGEBRA)
    assert watch.wait(0)
    assert not watch.wait(0)


def test_a_stream_whose_place_was_taken_says_so(hub):
    scene = Scene(hub, [3])
    lines = [next(scene.lines), next(scene.lines)]
    scene.watch.is_open = False
    assert [*lines[1:], *scene.lines] == [event(3), "event: full\ndata: {}\n\n"]


def test_a_stream_ends_after_ten_minutes_and_when_the_process_stops(hub):
    scene = Scene(hub, [3], seen=3)
    scene.told()
    assert 600 <= scene.now <= 602
    stopped = Scene(hub, [3], seen=3, stops_after=4)
    assert stopped.told() == []
    assert hub.topics() == set()


def test_a_browser_that_goes_frees_its_place(hub):
    scene = Scene(hub, [3])
    next(scene.lines)
    assert hub.topics() == {ALGEBRA}
    scene.lines.close()
    assert hub.topics() == set()
