"""The table that a principal could read aloud: action -> the facts of which any one earns it. No entry: refused."""

from collections.abc import Callable
from typing import Any

from gradebook.policy import announcements, conversations, facts, oversight, own_messages, second_step, stops
from gradebook.policy.actions import Action
from gradebook.policy.person import Person

Fact = Callable[[Person, Any], bool]

RULES: dict[Action, tuple[Fact, ...]] = {
    Action.ANNOUNCEMENT_CANCEL: (announcements.may_cancel,),
    Action.ANNOUNCEMENT_COUNT_READERS: (announcements.counts_readers,),
    Action.ANNOUNCEMENT_RECALL: (announcements.may_recall,),
    Action.ANNOUNCEMENT_WRITE: (announcements.may_announce,),
    Action.APPROVAL_ANSWER: (facts.is_the_second_person_of,),
    Action.APPROVAL_WITHDRAW: (facts.has_asked_for,),
    Action.ASSIGNMENT_EDIT: (facts.teaches_the_class_of,),
    Action.CONVERSATION_READ: (conversations.may_read,),
    Action.CONVERSATION_REPLY: (conversations.may_reply,),
    Action.GRADES_SEE_CHILD: (facts.is_guardian_of,),
    Action.GRADES_SEE_OWN: (facts.is_enrolled_in,),
    Action.MESSAGE_BRING_BACK: (own_messages.may_bring_back,),
    Action.MESSAGE_CHANGE: (own_messages.may_change,),
    Action.MESSAGE_CORRECT: (own_messages.may_correct,),
    Action.MESSAGE_REPORT: (oversight.may_report,),
    Action.MESSAGES_REVIEW: (oversight.reviews,),
    Action.MESSAGES_USE: (facts.may_use_messages,),
    Action.MESSAGES_WRITE: (stops.may_write,),
    Action.PERSON_MANAGE: (facts.is_known_to_the_office,),
    Action.REVIEW_READ: (oversight.may_read_in,),
    Action.REVIEWS_WATCH: (oversight.supervises,),
    Action.SCHOOL_MANAGE: (facts.runs_the_office_of,),
    Action.SECTION_GRADE: (facts.teaches,),
    Action.SECTION_MANAGE: (facts.runs_the_office_of_the_class,),
    Action.SECTION_SET_RULES: (facts.teaches,),
}


def can(person: Person | None, action: str, thing: Any = None) -> bool:
    """Whether the person may do this to the thing. An unknown action is an error, not a no."""
    name = Action(action)
    if person is None or person.acting is None or second_step.is_owed(person):
        return False
    return any(fact(person, thing) for fact in RULES.get(name, ()))
