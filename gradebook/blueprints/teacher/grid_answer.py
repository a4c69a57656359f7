"""What is answered to a save: what went wrong, what has to be chosen, and the new totals for scripts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _

from gradebook.blueprints.teacher.grid_fields import Sent, field_name
from gradebook.blueprints.teacher.grid_table import Trouble
from gradebook.blueprints.teacher.grid_words import Numbers, cell_text, why_not
from gradebook.models import Section
from gradebook.policy.person import Person
from gradebook.services.grades import Cell, ClassWork, Student, by_student, students_of
from gradebook.services.periods import closed_since
from gradebook.services.scores import Conflict, Content, Place, Saved, content_of


class Problem(NamedTuple):
    """A line of the error summary."""

    name: str
    """The field's name; empty where the field is no longer on the page."""
    student: str
    assignment: str
    trouble: Trouble


@dataclass
class Choice:
    """A cell that two people changed."""

    name: str
    student: str
    assignment: str
    mine: str
    theirs: str
    by: str
    is_own: bool
    """The other change was made by the same person, in another window."""
    at: datetime


@dataclass
class Choices:
    """The page on which one chooses, with the texts that were not understood beside it."""

    rows: list[Choice]
    problems: list[Problem]


def troubles_of(work: ClassWork, sent: Sent, saved: Saved) -> dict[Place, Trouble]:
    """The cells that come back, with what was typed and why."""
    numbers = Numbers.here()
    return {
        place: Trouble(
            text=sent.texts[place],
            words=why_not(error, sent.texts[place], work.by_id.get(place[0]), numbers),
            check=error.code == "needs_confirmation",
        )
        for place, error in saved.errors.items()
    }


def problems_of(work: ClassWork, students: Mapping[int, Student], troubles: Mapping[Place, Trouble]) -> list[Problem]:
    """The lines of the error summary, in the order in which the cells were sent."""
    problems = []
    for place, trouble in troubles.items():
        student, column = students.get(place[1]), work.by_id.get(place[0])
        here = student is not None and column is not None and not closed_since(work.section, column.grading_period_id)
        problems.append(
            Problem(
                name=field_name(place) if here else "",
                student=student.sort_name if student else _("A student who has left the class"),
                assignment=column.title if column else _("A deleted assignment"),
                trouble=trouble,
            )
        )
    return problems


def choices_of(section: Section, work: ClassWork, sent: Sent, saved: Saved, person: Person) -> Choices:
    """Both values of every conflict, with the names that a person needs."""
    students = {student.id: student for student in students_of(section, section.school.today(work.now))}
    rows = [_choice(work, sent, conflict, students, person) for conflict in saved.conflicts]
    return Choices(rows, problems_of(work, students, troubles_of(work, sent, saved)))


def _choice(work: ClassWork, sent: Sent, conflict: Conflict, students: Mapping[int, Student], person: Person) -> Choice:
    assignment_id, student_id = conflict.place
    return Choice(
        name=field_name(conflict.place),
        student=students[student_id].sort_name,
        assignment=work.by_id[assignment_id].title,
        mine=sent.texts[conflict.place],
        theirs=text(work, conflict.place, conflict.theirs),
        by=conflict.by,
        is_own=conflict.by_id == person.id,
        at=conflict.at,
    )


def answer_of(work: ClassWork, sent: Sent, saved: Saved, number: int) -> dict[str, Any]:
    """What a script needs: the number now seen, the texts of the saved cells and the new totals of their students.

    Conflicts and `stands` are told as of the class's newest number. Where that is another, because what was saved is
    told again (Saved.number_seen), it is `now`.
    """
    answer: dict[str, Any] = {
        "number": number,
        "saved": {field_name(place): text(work, place, _saved_content(saved, place)) for place in saved.places},
        "students": totals(work, saved),
    }
    if work.section.last_seq != number:
        answer["now"] = work.section.last_seq
    stands = _stands(work, sent, saved)
    if stands:
        answer["stands"] = stands
    if saved.errors:
        troubles = troubles_of(work, sent, saved)
        answer["errors"] = {
            field_name(place): trouble.words for place, trouble in troubles.items() if not trouble.check
        }
        answer["checks"] = {field_name(place): trouble.words for place, trouble in troubles.items() if trouble.check}
    if saved.conflicts:
        answer["conflicts"] = {
            field_name(conflict.place): {
                "mine": sent.texts[conflict.place],
                "theirs": text(work, conflict.place, conflict.theirs),
                "by": conflict.by,
                "at": conflict.at.isoformat(timespec="seconds"),
            }
            for conflict in saved.conflicts
        }
    return answer


def _stands(work: ClassWork, sent: Sent, saved: Saved) -> dict[str, str]:
    """What stands in cells that say something else than they were sent, and of which no conflict tells it.

    What was typed there is refused; or it was no change to what the person saw and is one to what somebody else typed
    since; or it was saved by an earlier request with the same key, and somebody changed it after that.
    """
    said = {place: sent.texts[place] for place in sent.texts if place[0] in work.by_id}
    said |= {place: text(work, place, content) for place, content in saved.sent.items() if place[0] in work.by_id}
    told = {*(set(saved.places) - saved.sent.keys()), *(conflict.place for conflict in saved.conflicts)}
    texts = {place: text(work, place, content_of(saved.cells.get(place))) for place in said if place not in told}
    return {field_name(place): now for place, now in texts.items() if now != said[place]}


def _saved_content(saved: Saved, place: Place) -> Content:
    """What was saved in a cell: of one that an earlier request had written, what it wrote."""
    return saved.sent[place] if place in saved.sent else content_of(saved.cells[place])


def text(work: ClassWork, place: Place, content: Content) -> str:
    """What stands in the cell's field for this content."""
    return cell_text(content, work.by_id[place[0]].possible, work.scale.labels if work.scale else ())


def marks(cell: Cell | None) -> dict[str, bool]:
    """Whether anything is said about the score; what it is stands on its own page."""
    return {"comment": bool(cell and cell.comment), "note": bool(cell and cell.noted)}


def totals(work: ClassWork, saved: Saved) -> dict[str, dict[str, str]]:
    """The new overall of each student of whom a cell was saved, as the grid words it."""
    numbers, has_hidden = Numbers.here(), work.has_hidden()
    changed = {place[1] for place in saved.places}
    cells = by_student(cell for cell in saved.cells.values() if cell.student_id in changed)
    return {str(key): _total(work, saved.students[key], cells[key], numbers, has_hidden) for key in changed}


def _total(work: ClassWork, student: Student, cells: list[Cell], numbers: Numbers, has_hidden: bool) -> dict[str, str]:
    marks = work.marks(cells)
    posted = work.totals(student, marks, posted_only=True)
    total = {"overall": numbers.percent(posted.current)}
    if posted.letter:
        total["letter"] = posted.letter
    if has_hidden:
        everything = work.totals(student, marks, posted_only=False)
        if everything.current != posted.current:
            total["hidden"] = numbers.percent(everything.current)
    return total
