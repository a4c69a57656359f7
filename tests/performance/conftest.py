"""Two schools for the whole run, on each database: the benchmarks' own, one tiny and one of fifty classes."""

from collections.abc import Iterator

import pytest

from benchmarks.inside import Inside
from benchmarks.loading import load
from benchmarks.pages import School
from benchmarks.run import PAGES
from benchmarks.workload import Workload
from gradebook.database_roles import owner_engine
from gradebook.services import grades
from tests.conftest import World
from tests.school import TODAY, password_hash


def _school(world: World, sections: int, students: int, assignments: int) -> Iterator[School]:
    """The people measured sit at the last place of the first form."""
    workload = Workload(TODAY, password_hash(), sections=sections, students=students, assignments=assignments)
    with world.app_of_its_own() as app:
        with app.app_context(), owner_engine().begin() as connection:
            load(connection, workload)
        yield School(app, workload, lambda: Inside(app), form=0, place=students - 1)


@pytest.fixture(scope="session")
def few(world: World) -> Iterator[School]:
    """Five classes of 3 × 2; a family with one child."""
    yield from _school(world, 5, 3, 2)


@pytest.fixture(scope="session")
def many(world: World) -> Iterator[School]:
    """Fifty classes of 30 × 40; a family with two children."""
    yield from _school(world, 50, 30, 40)


# The pages that the benchmarks know and the application has not yet, with their endpoints. test_plans.py says when one
# of them is there: then it goes from here, and is counted and explained like the others.
NOT_MADE_YET: dict[str, str] = {}


def asked(school: School, key: str) -> list[list[str]]:
    """The statements of each request of a page, once everyone has signed in, from a process that remembers nothing.

    Scores have changed since the family looked, whatever other tests have saved: what was before is asked for too.
    """
    PAGES[key][0](school)
    PAGES["fill a column"][0](school)
    grades.forget_parts()
    return [answer.statements for answer in PAGES[key][0](school)]
