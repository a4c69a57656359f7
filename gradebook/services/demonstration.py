"""The demonstration school: the same every time, but for the password and the dates, which lie around today.

Oak School: a year with two terms and four grading periods, 8 teachers, 17 classes, 160 students and
their guardians.
Maths 7B is the full class: 30 assignments and every kind of score. Art 7B grades outcomes instead of points.
"""

import random
import secrets
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from gradebook.extensions import db
from gradebook.grading.values import Status
from gradebook.models import (
    AcademicSession,
    AccountKind,
    Assignment,
    Category,
    ChangeKind,
    Course,
    Enrollment,
    GradingScale,
    GradingScaleBand,
    Guardianship,
    LateInterval,
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
from gradebook.services import comment_bank, second_step
from gradebook.services.counters import next_number
from gradebook.services.demonstration_messages import add_messages
from gradebook.services.outcome_rules import (
    OutcomeDraft,
    Settings,
    add_outcome,
    align,
    save_settings,
    settings_of,
    version_of,
)
from gradebook.services.outcomes import class_outcomes
from gradebook.services.passwords import hash_password
from gradebook.services.ratings import save_ratings
from gradebook.services.score_comments import Said, save_comments
from gradebook.services.scores import Content, write_cells

TIMEZONE = "Europe/London"
FORMS = ("6A", "6B", "7A", "7B", "8A")
FORM_SIZE = 32
BAND_SIZE = 24
WEEKS_BEFORE = 11
YEAR_WEEKS = 42

GIVEN = """
Ana Leo Amira Ben Chloe Daniel Elif Farid Grace Hana Ibrahim Jonas Keira Liam Mei Noah Olivia Pablo
Qasim Rosa Samuel Tara Umar Vera Wen Xenia Yusuf Zara Aidan Bella Caleb Daria Ethan Freya Gabriel
Hugo Isla Jamal Kofi Lena Marco Nadia Oscar Priya Rafael Sofia Tomas Uma Victor Willow Yara Zane
Alice Bruno Celia Dev Esme Finn Gita Hector
""".split()
FAMILY = """
Gomez Okafor Sato Evans Lam Ibrahim Novak Patel Silva Murphy Haddad Kowalski Nguyen Brown Rossi
Ahmed Schmidt Jones Mensah Petrov Larsen Diaz Cohen Walsh Yilmaz Osman Tanaka Baker Ferrari Khan
Moreau Byrne Adeyemi Fischer Lopez Wright Banerjee Costa Dubois Eriksen Farah Green Hughes Ivanov
Jansen Kim Lewis Mwangi Nowak O’Connor Popescu Quinn Reyes Sharma Thomas Underhill Vargas White
Young Zhang
""".split()
PARENTS = """
Maria David Fatima James Aisha Peter Elena Mark Grace Ahmed Julia Paul Nadia Simon Ingrid Carlos
Helen Omar Yuki Robert
""".split()

QUIZZES = (
    "Integers",
    "Fractions",
    "Ratio",
    "Expressions",
    "Equations",
    "Angles",
    "Area",
    "Percentages",
    "Sequences",
    "Coordinates",
)
TESTS = ("Number test", "Algebra test", "Geometry test", "Term test")
PROJECTS = ("Tiling project", "Budget project", "Survey project")
HOMEWORK = (
    "Number lines",
    "Mixed numbers",
    "Scale drawings",
    "Simplifying",
    "Word problems",
    "Protractors",
    "Compound shapes",
    "Discounts",
    "Patterns",
    "Plotting points",
    "Negative numbers",
    "Estimating",
    "Revision sheet",
)
OTHER_WORK = {
    "English": (("Reading", 30), ("Writing", 50), ("Speaking", 20)),
    "Maths": (("Tests", 60), ("Homework", 40)),
    "Music": (("Performance", 70), ("Theory", 30)),
    "Science": (("Lab reports", 50), ("Tests", 50)),
}
KEPT = {"Reading": 2}
"""Where only the best so many count."""
TITLES = {
    "Reading": "Reading log",
    "Writing": "Essay draft",
    "Speaking": "Short talk",
    "Tests": "Unit test",
    "Homework": "Worksheet",
    "Performance": "Rehearsal",
    "Theory": "Theory sheet",
    "Lab reports": "Lab report",
}
LETTERS = (("A", 90), ("B", 80), ("C", 70), ("D", 60), ("F", 0))
OUTCOMES = (
    ("AR1", "Draws from observation", "Looks closely, and draws what is there: shape, size and light."),
    ("AR2", "Mixes colours to match", "Finds the colour that is needed, and knows how it was made."),
    ("AR3", "Plans and improves a piece", "Tries ideas in a sketchbook, and makes a first version better."),
)
PICTURES = (
    ("Leaf study", (0,)),
    ("Colour wheel", (1,)),
    ("Still life sketch", (0, 2)),
    ("Still life painting", (0, 1)),
    ("Print of a building", (2,)),
    ("Self-portrait", (0, 1, 2)),
    ("Winter landscape", (1, 2)),
)
"""Titles, and which of the outcomes they are about."""
COMMENTS = (
    "Clear steps. Next time check the sign in line 3.",
    "Good thinking, and your diagram helps. Label both axes.",
    "You may hand in the last two questions until Friday.",
    "Much better than last week.",
)
NOTES = (
    "Works well next to Nora. Ask about the algebra tiles for home.",
    "Asked for more time in tests. Talk to the office about it.",
)


@dataclass(frozen=True)
class SignIn:
    """One account that the start prints."""

    role: str
    username: str
    password: str
    takes_code: bool = False
    """Whether signing in takes a code too, which `flask demo-code` tells."""

    @property
    def line(self) -> str:
        """As the start prints it."""
        code = "  and a code: make code" if self.takes_code else ""
        return f"{self.role:<22} {self.username:<14} {self.password}{code}"


@dataclass
class Demonstration:
    """What has been made so far."""

    school: School
    now: datetime
    today: date
    password_hash: str
    dice: random.Random
    people: dict[str, User] = field(default_factory=dict)
    students: dict[str, list[User]] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    year: AcademicSession = None  # type: ignore[assignment]
    periods: list[AcademicSession] = field(default_factory=list)

    @property
    def begin(self) -> date:
        """The first school day."""
        return self.year.begins_on

    def moment(self, days: int, hour: int) -> datetime:
        """Half past this hour, so many days ago or at the last school day before; below 0 ahead."""
        return _at(_school_day(self.today - timedelta(days=days)), hour)


def load_demonstration_school(now: datetime) -> list[SignIn]:
    """Add the school to the session and return who can sign in. The caller commits."""
    password = "-".join(secrets.choice(_WORDS) for _ in range(4))
    school = School(name="Oak School", timezone=TIMEZONE, phone="020 7946 0021", is_demonstration=True)
    db.session.add(school)
    db.session.flush()
    demo = Demonstration(school, now, school.today(now), hash_password(password), random.Random(7))  # noqa: S311 - dice for a story, not a secret
    _add_calendar(demo)
    _add_staff(demo)
    _add_students(demo)
    _add_classes(demo)
    _add_families(demo)
    _add_work(demo)
    _add_art(demo)
    add_messages(demo)
    db.session.flush()
    return [
        SignIn("teacher", "ortiz", password),
        SignIn("student", "ana.gomez", password),
        SignIn("parent", "maria.gomez", password),
        SignIn("school office", "office", password, takes_code=True),
        SignIn("teacher and parent", "lee", password),
    ]


_WORDS = """
amber anchor apple autumn basket beacon bottle branch bridge button candle canyon carrot castle
cedar circle clover copper coral cotton desert dragon ember engine falcon feather fiddle forest
garden ginger glacier guitar hammer harbor hazel honey island jacket jungle kettle ladder lantern
lemon marble meadow mirror mitten nectar ocean olive orchard paddle pebble pepper pillow planet
pocket puzzle quartz rabbit ribbon river rocket saddle salmon silver spiral sunset tablet thistle
timber tulip tunnel valley velvet violet walnut willow window winter yonder zephyr
""".split()


def school_year(today: date) -> tuple[date, date]:
    """A year from a Monday that has been running for eleven weeks or more, with today well inside."""
    september = date(today.year if today.month >= 9 else today.year - 1, 9, 1)
    first_monday = september + timedelta(days=-september.weekday() % 7)
    begin = min(first_monday, today - timedelta(days=today.weekday(), weeks=WEEKS_BEFORE))
    return begin, max(begin + timedelta(weeks=YEAR_WEEKS), today + timedelta(weeks=4))


def _add_calendar(demo: Demonstration) -> None:
    begin, end = school_year(demo.today)
    demo.year = _session(demo, SessionKind.YEAR, f"{begin.year}–{end.year % 100}", begin, end, None)
    quarter = (end - begin) // 4
    days = [begin, begin + quarter, begin + 2 * quarter, begin + 3 * quarter, end]
    for index in (0, 1):
        term = _session(demo, SessionKind.TERM, f"Term {index + 1}", days[2 * index], days[2 * index + 2], demo.year)
        for number in (2 * index, 2 * index + 1):
            demo.periods.append(
                _session(
                    demo,
                    SessionKind.GRADING_PERIOD,
                    f"Quarter {number + 1}",
                    days[number],
                    days[number + 1],
                    term,
                )
            )


def _session(
    demo: Demonstration,
    kind: SessionKind,
    title: str,
    begins_on: date,
    ends_on: date,
    parent: AcademicSession | None,
) -> AcademicSession:
    session = AcademicSession(
        school_id=demo.school.id,
        kind=kind,
        title=title,
        begins_on=begins_on,
        ends_on=ends_on,
        parent_id=parent.id if parent else None,
    )
    db.session.add(session)
    db.session.flush()
    return session


def _user(
    demo: Demonstration,
    username: str,
    name: str,
    kind: AccountKind,
    *,
    signs_in: bool = True,
    form: str | None = None,
) -> User:
    first, _, last = name.rpartition(" ")
    user = User(
        account_kind=kind,
        username=username,
        username_key=username.casefold(),
        display_name=name,
        sort_name=f"{last}, {first}",
        called=first,
        form=form,
        password_hash=demo.password_hash if signs_in else None,
        identity_seen_at=demo.now if signs_in and kind == AccountKind.ADULT else None,
    )
    db.session.add(user)
    demo.people[username] = user
    return user


def _role(demo: Demonstration, user: User, kind: RoleKind, ends_on: date | None = None) -> None:
    db.session.add(
        Role(
            user_id=user.id,
            account_kind=user.account_kind,
            school_id=demo.school.id,
            kind=kind,
            begins_on=demo.begin,
            ends_on=ends_on,
        )
    )


def _add_staff(demo: Demonstration) -> None:
    staff = (
        ("ortiz", "Inés Ortiz"),
        ("lee", "Tom Lee"),
        ("adeyemi", "Ruth Adeyemi"),
        ("novak", "Petr Novak"),
        ("haddad", "Salma Haddad"),
        ("murphy", "Sean Murphy"),
        ("sato", "Kenji Sato"),
        ("larsen", "Ida Larsen"),
    )
    for username, name in staff:
        _user(demo, username, name, AccountKind.ADULT)
    _user(demo, "office", "Pat Lindqvist", AccountKind.ADULT)
    _user(demo, "office2", "Jo Marsh", AccountKind.ADULT)
    db.session.flush()
    for username, _name in staff:
        _role(demo, demo.people[username], RoleKind.TEACHER)
    for username in ("office", "office2"):
        _role(demo, demo.people[username], RoleKind.OFFICE)
        second_step.begin_app(demo.people[username].id, demo.now).confirmed_at = demo.now


def _add_students(demo: Demonstration) -> None:
    """Ana Gomez in 7B and her brother Leo in 6A come first; the others in families of one to three."""
    names = {("Ana", "Gomez"), ("Leo", "Gomez"), ("Teo", "Lee")}
    demo.students = {form: [] for form in FORMS}
    for given, family, form in (("Leo", "Gomez", "6A"), ("Ana", "Gomez", "7B"), ("Teo", "Lee", "7B")):
        demo.students[form].append(_student(demo, given, family, form))
    seats = [form for form in FORMS for _ in range(FORM_SIZE - len(demo.students[form]))]
    demo.dice.shuffle(seats)
    while seats:
        family = demo.dice.choice(FAMILY[1:])
        for _ in range(min(len(seats), demo.dice.choice((1, 1, 1, 2, 2, 3)))):
            given = demo.dice.choice(GIVEN)
            if (given, family) not in names:
                names.add((given, family))
                form = seats.pop()
                demo.students[form].append(_student(demo, given, family, form))
    db.session.flush()
    for students in demo.students.values():
        students.sort(key=lambda student: student.sort_name)
        for student in students:
            _role(demo, student, RoleKind.STUDENT)
    db.session.flush()


def _student(demo: Demonstration, given: str, family: str, form: str) -> User:
    username = f"{given}.{family}".lower().replace("’", "")
    return _user(demo, username, f"{given} {family}", AccountKind.STUDENT, form=form)


def _add_classes(demo: Demonstration) -> None:
    """Maths, English and Science in each form, and Music across forms: 16 classes. `_add_art` adds one more."""
    teachers = {"Maths": ("ortiz", "lee"), "English": ("adeyemi", "novak"), "Science": ("haddad", "murphy")}
    for subject, (first, second) in teachers.items():
        course = _course(demo, subject)
        for index, form in enumerate(FORMS):
            section = _section(demo, course, f"{subject} {form}")
            _teach(demo, section, first if index in (0, 3, 4) else second, Position.LEAD)
            for student in demo.students[form]:
                _place(demo, section, student, Position.STUDENT)
    band = _section(demo, _course(demo, "Music"), "Music band")
    _teach(demo, band, "sato", Position.LEAD)
    everyone = [student for form in FORMS for student in demo.students[form]]
    for student in demo.dice.sample(everyone, BAND_SIZE):
        _place(demo, band, student, Position.STUDENT)
    _teach(demo, demo.sections["Maths 7B"], "larsen", Position.CO_TEACHER)
    _teach(
        demo,
        demo.sections["English 7B"],
        "sato",
        Position.SUBSTITUTE,
        ends_on=demo.today + timedelta(days=12),
    )


def _course(demo: Demonstration, title: str) -> Course:
    course = Course(school_id=demo.school.id, title=title, code=title[:3].upper())
    db.session.add(course)
    db.session.flush()
    return course


def _section(demo: Demonstration, course: Course, title: str) -> Section:
    section = Section(
        school_id=demo.school.id,
        course_id=course.id,
        term_id=demo.year.id,
        title=title,
        total_mode=TotalMode.WEIGHTED,
        late_percent=Decimal(10),
        late_interval=LateInterval.DAY,
        late_floor=Decimal(50),
        posts_as_entered=True,
    )
    db.session.add(section)
    db.session.flush()
    demo.sections[title] = section
    return section


def _teach(
    demo: Demonstration, section: Section, username: str, position: Position, ends_on: date | None = None
) -> None:
    _place(demo, section, demo.people[username], position, ends_on)


def _place(demo: Demonstration, section: Section, user: User, position: Position, ends_on: date | None = None) -> None:
    kind = RoleKind.STUDENT if position == Position.STUDENT else RoleKind.TEACHER
    db.session.add(
        Enrollment(
            school_id=demo.school.id,
            section_id=section.id,
            user_id=user.id,
            role_kind=kind,
            position=position,
            begins_on=demo.begin,
            ends_on=ends_on,
        )
    )


def _add_families(demo: Demonstration) -> None:
    """One or two guardians for each family; then the families with a story."""
    families: dict[str, list[User]] = {}
    for students in demo.students.values():
        for student in students:
            families.setdefault(student.display_name.rpartition(" ")[2], []).append(student)
    told = {"Gomez": ("maria.gomez", "david.gomez"), "Lee": ("lee",)}
    for family, children in sorted(families.items()):
        usernames = told.get(family) or _new_guardians(demo, family)
        for username in usernames:
            if username not in demo.people:
                _user(demo, username, _guardian_name(username), AccountKind.ADULT)
        db.session.flush()
        for username in usernames:
            _role(demo, demo.people[username], RoleKind.PARENT)
            for child in children:
                _guard(demo, child, demo.people[username])
    db.session.flush()
    _add_exceptions(demo, families)


def _new_guardians(demo: Demonstration, family: str) -> tuple[str, ...]:
    plain = family.lower().replace("’", "")
    names = demo.dice.sample(PARENTS, demo.dice.choice((1, 2, 2)))
    return tuple(f"{name.lower()}.{plain}.home" for name in names)


def _guardian_name(username: str) -> str:
    given, family = username.split(".")[:2]
    return f"{given.title()} {family.title()}"


def _guard(
    demo: Demonstration, child: User, guardian: User, relation: str | None = None, ends_on: date | None = None
) -> None:
    mothers = ("Maria", "Fatima", "Aisha", "Elena", "Grace", "Julia", "Nadia", "Ingrid", "Helen", "Yuki")
    db.session.add(
        Guardianship(
            school_id=demo.school.id,
            student_id=child.id,
            guardian_id=guardian.id,
            begins_on=demo.begin,
            ends_on=ends_on,
            relationship_name=relation or ("mother" if guardian.called in mothers else "father"),
        )
    )


def _add_exceptions(demo: Demonstration, families: dict[str, list[User]]) -> None:
    """An order against one guardian, a link that ended, one without an account."""
    ben = demo.students["7B"][5]
    for username, name, relation in (
        ("rex.stone", "Rex Stone", "father"),
        ("gus.bell", "Gus Bell", "foster carer"),
        ("nan.frost", "Nan Frost", "grandmother"),
    ):
        _user(demo, username, name, AccountKind.ADULT, signs_in=username != "nan.frost")
        db.session.flush()
        _role(demo, demo.people[username], RoleKind.PARENT)
        ended = demo.today - timedelta(days=20) if username == "gus.bell" else None
        _guard(demo, ben, demo.people[username], relation, ended)
    db.session.add(
        Restriction(
            school_id=demo.school.id,
            student_id=ben.id,
            adult_id=demo.people["rex.stone"].id,
            no_contact=True,
            no_records=True,
            hide_address=True,
            document_reference="Family Court 4410/26",
            note="Copy in the office safe.",
            begins_on=demo.today - timedelta(days=30),
            entered_by=demo.people["office"].id,
            entered_at=demo.now,
            confirmed_by=demo.people["office2"].id,
            confirmed_at=demo.now,
        )
    )
    db.session.flush()


def _add_work(demo: Demonstration) -> None:
    scale = GradingScale(school_id=demo.school.id, name="US letters A–F")
    scale.bands = [
        GradingScaleBand(school_id=demo.school.id, label=label, bound=Decimal(bound)) for label, bound in LETTERS
    ]
    db.session.add(scale)
    db.session.flush()
    for title, section in demo.sections.items():
        section.grading_scale_id = scale.id if title.startswith("English") else None
        (_add_full_class if title == "Maths 7B" else _add_plain_class)(demo, section)
    finish_by = demo.today + timedelta(days=6)
    db.session.execute(update(Score).where(Score.status == Status.incomplete).values(finish_by=finish_by))


def _add_full_class(demo: Demonstration, section: Section) -> None:
    """30 assignments in four categories; the last ones lie ahead, one is hidden, one is extra credit."""
    tests, quizzes, projects, homework = (
        _category(demo, section, title, weight, position, drop)
        for position, (title, weight, drop) in enumerate(
            (("Tests", 40, 0), ("Quizzes", 30, 1), ("Projects", 10, 0), ("Homework", 20, 0))
        )
    )
    work = (
        [(tests, title, 50, 18 + 21 * index) for index, title in enumerate(TESTS)]
        + [(quizzes, f"Quiz {index + 1} {title.lower()}", 20, 11 + 7 * index) for index, title in enumerate(QUIZZES)]
        + [(projects, title, 30, 35 + 25 * index) for index, title in enumerate(PROJECTS)]
        + [(homework, title, 10, 4 + 6 * index) for index, title in enumerate(HOMEWORK)]
    )
    first = demo.today - timedelta(weeks=WEEKS_BEFORE)
    students = demo.students[section.title.split()[-1]]
    for position, (category, title, points, days) in enumerate(work):
        due = _school_day(first + timedelta(days=days))
        is_extra = title == "Revision sheet"
        assignment = _assignment(demo, section, category, title, points, due, position, extra_credit=is_extra)
        if title == "Quiz 9 sequences":
            assignment.posted_at = None  # typed and not yet posted
        if due <= demo.today or is_extra:
            _add_scores(demo, section, assignment, students, full=True)
    _add_notes(demo, section, students)


def _add_notes(demo: Demonstration, section: Section, students: list[User]) -> None:
    """What one teacher keeps in mind about two students, and keeps to say again."""
    teacher = demo.people["ortiz"].id
    scored = (Assignment.section_id == section.id, Score.points.is_not(None))
    for student, note in zip(students, NOTES, strict=False):
        newest = (
            select(Score.assignment_id, Score.comment)
            .join(Assignment, Assignment.id == Score.assignment_id)
            .where(*scored, Score.student_id == student.id)
            .order_by(Assignment.due_on.desc(), Assignment.id)
        )
        assignment_id, comment = db.session.execute(newest.limit(1)).one()
        said = Said(comment or "", note)
        place = (assignment_id, student.id)
        save_comments(section, place, said, seen=section.last_seq, actor_id=teacher, now=demo.now)
    for words in COMMENTS:
        comment_bank.add_comment(teacher, demo.school.id, words)


def _add_plain_class(demo: Demonstration, section: Section) -> None:
    subject, _, form = section.title.partition(" ")
    students = demo.students[form] if form in FORMS else list(db.session.scalars(_students_of(section)))
    categories = [
        _category(demo, section, title, weight, position, 0)
        for position, (title, weight) in enumerate(OTHER_WORK[subject])
    ]
    for category in categories:
        category.keep_best = KEPT.get(category.title)
    first = demo.today - timedelta(weeks=WEEKS_BEFORE)
    for index in range(10):
        category = categories[index % len(categories)]
        due = _school_day(first + timedelta(days=7 + 9 * index))
        title = f"{TITLES[category.title]} {index // len(categories) + 1}"
        assignment = _assignment(demo, section, category, title, (20, 50, 25)[index % 3], due, index)
        if due <= demo.today:
            _add_scores(demo, section, assignment, students, full=False)


def _students_of(section: Section):
    return (
        select(User)
        .join(Enrollment, Enrollment.user_id == User.id)
        .where(Enrollment.section_id == section.id, Enrollment.role_kind == RoleKind.STUDENT)
        .order_by(User.sort_name)
    )


def _school_day(day: date) -> date:
    return day if day.weekday() < 5 else day - timedelta(days=day.weekday() - 4)


def _category(demo: Demonstration, section: Section, title: str, weight: int, position: int, drop: int) -> Category:
    category = Category(
        school_id=demo.school.id,
        section_id=section.id,
        title=title,
        weight=Decimal(weight),
        position=position,
        drop_lowest=drop,
    )
    db.session.add(category)
    db.session.flush()
    return category


def _assignment(
    demo: Demonstration,
    section: Section,
    category: Category,
    title: str,
    points: int,
    due: date,
    position: int,
    *,
    extra_credit: bool = False,
) -> Assignment:
    period = next((period for period in demo.periods if period.begins_on <= due < period.ends_on), None)
    assignment = Assignment(
        school_id=demo.school.id,
        section_id=section.id,
        category_id=category.id,
        title=title,
        points=Decimal(points),
        due_on=due,
        assigned_on=due - timedelta(days=7),
        position=position,
        extra_credit=extra_credit,
        posted_at=_at(due - timedelta(days=7)),
        grading_period_id=period.id if period else None,
        seq=next_number(section),
    )
    db.session.add(assignment)
    db.session.flush()
    return assignment


def _at(day: date, hour: int = 15) -> datetime:
    return datetime.combine(day, time(hour, 30), ZoneInfo(TIMEZONE)).astimezone(UTC)


def _add_scores(
    demo: Demonstration, section: Section, assignment: Assignment, students: list[User], *, full: bool
) -> None:
    """One column, as its teacher typed it the day after it was due."""
    possible = int(assignment.points * 100)
    recent = assignment.due_on is not None and (demo.today - assignment.due_on).days < 4
    wanted = {}
    for student in students:
        content = _content(demo, student, possible, assignment.extra_credit, full, recent)
        if content is not None:
            wanted[assignment.id, student.id] = content
    teacher = db.session.scalars(
        select(Enrollment.user_id).where(Enrollment.section_id == section.id, Enrollment.position == Position.LEAD)
    ).one()
    typed_at = min(_at(assignment.due_on + timedelta(days=1)), demo.now) if assignment.due_on else demo.now
    number = next_number(section)
    write_cells(section, wanted, {}, number=number, actor_id=teacher, now=typed_at, kind=ChangeKind.TYPED)
    if full:
        _add_comments(demo, assignment, students)


def _add_comments(demo: Demonstration, assignment: Assignment, students: list[User]) -> None:
    """Feedback for two students of each column."""
    for student in demo.dice.sample(students, 2):
        db.session.execute(
            update(Score)
            .where(Score.assignment_id == assignment.id, Score.student_id == student.id)
            .values(comment=demo.dice.choice(COMMENTS))
        )


def _content(
    demo: Demonstration, student: User, possible: int, extra: bool, full: bool, recent: bool
) -> Content | None:
    """A student has a level of their own around which scores lie, to half points."""
    chance = demo.dice.random()
    if chance < (0.35 if recent else 0.015) or (extra and chance < 0.6):
        return None
    if chance > 0.985:
        return Content(status="excused")
    if chance > 0.965:
        return Content(status="missing")
    if chance > 0.958:
        return Content(status="incomplete")
    if chance > 0.95:
        return Content(status="turned_in")
    level = 0.62 + 0.36 * ((student.id * 37) % 100) / 100
    share = min(1.05 if extra or chance > 0.93 else 1.0, max(0.2, demo.dice.gauss(level, 0.09)))
    if full and 0.90 < chance < 0.915:
        return Content(percent=round(share * 100) * 100)
    return Content(points=round(share * possible / 50) * 50, late=0.85 < chance < 0.90)


def _add_art(demo: Demonstration) -> None:
    """A class that grades outcomes: seven pictures, of which the sixth is rated and not yet posted."""
    section = _section(demo, _course(demo, "Art"), "Art 7B")
    _teach(demo, section, "ortiz", Position.LEAD)
    for student in demo.students["7B"]:
        _place(demo, section, student, Position.STUDENT)
    db.session.flush()
    teacher, category = demo.people["ortiz"].id, _category(demo, section, "Pictures", 100, 0, 0)
    wish, seen = Settings(grades_outcomes=True), version_of(settings_of(section))
    save_settings(section, wish, seen=seen, shown=None, actor_id=teacher, now=demo.now)
    outcomes = [
        add_outcome(section, OutcomeDraft(title, code, means), actor_id=teacher, now=demo.now)
        for code, title, means in OUTCOMES
    ]
    first = demo.today - timedelta(weeks=WEEKS_BEFORE)
    dice = random.Random(11)  # noqa: S311 - dice of its own, so that the other classes stay as they are
    for position, (title, about) in enumerate(PICTURES):
        due = _school_day(first + timedelta(days=10 + 12 * position))
        picture = _assignment(demo, section, category, title, 10, due, position)
        if title == "Self-portrait":
            picture.posted_at = None
        keys = {outcomes[index].id for index in about}
        found = class_outcomes(section, demo.now)
        assert found is not None  # noqa: S101 - the settings were saved above
        align(found, picture, keys, seen=section.last_seq, shown=None, actor_id=teacher, now=demo.now)
        if due <= demo.today:
            _rate(demo, section, picture, sorted(keys), position, dice)


def _rate(
    demo: Demonstration, section: Section, picture: Assignment, keys: list[int], position: int, dice: random.Random
) -> None:
    """One picture, as its teacher rated it the day after it was due; students get better over the weeks."""
    typed_at = min(_at(picture.due_on + timedelta(days=1)), demo.now) if picture.due_on else demo.now
    texts = {}
    for student in demo.students["7B"]:
        gift = 1.4 + 1.6 * ((student.id * 37) % 100) / 100
        status = next((word for word, chance in (("missing", 0.03), ("excused", 0.05)) if dice.random() < chance), "")
        for key in keys:
            level = min(4, max(1, round(dice.gauss(gift + 0.2 * position, 0.5))))
            texts[picture.id, key, student.id] = status or str(level)
    found = class_outcomes(section, demo.now)
    assert found is not None  # noqa: S101 - as above
    teacher = demo.people["ortiz"].id
    save_ratings(found, texts, seen=section.last_seq, actor_id=teacher, now=typed_at)
