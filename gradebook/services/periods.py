"""Closed terms and grading periods: who decides what they refuse, and in which period work lies (G11, G16)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, exists, insert, or_, select, update

from gradebook.clock import Span, changes_closed_days
from gradebook.extensions import db
from gradebook.models import AcademicSession, Assignment, School, Section, SectionPeriod, SessionKind
from gradebook.services.counters import next_number


class PeriodClosed(Exception):
    """Nothing can be changed: the term or grading period is closed, and only the school office can open it."""

    def __init__(self, title: str, since: datetime, school: School) -> None:
        super().__init__(title)
        self.title = title
        self.since = since
        self.school = school


# --- What is closed


def require_open(section: Section, period_ids: Iterable[int | None] = ()) -> None:
    """Raises PeriodClosed when the class's own term or one of these grading periods is closed.

    Call it with the class locked (counters.next_number): what the row says of closings is true from then on.
    """
    if not section.closings:
        return
    for key in (section.term_id, *period_ids):
        if key is not None and str(key) in section.closings:
            raise closed(db.session.get_one(AcademicSession, key))


def require_work_open(section: Section, assignment_ids: Collection[int]) -> None:
    """The same for the periods of these assignments; asks the database only where something is closed."""
    if section.closings:
        in_periods = select(Assignment.grading_period_id).where(Assignment.id.in_(assignment_ids)).distinct()
        require_open(section, db.session.scalars(in_periods))


def require_days_open(section: Section, before: Span | None, after: Span) -> None:
    """Raises PeriodClosed when a student's place would change on days whose grades are closed.

    To take a place away from the day of the closing on is no such change: the grade stands by then, and someone
    who leaves must be able to leave.
    """
    if not section.closings:
        return
    keys = [int(key) for key in section.closings]
    for session in db.session.scalars(select(AcademicSession).where(AcademicSession.id.in_(keys))):
        closed_on = section.school.today(datetime.fromisoformat(section.closings[str(session.id)]))
        if changes_closed_days(before, after, Span(session.begins_on, session.ends_on), closed_on):
            raise closed(session)


def require_session_open(session: AcademicSession) -> None:
    """Raises PeriodClosed for a term that is closed. Its row is held, so that it cannot be closed meanwhile."""
    held = select(AcademicSession.closed_at).where(AcademicSession.id == session.id).with_for_update(read=True)
    if db.session.scalar(held) is not None:
        raise closed(session)


def closed_since(section: Section, period_id: int | None = None) -> datetime | None:
    """Since when the class, or its work in this period, is closed, as far as the loaded row tells; None: open."""
    for key in (section.term_id, period_id):
        if str(key) in section.closings:
            return datetime.fromisoformat(section.closings[str(key)])
    return None


def closed(session: AcademicSession) -> PeriodClosed:
    """What is raised about a closed term."""
    school = db.session.get_one(School, session.school_id)
    since = db.session.scalar(select(AcademicSession.closed_at).where(AcademicSession.id == session.id))
    assert since is not None  # noqa: S101 - the class's row says so, and both are written together
    return PeriodClosed(session.title, since, school)


# --- In which period work lies


def period_for(section: Section, due_on: date | None) -> int | None:
    """The grading period of the school in which work due that day lies, if any. Raises PeriodClosed."""
    return periods_for(section, [due_on])[due_on]


def periods_for(section: Section, days: Iterable[date | None]) -> dict[date | None, int | None]:
    """The same for several days, in one statement; of periods that overlap, the one that began last.

    The rows are held, so that none can be closed before the work is in it.
    """
    days = set(days)
    known = days - {None}
    sessions = _grading_periods(section.school_id, known) if known else []
    found: dict[date | None, int | None] = dict.fromkeys(days)
    for session in sessions:
        inside = [day for day in known if day and session.begins_on <= day < session.ends_on]
        if inside and session.closed_at is not None:
            raise closed(session)
        found |= dict.fromkeys(inside, session.id)
    return found


def _grading_periods(school_id: int, days: Iterable[date | None]) -> list[AcademicSession]:
    some = [day for day in days if day]
    query = select(AcademicSession).where(
        AcademicSession.school_id == school_id,
        AcademicSession.kind == SessionKind.GRADING_PERIOD,
        AcademicSession.begins_on <= max(some),
        AcademicSession.ends_on > min(some),
    )
    ordered = query.order_by(AcademicSession.begins_on, AcademicSession.id.desc())
    held = ordered.with_for_update(read=True).execution_options(populate_existing=True)
    return list(db.session.scalars(held))


def file_work(session: AcademicSession, before: Span | None = None) -> None:
    """A grading period has new dates (or is new): work due in it that lies in no period moves in, work that was due
    in it and no longer is moves out, in every class that is open."""
    if session.kind != SessionKind.GRADING_PERIOD:
        return
    span = Span(session.begins_on, session.ends_on)
    incoming = [row for row in _open_work(session.school_id, None, span) if row.due_on]
    leaving = [row for row in _open_work(session.school_id, session.id, before) if not _holds(span, row.due_on)]
    periods = _grading_periods(session.school_id, [row.due_on for row in leaving]) if leaving else []
    homes = {row.id: session.id for row in incoming} | {row.id: _home(periods, row.due_on) for row in leaving}
    for section_id in sorted({row.section_id for row in (*incoming, *leaving)}):
        next_number(db.session.get_one(Section, section_id))
    rows = [{"key_of_row": key, "home": home} for key, home in homes.items()]
    if rows:
        table: Any = Assignment.__table__
        moved = update(table).where(table.c.id == bindparam("key_of_row")).values(grading_period_id=bindparam("home"))
        db.session.execute(moved, rows)
        db.session.expire_all()


def _open_work(school_id: int, period_id: int | None, span: Span | None) -> Sequence[Any]:
    """Work of classes whose term is open that lies in this period (None: in none) and is due in the span."""
    if span is None:
        return ()
    return db.session.execute(
        select(Assignment.id, Assignment.section_id, Assignment.due_on)
        .join(Section, Section.id == Assignment.section_id)
        .join(Section.term)
        .where(
            Assignment.school_id == school_id,
            Assignment.grading_period_id.is_(None) if period_id is None else Assignment.grading_period_id == period_id,
            Assignment.due_on >= span.begins_on,
            Assignment.due_on < span.end,
            AcademicSession.closed_at.is_(None),
        )
    ).all()


def _home(periods: Iterable[AcademicSession], day: date) -> int | None:
    """The open period, of those given, in which the day lies; a closed one takes nothing in."""
    inside = (one for one in periods if one.closed_at is None and one.begins_on <= day < one.ends_on)
    return next((one.id for one in inside), None)


def _holds(span: Span, day: date) -> bool:
    return span.begins_on <= day < span.end


# --- Weights of periods (G11)


class WeightedPeriod(NamedTuple):
    """A grading period that a class can weigh."""

    id: int
    public_id: str
    title: str
    begins_on: date
    ends_on: date
    weight: Decimal | None
    """Percent of the course grade; None: it has none."""


def periods_of(section: Section) -> list[WeightedPeriod]:
    """The grading periods of the class's term with their weights, the earliest first: those that lie in it by date,
    and those that hold work of it or have a weight. One statement."""
    term = section.term
    has_work = exists().where(
        Assignment.section_id == section.id,
        Assignment.grading_period_id == AcademicSession.id,
        Assignment.deleted_at.is_(None),
    )
    inside = and_(AcademicSession.begins_on >= term.begins_on, AcademicSession.ends_on <= term.ends_on)
    rows = db.session.execute(
        select(
            AcademicSession.id, AcademicSession.public_id, AcademicSession.title, AcademicSession.begins_on,
            AcademicSession.ends_on, SectionPeriod.weight,
        )
        .outerjoin(
            SectionPeriod,
            and_(SectionPeriod.period_id == AcademicSession.id, SectionPeriod.section_id == section.id),
        )
        .where(
            AcademicSession.school_id == section.school_id,
            AcademicSession.kind == SessionKind.GRADING_PERIOD,
            or_(inside, has_work, SectionPeriod.weight.is_not(None)),
        )
        .order_by(AcademicSession.begins_on, AcademicSession.id)
    )  # fmt: skip
    return [WeightedPeriod(*row) for row in rows]


def set_weights(section: Section, weights: Mapping[int, Decimal]) -> bool:
    """The class's course grade is made of these periods by these weights (percent); none: periods only filter.

    False if nothing differs. For whoever saves the rules of the class, with the class locked, the effect shown and
    the history written there. Raises PeriodClosed when the class itself is closed, and ValueError for a period that
    is not among `periods_of`.
    """
    require_open(section)
    offered = {period.id: period.weight for period in periods_of(section)}
    if not offered.keys() >= weights.keys():
        raise ValueError("a grading period of another class")
    if {key: weight for key, weight in offered.items() if weight is not None} == dict(weights):
        return False
    db.session.execute(delete(SectionPeriod).where(SectionPeriod.section_id == section.id))
    rows = [
        {"school_id": section.school_id, "section_id": section.id, "period_id": key, "weight": weight}
        for key, weight in weights.items()
    ]
    if rows:
        db.session.execute(insert(SectionPeriod), rows)
    section.weighs_periods = bool(rows)
    db.session.flush()
    return True


# --- What is part of what


def parts_of(session: AcademicSession, known: Mapping[int, AcademicSession]) -> list[AcademicSession]:
    """The term and everything that is part of it, itself first; also where a file put them in a circle."""
    found = [session]
    for one in found:  # grows while it is walked
        found += [each for each in known.values() if each.parent_id == one.id and each not in found]
    return found


def line_above(session: AcademicSession, known: Mapping[int, AcademicSession]) -> list[AcademicSession]:
    """The term, what it is part of, and so on."""
    line = [session]
    while (parent := known.get(line[-1].parent_id or 0)) and parent not in line:
        line.append(parent)
    return line
