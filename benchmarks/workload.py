"""The school that is measured: the same rows for the same numbers and the same day, made as they are loaded.

Forms of students attend six classes together; a teacher has five classes; siblings sit at the same place of two
neighbouring forms and share their two guardians. Every class has four weighted categories, every score one entry
in its history, and six families of every class write to its teacher.

Rows are texts and whole numbers as both databases take them: points and percent in hundredths, moments in UTC.
"""

import hashlib
import json
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

CLASSES_OF_A_FORM = 6
CLASSES_OF_A_TEACHER = 5
TALKS_OF_A_CLASS = 6
MESSAGES_OF_A_TALK = 5
LONG_TALK = 50  # messages in the first conversation of the first class

GROWTH = ((30, 10), (30, 160), (300, 40), (300, 160))  # one class of each size beside the others

CATEGORIES = (("Homework", 2000, 1), ("Quizzes", 2000, 0), ("Projects", 2500, 0), ("Tests", 3500, 0))
LETTERS = (("A", 9000), ("B", 8000), ("C", 7000), ("D", 6000), ("F", 0))
PERIODS = 4
SUBJECTS = "Maths English Science History Geography Art Music French Spanish Drama Computing Sport".split()
GIVEN = """Ana Ben Chloe Dana Elif Femi Grace Hana Ines Jakub Kofi Leila Maya Noor Omar Priya Quinn Rosa Sami Tomás
Uma Vera Wanda Xavi Yusuf Zoë Amara Bruno Chidi Daria""".split()
FAMILY = """Adeyemi Baker Castro Dubois Eriksson Fischer Gomez Hassan Ivanova Jones Kaplan Lindqvist Moreau Nguyen
Okafor Petrov Quist Rivera Sato Tanaka Usman Varga Wójcik Xu Yilmaz Zimmermann Ahmed Brown Costa Diaz Evans""".split()

SCHOOL = 1
OFFICE = 1
FIRST_TEACHER = 2


class Load(NamedTuple):
    """The rows of one table, in the order of these columns."""

    table: str
    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


