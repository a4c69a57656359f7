"""What the matrix can name, and the secrets that must never reach anyone but those listed by hand."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import update

from gradebook import actor
from gradebook.clock import Span
from gradebook.extensions import db
from gradebook.interchange.attachable import checked
from gradebook.models import (
    Answer,
    Approval,
    ChangeKind,
    Conversation,
    Duty,
    Enrollment,
    GradingScale,
    GradingScaleBand,
    Guardianship,
    Invitation,
    LoginSession,
    Message,
    RecordExport,
    ReportReason,
    Restriction,
    ReviewReason,
    RoleKind,
    Score,
    ScoreChange,
    ScoreQuestion,
)
from gradebook.policy import announcements as announcement_policy
from gradebook.policy.conversations import Correspondence
from gradebook.services import (
    accounts,
    announcements,
    attachments,
    calendar_links,
    comment_bank,
    duties,
    invitations,
    mastery_scales,
    message_rules,
    messaging,
    office_hours,
    record_exports,
    reports,
    retention,
    reviews,
    seen,
)
from tests.access.people import ACTORS, browser_with, token_of
from tests.art import make_art
from tests.school import make_role, make_user
from tests.steps import give_app

STAFF_OF_ALGEBRA = {"rivera", "cole"}
TEACHERS = {*STAFF_OF_ALGEBRA, "sub", "osei", "tess"}
OFFICE = {"pat", "vera"}


@dataclass
class Scene:
    """The small school with conversations, the names that paths may use, and everyone's login session."""

    school: Any
    names: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    """By the name of the actor."""

    def path(self, template: str) -> str:
        """A path of the matrix with the public ids of this run."""
        return template.format_map(self.names)

    def browser(self, actor: str, app: Any) -> Any:
        """A browser in which the actor of this name has signed in."""
        return browser_with(self.tokens[actor], app)


# Secret -> who may ever be sent it. Everything else that carries it is a leak.
SECRETS: dict[str, set[str]] = {
    # what families and teachers write to each other: never a student, never the other family
    # (vera, who is named for it in the office, reads what stands around a message that Dana has reported)
    "Secret words of Dana": {"dana", "vera", *STAFF_OF_ALGEBRA},
    # (and about the child of a review that she has opened)
    "Secret words of Erin": {"erin", "vera", *STAFF_OF_ALGEBRA},
    "Secret words of Chris": {"chris", "osei", "tess"},
    # a guardian whose link has ended still reads what was written before; the mother of the child never does; for the
    # office it stands in the record that two people agreed on
    "Secret words of Gus": {"gus", *STAFF_OF_ALGEBRA, *OFFICE},
    "Secret file of dana": {"dana", "vera", *STAFF_OF_ALGEBRA},
    "Secret file of erin": {"erin", "vera", *STAFF_OF_ALGEBRA},
    "of dana.txt": {"dana", "vera", *STAFF_OF_ALGEBRA},
    # to the office: its people, no teacher
    "Written to the office by Dana": {"dana", *OFFICE},
    "Answered to Dana by the office": {"dana", *OFFICE},
    "Secret file to the office": {"dana", *OFFICE},
    # announcements: who got it, the teachers of the class, the office; what is planned or withdrawn only staff
    "Secret words to Algebra": {"dana", "erin", "tess-parent", *STAFF_OF_ALGEBRA, *OFFICE},
    "Planned words to Algebra": {"rivera", *OFFICE},
    "Withdrawn words to Algebra": {*STAFF_OF_ALGEBRA, *OFFICE},
    "Secret words to the school": {"dana", "erin", "chris", "tess-parent", *TEACHERS, *OFFICE},
    # feedback on a posted score
    "Feedback for Maya only": {"maya", "dana", *STAFF_OF_ALGEBRA},
    "Feedback for Leo only": {"leo", "erin", "tess-parent", *STAFF_OF_ALGEBRA},
    # feedback on a hidden score
    "Hidden feedback for Maya": {*STAFF_OF_ALGEBRA},
    # private notes: teachers of the class only, whatever is posted
    "Private note on the quiz": {*STAFF_OF_ALGEBRA},
    "Private note on the hidden test": {*STAFF_OF_ALGEBRA},
    "Private note taken back": {*STAFF_OF_ALGEBRA},
    # a teacher's own comments to use again
    "Kept by Ms Rivera": {"rivera"},
    # what a student asks about a score, and the answer: no guardian
    "Asked by Maya": {"maya", *STAFF_OF_ALGEBRA},
    "Answered to Maya": {"maya", *STAFF_OF_ALGEBRA},
    # the custody order
    "Family Court 26-118": {*OFFICE},
    # what a score's history keeps
    "Words taken back": {*STAFF_OF_ALGEBRA},
    # names: a family sees itself and its teachers, nobody else's child or guardian
    "Maya Diaz": {"maya", "dana", "gus", *STAFF_OF_ALGEBRA, *OFFICE},
    "Leo Evans": {"leo", "erin", "tess", "tess-parent", "osei", *STAFF_OF_ALGEBRA, *OFFICE},
    "Zoe Clark": {"zoe", "chris", "osei", "tess", *OFFICE},
    "Dana Diaz": {"dana", *STAFF_OF_ALGEBRA, *OFFICE},
    "Rex Diaz": {"rex", *OFFICE},
    # the other guardian of Leo: her name is not for Tess, who is his stepmother and teaches him History
    "Erin Evans": {"erin", "osei", *STAFF_OF_ALGEBRA, *OFFICE},
    "Gus Gray": {"gus", *STAFF_OF_ALGEBRA, *OFFICE},
    # why the office closed a person's writing: for that person
    "Reason for Chris": {"chris", *OFFICE},
    # what one person of the office asks another to agree to
    "Reason for a second person": {*OFFICE},
    "Hold for Maya": {*OFFICE},
    "Fern Fox": {"fern", "finch", "quinn"},
    # a review about Leo's conversations: who opened it
    "Why Vera looks": {"vera"},
    # a reported message: who reported it, and who is named for it in the office; the reporter reads no words of these
    "Reported by Dana": {"vera"},
    "Words of Rivera that were reported": {"dana", "vera", *STAFF_OF_ALGEBRA},
    # a class that grades outcomes: its own words, what a family sees of its child, and what is hidden
    # (the office reads in its log how the outcome was made)
    "Draws from observation": {"maya", "leo", "dana", "erin", "tess-parent", *STAFF_OF_ALGEBRA, *OFFICE},
    "0.35 × 3 = 2.35": {"maya", "dana"},
    "3.475, rounded 3.48": {*STAFF_OF_ALGEBRA},
}


