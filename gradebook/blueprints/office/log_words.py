"""The audit log in sentences: every act has one, and belongs to one kind."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from gradebook.blueprints.office.approval_words import kind_words
from gradebook.blueprints.office.common import BASES, DUTIES, POSITIONS, ROLES
from gradebook.models import AccessBasis, AttemptKind, AuditEntry, Duty, Position, RoleKind
from gradebook.services.audit_log import Names
from gradebook.web.filters import day as day_words
from gradebook.web.record_classes import class_words

KINDS = {
    "people": _l("People and guardians"),
    "access": _l("Sign-in and accounts"),
    "classes": _l("Classes and terms"),
    "grades": _l("Scores and grades"),
    "messages": _l("Messages"),
    "oversight": _l("Message oversight"),
    "approvals": _l("Second person"),
    "files": _l("Imports"),
    "school": _l("Settings of the school"),
}

# Act -> (kind, sentence). Names in it: who, person, other (the adult beside them), section, source, title.
SENTENCES: dict[str, tuple[str, Any]] = {
    "account.deactivated": ("access", _l("%(who)s locked the account of %(person)s")),
    "account.held_up": ("access", _l("Too many wrong passwords for %(person)s: nobody can try for 5 minutes")),
    "account.held_up.step": ("access", _l("Too many wrong codes for %(person)s: nobody can try for a while")),
    "account.identity_seen": ("access", _l("%(who)s noted that the office has seen who %(person)s is")),
    "account.identity_not_seen": ("access", _l("%(who)s took back that the office has seen who %(person)s is")),
    "account.password_changed": ("access", _l("%(who)s chose a new password for %(person)s")),
    "account.own_password_changed": ("access", _l("%(who)s chose a new password")),
    "account.reactivated": ("access", _l("%(who)s unlocked the account of %(person)s")),
    "account.signed_in": ("access", _l("%(who)s signed in: %(device)s")),
    "account.signed_in.new": ("access", _l("%(who)s signed in on a new device: %(device)s")),
    "account.signed_out": ("access", _l("%(who)s signed out on another device")),
    "account.signed_out_everywhere": ("access", _l("%(who)s signed out on all other devices")),
    "announcement.cancelled": ("messages", _l("%(who)s cancelled an announcement before it was sent")),
    "announcement.recalled": ("messages", _l("%(who)s took back an announcement within a minute")),
    "announcement.scheduled": ("messages", _l("%(who)s planned an announcement to the families of %(section)s")),
    "announcement.scheduled to school": ("messages", _l("%(who)s planned an announcement to the whole school")),
    "announcement.sent": (
        "messages",
        _l("%(who)s sent an announcement to the families of %(section)s: %(guardians)s in all"),
    ),
    "announcement.sent to school": ("messages", _l("%(who)s sent an announcement to the whole school: %(guardians)s")),
    "announcement.stopped": (
        "messages",
        _l("A planned announcement was not sent: its author could not announce any more, or nobody could get it"),
    ),
    "approval.approved": ("approvals", _l("%(who)s agreed, as the second person: %(approval)s")),
    "approval.asked": ("approvals", _l("%(who)s asked a second person to agree: %(approval)s")),
    "approval.refused": ("approvals", _l("%(who)s refused, as the second person: %(approval)s (“%(reason)s”)")),
    "approval.withdrawn": ("approvals", _l("%(who)s no longer asked a second person to agree: %(approval)s")),
    "assignment.changed": ("grades", _l("%(who)s changed the assignment %(title)s in %(section)s")),
    "assignment.created": ("grades", _l("%(who)s added the assignment %(title)s to %(section)s")),
    "assignment.deleted": ("grades", _l("%(who)s deleted the assignment %(title)s in %(section)s")),
    "assignment.restored": ("grades", _l("%(who)s brought back the assignment %(title)s in %(section)s")),
    "enrollment.changed": ("classes", _l("%(who)s changed the place of %(person)s in %(section)s: %(place)s")),
    "enrollment.created": ("classes", _l("%(who)s put %(person)s into %(section)s: %(place)s")),
    "grade.overridden": ("grades", _l("%(who)s set the grade of %(person)s in %(section)s by hand")),
    "grade.override_removed": ("grades", _l("%(who)s took back the grade of %(person)s set by hand in %(section)s")),
    "guardianship.changed": ("people", _l("%(who)s changed what %(other)s may do as a guardian of %(person)s")),
    "guardianship.basis_recorded": (
        "people",
        _l("%(who)s recorded why %(other)s keeps the rights when %(person)s is of age: %(basis)s"),
    ),
    "guardianship.basis_removed": (
        "people",
        _l("%(who)s took back why %(other)s would keep the rights when %(person)s is of age"),
    ),
    "guardianship.ends_with_age": (
        "people",
        _l("%(who)s let the link of %(other)s to %(person)s end with coming of age: %(day)s"),
    ),
    "guardianship.goes_on": (
        "people",
        _l("%(who)s let the link of %(other)s to %(person)s no longer end with coming of age"),
    ),
    "guardianship.created": ("people", _l("%(who)s made %(other)s a guardian of %(person)s")),
    "hold.lifted": ("messages", _l("%(who)s lifted a hold: conversations of %(person)s can be deleted in time again")),
    "hold.placed": (
        "messages",
        _l("%(who)s placed a hold: nothing of %(person)s’s conversations is deleted (“%(reason)s”)"),
    ),
    "invitation.accepted": ("access", _l("%(who)s used a sign-in slip to choose a password")),
    "invitation.issued": ("access", _l("%(who)s made a sign-in slip for %(person)s")),
    "mastery_scale.changed": ("grades", _l("%(who)s changed a mastery scale of the school")),
    "messages.file_stopped": (
        "messages",
        _l("A file that %(person)s sent with a message was stopped: the scanner found %(finding)s"),
    ),
    "messages.joint_opened": ("messages", _l("%(who)s opened a joint conversation about %(person)s in %(section)s")),
    "messages.let_go_on": ("messages", _l("%(who)s let everyone write messages again")),
    "messages.let_go_on.guardians": ("messages", _l("%(who)s let guardians write messages again")),
    "messages.let_go_on.links": ("messages", _l("%(who)s let addresses be sent in messages again")),
    "messages.let_go_on.teachers": ("messages", _l("%(who)s let teachers write messages again")),
    "messages.stopped": ("messages", _l("%(who)s stopped all messages: “%(reason)s”")),
    "messages.stopped.guardians": ("messages", _l("%(who)s stopped the messages of guardians: “%(reason)s”")),
    "messages.stopped.links": ("messages", _l("%(who)s stopped addresses in messages: “%(reason)s”")),
    "messages.stopped.teachers": ("messages", _l("%(who)s stopped the messages of teachers: “%(reason)s”")),
    "messages.writing_closed": ("messages", _l("%(who)s closed the writing of messages for %(person)s")),
    "messages.writing_opened": ("messages", _l("%(who)s let %(person)s write messages again")),
    "outcome.changed": ("grades", _l("%(who)s changed an outcome of the school")),
    "outcomes.aligned": ("grades", _l("%(who)s changed the outcomes of the assignment %(title)s in %(section)s")),
    "outcomes.changed": ("grades", _l("%(who)s changed the outcomes of %(section)s")),
    "outcomes.rules_changed": ("grades", _l("%(who)s changed how outcomes are worked out in %(section)s")),
    "oversight.duty_changed": ("oversight", _l("%(who)s changed what %(person)s does in message oversight: %(duty)s")),
    "person.changed": ("people", _l("%(who)s changed the details of %(person)s")),
    "person.of_age_recorded": ("people", _l("%(who)s recorded that %(person)s is of age from %(day)s")),
    "person.of_age_recorded.none": (
        "people",
        _l("%(who)s took back the day from which %(person)s is of age: the date of birth says it again"),
    ),
    "person.created": ("people", _l("%(who)s added %(person)s to the school")),
    "record.fetched": ("messages", _l("%(who)s fetched the record of a conversation about %(person)s in %(section)s")),
    "report.made": ("oversight", _l("%(who)s reported a message about %(person)s in %(section)s")),
    "report.read": ("oversight", _l("%(who)s read a reported message about %(person)s in %(section)s")),
    "report.settled": ("oversight", _l("%(who)s settled the report of a message about %(person)s in %(section)s")),
    "report.taken": ("oversight", _l("%(who)s began to look at a reported message about %(person)s in %(section)s")),
    "restriction.changed": ("people", _l("%(who)s changed an order about %(other)s and %(person)s")),
    "restriction.confirmed": ("people", _l("%(who)s confirmed an order about %(other)s and %(person)s")),
    "restriction.created": ("people", _l("%(who)s wrote down an order about %(other)s and %(person)s")),
    "restriction.lift asked": ("people", _l("%(who)s asked to lift an order about %(other)s and %(person)s")),
    "restriction.lift turned down": ("people", _l("%(who)s kept an order about %(other)s and %(person)s")),
    "restriction.lifted": ("people", _l("%(who)s lifted an order about %(other)s and %(person)s")),
    "review.closed": ("oversight", _l("%(who)s closed a review of conversations about %(person)s")),
    "review.ended": ("oversight", _l("A review of conversations about %(person)s ended: its time was over")),
    "review.file_read": ("oversight", _l("%(who)s opened a file of a conversation about %(person)s in %(section)s")),
    "review.held": ("oversight", _l("%(who)s agreed that a review about %(person)s is not told of yet")),
    "review.noted": ("oversight", _l("%(who)s wrote a note to a review of conversations about %(person)s")),
    "review.opened": ("oversight", _l("%(who)s opened a review of conversations about %(person)s")),
    "review.read": ("oversight", _l("%(who)s read a conversation about %(person)s in %(section)s")),
    "review.said": (
        "oversight",
        _l("A conversation about %(person)s in %(section)s was told that the office has read it"),
    ),
    "retention.changed": ("school", _l("%(who)s changed how long %(record_class)s are kept")),
    "retention.deleted": ("messages", _l("%(who)s deleted what need not be kept any more: %(record_class)s")),
    "role.changed": ("people", _l("%(who)s changed since when or until when %(person)s has the role %(role)s")),
    "role.created": ("people", _l("%(who)s gave %(person)s the role %(role)s")),
    "roster.imported": ("files", _l("%(who)s imported the roster %(title)s")),
    "rules.changed": ("grades", _l("%(who)s changed how grades are worked out in %(section)s")),
    "scale.changed": ("grades", _l("%(who)s changed the grading scale %(scale)s")),
    "scale.created": ("grades", _l("%(who)s added the grading scale %(scale)s")),
    "scale.letters_moved": ("grades", _l("%(who)s changed the scale %(scale)s, and letters moved in %(section)s")),
    "scale.retired": ("grades", _l("%(who)s retired the grading scale %(scale)s")),
    "scale.returned": ("grades", _l("%(who)s brought back the grading scale %(scale)s")),
    "school.age_of_majority_changed": ("school", _l("%(who)s changed the age at which students come of age")),
    "school.days_off_changed": ("school", _l("%(who)s changed the days without lessons")),
    "school.past_conversations_changed": ("school", _l("%(who)s changed who sees earlier conversations")),
    "school.score_questions_changed": ("school", _l("%(who)s changed whether students can ask about a score")),
    "school.teachers_step_changed": ("school", _l("%(who)s changed whether teachers need a second step at sign-in")),
    "scores.hidden": ("grades", _l("%(who)s hid the scores of %(title)s in %(section)s")),
    "scores.imported": ("files", _l("%(who)s imported scores into %(section)s from %(title)s")),
    "scores.posted": ("grades", _l("%(who)s posted the scores of %(title)s in %(section)s")),
    "second_step.app_changed": ("access", _l("%(who)s put a new authenticator app into use")),
    "second_step.codes_made": ("access", _l("%(who)s made new recovery codes")),
    "second_step.recovery_code_used": ("access", _l("%(who)s used a recovery code")),
    "second_step.reset": ("access", _l("%(who)s took away the second step at sign-in of %(person)s: %(how)s")),
    "second_step.set_up": ("access", _l("%(who)s set up a second step at sign-in")),
    "second_step.turned_off": ("access", _l("%(who)s turned off the second step at sign-in")),
    "section.changed": ("classes", _l("%(who)s changed the class %(section)s")),
    "section.created": ("classes", _l("%(who)s added the class %(section)s")),
    "section.successor_named": ("classes", _l("%(who)s let %(other)s answer for %(person)s in %(section)s")),
    "session.changed": ("classes", _l("%(who)s changed the dates of %(title)s")),
    "session.closed": ("classes", _l("%(who)s closed %(title)s")),
    "session.created": ("classes", _l("%(who)s added %(title)s to the calendar")),
    "session.reopened": ("classes", _l("%(who)s reopened %(title)s: “%(reason)s”")),
    "set_up.copied between gone": ("classes", _l("%(who)s copied the set-up of one class to another; both are gone")),
    "set_up.copied": ("classes", _l("%(who)s copied the set-up of %(source)s to %(section)s")),
}


def acts_of(kind: str) -> tuple[str, ...]:
    """The acts of a kind; none for one that there is not."""
    return tuple(act for act, (own, _words) in SENTENCES.items() if own == kind)


def kind_of(entry: AuditEntry) -> Any:
    """The kind of an act in words; empty for an act of a version that is not this one."""
    kind, _words = SENTENCES.get(entry.act, ("", ""))
    return KINDS.get(kind, "")


def sentence(entry: AuditEntry, names: Names) -> str:
    """What was done, in a sentence that reads well when what it is about is gone."""
    found = SENTENCES.get(_finer_act(entry, names))
    words = found[1] if found else _l("%(who)s: %(act)s")
    values = {name: value(entry, names) for name, value in VALUES.items() if f"%({name})s" in str(words)}
    return str(words) % values


def _finer_act(entry: AuditEntry, names: Names) -> str:
    """Some acts read differently by their facts."""
    facts = entry.facts
    if entry.act == "account.identity_seen" and facts.get("seen") is False:
        return "account.identity_not_seen"
    if entry.act == "account.password_changed" and entry.actor_id == entry.person_id:
        return "account.own_password_changed"
    if entry.act == "account.signed_in" and facts.get("new") is True:
        return "account.signed_in.new"
    if entry.act == "account.held_up":
        return "account.held_up.step" if facts.get("tried") == AttemptKind.STEP else entry.act
    if entry.act == "set_up.copied" and not {_section_key(entry), facts.get("source_id")} & names.sections.keys():
        return "set_up.copied between gone"
    if entry.act == "person.of_age_recorded" and not facts.get("day"):
        return "person.of_age_recorded.none"
    if entry.act == "guardianship.changed" and _basis_in(facts, "before") != _basis_in(facts, "after"):
        return "guardianship.basis_recorded" if _basis_in(facts, "after") else "guardianship.basis_removed"
    if entry.act == "restriction.changed":
        finer = f"restriction.{facts.get('step')}"
    elif facts.get("to_school") is True:
        finer = f"{entry.act} to school"
    else:
        finer = f"{entry.act}.{facts.get('scope')}"
    return finer if finer in SENTENCES else entry.act


def _basis_in(facts: dict[str, Any], when: str) -> tuple[str, ...]:
    """The basis as it was before or after, with its reference and end; empty where there was none."""
    link = facts.get(when)
    values = link if isinstance(link, dict) else {}
    found = tuple(_text(values.get(name)) for name in ("basis", "basis_reference", "basis_ends_on"))
    return found if found[0] else ()


def _basis(entry: AuditEntry, _names: Names) -> str:
    basis = _basis_in(entry.facts, "after")
    return str(BASES[AccessBasis(basis[0])]) if basis and basis[0] in set(AccessBasis) else "–"


def _who(entry: AuditEntry, names: Names) -> str:
    return _("A command") if entry.actor_id is None else _person(entry.actor_id, names)


def _person(key: Any, names: Names) -> str:
    return names.people.get(key) or _("somebody who is not of this school")


def _other(entry: AuditEntry, names: Names) -> str:
    keys = (entry.facts.get(name) for name in ("guardian", "guardian_id", "adult", "successor"))
    return _person(next((key for key in keys if key is not None), None), names)


def _section(entry: AuditEntry, names: Names) -> str:
    facts, key = entry.facts, _section_key(entry)
    if key is None and entry.act.startswith(("record.", "report.")):
        return _("the school office")  # a conversation with it is of no class
    named = facts.get("title") if entry.act.startswith("section.") else None
    return names.sections.get(key) or _text(named) or _("a class that is gone")


def _section_key(entry: AuditEntry) -> Any:
    return entry.section_id or entry.facts.get("section_id") or entry.facts.get("section")


def _guardians(entry: AuditEntry, _names: Names) -> str:
    count = entry.facts.get("guardians")
    return ngettext("%(num)s guardian", "%(num)s guardians", count if isinstance(count, int) else 0)


def _title(entry: AuditEntry, names: Names) -> str:
    facts = entry.facts
    after = facts.get("after")
    kept = facts.get("title") or facts.get("file") or (after.get("title") if isinstance(after, dict) else None)
    return _text(kept) or names.assignments.get(facts.get("assignment_id", 0)) or _("(no title)")


def _scale(entry: AuditEntry, names: Names) -> str:
    return names.scales.get(entry.facts.get("scale_id", 0)) or _("(gone)")


def _place(entry: AuditEntry, _names: Names) -> str:
    facts = entry.facts
    position = POSITIONS[Position(facts["position"])] if facts.get("position") in set(Position) else "–"
    first, end = _day(facts.get("begins_on")), _day(facts.get("ends_on"))
    if end:
        return _("%(position)s, from %(first)s, no longer from %(end)s", position=position, first=first, end=end)
    return _("%(position)s, from %(first)s", position=position, first=first)


def _day(text: Any) -> str:
    try:
        return day_words(date.fromisoformat(text), True) if text else ""
    except (TypeError, ValueError):
        return ""


def _role(entry: AuditEntry, _names: Names) -> str:
    kind = entry.facts.get("kind")
    return str(ROLES[RoleKind(kind)]) if kind in set(RoleKind) else "–"


def _duty(entry: AuditEntry, _names: Names) -> str:
    duty = entry.facts.get("after")
    return str(DUTIES[Duty(duty)]) if duty in set(Duty) else _("nothing any more")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


VALUES: dict[str, Callable[[AuditEntry, Names], str]] = {
    "who": _who,
    "person": lambda entry, names: _person(entry.person_id, names),
    "other": _other,
    "section": _section,
    "guardians": _guardians,
    "source": lambda entry, names: names.sections.get(entry.facts.get("source_id", 0)) or _("a class that is gone"),
    "title": _title,
    "scale": _scale,
    "place": _place,
    "role": _role,
    "duty": _duty,
    "basis": _basis,
    "day": lambda entry, _names: _day(entry.facts.get("day")),
    "reason": lambda entry, _names: _text(entry.facts.get("reason")),
    "how": lambda entry, _names: _text(entry.facts.get("how")) or _("on the server"),
    "approval": lambda entry, _names: kind_words(entry.facts.get("kind")),
    "record_class": lambda entry, _names: class_words(entry.facts.get("record_class")),
    "device": lambda entry, _names: _text(entry.facts.get("device")),
    "finding": lambda entry, _names: _text(entry.facts.get("finding")) or "–",
    "act": lambda entry, _names: entry.act,
}
