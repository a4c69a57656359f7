"""The application object for `gunicorn wsgi:app` and `flask`."""

import os

from gradebook.app import create_app
from gradebook.database_roles import require_narrow_role

is_command = "FLASK_RUN_FROM_CLI" in os.environ
app = create_app(commands=is_command)
if not is_command:
    require_narrow_role(app)
