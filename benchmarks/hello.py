"""The floor under every page: an application that says hello, under the same server settings."""

from flask import Flask

from gradebook.extensions import db

app = Flask(__name__, static_folder=None)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"  # gunicorn.conf.py lets go of the connections of every worker
db.init_app(app)


@app.get("/")
def hello() -> str:
    """Nothing but the answer."""
    return "hello"
