"""Settings: safe or no start; every one documented."""

from pathlib import Path

import pytest

from gradebook.config import SETTINGS, ConfigurationError, load_config

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch, tmp_path):
    for setting in SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)
    monkeypatch.setenv("INSTANCE_DIR", str(tmp_path))


@pytest.mark.parametrize("key", ["", "dev", "secret", "changeme", "short but not listed"])
def test_production_does_not_start_with_a_default_or_short_key(monkeypatch, key):
    monkeypatch.setenv("GRADEBOOK_ENV", "production")
    monkeypatch.setenv("SECRET_KEY", key)
    with pytest.raises(ConfigurationError, match="SECRET_KEY"):
        load_config()


def test_production_starts_with_a_long_key(monkeypatch):
    monkeypatch.setenv("GRADEBOOK_ENV", "production")
    monkeypatch.setenv("SECRET_KEY", "0123456789abcdef0123456789abcdef")
    assert load_config()["SECRET_KEY"] == "0123456789abcdef0123456789abcdef"


def test_development_makes_a_key_of_its_own_and_keeps_it_to_its_owner(tmp_path):
    first, second = load_config(), load_config()
    assert len(first["SECRET_KEY"]) == 64
    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_an_unknown_environment_is_refused(monkeypatch):
    monkeypatch.setenv("GRADEBOOK_ENV", "staging")
    with pytest.raises(ConfigurationError, match="staging"):
        load_config()


def test_only_named_hosts_are_answered(monkeypatch):
    monkeypatch.setenv("BASE_URL", "https://grades.example.org")
    assert load_config()["TRUSTED_HOSTS"] == ["127.0.0.1", "grades.example.org", "localhost"]
    monkeypatch.setenv("TRUSTED_HOSTS", "a.example, b.example")
    assert load_config()["TRUSTED_HOSTS"] == ["a.example", "b.example"]


@pytest.mark.parametrize(
    ("address", "is_fine"),
    [("", True), ("127.0.0.1:3310", True), ("[::1]:3310", True), ("/run/clamav/clamd.ctl", True), ("clamd", False)],
)
def test_the_scanner_is_a_host_and_port_or_a_socket(monkeypatch, address, is_fine):
    monkeypatch.setenv("CLAMD", address)
    if is_fine:
        assert load_config()["CLAMD"] == address
    else:
        with pytest.raises(ConfigurationError, match="CLAMD"):
            load_config()


def test_every_setting_is_documented():
    text = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    assert [setting.name for setting in SETTINGS if f"`{setting.name}`" not in text] == []
