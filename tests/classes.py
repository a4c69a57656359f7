"""A class of any size, for tests that count statements, bytes and elements."""

from datetime import date, timedelta
from decimal import Decimal

from gradebook.extensions import db
from gradebook.models import AccountKind, Assignment, Category, Position, RoleKind, Score, Section
from tests.school import SEEN, YEAR, SmallSchool, enroll, make_role, make_section, make_user


def make_class(school: SmallSchool, students: int, assignments: int, **rules) -> Section:
    """Ms Rivera's class with so many students and posted assignments in four categories; every tenth cell is blank."""
    section = make_section(school.oak, f"Growth {students} by {assignments}", **rules)
    enroll(school.rivera, section, Position.LEAD)
    works = _add_work(section, assignments)
    pupils = [_add_student(school, section, number) for number in range(students)]
    db.session.add_all(
        Score(
            school_id=section.school_id, assignment_id=work.id, student_id=pupil.id, seq=0,
            points=Decimal((place * 7 + other * 3) % 41) / 2,
        )
        for place, pupil in enumerate(pupils)
        for other, work in enumerate(works)
        if (place + other) % 10
    )  # fmt: skip
    db.session.flush()
    return section


def _add_work(section: Section, count: int) -> list[Assignment]:
    categories = [
        Category(school_id=section.school_id, section_id=section.id, title=title, weight=Decimal(25), position=place)
        for place, title in enumerate(("Tests", "Quizzes", "Projects", "Homework"))
    ]
    db.session.add_all(categories)
    db.session.flush()
    works = [
        Assignment(
            school_id=section.school_id, section_id=section.id, category_id=categories[number % 4].id,
            title=f"Homework {number + 1}", points=Decimal(20), posted_at=SEEN, position=number,
            due_on=date(2026, 9, 1) + timedelta(days=number % 40),
        )
        for number in range(count)
    ]  # fmt: skip
    db.session.add_all(works)
    db.session.flush()
    return works


def _add_student(school: SmallSchool, section: Section, number: int):
    pupil = make_user(f"{section.public_id}{number}", f"Pupil{number:03} Family{number % 17:02}", AccountKind.STUDENT)
    make_role(pupil, school.oak, RoleKind.STUDENT)
    enroll(pupil, section, Position.STUDENT, begins_on=YEAR[0])
    return pupil
