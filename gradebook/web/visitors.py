"""What a request tells about where it comes from, and where it may go next."""

import ipaddress
from collections.abc import Collection

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from gradebook.services.accounts import Visitor

DEVICE_COOKIE = "device"
A_YEAR = 365 * 24 * 3600  # seconds

_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "Chromebook"), ("Windows", "Windows"),
    ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def visitor() -> Visitor:
    """The network and the device of this request."""
    return Visitor(network_of(request.remote_addr or ""), request.cookies.get(device_cookie_name()))


def network_of(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 address: what one household or school has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def device_cookie_name() -> str:
    """`__Host-` under https, like the session's."""
    return f"__Host-{DEVICE_COOKIE}" if current_app.config["SESSION_COOKIE_SECURE"] else DEVICE_COOKIE


def device_name() -> str:
    """The browser and the system in plain words, for "Where you are signed in"."""
    agent = request.user_agent.string
    browser = next((name for mark, name in _BROWSERS if mark in agent), "Browser")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser}, {system}" if system else browser


def safe_next(target: str | None, *, refused: Collection[str] = ("auth.sign_in", "static")) -> str:
    """Where to go after signing in: a known page of this site that can be read and is not refused, else home.

    Werkzeug lets a bare `//elsewhere.example` through unchanged, so the rule is a list of what is allowed.
    """
    home = url_for("auth.home")
    if not target or not target.startswith("/") or target[1:2] in ("/", "\\"):
        return home
    if any(ord(character) < 32 or character == "\\" for character in target):
        return home
    try:
        endpoint, _arguments = current_app.url_map.bind("").match(target.split("?", 1)[0], method="GET")
    except (HTTPException, RequestRedirect):
        return home
    return home if endpoint in refused else target
