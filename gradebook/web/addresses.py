"""The rules of addresses, quick to make: there are some three hundred, and a process writes addresses of a few."""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class PageRule(Rule):
    """Werkzeug's own, but what writes its address is compiled when the first is written.

    Werkzeug compiles two functions for each rule when the rule is made: a tenth of a server's start.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            compiled = Rule._compile_builder(rule, append_unknown).__get__(rule)
            setattr(rule, "_build_unknown" if append_unknown else "_build", compiled)
            written: tuple[str, str] = compiled(**values)
            return written

        return build
