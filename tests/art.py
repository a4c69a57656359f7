"""Art at Oak School: a class that grades outcomes. Ms Rivera leads it with Mr Cole; Maya and Leo are in it.

Two posted pieces (a sketch, a still life) and a hidden one (a portrait). On AR1, Draws from observation, Maya has 3, 2
and the hidden 4, Leo has 1, missing and nothing. On AR2, Mixes colours, which only the still life is about, Maya has 4
and Leo is excused. The method is the decaying average.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from gradebook.extensions import db
from gradebook.models import Assignment, Category, Outcome, OutcomeAlignment, Position, Section
from gradebook.services import outcome_rules, ratings
from gradebook.services.outcome_rules import OutcomeDraft, Settings
from gradebook.services.outcomes import ClassOutcomes, class_outcomes
from tests.school import SEEN, SmallSchool, enroll, make_section

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


@dataclass
class Art:
    """The class and what is in it, by name."""

    section: Section
    works: dict[str, Assignment] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def read(self, now: datetime = NOW) -> ClassOutcomes:
        """The class as the services see it."""
        db.session.flush()
        found = class_outcomes(self.section, now)
        assert found is not None
        return found

    def place(self, work: str, outcome: str, student) -> tuple[int, int, int]:
        """Where a rating is."""
        return self.works[work].id, self.outcomes[outcome].id, student.id

    def rate(self, actor, texts: dict[tuple[int, int, int], str], seen: int | None = None, now: datetime = NOW):
        """Save ratings as somebody."""
        return ratings.save_ratings(
            self.read(now), texts, seen=self.section.last_seq if seen is None else seen, actor_id=actor.id, now=now
        )


def make_art(school: SmallSchool) -> Art:
    """The class with its ratings."""
    art = Art(make_section(school.oak, "Art"))
    for person, position in (
        (school.rivera, Position.LEAD),
        (school.cole, Position.CO_TEACHER),
        (school.maya, Position.STUDENT),
        (school.leo, Position.STUDENT),
    ):
        enroll(person, art.section, position)
    switch_on(art.section, school.rivera)
    for code, title in (("AR1", "Draws from observation"), ("AR2", "Mixes colours")):
        draft = OutcomeDraft(title, code, f"What {title.lower()} means at home.")
        art.outcomes[code] = outcome_rules.add_outcome(art.section, draft, actor_id=school.rivera.id, now=NOW)
    _add_work(art)
    _add_ratings(art, school)
    return art


def switch_on(section: Section, actor, **settings) -> None:
    """The class grades outcomes from now on."""
    now = outcome_rules.settings_of(section)
    outcome_rules.save_settings(
        section,
        Settings(True, **{"scale_id": now.scale_id, **settings}),
        seen=outcome_rules.version_of(now),
        shown=None,
        actor_id=actor.id,
        now=NOW,
    )


def _add_work(art: Art) -> None:
    section = art.section
    category = Category(school_id=section.school_id, section_id=section.id, title="Pictures", weight=Decimal(100))
    db.session.add(category)
    db.session.flush()
    for position, (name, title, due_on, posted_at, codes) in enumerate(
        (
            ("sketch", "Tree sketch", date(2026, 9, 18), SEEN, ("AR1",)),
            ("still", "Still life", date(2026, 10, 2), SEEN, ("AR1", "AR2")),
            ("portrait", "Secret portrait", date(2026, 10, 9), None, ("AR1",)),
        ),
        1,
    ):
        work = Assignment(
            school_id=section.school_id, section_id=section.id, category_id=category.id, title=title,
            points=Decimal(10), due_on=due_on, posted_at=posted_at, position=position,
        )  # fmt: skip
        db.session.add(work)
        db.session.flush()
        art.works[name] = work
        for code in codes:
            db.session.add(
                OutcomeAlignment(assignment_id=work.id, outcome_id=art.outcomes[code].id, school_id=section.school_id)
            )
    db.session.flush()


def _add_ratings(art: Art, school: SmallSchool) -> None:
    maya, leo = school.maya, school.leo
    saved = art.rate(
        school.rivera,
        {
            art.place("sketch", "AR1", maya): "3",
            art.place("still", "AR1", maya): "2",
            art.place("portrait", "AR1", maya): "4",
            art.place("still", "AR2", maya): "4",
            art.place("sketch", "AR1", leo): "1",
            art.place("still", "AR1", leo): "missing",
            art.place("still", "AR2", leo): "excused",
        },
    )
    assert len(saved.places) == 7
