"""The floor under every page: an application that says hello, under the same server settings."""

from flask import Flask

from gradebook import live
from gradebook.extensions import db

app = Flask(__name__, static_folder=None)
app.config |= {"SQLALCHEMY_DATABASE_URI": "sqlite://", "DATABASE_URL": "sqlite://", "LISTEN_URL": None, "STREAMS": 0}
db.init_app(app)  # gunicorn.conf.py lets go of the connections of every worker ...
live.init_app(app)  # ... and tells its streams when it stops


@app.get("/")
def hello() -> str:
    """Nothing but the answer."""
    return "hello"
