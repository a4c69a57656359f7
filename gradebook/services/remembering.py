"""What a process keeps of what it worked out. What is kept is only ever used for contents that are equal."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Remembered(Generic[Key, Value]):
    """Values by key, for all threads of a process. What was not asked for longest makes room for what is new."""

    def __init__(self, most: int) -> None:
        """`most`: how many values are kept, or how many of what `keep` counts."""
        self.most = most
        self._kept: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key) -> Value | None:
        """What is kept under the key."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def keep(self, key: Key, value: Value, size: int = 1) -> None:
        """Keep it instead of what was kept under the key; what alone is larger than `most` is not kept."""
        with self._lock:
            self._kept.pop(key, None)
            if size > self.most:
                return
            self._kept[key] = value, size
            held = sum(one for _value, one in self._kept.values())
            while held > self.most:
                held -= self._kept.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Keep nothing, as a process that has just begun."""
        with self._lock:
            self._kept.clear()
