"""Every setting: where it comes from, its default, and what it means. docs/running.md lists them; a test compares."""

import os
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class ConfigurationError(RuntimeError):
    """The settings do not allow a safe start; the message says which and why."""


@dataclass(frozen=True)
class Setting:
    """One environment variable that the application reads."""

    name: str
    default: str
    meaning: str


SETTINGS = (
    Setting(
        "GRADEBOOK_ENV",
        "development",
        "development, production or testing; only production is for a real school",
    ),
    Setting("DATABASE_URL", "SQLite in the instance folder", "the database, as an SQLAlchemy URL"),
    Setting("DATABASE_OWNER_URL", "DATABASE_URL", "the same PostgreSQL as the owner of its tables, who migrates them"),
    Setting(
        "SECRET_KEY",
        "made and kept in the instance folder in development",
        "signs cookies; required in production",
    ),
    Setting(
        "BASE_URL",
        "http://127.0.0.1:5000",
        "the address people use, for links on slips; https turns secure cookies on",
    ),
    Setting(
        "TRUSTED_HOSTS",
        "localhost, 127.0.0.1 and the host of BASE_URL",
        "host names that are answered, by commas",
    ),
    Setting("INSTANCE_DIR", "instance, beside the code", "where SQLite and the development key live"),
    Setting("PROXIES", "0", "how many proxies of your own stand in front, for the client's address and https"),
    Setting("PORT", "5000 (make run), 8000 (gunicorn)", "the port to listen on"),
    Setting("WEB_CONCURRENCY", "2", "gunicorn worker processes"),
    Setting("STREAMS", "24", "live updates that a process keeps open, each on a thread beside those for pages"),
    Setting("LISTEN_URL", "DATABASE_URL", "the database without PgBouncer in between, for live updates"),
    Setting("MESSAGES_AN_HOUR", "120", "messages that one account may send one by one in a school within an hour"),
    Setting("CLAMD", "none", "the ClamAV daemon that looks at files of messages: host:port, or the path of its socket"),
)

PLACEHOLDER_KEYS = {"", "dev", "secret", "changeme", "change-me", "default", "development", "insecure"}
SHORTEST_KEY = 32

PAGES_AT_ONCE = 8
"""Requests that a process works on at a time; more wait."""
ABSOLUTE_LIFE = timedelta(hours=12)
OWN_DEVICE_LIFE = timedelta(days=30)


def load_config(overrides: dict[str, Any] | None = None) -> dict[str, Any]:
    """The Flask configuration from the environment and `overrides`. Raises ConfigurationError."""
    given = dict(overrides or {})
    environment = str(given.get("GRADEBOOK_ENV") or os.environ.get("GRADEBOOK_ENV") or "development")
    if environment not in ("development", "production", "testing"):
        raise ConfigurationError(f"GRADEBOOK_ENV is {environment!r}; it must be development, production or testing")
    instance = Path(str(given.get("INSTANCE_DIR") or os.environ.get("INSTANCE_DIR") or ROOT / "instance"))
    base_url = str(given.get("BASE_URL") or os.environ.get("BASE_URL") or "http://127.0.0.1:5000").rstrip("/")
    secure = base_url.startswith("https://")
    config: dict[str, Any] = {
        "GRADEBOOK_ENV": environment,
        "INSTANCE_DIR": str(instance),
        "STATIC_DIR": str(ROOT / "static"),
        "BASE_URL": base_url,
        "SECRET_KEY": given.get("SECRET_KEY") or _secret_key(environment, instance),
        "DATABASE_URL": given.get("DATABASE_URL") or os.environ.get("DATABASE_URL") or _sqlite_url(instance),
        "DATABASE_OWNER_URL": os.environ.get("DATABASE_OWNER_URL", ""),
        "TRUSTED_HOSTS": _trusted_hosts(base_url),
        "STREAMS": int(os.environ.get("STREAMS", "24")),
        "LISTEN_URL": os.environ.get("LISTEN_URL", ""),
        "MESSAGES_AN_HOUR": int(os.environ.get("MESSAGES_AN_HOUR", "120")),
        "CLAMD": _clamd(os.environ.get("CLAMD", "").strip()),
        "PROXIES": int(os.environ.get("PROXIES", "0")),
        "TESTING": environment == "testing",
        # A form of 300 rows with 100 cells in each is under 2 MB; nothing larger is accepted anywhere.
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 1000,
        "SESSION_COOKIE_NAME": "__Host-session" if secure else "session",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": OWN_DEVICE_LIFE,
        "SESSION_REFRESH_EACH_REQUEST": False,
        "WTF_CSRF_TIME_LIMIT": None,  # the token dies with the session; a grid may stay open for hours
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "gradebook" / "translations"),
    }
    config.update(given)
    return config


def _sqlite_url(instance: Path) -> str:
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    return f"sqlite:///{instance / 'gradebook.sqlite3'}"


def _secret_key(environment: str, instance: Path) -> str:
    key = os.environ.get("SECRET_KEY", "")
    if environment == "production":
        if key.lower() in PLACEHOLDER_KEYS or len(key) < SHORTEST_KEY:
            raise ConfigurationError(
                "SECRET_KEY must be set to a random text of 32 characters or more; "
                "make one with: python -c 'import secrets; print(secrets.token_hex(32))'"
            )
        return key
    return key or _kept_key(instance / "secret-key")


def _kept_key(path: Path) -> str:
    """A random key of this installation, made once and readable by its owner alone."""
    try:
        return path.read_text()
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = secrets.token_hex(32)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # another process was quicker
            return path.read_text()
        with os.fdopen(descriptor, "w") as file:
            file.write(key)
        return key


def _clamd(address: str) -> str:
    if not re.fullmatch(r"|/.+|(\[[0-9a-fA-F:.]+\]|[^:/\s]+):\d{1,5}", address):
        raise ConfigurationError(f"CLAMD is {address!r}; it must be host:port, or the path of a socket from / on")
    return address


def _trusted_hosts(base_url: str) -> list[str]:
    named = os.environ.get("TRUSTED_HOSTS", "")
    hosts = [host.strip() for host in named.split(",") if host.strip()]
    own = base_url.split("://", 1)[-1].split("/", 1)[0].rsplit(":", 1)[0]
    return hosts or sorted({"localhost", "127.0.0.1", own})
