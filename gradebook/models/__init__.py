"""All tables, so that one import knows the whole schema."""

from gradebook.models.accounts import Attempt, AttemptKind, CalendarLink, Invitation, KnownDevice, LoginSession
from gradebook.models.audit import AuditEntry
from gradebook.models.conversations import Conversation, Draft, Message, MessageKind, Participant
from gradebook.models.jobs import Job
from gradebook.models.outcomes import (
    MasteryLevel,
    MasteryScale,
    Outcome,
    OutcomeAlignment,
    OutcomeMethod,
    OutcomeRating,
    RatingChange,
    RatingStatus,
    SectionOutcome,
    SectionOutcomeRules,
)
from gradebook.models.people import AccountKind, Guardianship, Restriction, Role, RoleKind, User
from gradebook.models.school import (
    AcademicSession,
    Course,
    GradingScale,
    GradingScaleBand,
    School,
    SessionKind,
)
from gradebook.models.sections import Enrollment, LateInterval, Position, Section, SectionPeriod, TotalMode
from gradebook.models.views import GridView
from gradebook.models.work import (
    Assignment,
    BankComment,
    Category,
    ChangeKind,
    FrozenGrade,
    GradeOverride,
    Score,
    ScoreChange,
    Weighing,
)

__all__ = [
    "AcademicSession",
    "AccountKind",
    "Assignment",
    "Attempt",
    "AttemptKind",
    "AuditEntry",
    "BankComment",
    "CalendarLink",
    "Category",
    "ChangeKind",
    "Conversation",
    "Course",
    "Draft",
    "Enrollment",
    "FrozenGrade",
    "GradeOverride",
    "GradingScale",
    "GradingScaleBand",
    "GridView",
    "Guardianship",
    "Invitation",
    "Job",
    "KnownDevice",
    "LateInterval",
    "LoginSession",
    "MasteryLevel",
    "MasteryScale",
    "Message",
    "MessageKind",
    "Outcome",
    "OutcomeAlignment",
    "OutcomeMethod",
    "OutcomeRating",
    "Participant",
    "Position",
    "RatingChange",
    "RatingStatus",
    "Restriction",
    "Role",
    "RoleKind",
    "School",
    "Score",
    "ScoreChange",
    "Section",
    "SectionOutcome",
    "SectionOutcomeRules",
    "SectionPeriod",
    "SessionKind",
    "TotalMode",
    "User",
    "Weighing",
]