@dataclass(frozen=True)
class Workload:
    """A school of so many classes. `today` is its day: everything is dated around it."""

    today: date
    password_hash: str
    sections: int = 50
    students: int = 30
    """Students of each class."""
    assignments: int = 40
    growth: tuple[tuple[int, int], ...] = ()
    """Further classes, by students and assignments, with students of their own."""
    seed: int = 20

    # --- How many there are, and which keys they have

    @property
    def forms(self) -> int:
        """Groups of students who attend the same classes."""
        return -(-self.sections // CLASSES_OF_A_FORM)

    @property
    def teachers(self) -> int:
        """Teachers of the ordinary classes; one more teaches the growth classes."""
        return -(-self.sections // CLASSES_OF_A_TEACHER)

    @property
    def growth_students(self) -> int:
        """Students of the growth classes: the smaller classes have the first of them."""
        return max((students for students, _ in self.growth), default=0)

    @property
    def families(self) -> int:
        """Pairs of guardians."""
        return -(-self.forms // 2) * self.students

    def teacher_id(self, section: int) -> int:
        """Who teaches the class with this number (from 0; the growth classes follow the others)."""
        return FIRST_TEACHER + min(section // CLASSES_OF_A_TEACHER if section < self.sections else 10**9, self.teachers)

    def student_id(self, form: int, place: int) -> int:
        """The student at a place of a form; the growth students are the form after the last."""
        return FIRST_TEACHER + self.teachers + 1 + form * self.students + place

    def guardian_id(self, form: int, place: int, which: int) -> int:
        """The mother (0) or father (1) of the student at this place."""
        first = self.student_id(self.forms, 0) + self.growth_students
        return first + 2 * ((form // 2) * self.students + place) + which

    def classes(self) -> Iterator[tuple[int, int, int]]:
        """(number, students, assignments) of every class."""
        for number in range(self.sections):
            yield number, self.students, self.assignments
        for number, (students, assignments) in enumerate(self.growth, self.sections):
            yield number, students, assignments

    def students_of(self, section: int) -> list[int]:
        """Keys of the students of a class."""
        if section >= self.sections:
            return [self.student_id(self.forms, place) for place in range(self.growth[section - self.sections][0])]
        return [self.student_id(section // CLASSES_OF_A_FORM, place) for place in range(self.students)]

    def first_assignment(self, section: int) -> int:
        """The key of the class's first assignment; the others follow it."""
        before = sum(assignments for _, assignments in self.growth[: max(0, section - self.sections)])
        return 1 + min(section, self.sections) * self.assignments + before

    def score_count(self) -> int:
        """Cells of the whole school, filled or not."""
        return sum(students * assignments for _, students, assignments in self.classes())

    # --- Days

    @property
    def year(self) -> tuple[date, date]:
        """The school year around today."""
        return self.today - timedelta(days=150), self.today + timedelta(days=100)

    def due_on(self, place: int, assignments: int) -> date:
        """When the assignment at this place is due: all of them before today, the first long ago."""
        return self.year[0] + timedelta(days=2 + place * 146 // assignments)

    def period_of(self, day: date) -> int:
        """The grading period of a day before today, from 0."""
        return min(PERIODS - 1, (day - self.year[0]).days * PERIODS // 150)

    # --- Rows

    def loads(self) -> Iterator[Load]:
        """All tables, in an order in which what is referred to comes first."""
        yield Load("schools", ("id", "public_id", "name", "timezone", "locale", "is_demonstration"), self._school())
        yield Load("academic_sessions", ("id", "public_id", *_SESSION), self._calendar())
        yield Load("grading_scales", ("id", "public_id", "school_id", "name"), self._scale())
        yield Load("grading_scale_bands", ("school_id", "scale_id", "label", "bound"), self._bands())
        yield Load("users", ("id", "public_id", *_USER), self._users())
        yield Load("roles", ("user_id", "account_kind", "school_id", "kind", "begins_on"), self._roles())
        yield Load("guardianships", ("public_id", *_GUARDIANSHIP), self._guardianships())
        yield Load("courses", ("id", "public_id", "school_id", "title"), self._courses())
        yield Load("sections", ("id", "public_id", *_SECTION), self._sections())
        yield Load("enrollments", ("public_id", *_ENROLLMENT), self._enrollments())
        yield Load("categories", ("id", "public_id", *_CATEGORY), self._categories())
        yield Load("assignments", ("id", "public_id", *_ASSIGNMENT), self._assignments())
        yield Load("scores", _SCORE, self._scores())
        yield Load("score_changes", _CHANGE, self._changes())
        yield Load("conversations", ("id", "public_id", *_CONVERSATION), self._conversations())
        yield Load("participants", _PARTICIPANT, self._participants())
        yield Load("messages", _MESSAGE, self._messages())

    def _school(self) -> Iterator[tuple[Any, ...]]:
        yield SCHOOL, public_id("schools", 1), "Measured School", "Europe/Paris", "en", False

    def _calendar(self) -> Iterator[tuple[Any, ...]]:
        begin, end = self.year
        yield 1, public_id("academic_sessions", 1), SCHOOL, "year", "This year", None, str(begin), str(end)
        days = [begin + timedelta(days=-(-150 * number // PERIODS)) for number in range(PERIODS)] + [end]
        for number in range(PERIODS):
            title, key = f"Quarter {number + 1}", number + 2
            span = (str(days[number]), str(days[number + 1]))
            yield key, public_id("academic_sessions", key), SCHOOL, "grading_period", title, 1, *span

    def _scale(self) -> Iterator[tuple[Any, ...]]:
        yield 1, public_id("grading_scales", 1), SCHOOL, "Letters"

    def _bands(self) -> Iterator[tuple[Any, ...]]:
        for label, bound in LETTERS:
            yield SCHOOL, 1, label, bound

    def _people(self) -> Iterator[tuple[int, str, str]]:
        """(key, role, username) of everyone."""
        yield OFFICE, "office", "office"
        for number in range(self.teachers + 1):
            yield FIRST_TEACHER + number, "teacher", f"teacher{number}"
        first = self.student_id(0, 0)
        for number in range(self.forms * self.students + self.growth_students):
            yield first + number, "student", f"student{number}"
        first = self.guardian_id(0, 0, 0)
        for number in range(2 * self.families):
            yield first + number, "parent", f"guardian{number}"

    def _users(self) -> Iterator[tuple[Any, ...]]:
        for key, role, username in self._people():
            given, family = GIVEN[key % len(GIVEN)], FAMILY[key * 7 % len(FAMILY)]
            kind = "student" if role == "student" else "adult"
            sort_name = f"{family}, {given}"
            yield (
                key, public_id("users", key), kind, username, username, f"{given} {family}", sort_name,
                f"{sort_name} {given} {family}".casefold(), given, self.password_hash, 1, _moment(self.year[0]),
            )  # fmt: skip

    def _roles(self) -> Iterator[tuple[Any, ...]]:
        for key, role, _ in self._people():
            yield key, "student" if role == "student" else "adult", SCHOOL, role, str(self.year[0])

    def _guardianships(self) -> Iterator[tuple[Any, ...]]:
        for form in range(self.forms):
            for place in range(self.students):
                student = self.student_id(form, place)
                for which, word in enumerate(("mother", "father")):
                    guardian = self.guardian_id(form, place, which)
                    yield (
                        public_id("guardianships", 2 * student + which), SCHOOL, student, "student", guardian, "adult",
                        word, True, True, str(self.year[0]), False, False,
                    )  # fmt: skip

    def _courses(self) -> Iterator[tuple[Any, ...]]:
        for number, title in enumerate(SUBJECTS, 1):
            yield number, public_id("courses", number), SCHOOL, title

    def _sections(self) -> Iterator[tuple[Any, ...]]:
        for number, students, assignments in self.classes():
            subject = number % len(SUBJECTS)
            title = f"{SUBJECTS[subject]} {number // CLASSES_OF_A_FORM + 1}"
            if number >= self.sections:
                title = f"Growth {students} by {assignments}"
            yield (
                number + 1, public_id("sections", number + 1), SCHOOL, subject + 1, 1, title, False, assignments,
                "weighted", 0, 1000, "day", 5000, 1, False, True,
            )  # fmt: skip

    def _enrollments(self) -> Iterator[tuple[Any, ...]]:
        begin = str(self.year[0])
        count = 0
        for number, _students, _assignments in self.classes():
            people = [(self.teacher_id(number), "teacher", "lead")]
            people += [(student, "student", "student") for student in self.students_of(number)]
            for person, role, position in people:
                count += 1
                yield public_id("enrollments", count), SCHOOL, number + 1, person, role, position, begin

    def _categories(self) -> Iterator[tuple[Any, ...]]:
        for number, _students, _assignments in self.classes():
            for place, (title, weight, drop) in enumerate(CATEGORIES):
                key = number * len(CATEGORIES) + place + 1
                yield (
                    key, public_id("categories", key), SCHOOL, number + 1, title, weight, drop, 0, "points", False,
                    place,
                )  # fmt: skip

    def _assignments(self) -> Iterator[tuple[Any, ...]]:
        """All posted in the first class; in every other the newest two are hidden."""
        for number, _students, assignments in self.classes():
            first = self.first_assignment(number)
            hidden = 0 if number % 2 == 0 else 2
            for place in range(assignments):
                category, due_on = place % len(CATEGORIES), self.due_on(place, assignments)
                posted = None if place >= assignments - hidden else _moment(due_on)
                yield (
                    first + place, public_id("assignments", first + place), SCHOOL, number + 1,
                    number * len(CATEGORIES) + category + 1, 2 + self.period_of(due_on),
                    f"{CATEGORIES[category][0]} {place // len(CATEGORIES) + 1}", possible(place), False, True, False,
                    str(due_on), posted, place, place + 1,
                )  # fmt: skip

    def _cells(self) -> Iterator[tuple[int, int, int, int, date, int | None, str, bool]]:
        """(class, assignment's place and key, student, due, hundredths, status, late) of every cell that is filled."""
        for number, _students, assignments in self.classes():
            draw = random.Random(self.seed * 1_000_003 + number).random
            students, first = self.students_of(number), self.first_assignment(number)
            for place in range(assignments):
                due_on, full = self.due_on(place, assignments), possible(place)
                for student in students:
                    chance, mark = draw(), draw()
                    if chance < 0.03:
                        continue  # not graded yet
                    points: int | None = int(full * (0.45 + 0.55 * mark)) // 50 * 50
                    status = "none"
                    if chance < 0.05:
                        points, status = None, "missing" if chance < 0.04 else "excused"
                    yield number, place, first + place, student, due_on, points, status, chance > 0.98

    def _scores(self) -> Iterator[tuple[Any, ...]]:
        for count, (_number, place, assignment, student, due_on, points, status, late) in enumerate(self._cells()):
            turned_in = _moment(due_on + timedelta(days=1)) if late else None
            comment = "Show each step next time." if count % 100 == 0 else None
            yield assignment, student, SCHOOL, points, status, late, False, turned_in, comment, place + 1

    def _changes(self) -> Iterator[tuple[Any, ...]]:
        for number, place, assignment, student, due_on, points, status, late in self._cells():
            facts: dict[str, Any] = {} if points is None else {"points": points}
            facts |= {"status": status} if status != "none" else {}
            facts |= {"late": True} if late else {}
            yield (
                SCHOOL, number + 1, assignment, student, place + 1, self.teacher_id(number), _moment(due_on), "typed",
                json.dumps(facts),
            )  # fmt: skip

    # --- Conversations

    def talks(self) -> Iterator[tuple[int, int, int, int, int]]:
        """(key, class, student, guardian, messages) of every conversation."""
        key = 0
        for section in range(self.sections):
            form = section // CLASSES_OF_A_FORM
            for place in range(min(TALKS_OF_A_CLASS, self.students)):
                key += 1
                messages = LONG_TALK if key == 1 else MESSAGES_OF_A_TALK
                yield key, section, self.student_id(form, place), self.guardian_id(form, place, 0), messages

    def _conversations(self) -> Iterator[tuple[Any, ...]]:
        for key, section, student, guardian, messages in self.talks():
            name = f"family:{student}:{section + 1}:{guardian}"
            yield (
                key, public_id("conversations", key), SCHOOL, name, "family", student, "student", section + 1, guardian,
                guardian, _moment(self.year[0]), messages, messages, self._sent_at(key, messages),
            )  # fmt: skip

    def _participants(self) -> Iterator[tuple[Any, ...]]:
        """Guardians have read everything, teachers all but the newest message of every other conversation."""
        joined = _moment(self.year[0])
        for key, section, _student, guardian, messages in self.talks():
            yield key, guardian, SCHOOL, "parent", joined, messages
            yield key, self.teacher_id(section), SCHOOL, "teacher", joined, messages - key % 2

    def _messages(self) -> Iterator[tuple[Any, ...]]:
        for key, section, _student, guardian, messages in self.talks():
            for seq in range(1, messages + 1):
                author = guardian if (messages - seq) % 2 == 0 else self.teacher_id(section)
                body = f"Message {seq}: thank you for writing. We will look at the homework together this evening."
                yield SCHOOL, key, seq, seq, 1, author, "text", body, self._sent_at(key, seq), f"measured-{seq}"

    def _sent_at(self, talk: int, seq: int) -> str:
        return _moment(self.today - timedelta(days=1), minute=talk % 60, second=seq % 60)


_SESSION = ("school_id", "kind", "title", "parent_id", "begins_on", "ends_on")
_USER = (
    "account_kind", "username", "username_key", "display_name", "sort_name", "name_key", "called", "password_hash",
    "auth_epoch", "identity_seen_at",
)  # fmt: skip
_GUARDIANSHIP = (
    "school_id", "student_id", "student_kind", "guardian_id", "guardian_kind", "relationship", "may_see_grades",
    "may_message", "begins_on", "ended_by_office", "from_roster",
)  # fmt: skip
_SECTION = (
    "school_id", "course_id", "term_id", "title", "ended", "last_seq", "total_mode", "missing_percent",
    "late_percent", "late_interval", "late_floor", "grading_scale_id", "letter_on_whole_percent", "posts_as_entered",
)  # fmt: skip
_ENROLLMENT = ("school_id", "section_id", "user_id", "role_kind", "position", "begins_on")
_CATEGORY = (
    "school_id", "section_id", "title", "weight", "drop_lowest", "drop_highest", "weighing", "extra_credit", "position",
)  # fmt: skip
_ASSIGNMENT = (
    "school_id", "section_id", "category_id", "grading_period_id", "title", "points", "extra_credit", "counts",
    "never_drop", "due_on", "posted_at", "position", "seq",
)  # fmt: skip
_SCORE = (
    "assignment_id", "student_id", "school_id", "points", "status", "late", "late_cleared", "turned_in_at", "comment",
    "seq",
)  # fmt: skip
_CHANGE = (
    "school_id", "section_id", "assignment_id", "student_id", "seq", "changed_by", "changed_at", "kind", "after",
)  # fmt: skip
_CONVERSATION = (
    "school_id", "key", "kind", "student_id", "student_kind", "section_id", "guardian_id", "created_by", "created_at",
    "last_seq", "last_change", "last_message_at",
)  # fmt: skip
_PARTICIPANT = ("conversation_id", "user_id", "school_id", "role_kind", "joined_at", "last_read_seq")
_MESSAGE = (
    "school_id", "conversation_id", "seq", "changed", "version", "author_id", "kind", "body", "sent_at", "client_key",
)  # fmt: skip


_ALPHABET = string.ascii_letters + string.digits


def public_id(table: str, number: int) -> str:
    """What stands in addresses for this row: looks random, is always the same."""
    left = int.from_bytes(hashlib.blake2b(f"{table} {number}".encode(), digest_size=9).digest())
    letters = []
    for _ in range(12):
        left, place = divmod(left, len(_ALPHABET))
        letters.append(_ALPHABET[place])
    return "".join(letters)


def possible(place: int) -> int:
    """Full marks of the assignment at this place, in hundredths."""
    return (1000, 2000, 5000, 10000)[place % len(CATEGORIES)]


def _moment(day: date, minute: int = 0, second: int = 0) -> str:
    """Noon of a day (and a little later), as both databases write it."""
    return f"{day} 12:{minute:02}:{second:02}.000000"
