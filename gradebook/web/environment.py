"""Calling macros and including parts quickly: a page of a family calls some four hundred."""

from collections.abc import MutableMapping
from typing import Any

from flask.templating import Environment
from jinja2.runtime import Context, Macro


class PageContext(Context):
    """Jinja's own, but for a macro it is not asked what else it might be.

    Jinja asks each thing that is called six questions about what it wants to be handed. For a macro the answer is
    known: whether texts are escaped, and none of the caller's variables.
    """

    def call(__self, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        if type(__obj) is not Macro:
            return super().call(__obj, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return __obj(__self.eval_ctx, *args, **kwargs)


class PageEnvironment(Environment):
    """Flask's own, but templates that were given no globals of their own have those of all, and not a chain of two.

    Jinja copies them for each part that is included, and compares them for each that is imported: key by key in Python
    where they are a chain. That was a seventh of a conversation's page.
    """

    context_class = PageContext

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals of a template. They are not written to: nobody here asks for a template with its own."""
        return super().make_globals(d) if d else self.globals
