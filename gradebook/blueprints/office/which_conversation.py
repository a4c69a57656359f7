"""Which conversation about a child is meant: a guardian, or two together, and a class or the office."""

from typing import Any

from flask_babel import gettext as _

from gradebook.models import School, Section, User
from gradebook.services import record_exports
from gradebook.web.office_words import place_words

TOGETHER = "together-"
"""Before the keys of two guardians who share a conversation."""
OFFICE = "office"
"""In the place of a class's public id, which is longer."""


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
    """The classes in which the child is or was, and the office."""
    classes = [(each.public_id, each.title) for each in record_exports.classes_for(student, school)]
    return [*classes, (OFFICE, place_words(None))]


def chosen(form: Any, student: User, school: School) -> tuple[Section | School, tuple[int, ...]]:
    """The class, or the school for its office, and the keys of the guardians, of a form whose `guardian` and `section`
    were chosen from these."""
    at = _class_or_school(form.section.data, student, school)
    keys = {each.public_id: each.id for each in record_exports.guardians_for(student, school)}
    return at, tuple(keys[name] for name in form.guardian.data.removeprefix(TOGETHER).split("-"))


def _class_or_school(key: str, student: User, school: School) -> Section | School:
    if key == OFFICE:
        return school
    return next(each for each in record_exports.classes_for(student, school) if each.public_id == key)
