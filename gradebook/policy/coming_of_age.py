"""When the rights of guardians pass to the student, and what that does to a link: decision 0040.

The rule: 34 CFR 99.5 (a), rights pass to a student of 18; 99.31 (a)(8) and 99.30 let guardians go on seeing the record
of a dependent, or with the student's consent.
"""

from dataclasses import dataclass
from datetime import MAXYEAR, date

from gradebook.models import Guardianship


def day_of_age(birth_date: date | None, age: int | None) -> date | None:
    """The birthday on which someone born that day is of age; None where one of the two is not known.

    Who was born on 29 February is of age on 1 March of a year without that day, never a day too early.
    """
    if birth_date is None or age is None or birth_date.year + age > MAXYEAR:
        return None
    try:
        return birth_date.replace(year=birth_date.year + age)
    except ValueError:
        return date(birth_date.year + age, 3, 1)


def rights_pass_on(recorded: date | None, birth_date: date | None, age: int | None) -> date | None:
    """The student's first day with the rights: as the office recorded it, else the birthday at the school's age."""
    return recorded or day_of_age(birth_date, age)


@dataclass(frozen=True)
class Ends:
    """The three days of a link that belong together."""

    ends_on: date | None
    rights_pass_on: date | None = None
    ends_on_otherwise: date | None = None


def ends_of(link: Guardianship) -> Ends:
    """As they are stored."""
    return Ends(link.ends_on, link.rights_pass_on, link.ends_on_otherwise)


def ends_by(link: Guardianship, of_age_on: date | None, today: date) -> Ends:
    """When the link ends, with a student who is of age from a day on: the sooner of its own end and that day."""
    own, end = link.own_ends_on, _end_by_age(link, of_age_on, today)
    if end is None or (own is not None and own <= end):
        return Ends(own)
    return Ends(end, end, own)


def _end_by_age(link: Guardianship, of_age_on: date | None, today: date) -> date | None:
    if of_age_on is None or (link.basis is not None and link.basis_ends_on is None):
        return None
    end = max(of_age_on, link.basis_ends_on or of_age_on)
    return max(_not_rewritten(link, end, today), link.begins_on)


def _not_rewritten(link: Guardianship, end: date, today: date) -> date:
    """A right that was used until today is not said to have ended before; what is over keeps the day it ended on."""
    if end > today:
        return end
    if link.ends_on is not None and link.ends_on <= today:
        return link.ends_on
    return today if link.begins_on <= today else end
