"""What our environment does itself instead of Jinja comes to the same."""

import pytest
from flask import Flask, url_for
from jinja2 import pass_context, pass_environment, pass_eval_context
from markupsafe import Markup


def rendered(app: Flask, source: str, **values: object) -> str:
    return app.jinja_env.from_string(source).render(**values)


def test_what_is_printed_is_escaped_unless_it_is_markup(app):
    page = rendered(
        app,
        "{% macro bold(words) %}<b>{{ words }}</b>{% endmacro %}{{ bold('<i>') }} {{ '<u>' }} {{ safe }} {{ 7 }}",
        safe=Markup("<s>"),
    )

    assert page == "<b>&lt;i&gt;</b> &lt;u&gt; <s> 7"


def test_an_object_that_knows_its_markup_is_asked(app):
    class Own:
        def __html__(self):
            return "<q>"

    assert rendered(app, "{{ own }}", own=Own()) == "<q>"


def test_functions_are_handed_what_they_ask_for(app):
    @pass_context
    def of_context(context, words):
        return f"{words} {context['mine']}"

    @pass_eval_context
    def of_escaping(eval_context, words):
        return f"{words} {eval_context.autoescape}"

    @pass_environment
    def of_environment(environment, words):
        return f"{words} {environment is app.jinja_env}"

    class Thing:
        def method(self, words, more=""):
            return words + more

    values = {"f": of_context, "g": of_escaping, "h": of_environment, "t": Thing(), "k": str.upper, "mine": "here"}
    page = rendered(
        app,
        "{% for one in ['a'] %}{{ f(one) }}, {{ g(one) }}, {{ h(one) }}, {{ t.method(one, more='b') }}, {{ k(one) }}"
        "{% endfor %}",
        **values,
    )

    assert page == "a here, a True, a True, ab, A"


@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("student.home", {}),
        ("student.home", {"news": "all & more", "page": None}),
        ("student.section", {"section_id": "a b/c"}),
        ("messages.conversation", {"conversation_id": "abc", "before": 7}),
        ("messages.conversation", {"conversation_id": "abc", "_anchor": "m7"}),
        ("auth.sign_in", {"_external": True}),
    ],
)
def test_addresses_in_templates_are_those_of_flask(app, endpoint, values):
    address = app.jinja_env.globals["url_for"]

    with app.test_request_context():
        assert address(endpoint, **values) == url_for(endpoint, **values)
    with app.test_request_context("/school/auth/sign-in", environ_overrides={"SCRIPT_NAME": "/school"}):
        assert address(endpoint, **values) == url_for(endpoint, **values)


@pytest.mark.parametrize(("endpoint", "values"), [("student.section", {}), ("no.such", {})])
def test_an_address_that_cannot_be_written_is_said_as_flask_says_it(app, endpoint, values):
    with app.test_request_context(), pytest.raises(Exception, match=endpoint):
        app.jinja_env.globals["url_for"](endpoint, **values)
