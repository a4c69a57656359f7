"""Every text that people see goes through the catalogue: nothing is English for ever."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask
from jinja2 import Environment, nodes

from gradebook.web import language
from tools import translations

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SPOKEN = [path for name in ("blueprints", "web") for path in sorted((ROOT / "gradebook" / name).rglob("*.py"))]

CATALOGUE = {"_", "_l", "gettext", "lazy_gettext", "ngettext", "pgettext"}
READ_ALOUD = {"alt", "aria-description", "aria-label", "placeholder", "title"}
NOT_WORDS = {"kbd"}  # what stands on a key is the same in every language
LETTERS = re.compile(r"[^\W\d_]")
PROPER_NAMES = {"Mac OS X"}
# Blocks and macros that print classes and attributes; the inner one first, so run until nothing is left.
ATTRIBUTES = re.compile(
    r"{%-? *(block|macro) \w*(class|width|attributes)\b[^%]*%}(?:(?!{%-? *block ).)*?{%-? *end\1 *-?%}", re.DOTALL
)
A_SENTENCE = re.compile(r"[A-Z][a-z]* [\w%{]|[a-z]+ [a-z]+.*[.!?…:]$")
A_WORD = re.compile(r"[A-Z][a-z]+[.!?…:]?$")
SAYS = re.compile(r"flash$|Field$|Required$|Error$|SelectChoice$")  # calls whose texts people see


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_has_no_text_of_its_own(path):
    assert list(bare_texts(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", SPOKEN, ids=lambda path: str(path.relative_to(ROOT / "gradebook")))
def test_a_view_has_no_text_of_its_own(path):
    assert list(bare_literals(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "template",
    [
        "<p>Sign in</p>",
        "<p>{{ name }} is late</p>",
        '<button aria-label="Close">{{ icon("close") }}</button>',
        '<input {% if x %}placeholder="Type a name"{% endif %}>',
        "{{ button('Save changes') }}",
        "{% set heading = 'Grades' %}",
        "{{ _('Your grade:') }} {{ grade }} points",
    ],
)
def test_bare_text_in_a_template_is_found(template):
    assert list(bare_texts(template))


@pytest.mark.parametrize(
    "template",
    [
        "<p class='tag tag--late'>{{ _('Sign in') }}</p>",
        "{# A remark. #}<a href=\"{{ url_for('auth.home') }}\">{{ _('Home') }}</a> – {{ 3 }} × 4",
        "<kbd>Alt+Shift+H</kbd>",
        "{{ ngettext('%(num)s score', '%(num)s scores', n) }}",
        "{% if kind == 'late' %}<svg viewBox='0 0 1 1'></svg>{% endif %}",
    ],
)
def test_text_from_the_catalogue_is_not_taken_for_bare(template):
    assert list(bare_texts(template)) == []


@pytest.mark.parametrize("line", ['flash("Scores posted.", "good")', 'StringField("Title")', 'x = f"{n} are late."'])
def test_bare_text_in_a_view_is_found(line):
    assert list(bare_literals(line))


def bare_texts(source: str) -> Iterator[str]:
    """Words of a template that do not come from the catalogue, with their line."""
    environment = Environment(autoescape=True)
    reader = _Words()
    reader.feed(_only_markup(environment, source))
    reader.close()
    yield from reader.found
    yield from (f"{line}: {text}" for line, text in _literals(environment.parse(source)))


def _only_markup(environment: Environment, source: str) -> str:
    """The template's own HTML: each expression is a dot, each statement and remark nothing; lines stay lines."""
    parts, inside = [], ""
    while ATTRIBUTES.search(source):
        source = ATTRIBUTES.sub(_only_lines, source)
    for _line, kind, text in environment.lex(source):
        if kind == "data" and not inside:
            parts.append(text)
        elif kind in ("variable_begin", "block_begin", "comment_begin", "raw_begin"):
            inside = kind
            parts.append("·" if kind == "variable_begin" else "")
        elif kind in ("variable_end", "block_end", "comment_end", "raw_end"):
            inside = ""
        if kind != "data":
            parts.append("\n" * text.count("\n"))
    return "".join(parts)


