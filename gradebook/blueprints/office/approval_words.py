"""What waits for a second person, in words: each kind of gradebook/services/approved_acts.py has its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from gradebook.extensions import db
from gradebook.models import Approval, Section
from gradebook.services import custody, record_exports, reviews
from gradebook.services.approvals import ApprovalError, ApprovalFault


@dataclass(frozen=True)
class Words:
    """How a kind of act is spoken of."""

    name: Any
    """In a few words, as in “asked for: …”."""
    sentence: Callable[[Approval], str]
    """What will be done when somebody agrees, with the names in it."""


def _hold(approval: Approval) -> str:
    days = int(approval.details.get("days", 0))
    return ngettext(
        "The conversations that were opened in a review are not told of it for %(num)s day.",
        "The conversations that were opened in a review are not told of it for %(num)s days.",
        days,
    )


def _record(approval: Approval) -> str:
    names = custody.names_of([*approval.details["guardian_ids"], approval.person_id])
    guardians = [names[key] for key in approval.details["guardian_ids"]]
    if approval.section_id is None:
        return _(
            "Hand out the record of the conversation of %(guardians)s with the school office about %(child)s.",
            guardians=_(" and ").join(guardians), child=names[approval.person_id],
        )  # fmt: skip
    section = db.session.get_one(Section, approval.section_id)
    return _(
        "Hand out the record of the conversation of %(guardians)s with the teachers of %(section)s about %(child)s.",
        guardians=_(" and ").join(guardians), section=section.title, child=names[approval.person_id],
    )  # fmt: skip


KINDS: dict[str, Words] = {
    record_exports.KIND: Words(_l("The record of a conversation"), _record),
    reviews.HOLD: Words(_l("Hold back that the office has read a conversation"), _hold),
}


def kind_words(kind: Any) -> str:
    """A kind in a few words; one of another version of the product by its bare name."""
    return str(KINDS[kind].name) if kind in KINDS else str(kind or "–")


def sentence(approval: Approval) -> str:
    """What will be done when somebody agrees."""
    found = KINDS.get(approval.kind)
    return found.sentence(approval) if found else approval.kind


def fault_words(error: ApprovalError) -> str:
    """The rule that stands in the way, in words."""
    return str(FAULTS[error.fault])


FAULTS = {
    ApprovalFault.ALONE: _l(
        "Your school has one office account, so nobody can agree. Give a second person the office role first."
    ),
    ApprovalFault.ANSWERED: _l("Somebody has answered this already."),
    ApprovalFault.ASKER_LEFT: _l(
        "Who asked for this no longer works in the office. Refuse it, and ask anew if needed."
    ),
    ApprovalFault.NO_REASON: _l("Say why. The reason is kept in the log."),
    ApprovalFault.NOT_NAMED: _l(
        "Only who watches over message oversight can agree to this, and nobody where it is about an own child or class."
    ),
    ApprovalFault.NOT_YOURS: _l("Only who asked can withdraw it. You can refuse it."),
    ApprovalFault.OVER: _l("The time to agree has run out. Ask for it again."),
    ApprovalFault.PARTIES: _l(
        "Everybody else in the office is a guardian of this child, or teaches this class: nobody could agree. Give "
        "another person the office role first."
    ),
    ApprovalFault.OWN: _l("A second person has to do this: it was you who asked."),
}
ANSWERS = {"approved": _l("Approved"), "refused": _l("Refused"), "withdrawn": _l("Withdrawn")}


def answer_words(approval: Approval) -> str:
    """What became of it."""
    return str(ANSWERS[approval.answer]) if approval.answer else _("Ran out")
