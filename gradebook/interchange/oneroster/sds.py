"""Microsoft School Data Sync 2.1: like OneRoster 1.2, with names of its own and relationships.csv for guardians."""

from gradebook.interchange.oneroster.reading import Reader
from gradebook.interchange.oneroster.records import Roster
from gradebook.interchange.tables import Row


class ReaderSds(Reader):
    """Enrollments and roles have no keys of their own here; what they join is their key."""

    version = "SDS 2.1"
    group_org = "orgSourcedId"
    group_code = "code"
    group_sessions = "sessionSourcedIds"
    course_code = "code"
    demographics_key = "userSourcedId"

    def read(self) -> Roster:
        roster = super().read()
        for key, form in self._forms.items():
            if key in roster.people and not roster.people[key].form:
                roster.people[key] = roster.people[key]._replace(form=form)
        return roster

    def key_of(self, name: str, row: Row, key: str) -> str:
        if name == "enrollments":
            return f"{row.needed('classSourcedId')}/{row.needed('userSourcedId')}/{row.needed('role').lower()}"
        if name == "roles":
            return "/".join(row.text(part) for part in ("userSourcedId", "orgSourcedId", "role", "sessionSourcedId"))
        if name == "relationships":
            return "/".join(
                row.text(part) for part in ("userSourcedId", "relationshipUserSourcedId", "relationshipRole")
            )
        return super().key_of(name, row, key)

    def role(self, row: Row) -> None:
        user = row.needed("userSourcedId")
        self.add_role(
            row, user, row.text("orgSourcedId"), row.needed("role"),
            row.day("roleStartDate"), self.ends(row, "roleEndDate"),
        )  # fmt: skip
        self._forms.setdefault(user, row.text("grade", 40))

    def relationship(self, row: Row) -> None:
        one, other = row.needed("userSourcedId"), row.needed("relationshipUserSourcedId")
        word = row.needed("relationshipRole", 60)
        if word.lower() == "child":
            self.add_link(row, other, one, "parent")
        else:
            self.add_link(row, one, other, word)

    @property
    def _forms(self) -> dict[str, str]:
        return self.__dict__.setdefault("forms", {})