def build_scene(school: Any, now: Any) -> Scene:
    """Conversations, feedback, slips and sessions on top of tests/school.py."""
    scene = Scene(school)
    _add_overseers(school, now)
    _add_feedback(school)
    for name, thing in (*school.people.items(), *school.sections.items(), *school.assignments.items()):
        scene.names[name] = thing.public_id
    for name, guardianship in school.guardianships.items():
        scene.names[name] = guardianship.public_id
    scene.names["oak_key"] = str(school.oak.id)
    scene.names |= {"oak": school.oak.public_id, "elm": school.elm.public_id}
    _add_conversations(scene, now)
    _add_announcements(scene, now)
    _add_report(scene, now)
    _add_review(scene, now)
    _add_history(school, now)
    _add_rows(scene, now)
    give_app(school.cole)
    _add_outcomes(scene, now)
    scene.tokens = {actor.name: token_of(actor, school, now) for actor in ACTORS}
    db.session.commit()
    return scene


def _add_feedback(school: Any) -> None:
    for assignment, student, words, note in (
        (school.quiz, school.maya, "Feedback for Maya only", "Private note on the quiz"),
        (school.quiz, school.leo, "Feedback for Leo only", None),
        (school.test, school.maya, "Hidden feedback for Maya", "Private note on the hidden test"),
    ):
        db.session.execute(
            update(Score)
            .where(Score.assignment_id == assignment.id, Score.student_id == student.id)
            .values(comment=words, private_note=note)
        )


def _add_overseers(school: Any, now: Any) -> None:
    """Vera reads reported messages, Uma watches over that; Quinn reads those of the other school."""
    for name, words in (("vera", "Vera Voss"), ("uma", "Uma Udall")):
        school.people[name] = make_user(name, words)
        make_role(school.people[name], school.oak, RoleKind.OFFICE)
    for name, duty in (("vera", Duty.REVIEWER), ("uma", Duty.SUPERVISOR)):
        duties.give(school.people[name], school.oak, duty, now, actor_id=school.pat.id)
    duties.give(school.quinn, school.elm, Duty.REVIEWER, now, actor_id=school.pat.id)


def _add_report(scene: Scene, now: Any) -> None:
    """Dana has reported what Ms Rivera answered her; an earlier report of hers is settled."""
    school, at = scene.school, now - timedelta(minutes=30)
    talk = db.session.query(Conversation).filter_by(public_id=scene.names["talk"]).one()
    words = {"body": "Words of Rivera that were reported", "client_key": "key-reported", "now": at}
    with actor.acting_as(school.rivera.id, at):
        messaging.send(talk, author_id=school.rivera.id, **words)
    dana = accounts.person_acting_as(school.dana, now, RoleKind.PARENT)
    message = db.session.query(Message).filter_by(conversation_id=talk.id, seq=2).one()
    with actor.acting_as(school.dana.id, now):
        found = reports.report(dana, message, ReportReason.HURTFUL, "Reported by Dana", now)
        scene.names["report"] = found.public_id