def _only_lines(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


class _Words(HTMLParser):
    """Collects text with letters, and attributes that are read aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._quiet = 0

    def handle_starttag(self, tag, attrs):
        self._quiet += tag in NOT_WORDS
        for name, value in attrs:
            if name in READ_ALOUD and LETTERS.search(value or ""):
                self.found.append(f"{self.getpos()[0]}: {name}={value}")

    def handle_endtag(self, tag):
        self._quiet -= tag in NOT_WORDS

    def handle_data(self, data):
        if not self._quiet and LETTERS.search(data):
            self.found.append(f"{self.getpos()[0]}: {' '.join(data.split())}")


def _literals(node: nodes.Node) -> Iterator[tuple[int, str]]:
    """Texts in expressions that look like words and are not handed to the catalogue."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in CATALOGUE:
        return
    if isinstance(node, nodes.Compare):
        return  # compared, not shown
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and _is_words(node.value, True):
        yield node.lineno, node.value
    for child in node.iter_child_nodes():
        yield from _literals(child)


def bare_literals(source: str) -> Iterator[str]:
    """Texts of a module that look like words, are no docstring and are not handed to the catalogue."""
    yield from (f"{line}: {text}" for line, text in _python_literals(ast.parse(source)))


def _python_literals(node: ast.AST, said: bool = False) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Call) and _name(node.func) in CATALOGUE:
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    if isinstance(node, ast.Raise):
        return  # for programmers
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_words(node.value.strip(), said):
        yield node.lineno, node.value
    said = isinstance(node, ast.Call) and bool(SAYS.search(_name(node.func)))
    for child in ast.iter_child_nodes(node):
        yield from _python_literals(child, said)


def _name(function: ast.expr) -> str:
    return getattr(function, "id", getattr(function, "attr", ""))


def _is_words(text: str, one_word_is_enough: bool) -> bool:
    return text not in PROPER_NAMES and bool(A_SENTENCE.match(text) or (one_word_is_enough and A_WORD.match(text)))


# --- The catalogue itself


@pytest.fixture(scope="module")
def messages() -> Catalog:
    """What `pybabel extract` finds with babel.cfg, with the files."""
    return translations.texts()


def test_the_texts_of_views_and_templates_can_be_extracted(messages):
    texts = {message.id for message in messages}
    assert "Sign in" in texts
    assert "Username or email" in texts, "a lazy text of a form"
    assert any(isinstance(text, tuple) and "signed out after" in text[0] for text in texts), "a plural"


def test_no_text_is_put_together_before_it_is_looked_up():
    """`_(f"...")` and `_("..." + x)` cannot be translated, and are not found by the extraction."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "gradebook").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CATALOGUE
        and node.args and not isinstance(node.args[0], ast.Constant)
    ]  # fmt: skip
    assert found == []


def test_a_page_speaks_another_language_when_there_is_one(app: Flask, client, messages, tmp_path, monkeypatch):
    """With a made-up catalogue, every word of the page is a translated one."""
    catalogue = Catalog(locale="cy")
    for text in (message.id for message in messages if message.id):
        plural = isinstance(text, tuple)
        catalogue.add(text, tuple(f"⟦{form}⟧" for form in (*text, *text)) if plural else f"⟦{text}⟧")
    folder = tmp_path / "cy" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(language, "LANGUAGES", {"en": "English", "cy": "Cymraeg"})
    monkeypatch.setitem(app.config, "BABEL_TRANSLATION_DIRECTORIES", str(tmp_path))
    babel = app.extensions["babel"]
    monkeypatch.setattr(babel, "translation_directories", [str(tmp_path)], raising=False)

    page = client.get("/auth/sign-in", headers={"Accept-Language": "cy"}).get_data(as_text=True)
    reader = _Words()
    reader.feed(page)
    words = [text.partition(": ")[2] for text in reader.found]
    assert '<html lang="cy"' in page
    assert "⟦Username or email⟧" in words
    assert [text for text in words if "⟦" not in text and text not in ("Gradebook", *language.LANGUAGES.values())] == []


# --- The languages

PLACE = re.compile(r"%\(\w+\)s|%%")
TAG = re.compile(r"</?\w+")


def test_every_language_that_can_be_chosen_has_its_texts():
    assert set(translations.languages()) == set(language.LANGUAGES) - {"en"}


@pytest.mark.parametrize("tongue", translations.languages())
def test_a_catalogue_is_complete_and_compiled(tongue, messages):
    """`make translations` brings it up to the code; what it leaves empty is to be translated."""
    kept = translations.catalogue(tongue)
    wanted = {message.id for message in translations.needed(tongue, messages)}
    assert wanted - {message.id for message in kept} == set()
    assert translations.missing(kept) == []
    folder = translations.FOLDER / tongue / "LC_MESSAGES"
    assert (folder / "messages.mo").read_bytes() == translations.compiled(kept)


@pytest.mark.parametrize("tongue", translations.languages())
def test_a_translation_has_the_places_and_the_markup_of_the_text(tongue):
    """In the form of one number, that number may be a word."""
    wrong = []
    for message in translations.catalogue(tongue):
        plural = message.pluralizable
        text, forms = (message.id[1], message.string) if plural else (message.id, [message.string])
        for form in forms if text else ():
            places, given = set(PLACE.findall(text)), set(PLACE.findall(form))
            free = {"%(num)s"} if plural else set()
            if places - free != given - free or sorted(TAG.findall(text)) != sorted(TAG.findall(form)):
                wrong.append((text, form))
    assert wrong == []
