"""Work, scores and letters to try the families' pages with, beside what tests/school.py has."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from gradebook.extensions import db
from gradebook.models import (
    Assignment,
    Category,
    ChangeKind,
    GradingScale,
    GradingScaleBand,
    Guardianship,
    Position,
    School,
    ScoreChange,
    Section,
    User,
)
from tests.school import SEEN, YEAR, enroll, make_score, make_section

LETTERS = (("A", 90), ("B", 80), ("C", 70), ("D", 60), ("F", 0))
_FROM_SCHOOL: Any = object()


def add_category(section: Section, title: str, weight: int = 100, **rules: Any) -> Category:
    """A category of a class."""
    category = Category(
        school_id=section.school_id, section_id=section.id, title=title, weight=Decimal(weight), position=9, **rules
    )
    db.session.add(category)
    db.session.flush()
    return category


def add_work(
    category: Category, title: str, points: int = 20, *, posted_at: datetime | None = SEEN, **more: Any
) -> Assignment:
    """A piece of work, posted unless told otherwise."""
    more.setdefault("position", db.session.query(Assignment).count())
    assignment = Assignment(
        school_id=category.school_id,
        section_id=category.section_id,
        category_id=category.id,
        title=title,
        points=Decimal(points),
        posted_at=posted_at,
        **more,
    )
    db.session.add(assignment)
    db.session.flush()
    return assignment


def score(assignment: Assignment, student: User, points: str | None = None, **content: Any) -> None:
    """A score without history."""
    make_score(assignment, student, points=None if points is None else Decimal(points), **content)


def changed(assignment: Assignment, student: User, at: datetime, by: User) -> None:
    """The history of a score that `score` made: its last change."""
    db.session.add(
        ScoreChange(
            school_id=assignment.school_id,
            section_id=assignment.section_id,
            assignment_id=assignment.id,
            student_id=student.id,
            seq=0,
            changed_by=by.id,
            changed_at=at,
            kind=ChangeKind.TYPED,
        )
    )
    db.session.flush()


def add_class(school: School, title: str, student: User, pieces: int = 2, **rules: Any) -> Section:
    """A class of this student with two categories, so many scored pieces in each."""
    section = make_section(school, title, **rules)
    enroll(student, section, Position.STUDENT)
    for name in ("Homework", "Exams"):
        category = add_category(section, name, 50)
        for number in range(pieces):
            score(add_work(category, f"{name} {number + 1}", due_on=date(2026, 9, 20)), student, "15")
    return section


def add_letters(section: Section) -> GradingScale:
    """Letters from A to F for a class."""
    scale = GradingScale(school_id=section.school_id, name=f"Letters {section.id}")
    scale.bands = [
        GradingScaleBand(school_id=section.school_id, label=label, bound=Decimal(bound)) for label, bound in LETTERS
    ]
    db.session.add(scale)
    db.session.flush()
    section.grading_scale_id = scale.id
    return scale


def add_guardianship(guardian: User, child: User, school: School, **rights: Any) -> Guardianship:
    """A link between an adult and a child at one school."""
    guardianship = Guardianship(
        school_id=school.id,
        student_id=child.id,
        guardian_id=guardian.id,
        relationship_name="father",
        begins_on=YEAR[0],
        **rights,
    )
    db.session.add(guardianship)
    db.session.flush()
    return guardianship


def pages_of(student: User, section: Section) -> tuple[list[str], list[str]]:
    """The addresses of everything that the student, and then a guardian, can read about this class."""
    child = f"/parent/children/{student.public_id}"
    theirs = ["/student/", f"/student/classes/{section.public_id}"]
    return theirs, ["/parent/", child, f"{child}/classes/{section.public_id}"]


def more_pages_of(student: User, section: Section) -> list[str]:
    """The addresses of what a guardian reads beside them: the reports, and the scores to confirm as seen."""
    child = f"/parent/children/{student.public_id}"
    of_class = f"{child}/classes/{section.public_id}"
    return [f"{child}/report", f"{of_class}/report", f"{of_class}/seen"]


def asked_pages_of(section: Section) -> list[str]:
    """The addresses at which the student asks more about this class, or about all of them."""
    mine = f"/student/classes/{section.public_id}"
    planned = [f"{mine}?whatif=yes&goal=70&on={on}" for on in ("ahead", "missing")]
    return [
        *planned,
        f"{mine}/report",
        "/student/report",
        "/student/?news=all",
        "/student/calendar",
        "/student/calendar?view=month",
    ]


def shown(client: Any, url: str) -> bytes:
    """A page as it was sent, headers too, without the token that is new on every page."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers if name != "Set-Cookie")
    return headers.encode() + re.sub(rb'(name="csrf_token" value=")[^"]+', rb"\1", answer.data)


def words(text: str) -> str:
    """The page's text as a person reads it."""
    main = text[text.index("<main") : text.index("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)).strip()
