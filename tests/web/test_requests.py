"""What a request says about itself ends with it."""

from flask.testing import FlaskClient

from gradebook.database import will_write


def test_who_has_read_a_page_may_write_afterwards(app, monkeypatch):
    seen = []

    def page():
        seen.append(will_write.get())
        return "a page"

    monkeypatch.setitem(app.view_functions, "auth.forgot", page)
    reader = FlaskClient(app, app.response_class)  # in the context of the test, as in the thread of a server
    assert reader.get("/auth/forgot").text == "a page"
    assert seen == [False]
    assert will_write.get() is True
