"""Calling macros quickly: a page of a family calls some four hundred."""

from typing import Any

from flask import Flask
from jinja2.runtime import Context, Macro


def init_app(app: Flask) -> None:
    """Give the pages this context."""
    app.jinja_env.context_class = PageContext


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
