"""Replacing a computed grade with a score or a letter, and taking that back (grading.md G14)."""

from datetime import datetime
from typing import Any

from sqlalchemy import exists, select

from gradebook.extensions import db
from gradebook.grading.overrides import Override
from gradebook.models import GradeOverride, Section
from gradebook.services import audit, periods
from gradebook.services.counters import next_number

LONGEST_REASON = 500


class OverrideMoved(Exception):
    """Someone else replaced the grade, or took that back, since this person saw it; nothing was written."""


def set_override(
    section: Section,
    student_id: int,
    override: Override,
    *,
    seen: int,
    actor_id: int,
    now: datetime,
    period_id: int | None = None,
) -> None:
    """Show this in place of the student's computed grade in the class, or in one of its grading periods.

    `seen` is the key of what stood in its place on the person's page, 0 for nothing. Raises OverrideMoved,
    PeriodClosed.
    """
    before = _held(section, student_id, period_id, seen)
    if before is not None:
        before.removed_by, before.removed_at = actor_id, now
        db.session.flush()  # there is one in force at a time
    db.session.add(
        GradeOverride(
            school_id=section.school_id,
            section_id=section.id,
            student_id=student_id,
            period_id=period_id,
            percent=override.percent,
            letter=override.letter,
            reason=override.reason[:LONGEST_REASON],
            set_by=actor_id,
            set_at=now,
        )
    )
    section.has_overrides = True
    db.session.flush()
    _note(
        "grade.overridden", section, student_id, period_id, now, actor_id, before=_facts(before), after=_facts(override)
    )


def remove_override(
    section: Section,
    student_id: int,
    *,
    seen: int,
    actor_id: int,
    now: datetime,
    period_id: int | None = None,
) -> None:
    """Show the computed grade again. Raises OverrideMoved, PeriodClosed."""
    before = _held(section, student_id, period_id, seen)
    if before is None:
        raise OverrideMoved
    before.removed_by, before.removed_at = actor_id, now
    db.session.flush()
    left = exists().where(GradeOverride.section_id == section.id, GradeOverride.removed_at.is_(None))
    section.has_overrides = bool(db.session.scalar(select(left)))
    _note("grade.override_removed", section, student_id, period_id, now, actor_id, before=_facts(before), after=None)


def _held(section: Section, student_id: int, period_id: int | None, seen: int) -> GradeOverride | None:
    """What is in force now that the class is locked, if it is what the person saw."""
    next_number(section)
    periods.require_open(section, [period_id])
    found = db.session.scalar(
        select(GradeOverride).where(
            GradeOverride.section_id == section.id,
            GradeOverride.student_id == student_id,
            GradeOverride.period_id == period_id if period_id else GradeOverride.period_id.is_(None),
            GradeOverride.removed_at.is_(None),
        )
    )
    if (found.id if found else 0) != seen:
        raise OverrideMoved
    return found


def _facts(override: Override | GradeOverride | None) -> dict[str, Any] | None:
    if override is None:
        return None
    percent = None if override.percent is None else f"{override.percent:.2f}"
    return {"percent": percent, "letter": override.letter, "reason": override.reason}


def _note(
    act: str, section: Section, student_id: int, period_id: int | None, now: datetime, actor_id: int, **facts: Any
) -> None:
    audit.record(
        act, now, school_id=section.school_id, actor_id=actor_id, person_id=student_id, section_id=section.id,
        period_id=period_id, **facts,
    )  # fmt: skip
