"""OneRoster 1.2: roles.csv says who is what where, and since when; end dates are the day after."""

from gradebook.interchange.oneroster.reading import Reader
from gradebook.interchange.tables import Row


class Reader12(Reader):
    """As 1.1, but for roles.csv."""

    version = "1.2"
    last_day_included = False

    def role(self, row: Row) -> None:
        self.add_role(
            row, row.needed("userSourcedId"), row.text("orgSourcedId"), row.needed("role"),
            row.day("beginDate"), self.ends(row),
        )  # fmt: skip