def _add_review(scene: Scene, now: Any) -> None:
    """Vera looks into the conversations about Leo."""
    school = scene.school
    vera = accounts.person_acting_as(school.vera, now, RoleKind.OFFICE)
    day = school.oak.today(now)
    wanted = reviews.Wanted(school.leo, ReviewReason.SAFETY, "Why Vera looks", day - timedelta(days=7), day, days=7)
    with actor.acting_as(school.vera.id, now):
        scene.names["review"] = reviews.open_review(vera, school.oak, wanted, now).public_id


def _add_history(school: Any, now: Any) -> None:
    """Change 1 of Algebra: feedback for Maya that was put in place of other words."""
    school.algebra.last_seq = 1
    keys = {"school_id": school.oak.id, "assignment_id": school.quiz.id, "student_id": school.maya.id}
    db.session.execute(
        update(Score).where(Score.assignment_id == school.quiz.id, Score.student_id == school.maya.id).values(seq=1)
    )
    db.session.add(
        ScoreChange(
            **keys, section_id=school.algebra.id, seq=1, changed_by=school.cole.id, changed_at=now,
            kind=ChangeKind.TYPED,
            before={"points": 1800, "comment": "Words taken back", "private_note": "Private note taken back"},
            after={"points": 1800, "comment": "Feedback for Maya only", "private_note": "Private note on the quiz"},
        )
    )  # fmt: skip


def _add_outcomes(scene: Scene, now: Any) -> None:
    art, office = make_art(scene.school), scene.school.pat
    scene.names |= {"art": art.section.public_id, "drawing": art.outcomes["AR1"].public_id}
    scene.names |= {"still": art.works["still"].public_id}
    scale = mastery_scales.first_scale(scene.school.oak.id, actor_id=office.id, now=now)
    words: dict[str, str | None] = {"title": "Speaks clearly", "code": None, "description": None}
    shared = mastery_scales.save_outcome(scene.school.oak.id, None, words, seen=0, actor_id=office.id, now=now)
    scene.names |= {"levels": scale.public_id, "speaking": shared.public_id}


def _add_conversations(scene: Scene, now: Any) -> None:
    school = scene.school
    for name, student, section, guardian, teachers, words in (
        ("talk", school.maya, school.algebra, school.dana, (school.rivera, school.cole), "Secret words of Dana"),
        ("other_talk", school.leo, school.algebra, school.erin, (school.rivera, school.cole), "Secret words of Erin"),
        ("past_talk", school.maya, school.algebra, school.gus, (school.rivera, school.cole), "Secret words of Gus"),
        ("far_talk", school.zoe, school.history, school.chris, (school.osei, school.tess), "Secret words of Chris"),
    ):
        conversation = messaging.open_conversation(
            Correspondence(student, section, guardian, teachers), actor_id=guardian.id, now=now - timedelta(hours=1)
        )
        messaging.send(
            conversation, author_id=guardian.id, body=words, client_key=f"key-{name}", now=now - timedelta(hours=1),
            files=[checked(f"of {guardian.username}.txt", f"Secret file of {guardian.username}".encode())],
        )  # fmt: skip
        scene.names[name] = conversation.public_id
        scene.names[f"{name}_file"] = attachments.files_of(conversation, [1])[1][0].public_id
    _add_talk_with_office(scene, now - timedelta(hours=1))


def _add_talk_with_office(scene: Scene, at: Any) -> None:
    """Dana has written about Maya, and Pat has answered; Vera reads it too."""
    school = scene.school
    pair = Correspondence(school.maya, school.oak, school.dana, (school.pat, school.vera))
    talk = messaging.open_conversation(pair, actor_id=school.dana.id, now=at)
    file = checked("to the office.txt", b"Secret file to the office")
    messaging.send(
        talk,
        author_id=school.dana.id,
        body="Written to the office by Dana",
        client_key="key-dana",
        now=at,
        files=[file],
    )
    messaging.send(talk, author_id=school.pat.id, body="Answered to Dana by the office", client_key="key-pat", now=at)
    scene.names["office_talk"] = talk.public_id
    scene.names["office_talk_file"] = attachments.files_of(talk, [1])[1][0].public_id


