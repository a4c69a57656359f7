"""The name of everything that can be done, in alphabetical order."""

from enum import StrEnum


class Action(StrEnum):
    """Something a person may or may not do; rules.py says how each is earned."""

    ANNOUNCEMENT_CANCEL = "announcement:cancel"
    ANNOUNCEMENT_COUNT_READERS = "announcement:count_readers"
    ANNOUNCEMENT_RECALL = "announcement:recall"
    ANNOUNCEMENT_WRITE = "announcement:write"
    APPROVAL_ANSWER = "approval:answer"
    APPROVAL_WITHDRAW = "approval:withdraw"
    ASSIGNMENT_EDIT = "assignment:edit"
    CONVERSATION_READ = "conversation:read"
    CONVERSATION_REPLY = "conversation:reply"
    GRADES_SEE_CHILD = "grades:see_child"
    GRADES_SEE_OWN = "grades:see_own"
    MESSAGE_BRING_BACK = "message:bring_back"
    MESSAGE_CHANGE = "message:change"
    MESSAGE_CORRECT = "message:correct"
    MESSAGE_REPORT = "message:report"
    MESSAGES_REVIEW = "messages:review"
    MESSAGES_USE = "messages:use"
    MESSAGES_WRITE = "messages:write"
    PERSON_MANAGE = "person:manage"
    REVIEW_READ = "review:read"
    REVIEWS_WATCH = "reviews:watch"
    SCHOOL_MANAGE = "school:manage"
    SECTION_GRADE = "section:grade"
    SECTION_MANAGE = "section:manage"
    SECTION_SET_RULES = "section:set_rules"
