"""Which conversation about a child is meant: a guardian, or two together, and a class."""

from typing import Any

from flask_babel import gettext as _

from gradebook.models import School, Section, User
from gradebook.services import record_exports

TOGETHER = "together-"
"""Before the keys of two guardians who share a conversation."""


def guardian_choices(student: User, school: School) -> list[tuple[str, str]]:
    """Everyone who was ever recorded as a guardian of the child, each alone and any two together."""
    guardians = record_exports.guardians_for(student, school)
    pairs = [(each.public_id, each.display_name) for each in guardians]
    for number, first in enumerate(guardians):
        for second in guardians[number + 1 :]:
            words = _("%(first)s and %(second)s together", first=first.display_name, second=second.display_name)
            pairs.append((f"{TOGETHER}{first.public_id}-{second.public_id}", words))
    return pairs


def section_choices(student: User, school: School) -> list[tuple[str, str]]:
    """The classes in which the child is or was."""
    return [(each.public_id, each.title) for each in record_exports.classes_for(student, school)]


def chosen(form: Any, student: User, school: School) -> tuple[Section, tuple[int, ...]]:
    """The class and the keys of the guardians, of a form whose `guardian` and `section` were chosen from these."""
    section = next(each for each in record_exports.classes_for(student, school) if each.public_id == form.section.data)
    keys = {each.public_id: each.id for each in record_exports.guardians_for(student, school)}
    return section, tuple(keys[name] for name in form.guardian.data.removeprefix(TOGETHER).split("-"))
