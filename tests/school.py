"""One small school used everywhere, and a second one that must never see into it.

Oak School, in New York: Ms Rivera teaches Algebra with Mr Cole as co-teacher; Mr Osei teaches History. Mrs Sub stood
in for Ms Rivera until yesterday. Maya and Leo are in Algebra; Leo is also in History; Zoe is in History only.
Dana is Maya's mother. Erin is Leo's mother. Chris is a parent of Zoe. Gus was Maya's guardian until yesterday. Rex is
Maya's father, under an order (no contact, no records). Tess teaches History too and is Leo's stepmother: two roles.
Pat runs the office. Elm School, far away: Quinn runs its office, Mr Finch teaches Botany there.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import (
    AcademicSession,
    AccountKind,
    Assignment,
    Category,
    Course,
    Enrollment,
    Guardianship,
    Position,
    Restriction,
    Role,
    RoleKind,
    School,
    Score,
    Section,
    SessionKind,
    TotalMode,
    User,
)
from gradebook.services.passwords import hash_password

PASSWORD = "seven purple lanterns swing"
TODAY = date(2026, 10, 14)  # the day of the `clock` fixture
YEAR = (date(2026, 8, 31), date(2027, 6, 19))
SEEN = datetime(2026, 9, 1, 12, tzinfo=UTC)

_hash: list[str] = []


def password_hash() -> str:
    """The hash of PASSWORD, worked out once in a run."""
    if not _hash:
        _hash.append(hash_password(PASSWORD))
    return _hash[0]


@dataclass
class SmallSchool:
    """The people and things by name: school.maya, school.algebra, school.quiz."""

    oak: School
    elm: School
    people: dict[str, User] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    assignments: dict[str, Assignment] = field(default_factory=dict)
    guardianships: dict[str, Guardianship] = field(default_factory=dict)

    def __getattr__(self, name: str):
        for found in ("people", "sections", "assignments", "guardianships"):
            if name in self.__dict__.get(found, {}):
                return self.__dict__[found][name]
        raise AttributeError(name)


def build() -> SmallSchool:
    """Add the schools to the session and flush; the caller commits or rolls back."""
    oak = School(name="Oak School", timezone="America/New_York", phone="555 0100")
    elm = School(name="Elm School", timezone="Asia/Tokyo", phone="555 0200")
    db.session.add_all([oak, elm])
    db.session.flush()
    school = SmallSchool(oak, elm)
    _add_people(school)
    _add_classes(school)
    _add_guardians(school)
    _add_work(school)
    db.session.flush()
    return school


def find() -> SmallSchool:
    """What build() made, as it stands in the database, by the same names."""
    schools = {school.name: school for school in db.session.scalars(select(School))}
    found = SmallSchool(schools["Oak School"], schools["Elm School"])
    found.people = {user.username: user for user in db.session.scalars(select(User).order_by(User.id))}
    found.sections = {section.title.lower(): section for section in db.session.scalars(select(Section))}
    found.assignments = {one.title.split()[-1]: one for one in db.session.scalars(select(Assignment))}
    usernames = {user.id: name for name, user in found.people.items()}
    found.guardianships = {
        f"{usernames[link.guardian_id]}_of_{usernames[link.student_id]}": link
        for link in db.session.scalars(select(Guardianship))
    }
    return found


def make_user(username: str, name: str, kind: AccountKind = AccountKind.ADULT, **more) -> User:
    """An account in use, with PASSWORD."""
    return _flushed(_user(username, name, kind, **more))


def _flushed(row):
    db.session.flush()
    return row


def _user(username: str, name: str, kind: AccountKind = AccountKind.ADULT, **more) -> User:
    first, _, last = name.rpartition(" ")
    user = User(
        account_kind=kind,
        username=username,
        username_key=username.casefold(),
        display_name=name,
        sort_name=f"{last}, {first}" if first else name,
        called=first or name,
        password_hash=password_hash(),
        identity_seen_at=SEEN,
        **more,
    )
    db.session.add(user)
    return user


def make_role(
    user: User, school: School, kind: RoleKind, begins_on: date = YEAR[0], ends_on: date | None = None
) -> Role:
    """A role that holds from the first day of the year."""
    return _flushed(_role(user, school, kind, begins_on, ends_on))


def _role(user: User, school: School, kind: RoleKind, begins_on: date = YEAR[0], ends_on: date | None = None) -> Role:
    role = Role(
        user_id=user.id,
        account_kind=user.account_kind,
        school_id=school.id,
        kind=kind,
        begins_on=begins_on,
        ends_on=ends_on,
    )
    db.session.add(role)
    return role


def enroll(user: User, section: Section, position: Position, begins_on: date = YEAR[0], ends_on: date | None = None):
    """A place in a class."""
    return _flushed(_place(user, section, position, begins_on, ends_on))


def _place(user: User, section: Section, position: Position, begins_on: date = YEAR[0], ends_on: date | None = None):
    kind = RoleKind.STUDENT if position == Position.STUDENT else RoleKind.TEACHER
    place = Enrollment(
        school_id=section.school_id,
        section_id=section.id,
        user_id=user.id,
        role_kind=kind,
        position=position,
        begins_on=begins_on,
        ends_on=ends_on,
    )
    db.session.add(place)
    return place


def _add_people(school: SmallSchool) -> None:
    oak, elm = school.oak, school.elm
    held: list[tuple[str, School, RoleKind]] = [("tess", oak, RoleKind.PARENT)]
    for username, name, where, kind in (
        ("rivera", "Inés Rivera", oak, RoleKind.TEACHER),
        ("cole", "Abe Cole", oak, RoleKind.TEACHER),
        ("osei", "Kofi Osei", oak, RoleKind.TEACHER),
        ("sub", "Sue Subb", oak, RoleKind.TEACHER),
        ("tess", "Tess Tanner", oak, RoleKind.TEACHER),
        ("pat", "Pat Parker", oak, RoleKind.OFFICE),
        ("dana", "Dana Diaz", oak, RoleKind.PARENT),
        ("erin", "Erin Evans", oak, RoleKind.PARENT),
        ("chris", "Chris Clark", oak, RoleKind.PARENT),
        ("gus", "Gus Gray", oak, RoleKind.PARENT),
        ("rex", "Rex Diaz", oak, RoleKind.PARENT),
        ("quinn", "Quinn Quist", elm, RoleKind.OFFICE),
        ("finch", "Fred Finch", elm, RoleKind.TEACHER),
    ):
        school.people[username] = _user(username, name)
        held.append((username, where, kind))
    for username, name, where in (
        ("maya", "Maya Diaz", oak),
        ("leo", "Leo Evans", oak),
        ("zoe", "Zoe Clark", oak),
        ("fern", "Fern Fox", elm),
    ):
        school.people[username] = _user(username, name, AccountKind.STUDENT)
        held.append((username, where, RoleKind.STUDENT))
    db.session.flush()
    for username, where, kind in held:
        _role(school.people[username], where, kind)
    db.session.flush()


def _add_classes(school: SmallSchool) -> None:
    school.sections["algebra"] = make_section(school.oak, "Algebra")
    school.sections["history"] = make_section(school.oak, "History")
    school.sections["botany"] = make_section(school.elm, "Botany")
    _place(school.rivera, school.algebra, Position.LEAD)
    _place(school.cole, school.algebra, Position.CO_TEACHER)
    _place(school.sub, school.algebra, Position.SUBSTITUTE, ends_on=TODAY)
    _place(school.osei, school.history, Position.LEAD)
    _place(school.tess, school.history, Position.CO_TEACHER)
    _place(school.finch, school.botany, Position.LEAD)
    for name, section in (
        ("maya", "algebra"),
        ("leo", "algebra"),
        ("leo", "history"),
        ("zoe", "history"),
        ("fern", "botany"),
    ):
        _place(school.people[name], school.sections[section], Position.STUDENT)
    db.session.flush()


def make_section(school: School, title: str, **rules) -> Section:
    """A class in a year of its own school, with no work yet."""
    year = AcademicSession(
        school_id=school.id, kind=SessionKind.YEAR, title="2026–27", begins_on=YEAR[0], ends_on=YEAR[1]
    )
    course = Course(school_id=school.id, title=title)
    db.session.add_all([year, course])
    db.session.flush()
    section = Section(school_id=school.id, course_id=course.id, term_id=year.id, title=title, **rules)
    db.session.add(section)
    db.session.flush()
    return section


def _add_guardians(school: SmallSchool) -> None:
    for name, child, relation, ends_on in (
        ("dana", "maya", "mother", None),
        ("erin", "leo", "mother", None),
        ("chris", "zoe", "father", None),
        ("gus", "maya", "foster carer", TODAY),
        ("rex", "maya", "father", None),
        ("tess", "leo", "stepmother", None),
    ):
        guardianship = Guardianship(
            school_id=school.oak.id,
            student_id=school.people[child].id,
            guardian_id=school.people[name].id,
            relationship_name=relation,
            begins_on=YEAR[0],
            ends_on=ends_on,
        )
        db.session.add(guardianship)
        school.guardianships[f"{name}_of_{child}"] = guardianship
    db.session.add(
        Restriction(
            school_id=school.oak.id,
            student_id=school.maya.id,
            adult_id=school.rex.id,
            no_contact=True,
            no_records=True,
            hide_address=True,
            document_reference="Family Court 26-118",
            begins_on=date(2026, 9, 15),
            entered_by=school.pat.id,
            entered_at=SEEN,
        )
    )


def _add_work(school: SmallSchool) -> None:
    """Algebra: Quizzes 40%, Tests 60%; a posted quiz (Maya 18, Leo 9 of 20) and a hidden test (Maya 41.5 of 50)."""
    algebra = school.algebra
    algebra.total_mode = TotalMode.WEIGHTED
    quizzes = Category(school_id=school.oak.id, section_id=algebra.id, title="Quizzes", weight=Decimal(40), position=1)
    tests = Category(school_id=school.oak.id, section_id=algebra.id, title="Tests", weight=Decimal(60), position=2)
    essays = Category(school_id=school.oak.id, section_id=school.history.id, title="Essays", weight=Decimal(100))
    db.session.add_all([quizzes, tests, essays])
    db.session.flush()
    for name, section, category, title, points, posted_at, due_on in (
        ("quiz", algebra, quizzes, "Integers quiz", 20, SEEN, date(2026, 9, 18)),
        ("test", algebra, tests, "Fractions test", 50, None, date(2026, 10, 9)),
        ("essay", school.history, essays, "Rivers essay", 30, SEEN, date(2026, 10, 2)),
    ):
        school.assignments[name] = Assignment(
            school_id=school.oak.id,
            section_id=section.id,
            category_id=category.id,
            title=title,
            points=Decimal(points),
            posted_at=posted_at,
            due_on=due_on,
            position=1,
        )
        db.session.add(school.assignments[name])
    db.session.flush()
    for name, student, points in (
        ("quiz", "maya", "18"),
        ("quiz", "leo", "9"),
        ("test", "maya", "41.5"),
        ("essay", "zoe", "27"),
    ):
        _score(school.assignments[name], school.people[student], points=Decimal(points))


def make_score(assignment: Assignment, student: User, **content) -> Score:
    """A stored score without history."""
    return _flushed(_score(assignment, student, **content))


def _score(assignment: Assignment, student: User, **content) -> Score:
    score = Score(school_id=assignment.school_id, assignment_id=assignment.id, student_id=student.id, seq=0, **content)
    db.session.add(score)
    return score
