"""The Flask extensions, created unbound; app.py binds them."""

from flask_babel import Babel
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from gradebook.database import Base

db = SQLAlchemy(metadata=Base.metadata)  # the models inherit from Base alone; db gives the session and the engine
login_manager = LoginManager()
csrf = CSRFProtect()
babel = Babel()
