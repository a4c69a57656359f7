"""Calling macros, including parts and printing values quickly: a page of a family does that some two thousand times."""

from collections.abc import MutableMapping
from types import FunctionType, MethodType
from typing import Any

from flask.templating import Environment
from jinja2 import pass_eval_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import Expr
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

_EVAL_CONTEXT = pass_eval_context(lambda: None).jinja_pass_arg  # type: ignore[attr-defined]


class PageContext(Context):
    """Jinja's own, but what is called most is not asked what else it might be.

    Jinja asks each thing that is called six questions about what it wants to be handed. For a macro the answer is
    known: whether texts are escaped, and none of the caller's variables. A plain function is asked once.
    """

    def call(__self, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        kind = type(__obj)
        if kind is Macro:
            wanted = _EVAL_CONTEXT
        elif kind is FunctionType or kind is MethodType:
            wanted = getattr(__obj, "jinja_pass_arg", None)
        else:
            return super().call(__obj, *args, **kwargs)
        if wanted is not None and wanted is not _EVAL_CONTEXT:
            return super().call(__obj, *args, **kwargs)
        if kwargs:
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
        return __obj(*args, **kwargs) if wanted is None else __obj(__self.eval_ctx, *args, **kwargs)


def printed(value: Any) -> str:
    """What stands in the page for a value: escaped, unless it is markup already."""
    return value if type(value) is Markup else escape(value)


class PageCode(CodeGenerator):
    """Jinja's own, but markup that is printed is not copied first: half of what a page prints comes from macros."""

    def _output_child_pre(self, node: Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.printed(")


class PageEnvironment(Environment):
    """Flask's own, but templates that were given no globals of their own have those of all, and not a chain of two.

    Jinja copies them for each part that is included, and compares them for each that is imported: key by key in Python
    where they are a chain. That was a seventh of a conversation's page.
    """

    context_class = PageContext
    code_generator_class = PageCode
    printed = staticmethod(printed)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals of a template. They are not written to: nobody here asks for a template with its own."""
        return super().make_globals(d) if d else self.globals
