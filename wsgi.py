"""The application object for `gunicorn wsgi:app` and `flask`."""

from gradebook.app import create_app

app = create_app()
