"""How a teacher has arranged the grid of a class: which columns stand in it, and in which order.

It is one person's own and changes nothing for anybody else: no grade, no export, not the class's own order, by which
of two equal pieces the earlier one is kept when one is dropped (docs/decisions/0023).
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError

from gradebook.extensions import db
from gradebook.models import GridView, Section
from gradebook.services.grades import Column


class Arrangement(NamedTuple):
    """What a view says, for whoever only reads it."""

    hidden: frozenset[int] = frozenset()
    """Keys of the assignments that are left out."""
    arranged: tuple[int, ...] = ()
    """Keys of assignments in the order chosen."""
    shows_percent: bool = False

    @classmethod
    def of(cls, view: GridView | None) -> "Arrangement":
        """What this row says; without one everything is shown as it comes."""
        return cls() if view is None else cls(frozenset(view.hidden), tuple(view.arranged), view.shows_percent)

    def in_order(self, columns: Iterable[Column]) -> list[Column]:
        """Columns that come category by category, each category's in the order chosen; the rest of it behind."""
        some = list(columns)
        if not self.arranged:
            return some
        categories = {key: place for place, key in enumerate(dict.fromkeys(one.category_id for one in some))}
        places = {key: place for place, key in enumerate(self.arranged)}
        last = len(places)
        return sorted(some, key=lambda one: (categories[one.category_id], places.get(one.id, last)))

    def shown(self, columns: Iterable[Column]) -> list[Column]:
        """Those that stand in the grid, in order."""
        return [column for column in self.in_order(columns) if column.id not in self.hidden]


AS_IT_COMES = Arrangement()


def arrangement_of(section: Section, user_id: int) -> Arrangement:
    """How this person looks at the class; one statement."""
    return Arrangement.of(db.session.get(GridView, (user_id, section.id)))


def choose_columns(section: Section, user_id: int, *, hidden: Collection[int], shows_percent: bool) -> None:
    """These columns are left out, all others are shown."""
    view = _view(section, user_id)
    view.hidden, view.shows_percent = sorted(hidden), shows_percent


def hide_column(section: Section, user_id: int, key: int) -> None:
    """One column more is left out."""
    view = _view(section, user_id)
    view.hidden = sorted({*view.hidden, key})


def show_column(section: Section, user_id: int, key: int) -> None:
    """A column that was left out stands in the grid again."""
    view = _view(section, user_id)
    view.hidden = [one for one in view.hidden if one != key]


def show_all(section: Section, user_id: int) -> None:
    """Nothing is left out any more."""
    _view(section, user_id).hidden = []


def move_column(section: Section, user_id: int, columns: Iterable[Column], one: Column, past: Column) -> None:
    """A column goes to the other side of another one of its category; `columns` are all of the class."""
    view = _view(section, user_id)
    keys = [column.id for column in Arrangement.of(view).in_order(columns)]
    goes_right = keys.index(one.id) < keys.index(past.id)
    keys.remove(one.id)
    keys.insert(keys.index(past.id) + goes_right, one.id)
    view.arranged = keys


def usual_order(section: Section, user_id: int) -> None:
    """The columns stand in the class's order again."""
    _view(section, user_id).arranged = []


def _view(section: Section, user_id: int) -> GridView:
    """The row of this person and class, made where there is none; somebody may make it in another window."""
    key = (user_id, section.id)
    view = db.session.get(GridView, key, with_for_update=True)
    if view is None:
        try:
            with db.session.begin_nested():
                view = GridView(
                    user_id=user_id, section_id=section.id, school_id=section.school_id, hidden=[], arranged=[]
                )
                db.session.add(view)
        except IntegrityError:
            view = db.session.get_one(GridView, key, with_for_update=True)
    return view
