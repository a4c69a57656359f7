"""The same requests inside this process, to see what the database is asked for each of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import Engine, event

from benchmarks.client import Answer, Browser

NOT_COUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


class Inside(Browser):
    """A browser of the application in this process."""

    def __init__(self, app: Flask) -> None:
        self._client = app.test_client()

    def ask(self, method: str, path: str, fields: dict[str, str] | None, headers: dict[str, str]) -> Answer:
        with statements() as seen:
            response = self._client.open(
                path,
                method=method,
                data=None if fields is None else urlencode(fields),
                content_type=None if fields is None else "application/x-www-form-urlencoded",
                headers={"Accept-Encoding": "gzip", **{k.replace("_", "-"): v for k, v in headers.items()}},
                base_url="http://127.0.0.1",
            )
            sent = response.get_data()
        plain = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, plain, sent, statements=seen)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement but those that begin and end transactions."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(NOT_COUNTED):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
