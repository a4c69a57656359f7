"""The language of the page: the person's, this browser's, what the browser asks for, in that order."""

import pytest

SIGN_IN = "/auth/sign-in"


def language_of(answer) -> tuple[str, str]:
    """lang and dir of a page."""
    start = answer.text.partition("<html lang=")[2].partition(">")[0].split('"')
    return start[1], start[3]


def test_a_browser_is_answered_in_the_language_that_it_asks_for(client):
    assert language_of(client.get(SIGN_IN)) == ("en", "ltr")
    assert language_of(client.get(SIGN_IN, headers={"Accept-Language": "es-MX,es;q=0.9"})) == ("es", "ltr")
    assert language_of(client.get(SIGN_IN, headers={"Accept-Language": "ar"})) == ("ar", "rtl")
    assert language_of(client.get(SIGN_IN, headers={"Accept-Language": "cy"})) == ("en", "ltr")


def test_a_visitor_chooses_at_the_foot_of_the_page_and_comes_back_to_it(client):
    page = client.get(f"{SIGN_IN}?next=/student/").text
    assert 'value="es" lang="es"' in page
    assert 'value="/auth/sign-in?next=/student/"' in page
    answer = client.post("/auth/language", data={"language": "es", "next": f"{SIGN_IN}?next=/student/"})
    assert answer.location == f"{SIGN_IN}?next=/student/"
    assert language_of(client.get(SIGN_IN)) == ("es", "ltr")


@pytest.mark.parametrize("language", ["", "tlh", "../../etc", "en;", "e" * 2000])
def test_no_other_word_is_taken_for_a_language(client, language):
    answer = client.post("/auth/language", data={"language": language, "next": "//elsewhere.example"})
    assert answer.location == "/"
    assert "Set-Cookie" not in answer.headers
    client.set_cookie("language", language)
    assert language_of(client.get(SIGN_IN)) == ("en", "ltr")


def test_who_has_signed_in_takes_the_language_along(school, sign_in):
    dana = sign_in(school.dana)
    dana.post("/auth/language", data={"language": "ar", "next": "/parent/"})
    assert language_of(sign_in(school.dana).get("/parent/")) == ("ar", "rtl")
    assert language_of(sign_in(school.maya).get("/student/")) == ("en", "ltr")
    dana.post("/auth/appearance", data={"language": "", "theme": ""})
    assert school.dana.locale is None


def test_staff_have_only_languages_in_which_their_pages_are_written(school, sign_in):
    rivera = sign_in(school.rivera)
    assert "العربية" not in rivera.get("/auth/appearance").text
    assert rivera.post("/auth/appearance", data={"language": "ar", "theme": ""}).status_code == 422
    school.rivera.locale = "ar"
    assert language_of(rivera.get("/teacher/")) == ("en", "ltr")
    assert rivera.post("/auth/appearance", data={"language": "es", "theme": ""}).status_code == 303
    assert language_of(rivera.get("/teacher/")) == ("es", "ltr")


def test_the_page_of_no_address_does_not_tell_the_address(client):
    assert "nowhere" not in client.get("/nowhere").text
