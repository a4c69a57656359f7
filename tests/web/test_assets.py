"""Static files, the style sheets and what the templates say about them."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask

from gradebook.web.assets import init_assets, read_assets, style_sheets

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))

CSS_BUDGET = 25_000  # bytes, compressed
FAMILY_SCRIPT_BUDGET = 12_000
EVERY_PAGE = ["js/main.js", "js/lib/forms.js", "js/lib/shell.js"]


@pytest.fixture
def app():
    app = Flask("static-files", static_folder=None)
    app.config["STATIC_DIR"] = str(STATIC)
    init_assets(app)
    return app


@pytest.fixture
def client(app):
    return app.test_client()


def address(app, path):
    with app.test_request_context():
        return app.jinja_env.globals["asset"](path)


# Serving ------------------------------------------------------------------------------------------


def test_a_file_under_todays_path_may_be_kept_for_a_year(app, client):
    response = client.get(address(app, "js/main.js"))
    assert response.status_code == 200
    assert response.content_type == "text/javascript; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in response.headers


def test_a_page_opened_before_a_deploy_still_gets_its_files_but_may_not_keep_them(client):
    response = client.get("/static/0123456789ab/app.css")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "public, max-age=60"


def test_relative_imports_stay_inside_the_path(app, client):
    main = address(app, "js/main.js")
    for name in re.findall(r'from "\./([^"]+)"', client.get(main).text):
        assert client.get(f"{main.rpartition('/')[0]}/{name}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "nothing.css",
        "../pyproject.toml",
        "%2e%2e/pyproject.toml",
        "..%2fpyproject.toml",
        "js/../../pyproject.toml",
        "//etc/passwd",
        "..\\pyproject.toml",
        ".hidden",
        "js",
        "js/",
    ],
)
def test_what_is_not_a_static_file_is_not_found(app, client, path):
    version = app.extensions["assets"].version
    for place in (version, "0123456789ab"):
        assert client.get(f"/static/{place}/{path}").status_code in (404, 308)


def test_gzip_goes_to_those_who_take_it_and_plain_text_to_the_others(app, client):
    url = address(app, "app.css")
    packed = client.get(url, headers={"Accept-Encoding": "gzip, br"})
    plain = client.get(url, headers={"Accept-Encoding": "gzip;q=0"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_an_unchanged_file_is_not_sent_twice(app, client):
    url = address(app, "app.css")
    first = client.get(url)
    again = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""


def test_a_file_that_is_neither_style_nor_script_is_sent_from_the_folder(tmp_path):
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    app = Flask("other", static_folder=None)
    app.config["STATIC_DIR"] = str(tmp_path)
    init_assets(app)
    with app.test_client().get(address(app, "photo.png")) as response:
        assert response.data == b"\x89PNG"
        assert response.content_type == "image/png"
        assert response.headers["Cache-Control"].endswith("immutable")


def test_any_change_gives_every_file_a_new_address(tmp_path):
    (tmp_path / "a.js").write_text("1")
    before = read_assets(tmp_path).version
    assert read_assets(tmp_path).version == before
    (tmp_path / "a.js").write_text("2")
    assert read_assets(tmp_path).version != before


def test_a_name_that_does_not_exist_is_said_at_once(app):
    with pytest.raises(LookupError, match=r"no\.css"):
        address(app, "no.css")


def test_below_a_path_the_addresses_carry_it(app):
    with app.test_request_context("/", base_url="https://example.org/gradebook"):
        assert app.jinja_env.globals["asset"]("app.css").startswith("/gradebook/static/")


def test_static_files_are_open_to_everyone(app):
    assert app.view_functions["static"].door == "public"


# What the templates ask for -----------------------------------------------------------------------


def test_every_asset_named_in_a_template_exists():
    names = read_assets(STATIC).names
    for template in TEMPLATES:
        text = without_comments(template.read_text())
        for path in re.findall(r"asset\(\s*['\"]([^'\"]+)['\"]\s*\)", text):
            assert path in names, f"{template.relative_to(ROOT)} asks for {path}"


def test_every_icon_named_in_a_template_is_in_the_sprite():
    drawn = set(re.findall(r'id="i-([a-z]+)"', (STATIC / "icons.svg").read_text()))
    for template in TEMPLATES:
        text = without_comments(template.read_text())
        asked = re.findall(r"\bicon\(\s*'([a-z]+)'", text) + re.findall(r"\bicon='([a-z]+)'", text)
        assert set(asked) <= drawn, f"{template.relative_to(ROOT)}: {set(asked) - drawn}"


def test_every_import_of_a_script_exists():
    for script in SCRIPTS:
        for path in re.findall(r'(?:from|import)\s*\(?\s*"(\.[^"]+)"', script.read_text()):
            assert (script.parent / path).resolve().is_file(), f"{script.relative_to(ROOT)} imports {path}"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_templates_hold_no_inline_script_or_style(template):
    text = without_comments(template.read_text())
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"<style\b", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script


def without_comments(template):
    return re.sub(r"\{#.*?#\}", "", template, flags=re.DOTALL)


# Budgets ------------------------------------------------------------------------------------------


def test_all_styles_together_stay_within_the_budget():
    assert len(read_assets(STATIC).texts["app.css"].gzipped) <= CSS_BUDGET


def test_the_script_of_every_page_leaves_room_for_the_page_itself():
    texts = read_assets(STATIC).texts
    assert sum(len(texts[name].gzipped) for name in EVERY_PAGE) <= FAMILY_SCRIPT_BUDGET / 2


# The style sheets ---------------------------------------------------------------------------------


def test_every_style_sheet_is_joined_once_and_tokens_come_first():
    sheets = style_sheets(STATIC)
    assert sorted(sheets) == sorted((STATIC / "css").rglob("*.css"))
    assert len(sheets) == len(set(sheets))
    assert [sheet.name for sheet in sheets[:2]] == ["tokens.css", "base.css"]
    assert sheets[-1].name == "utilities.css"


@pytest.mark.parametrize("sheet", style_sheets(STATIC), ids=lambda path: path.relative_to(STATIC).as_posix())
def test_styles_use_logical_directions_and_stand_in_a_layer(sheet):
    """Right-to-left pages are free only as long as nobody writes left or right."""
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    assert text.count("{") == text.count("}")
    physical = r"(?:margin|padding|border)-(?:left|right)\b|(?<![-\w])(?:left|right)\s*:"
    assert not re.search(physical, text)
    assert not re.search(r"(?:text-align|float):\s*(?:left|right)", text)
    if sheet.name != "tokens.css":
        layer = "components" if sheet.parent.name == "components" else None
        assert f"@layer {layer}" in text if layer else "@layer" in text
        assert not re.search(r"#[0-9A-Fa-f]{6}\b", text), "colours are chosen in tokens.css alone"


def tokens(theme):
    """The colours of one theme. Dark stands twice in the file; both must say the same."""
    text = re.sub(r"/\*.*?\*/", "", (STATIC / "css/tokens.css").read_text(), flags=re.DOTALL)
    blocks = {
        "light": [r':root, \[data-theme="light"\]'],
        "dark": [r':root:not\(\[data-theme="light"\]\)', r'(?m)^\s*\[data-theme="dark"\]'],
    }[theme]
    found = []
    for selector in blocks:
        match = re.search(selector + r"\s*\{([^}]*)\}", text)
        assert match, selector
        found.append(dict(re.findall(r"--([\w-]+):\s*(#[0-9A-Fa-f]{6})", match[1])))
    assert all(block == found[0] for block in found)
    return found[0]


def luminance(colour):
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


INKS = ["text", "muted", "accent", "good", "warn", "bad", "late", "quiet"]
GROUNDS = ["bg", "surface", "surface-2", "selected"]
TINTS = [
    ("good", "good-bg"),
    ("warn", "warn-bg"),
    ("bad", "bad-bg"),
    ("accent", "info-bg"),
    ("late", "late-bg"),
    ("quiet", "quiet-bg"),
    ("teal", "teal-bg"),
    ("rust", "rust-bg"),
]
TEXT_PAIRS = (
    [(ink, ground) for ink in INKS for ground in GROUNDS]
    + TINTS
    + [("text", tint) for _ink, tint in TINTS]
    + [("on-accent", "accent"), ("on-accent", "accent-hover"), ("on-accent", "bad"), ("on-toast", "toast")]
    + [("accent-hover", ground) for ground in GROUNDS]
)
SHAPE_PAIRS = [("control", "bg"), ("control", "surface"), ("control", "surface-2")] + [
    ("focus", ground) for ground in GROUNDS
]
CHART_PAIRS = [("chart-1", "bg"), ("chart-2", "bg"), ("chart-3", "bg")]


def test_the_formula_agrees_with_the_known_ends():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_can_be_read_on_every_ground_it_stands_on(theme, ink, ground):
    colours = tokens(theme)
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPE_PAIRS + CHART_PAIRS)
def test_edges_rings_and_lines_can_be_seen(theme, shape, ground):
    colours = tokens(theme)
    assert contrast(colours[shape], colours[ground]) >= 3
