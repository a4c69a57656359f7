"""Static files, under a path that holds a hash of the whole folder.

``/static/<hash>/js/main.js`` may be cached for a year, because any change gives every file a new address.
Relative imports between modules keep working, since they stay inside the same path; there is no build step.
The style sheets are kept one per component and joined into ``app.css``, so that a page asks for one.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path

from flask import Flask, Response, abort, current_app, request, send_from_directory

STYLES = "css"
JOINED = "app.css"
# The order of the layers, then of the alphabet. Utilities stand last because they win.
STYLE_ORDER = ("tokens.css", "base.css", "components/*.css", "pages/*.css", "utilities.css")

A_YEAR = "public, max-age=31536000, immutable"
# A page opened before a deploy still asks for the old path. It gets today's file, kept for a moment only.
A_MINUTE = "public, max-age=60"

TEXT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}


@dataclass(frozen=True)
class TextAsset:
    """A style sheet, script or drawing, kept in memory as it is sent."""

    body: bytes
    gzipped: bytes
    content_type: str
    etag: str


@dataclass(frozen=True)
class Assets:
    """Everything in the static folder at one moment."""

    version: str
    texts: dict[str, TextAsset]
    names: frozenset[str]


def style_sheets(folder: Path) -> list[Path]:
    """The style sheets in the order in which they are joined."""
    return [sheet for pattern in STYLE_ORDER for sheet in sorted((folder / STYLES).glob(pattern))]


def read_assets(folder: Path) -> Assets:
    """Read the folder once: its hash, and its text files ready to send."""
    bodies = {path.relative_to(folder).as_posix(): path.read_bytes() for path in _files(folder)}
    bodies[JOINED] = b"\n".join(sheet.read_bytes() for sheet in style_sheets(folder))
    digest = hashlib.sha256()
    for name in sorted(bodies):
        digest.update(f"{name}\0{len(bodies[name])}\0".encode())
        digest.update(bodies[name])
    texts = {
        name: _text_asset(body, TEXT_TYPES[Path(name).suffix])
        for name, body in bodies.items()
        # The single sheets are only read through the joined one; they need no copy of their own.
        if Path(name).suffix in TEXT_TYPES and not name.startswith(f"{STYLES}/")
    }
    return Assets(version=digest.hexdigest()[:12], texts=texts, names=frozenset(bodies))


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _text_asset(body: bytes, content_type: str) -> TextAsset:
    # mtime=0: the same file gives the same bytes in every process, so the etag holds across workers.
    digest = hashlib.sha256(body).hexdigest()[:16]
    return TextAsset(body, gzip.compress(body, 9, mtime=0), content_type, digest)


def init_assets(app: Flask) -> None:
    """Serve ``STATIC_DIR`` under the endpoint ``static`` and give templates ``asset(path)``."""
    folder = Path(app.config["STATIC_DIR"])
    app.extensions["assets"] = read_assets(folder)
    if app.debug:
        _reread_when_changed(app, folder)
    app.jinja_env.globals["asset"] = asset_url
    app.add_url_rule("/static/<version>/<path:filename>", "static", static_file)


def _reread_when_changed(app: Flask, folder: Path) -> None:
    """While developing, a saved style sheet shows at the next request."""
    seen = _newest_change(folder)

    def reread() -> None:
        nonlocal seen
        if (newest := _newest_change(folder)) != seen:
            seen = newest
            app.extensions["assets"] = read_assets(folder)

    app.before_request(reread)


def _newest_change(folder: Path) -> tuple[int, int]:
    times = [path.stat().st_mtime_ns for path in _files(folder)]
    return len(times), max(times, default=0)


def _assets() -> Assets:
    assets: Assets = current_app.extensions["assets"]
    return assets


def asset_url(path: str) -> str:
    """The address of a static file. A name that does not exist is a mistake of ours and is said at once."""
    assets = _assets()
    if path not in assets.names:
        raise LookupError(f"There is no static file {path!r}")
    # request.script_root: the application may be mounted below a path.
    return f"{request.script_root if request else ''}/static/{assets.version}/{path}"


def static_file(version: str, filename: str) -> Response:
    """One static file. Sets no cookie and reads no session, so that it may be cached by anyone."""
    assets = _assets()
    if filename in assets.texts:
        response = _text_response(assets.texts[filename])
    elif filename in assets.names:
        response = send_from_directory(
            current_app.config["STATIC_DIR"], filename, mimetype=guess_type(filename)[0], conditional=True
        )
    else:
        abort(404)
    response.headers["Cache-Control"] = A_YEAR if version == assets.version else A_MINUTE
    return response


static_file.door = "public"  # type: ignore[attr-defined]  # nothing here belongs to anyone


def _text_response(asset: TextAsset) -> Response:
    takes_gzip = request.accept_encodings.quality("gzip") > 0
    response = Response(asset.gzipped if takes_gzip else asset.body, content_type=asset.content_type)
    if takes_gzip:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.set_etag(asset.etag + ("-gz" if takes_gzip else ""))
    response.make_conditional(request)
    return response
