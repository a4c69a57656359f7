"""Streams end at once here too."""

from tests.access.conftest import streams_end_at_once

__all__ = ["streams_end_at_once"]
