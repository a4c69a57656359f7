"""How many random classes a test looks at: all, but fewer for each mutant of mutation testing (README.md)."""

import os

DIVIDED_BY = int(os.environ.get("RANDOM_CLASSES_DIVIDED_BY", "1"))


def how_many(usual: int) -> int:
    """The usual number, or a part of it."""
    return max(1, usual // DIVIDED_BY)
