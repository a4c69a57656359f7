"""The page that searches one's own conversations."""

import re

import pytest


@pytest.fixture
def address(talk):
    return talk("dana", "maya", "algebra", *[("dana", f"Line {number} <b>Crème</b>") for number in range(1, 41)])


def test_the_words_are_marked_and_nothing_of_a_message_is_markup(sign_in, school, address):
    page = sign_in(school.rivera).get("/messages/search?q=creme").text
    assert page.count("<mark>Crème</mark>") == 20
    assert "&lt;b&gt;" in page
    assert "<b>Crème" not in page
    assert 'value="creme"' in page


def test_each_leads_to_its_place_in_the_conversation(sign_in, school, address):
    dana = sign_in(school.dana)
    link = re.search(r'href="([^"]+#m3)"', dana.get("/messages/search?q=line+3+creme&page=1").text)[1]
    assert link == f"{address}?before=28#m3"
    assert 'id="m3"' in dana.get(link).text
    newest = re.search(r'href="([^"]+#m40)"', dana.get("/messages/search?q=line").text)[1]
    assert newest == f"{address}#m40"


def test_more_than_a_page(sign_in, school, address):
    dana = sign_in(school.dana)
    first, second = (dana.get(f"/messages/search?q=creme&page={number}").text for number in (1, 2))
    assert ('rel="next"' in first, 'rel="prev"' in first) == (True, False)
    assert ('rel="next"' in second, 'rel="prev"' in second) == (False, True)
    assert dana.get("/messages/search?q=creme&page=0").status_code == 404


@pytest.mark.parametrize("query", ["", "***", "nothing", "x" * 3000, '"><script>'])
def test_nothing_found_is_said_in_words(sign_in, school, address, query):
    answer = sign_in(school.dana).get("/messages/search", query_string={"q": query})
    assert answer.status_code == 200
    assert "<mark>" not in answer.text
    assert "<script>" not in answer.text
    assert ("No message has these words" in answer.text) is (query not in ("", "***"))


def test_a_search_costs_as_much_for_many_as_for_one(sign_in, school, address, count_statements):
    dana = sign_in(school.dana)
    dana.get("/messages/search?q=line")
    counts = []
    for query in ("line", "line 40", "none"):
        with count_statements() as seen:
            dana.get(f"/messages/search?q={query}")
        counts.append(len(seen))
    assert counts == [counts[0]] * 3
    assert counts[0] <= 4


def test_the_list_has_the_box(sign_in, school, address):
    assert 'role="search"' in sign_in(school.dana).get("/messages/").text
    assert 'role="search"' not in sign_in(school.chris).get("/messages/").text
