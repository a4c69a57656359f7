"""What the templates are compiled to is kept for the next process, for this code only, and never needed."""

import stat
from pathlib import Path

import pytest
from jinja2 import DictLoader

from gradebook.web import compiled
from gradebook.web.compiled import CompiledTemplates
from gradebook.web.environment import PageEnvironment


@pytest.fixture
def render(app, tmp_path, monkeypatch):
    """The words of a template in a new process; what it compiled is counted."""

    def rendered(source="Hello {{ name }}", instance=tmp_path):
        environment = PageEnvironment(
            app, loader=DictLoader({"page.html": source}), bytecode_cache=CompiledTemplates(instance)
        )
        made = []
        compile_ = environment.compile
        monkeypatch.setattr(environment, "compile", lambda *given, **more: made.append(1) or compile_(*given, **more))
        return environment.get_template("page.html").render(name="you"), len(made)

    return rendered


def test_a_template_is_compiled_once(render, tmp_path):
    assert render() == ("Hello you", 1)
    assert render() == ("Hello you", 0)
    (folder,) = tmp_path.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_changed_template_is_compiled_again(render):
    render()
    assert render("Good day {{ name }}") == ("Good day you", 1)


def test_other_code_compiles_for_itself_and_takes_the_place(render, tmp_path, monkeypatch):
    render()
    before = list(tmp_path.iterdir())
    monkeypatch.setattr(compiled, "_version_of_code", lambda: "new")
    assert render() == ("Hello you", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["templates-new"] != [path.name for path in before]


def test_a_cut_off_file_is_compiled_again(render, tmp_path):
    render()
    for path in tmp_path.rglob("*.cache"):
        path.write_bytes(path.read_bytes()[:-20])
    assert render() == ("Hello you", 1)


def test_without_a_folder_to_write_to_pages_are_shown_all_the_same(render):
    assert render(instance=Path("/proc/nowhere")) == ("Hello you", 1)


def test_an_application_keeps_it_beside_its_key(world, tmp_path):
    from gradebook.app import create_app
    from tests.conftest import dispose

    app = create_app(
        {"GRADEBOOK_ENV": "testing", "DATABASE_URL": world.app.config["DATABASE_URL"], "INSTANCE_DIR": str(tmp_path)}
        | {"SECRET_KEY": "k" * 40}
    )
    try:
        assert app.test_client().get("/auth/sign-in").status_code == 200
        assert list(tmp_path.glob("templates-*/*.cache"))
    finally:
        dispose(app)
