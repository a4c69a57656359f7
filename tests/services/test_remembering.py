"""What a process keeps is bounded, and the oldest goes first."""

from gradebook.services.remembering import Remembered


def test_what_was_kept_is_found_until_it_is_cleared():
    kept = Remembered(3)
    kept.keep("a", 1)
    assert (kept.get("a"), kept.get("b")) == (1, None)
    kept.clear()
    assert kept.get("a") is None


def test_what_was_not_asked_for_longest_makes_room():
    kept = Remembered(2)
    kept.keep("a", 1)
    kept.keep("b", 2)
    kept.get("a")
    kept.keep("c", 3)
    assert [kept.get(key) for key in "abc"] == [1, None, 3]


def test_sizes_are_counted_and_what_is_too_large_is_not_kept():
    kept = Remembered(10)
    kept.keep("a", "old", 6)
    kept.keep("a", "new", 4)
    kept.keep("b", "beside", 6)
    assert (kept.get("a"), kept.get("b")) == ("new", "beside")
    kept.keep("c", "larger than all", 11)
    assert [kept.get(key) for key in "abc"] == ["new", "beside", None]
    kept.keep("a", "grown too large", 11)
    assert kept.get("a") is None
