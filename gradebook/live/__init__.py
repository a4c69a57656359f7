"""Live updates: a page that is open is told, within a moment, that what it shows has a new number.

What changes has a counter in the database: a class (sections.last_seq), a conversation or an announcement. Whoever
counts it up says so in the same statement (notices.py), and one thread in each process listens for all of its streams:
to PostgreSQL's LISTEN, or to SQLite's own count of commits (sources.py). It wakes the streams that watch the thing
(hub.py), and each looks for itself whether its person may still see it and what its number is by now (stream.py). What
may end somebody's rights is announced too: the tables that rights are read from tell it themselves (docs/decisions/
0039). As a safety net a stream looks by itself from time to time: every two seconds while nothing can be heard. The
notice says that something changed, never what.

    hub_of(app).watch(Topic("section", 7), person_id=3)
"""

from gradebook.live.hub import Full, Hub, Watch, hub_of, init_app
from gradebook.live.notices import Topic
from gradebook.live.stream import LIFE, Sight, events

__all__ = ["LIFE", "Full", "Hub", "Sight", "Topic", "Watch", "events", "hub_of", "init_app"]
