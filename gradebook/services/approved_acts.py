"""What is done when a second person agrees, by the kind of the act; its words are in blueprints/office/approval_words.

A function gets the Approval, whose `details` were written when it was asked for, who agrees, and the moment. It runs
in the transaction of the approval: what it raises undoes both. It checks again whatever may have changed since.
"""

from collections.abc import Callable
from datetime import datetime

from gradebook.models import Approval
from gradebook.policy.person import Person
from gradebook.services import approvals, record_exports, reviews
from gradebook.services.approvals import ApprovalError, ApprovalFault

ACTS: dict[str, Callable[[Approval, Person, datetime], None]] = {
    record_exports.KIND: record_exports.open_record,
    reviews.HOLD: reviews.hold,
}


def approve(approval: Approval, person: Person, now: datetime) -> None:
    """Agree to it, and do it. As approvals.approve; an act of another version of the product is OVER."""
    if approval.kind not in ACTS:
        raise ApprovalError(ApprovalFault.OVER)
    approvals.approve(approval, person, ACTS[approval.kind], now)
