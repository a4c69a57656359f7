"""What the screens show: the scene of the access tests, and a class with scores of every kind, long words and gaps."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.grading.overrides import Override
from gradebook.grading.values import Status
from gradebook.models import (
    AcademicSession,
    AccountKind,
    Approval,
    Assignment,
    LateInterval,
    Position,
    RoleKind,
    Section,
    StepKind,
    User,
)
from gradebook.services import accounts, closing, invitations, overrides
from tests import school as small
from tests.access.things import build_scene
from tests.classes import make_class
from tests.families import add_category, add_guardianship, add_letters, add_work, score

NOON = datetime.combine(small.TODAY, time(12), UTC)
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmütze in the nineteenth century"


def build(secret: str) -> dict[str, str]:
    """Fill the database that holds tests/school.py; the public ids by name."""
    school = small.find()
    scene = build_scene(school, NOON)
    names = {**scene.names, **_approval(school), **_classes(school), **_people(school, secret), **_closed(school)}
    db.session.commit()
    db.session.remove()
    return names


def _classes(school: small.SmallSchool) -> dict[str, str]:
    """A class with everything, one without assignments, one without students, and one of 30 students."""
    full = small.make_section(school.oak, LONG)
    bare = small.make_section(school.oak, "Drawing")
    empty = small.make_section(school.oak, "Chess")
    for section in (full, bare, empty):
        small.enroll(school.rivera, section, Position.LEAD)
    for section in (full, bare):
        small.enroll(school.maya, section, Position.STUDENT)
    small.enroll(school.leo, full, Position.STUDENT)
    thirty = make_class(school, students=30, assignments=6)
    late = _fill(full, school)
    return {
        "full": full.public_id,
        "bare": bare.public_id,
        "empty": empty.public_id,
        "thirty": thirty.public_id,
        "first_of_thirty": _first_work(thirty),
        "late": late,
    }


def _first_work(section: Section) -> str:
    """An assignment of the class of thirty."""
    return db.session.scalars(
        select(Assignment.public_id).where(Assignment.section_id == section.id).order_by(Assignment.id).limit(1)
    ).one()


def _closed(school: small.SmallSchool) -> dict[str, str]:
    """A class whose term is closed, with a grade that the teacher set before."""
    shut = make_class(school, students=3, assignments=2)
    small.enroll(school.maya, shut, Position.STUDENT)
    override = Override(Decimal("91.5"), None, "Was ill for the last piece of work")
    acts = {"actor_id": school.rivera.id, "now": NOON}
    overrides.set_override(shut, school.maya.id, override, seen=0, **acts)
    term = db.session.get_one(AcademicSession, shut.term_id)
    closing.close_session(school.oak, term, NOON, actor_id=school.pat.id)
    return {"shut": shut.public_id, "shut_term": term.public_id, "first_of_shut": _first_work(shut)}


def _fill(section: Section, school: small.SmallSchool) -> str:
    """Scores of every kind for Maya, in a class with letters, dropped scores and penalties for being late."""
    add_letters(section)
    section.late_percent, section.late_interval, section.cap_percent = Decimal(10), LateInterval.DAY, Decimal(110)
    homework = add_category(section, "Homework", 60, drop_lowest=1)
    extra = add_category(section, "Extra", 0, extra_credit=True)
    add_category(section, "Nothing here yet", 40)
    maya = school.maya
    due = date(2026, 10, 2)
    score(add_work(homework, LONG, due_on=due), maya, "17.5", comment="Well argued. " * 12)
    score(add_work(homework, "Worksheet 2", due_on=due), maya, "4")
    score(add_work(homework, "Worksheet 3", due_on=due), maya, status=Status.missing)
    score(add_work(homework, "Worksheet 4", due_on=due), maya, status=Status.excused)
    late = add_work(homework, "Worksheet 5", due_on=due)
    score(late, maya, "18", late=True, turned_in_at=datetime(2026, 10, 4, 15, tzinfo=UTC))
    score(add_work(homework, "Worksheet 6", due_on=due), maya, status=Status.incomplete, finish_by=date(2026, 10, 30))
    score(add_work(homework, "Worksheet 7", due_on=due), maya, status=Status.turned_in)
    score(add_work(extra, "Puzzle", 0, extra_credit=True), maya, "3")
    score(add_work(homework, "Not posted", posted_at=None, due_on=due), maya, "1")
    add_work(homework, "Posts later", posted_at=NOON + timedelta(days=5), due_on=date(2026, 10, 20))
    add_work(homework, "Due soon", due_on=date(2026, 10, 16))
    return late.public_id


def _people(school: small.SmallSchool, secret: str) -> dict[str, str]:
    """A student without classes, a guardian not yet confirmed, a second child of Dana's, and slips."""
    nora = small.make_user("nora", "Nora New", AccountKind.STUDENT)
    small.make_role(nora, school.oak, RoleKind.STUDENT)
    ivy = small.make_user("ivy", "Ivy Young")
    ivy.identity_seen_at = None
    small.make_role(ivy, school.oak, RoleKind.PARENT)
    for guardian, child in ((ivy, school.zoe), (school.dana, nora)):
        add_guardianship(guardian, child, school.oak)
    code, _slip = invitations.issue_slip(school.erin, school.oak, secret, NOON, actor_id=school.pat.id)
    used, slip = invitations.issue_slip(school.chris, school.oak, secret, NOON, actor_id=school.pat.id)
    db.session.flush()
    slip.withdrawn_at = NOON
    return {"nora": nora.public_id, "ivy": ivy.public_id, "code": code, "old_code": used}


def cookie_of(app: Flask, username: str) -> dict[str, Any]:
    """The cookie of a browser in which this person has just signed in."""
    user = db.session.scalars(select(User).where(User.username_key == username)).one()
    person = accounts.person_of(user, NOON)
    token, _row = accounts.open_login_session(person, own_device=False, device_name="Chromium", step=StepKind.APP)
    db.session.commit()
    db.session.remove()
    signer = app.session_interface.get_signing_serializer(app)
    return {"name": app.config["SESSION_COOKIE_NAME"], "value": signer.dumps({"_user_id": token})}


def _approval(school: small.SmallSchool) -> dict[str, str]:
    """Somebody else of the office has asked Pat to agree."""
    robin = small.make_user("robin", "Robin Reed")
    small.make_role(robin, school.oak, RoleKind.OFFICE)
    row = Approval(
        school_id=school.oak.id, kind="conversation.export", reason="The court asks for it\nby Friday",
        details={"conversation_id": 0, "guardian_ids": [school.dana.id]},
        person_id=school.maya.id, section_id=school.algebra.id, asked_by=robin.id, asked_at=NOON,
        ends_at=NOON + timedelta(days=7),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return {"others_approval": row.public_id}
