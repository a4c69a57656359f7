"""How often each page asks the database: within its bound, and no more often for many rows than for few."""

import pytest

from benchmarks.goals import GOALS
from tests.performance.conftest import NOT_MADE_YET, asked

BOUNDS = {goal.case: goal.statements for goal in GOALS if "×" not in goal.case and goal.case not in NOT_MADE_YET}
IN_BATCHES = {"paste"}  # PostgreSQL's driver writes a thousand rows at a time

pytestmark = pytest.mark.usefixtures("clock")  # nobody's session is a minute old, which would be noted


@pytest.mark.parametrize("key", sorted(BOUNDS))
def test_a_page_keeps_its_bound(many, key):
    seen = asked(many, key)
    assert len(seen) == len(BOUNDS[key])
    for statements, bound in zip(seen, BOUNDS[key], strict=True):
        assert not bound or len(statements) <= bound, "\n\n".join(statements)


@pytest.mark.parametrize("key", sorted(BOUNDS.keys() - IN_BATCHES))
def test_a_page_asks_as_often_for_many_rows_as_for_few(few, many, key):
    small, large = asked(few, key), asked(many, key)
    assert [len(statements) for statements in large] == [len(statements) for statements in small]
