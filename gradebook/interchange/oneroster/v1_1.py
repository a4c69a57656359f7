"""OneRoster 1.1: one role for each person, in users.csv; end dates are commonly the last day."""

from gradebook.interchange.oneroster.reading import Reader
from gradebook.interchange.oneroster.records import Person
from gradebook.interchange.tables import Row


class Reader11(Reader):
    """Guardians are users whose keys stand in a student's agentSourcedIds."""

    version = "1.1"

    def person(self, row: Row) -> Person:
        person = super().person(row)
        word = row.needed("role")
        for org in row.listed("orgSourcedIds") or ("",):
            self.add_role(row, person.id, org, word)
        return person
