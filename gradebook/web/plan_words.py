"""What is wrong with a pretend score or a goal, in words for students."""

from decimal import Decimal

from flask_babel import gettext as _

from gradebook.grading.typed import ScoreError
from gradebook.services.planning import Plan


def problems_of(plan: Plan | None) -> list[tuple[str, str]]:
    """(the place of the field, what is wrong) of everything that could not be read."""
    if plan is None or not plan.has_errors:
        return []
    found = [
        (
            f"#p-{one.piece.column.public_id}",
            _("%(title)s: %(problem)s", title=one.piece.title, problem=score_words(one.error)),
        )
        for one in plan.typed
        if one.error
    ]
    wrong = goal_words(plan.goal)
    return [*found, *([("#goal", wrong)] if wrong else [])]


def score_words(error: ScoreError) -> str:
    """Why a text is not a score that can be pretended."""
    return _words(error) or _('"%(typed)s" is not a score. Type a number, like 17 or 85%%', **error.params)


def goal_words(goal: Decimal | ScoreError | None) -> str | None:
    """Why a text is not a grade to be reached; None where nothing is wrong with it."""
    if not isinstance(goal, ScoreError):
        return None
    if goal.code == "other_total":
        return _('"%(typed)s" is not a grade. Type a percentage, like 85', **goal.params)
    return _words(goal) or _('"%(typed)s" is not a grade. Type a percentage, like 85', **goal.params)


def _words(error: ScoreError) -> str | None:
    facts = error.params
    match error.code:
        case "too_long":
            return _("Use no more than %(longest)s characters", **facts)
        case "too_many_decimals":
            return _("Use no more than 2 decimal places")
        case "negative":
            return _("Type 0 or more")
        case "too_large":
            return _("%(typed)s is too large", **facts)
        case "needs_confirmation":
            return _("It is out of %(possible)s. %(typed)s is more than half above that", **facts)
        case "other_total":
            return _("It is out of %(possible)s", **facts)
    return None