def _add_announcements(scene: Scene, now: Any) -> None:
    """Sent an hour ago, planned, withdrawn; and one of the office to the school."""
    school, before = scene.school, now - timedelta(hours=1)
    for name, author, kind, sent, words in (
        ("news", school.rivera, RoleKind.TEACHER, True, "Secret words to Algebra"),
        ("plan", school.rivera, RoleKind.TEACHER, False, "Planned words to Algebra"),
        ("withdrawn", school.rivera, RoleKind.TEACHER, True, "Withdrawn words to Algebra"),
        ("bulletin", school.pat, RoleKind.OFFICE, True, "Secret words to the school"),
    ):
        person = accounts.person_acting_as(author, before, kind)
        audience = announcement_policy.audience_of(person, [school.algebra.public_id], to_school=name == "bulletin")
        draft = announcements.Draft(f"Of {name}", words, f"key-{name}", None if sent else now + timedelta(days=9))
        announcement = announcements.announce(person, audience, draft, before)
        if name == "withdrawn":
            assert announcements.recall(person, announcement, before)
        scene.names[name] = announcement.public_id


def _add_rows(scene: Scene, now: Any) -> None:
    school = scene.school
    _code, slip = invitations.issue_slip(school.gus, school.oak, "key", now, actor_id=school.pat.id)
    db.session.flush()
    scene.names["slip"] = db.session.get_one(Invitation, slip.id).public_id
    scene.names["order"] = db.session.query(Restriction).one().public_id
    scene.names["place"] = (
        db.session.query(Enrollment)
        .filter_by(user_id=school.maya.id, section_id=school.algebra.id, role_kind=RoleKind.STUDENT)
        .one()
        .public_id
    )
    scene.names["year"] = school.algebra.term.public_id
    letters = GradingScale(school_id=school.oak.id, name="Letters")
    letters.bands = [GradingScaleBand(school_id=school.oak.id, label="F", bound=Decimal(0))]
    db.session.add(letters)
    db.session.flush()
    scene.names["letters"] = letters.public_id
    kept = comment_bank.add_comment(school.rivera.id, school.oak.id, "Kept by Ms Rivera")
    scene.names["kept"] = kept.public_id
    answered = {"answer": "Answered to Maya", "answered_by": school.cole.id, "answered_at": now}
    for assignment, words, more in (
        (school.quiz, "Asked by Maya before", answered),
        (school.quiz, "Asked by Maya", {}),
    ):
        question = ScoreQuestion(
            school_id=school.oak.id, section_id=school.algebra.id, assignment_id=assignment.id,
            student_id=school.maya.id, words=words, asked_at=now, **more,
        )  # fmt: skip
        db.session.add(question)
        db.session.flush()
    scene.names["question"] = question.public_id
    _add_approvals(scene, now)
    seen.ask_to_confirm(school.algebra, school.quiz, actor_id=school.rivera.id, now=now)
    scene.names["feed"], link = calendar_links.make_link(school.maya.id, now)
    scene.names["revoked_feed"], ended = calendar_links.make_link(school.maya.id, now)
    scene.names["link"] = link.public_id
    message_rules.close_writing(school.chris, school.oak, "Reason for Chris", now, actor_id=school.pat.id)
    scene.names["stop"] = message_rules.closures_of(school.oak, now)[0].public_id
    span = Span(date(2026, 12, 21), date(2027, 1, 4))
    office_hours.add_days_off(school.oak, "Winter break", span, now, actor_id=school.pat.id)
    scene.names["break"] = office_hours.days_off(school.oak)[0].public_id
    calendar_links.revoke_link(school.maya.id, ended.public_id, now)
    session = LoginSession(
        token_hash="x" * 64, user_id=school.dana.id, auth_epoch=1, created_at=now, last_used_at=now, proved_at=now,
        expires_at=now + timedelta(hours=1), device_name="Dana's phone",
    )  # fmt: skip
    db.session.add(session)
    db.session.flush()
    scene.names["session_of_dana"] = session.public_id
    assert db.session.query(Guardianship).count() >= 6


def _add_approvals(scene: Scene, now: Any) -> None:
    """A record that waits for a second person, and one that was agreed to."""
    school = scene.school
    talk = db.session.query(Conversation).filter_by(public_id=scene.names["past_talk"]).one()
    about = {
        "school_id": school.oak.id, "kind": record_exports.KIND, "person_id": school.maya.id,
        "section_id": school.algebra.id, "asked_by": school.pat.id, "asked_at": now, "ends_at": now + timedelta(days=7),
        "details": {"conversation_id": talk.id, "guardian_ids": [school.gus.id]},
    }  # fmt: skip
    waiting = Approval(**about, reason="Reason for a second person")
    agreed = Approval(**about, reason="Because", answer=Answer.APPROVED, answered_by=school.quinn.id, answered_at=now)
    db.session.add_all([waiting, agreed])
    db.session.flush()
    record_exports.open_record(agreed, accounts.person_of(school.quinn, now), now)
    handed_out = db.session.query(RecordExport).one()
    hold = retention.place_hold(school.oak, school.maya, "Hold for Maya", now, actor_id=school.pat.id)
    scene.names |= {"approval": waiting.public_id, "handed_out": handed_out.public_id, "hold": hold.public_id}
