"""The application object for `gunicorn wsgi:app` and `flask`."""

import os

from gradebook.app import create_app

app = create_app(commands="FLASK_RUN_FROM_CLI" in os.environ)
