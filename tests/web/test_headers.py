"""What every answer carries: security headers, no caching of people's pages, compression."""

import gzip

import pytest

from gradebook.app import create_app
from gradebook.web.headers import CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("path", ["/auth/sign-in", "/no/such/page", "/healthz", "/teacher/", "/auth/sessions"])
def test_every_answer_carries_the_security_headers(client, school, path):
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Werkzeug" not in headers.get("Server", "")


def test_the_cookie_cannot_be_read_by_scripts_or_sent_from_elsewhere(client, school):
    answer = client.post("/auth/sign-in", data={"username": "rivera", "password": "seven purple lanterns swing"})
    for cookie in answer.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert len(cookie) < 4096


def test_under_https_cookies_are_secure_and_bound_to_the_host(app):
    settings = {name: app.config[name] for name in ("GRADEBOOK_ENV", "DATABASE_URL", "INSTANCE_DIR", "SECRET_KEY")}
    secure = create_app({**settings, "BASE_URL": "https://grades.example.org"})
    answer = secure.test_client().get("/auth/sign-in", base_url="https://grades.example.org")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_strange_host_is_refused(client, school):
    assert client.get("/auth/sign-in", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/auth/sign-in", headers={"Host": "localhost:5000"}).status_code == 200


def test_pages_are_compressed_for_browsers_that_can(client, school):
    plain = client.get("/auth/sign-in")
    packed = client.get("/auth/sign-in", headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert b"<h1>" in gzip.decompress(packed.data)


def test_a_huge_request_is_refused_in_words(client, school):
    answer = client.post("/auth/sign-in", data={"username": "x" * (3 * 1024 * 1024), "password": "y"})
    assert answer.status_code == 413
    assert "<h1>" in answer.text


def test_a_wrong_method_is_refused_and_says_which_are_right(client, school):
    answer = client.delete("/auth/sign-in")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
