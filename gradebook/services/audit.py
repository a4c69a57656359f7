"""Writing down what was done."""

from datetime import datetime
from typing import Any

from gradebook.extensions import db
from gradebook.models import AuditEntry

ACTS = (
    "account.deactivated",
    "account.held_up",
    "account.identity_seen",
    "account.password_changed",
    "account.reactivated",
    "account.signed_in",
    "account.signed_out",
    "account.signed_out_everywhere",
    "announcement.cancelled",
    "announcement.recalled",
    "announcement.scheduled",
    "announcement.sent",
    "announcement.stopped",
    "approval.approved",
    "approval.asked",
    "approval.refused",
    "approval.withdrawn",
    "assignment.changed",
    "assignment.created",
    "assignment.deleted",
    "assignment.restored",
    "enrollment.created",
    "enrollment.changed",
    "grade.override_removed",
    "grade.overridden",
    "guardianship.created",
    "guardianship.changed",
    "guardianship.ends_with_age",
    "guardianship.goes_on",
    "hold.lifted",
    "hold.placed",
    "invitation.issued",
    "invitation.accepted",
    "mastery_scale.changed",
    "messages.file_stopped",
    "messages.joint_opened",
    "messages.let_go_on",
    "messages.stopped",
    "messages.writing_closed",
    "messages.writing_opened",
    "oversight.duty_changed",
    "outcome.changed",
    "outcomes.aligned",
    "outcomes.changed",
    "outcomes.rules_changed",
    "person.created",
    "person.changed",
    "person.of_age_recorded",
    "record.fetched",
    "report.made",
    "report.read",
    "report.settled",
    "report.taken",
    "restriction.created",
    "restriction.changed",
    "review.closed",
    "review.ended",
    "review.file_read",
    "review.held",
    "review.noted",
    "review.opened",
    "review.read",
    "review.said",
    "retention.changed",
    "retention.deleted",
    "role.created",
    "role.changed",
    "roster.imported",
    "rules.changed",
    "school.age_of_majority_changed",
    "school.days_off_changed",
    "school.past_conversations_changed",
    "school.score_questions_changed",
    "school.teachers_step_changed",
    "scale.changed",
    "scale.created",
    "scale.letters_moved",
    "scale.retired",
    "scale.returned",
    "scores.hidden",
    "scores.imported",
    "scores.posted",
    "second_step.app_changed",
    "second_step.codes_made",
    "second_step.recovery_code_used",
    "second_step.reset",
    "second_step.set_up",
    "second_step.turned_off",
    "section.created",
    "section.changed",
    "section.successor_named",
    "session.changed",
    "session.closed",
    "session.created",
    "session.reopened",
    "set_up.copied",
)


def record(
    act: str,
    now: datetime,
    *,
    school_id: int | None,
    actor_id: int | None,
    person_id: int | None = None,
    section_id: int | None = None,
    **facts: Any,
) -> None:
    """Add an entry: plain values only, never a secret or message text. Raises ValueError for an unknown act."""
    db.session.add(
        entry(act, now, school_id=school_id, actor_id=actor_id, person_id=person_id, section_id=section_id, **facts)
    )


def entry(
    act: str,
    now: datetime,
    *,
    school_id: int | None,
    actor_id: int | None,
    person_id: int | None = None,
    section_id: int | None = None,
    **facts: Any,
) -> AuditEntry:
    """The same, for who adds many at once."""
    if act not in ACTS:
        raise ValueError(f"unknown act {act!r}")
    if section_id is not None:
        facts["section_id"] = section_id  # the facts are complete by themselves; the column finds them
    return AuditEntry(
        school_id=school_id,
        at=now,
        actor_id=actor_id,
        act=act,
        person_id=person_id,
        section_id=section_id,
        facts=facts,
    )
