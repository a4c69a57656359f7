"""The pages of one class as families see them: for themselves, and for a teacher who looks at what they see.

Both come from here, so that a teacher is shown what families are shown and nothing else.
"""

from typing import Any

from flask import render_template

from gradebook.policy.person import Person
from gradebook.services import family, outcomes
from gradebook.services.planning import Plan
from gradebook.web.charts import TrendChart, trend_chart
from gradebook.web.plan_words import goal_words, problems_of, score_words

ALONE = family.Neighbours(None, None)
"""A class without the child's others beside it."""


def class_of_student(person: Person, section_id: str, /, **frame: Any) -> str:
    """S2: the grade with its working, and all work; or the levels of a class that grades outcomes. Raises NotFound.

    frame: what the layout around it needs, where that is not the family's own.
    """
    return page_of_student(person, family.class_of_student(person, section_id), **frame)


def page_of_student(person: Person, found: family.FamilyClass, /, *, plan: Plan | None = None, **frame: Any) -> str:
    """The same for a class that is found. plan: what the student plans ahead, which nobody else is shown."""
    if found.section.grades_outcomes:
        rated = outcomes.outcomes_for_family(found.section, person.id, person.now)
        return render_template("student/outcomes.html", family_class=found, rated=rated, **frame)
    problems = problems_of(plan)
    return render_template(
        "student/section.html",
        family_class=found,
        chart=_chart(found),
        plan=plan,
        problems=problems,
        has_errors=bool(problems),
        score_words=score_words,
        goal_words=goal_words,
        **frame,
    )


def _chart(found: family.FamilyClass) -> TrendChart | None:
    return trend_chart(found.trend) if found.trend else None


def class_of_child(person: Person, student_id: str, section_id: str, /, *, alone: bool = False, **frame: Any) -> str:
    """P2: one class of one child. Raises NotFound.

    alone: without the way to messages and to the child's other classes.
    """
    child, family_class = family.class_of_child(person, student_id, section_id)
    section, rated = family_class.section, None
    if section.grades_outcomes:
        rated = outcomes.outcomes_for_family(section, child.id, person.now)
    return render_template(
        "parent/outcomes.html" if rated else "parent/section.html",
        child=child,
        family_class=family_class,
        rated=rated,
        chart=None if rated else _chart(family_class),
        neighbours=ALONE if alone else child.neighbours(section),
        teacher=None if alone else family.teacher_to_write_to(person, child, family_class),
        to_confirm=child.to_confirm.get(section.id, 0),
        **frame,
    )
