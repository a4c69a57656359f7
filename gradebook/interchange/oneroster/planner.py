"""From a roster and what the database holds to a plan: schools, calendar, courses and classes; then the rest.

Pure: the same roster, state and moment give the same plan.
"""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from gradebook.interchange.oneroster import planner_people, planner_work
from gradebook.interchange.oneroster.closed import closed_words
from gradebook.interchange.oneroster.draft import Draft, DraftClass
from gradebook.interchange.oneroster.plan import Plan, State, different, is_open
from gradebook.interchange.oneroster.records import Group, Org, Roster, Session
from gradebook.models import SessionKind

ABOVE_SCHOOLS = {
    "district", "local", "state", "national", "region", "country", "county", "ministryofeducation", "ministry",
    "multischooltrust", "authority", "localeducationagency", "stateeducationagency", "group",
}  # fmt: skip
"""Orgs that hold schools and have no classes of their own."""
PARTS_OF_SCHOOLS = {"department", "division", "program", "faculty", "yeargroup"}


def make_plan(roster: Roster, state: State, now: datetime, timezone: str) -> Plan:
    """What importing this roster would do at this moment; new schools get the time zone."""
    draft = Draft(roster, state, now, timezone)
    draft.plan.problems.extend(roster.problems)
    draft.plan.notes.extend(roster.notes)
    _plan_schools(draft)
    _plan_sessions(draft)
    _plan_classes(draft)
    planner_people.plan_people(draft)
    planner_work.plan_work(draft)
    draft.plan.school_ids = sorted(set(draft.schools.values()))
    return draft.plan


def schools_in(roster: Roster) -> list[Org]:
    """The orgs that we call schools: everything but districts and the like, and departments of a school."""
    return [org for org in roster.orgs.values() if org.kind not in ABOVE_SCHOOLS and not _part_of(roster, org)]


def _part_of(roster: Roster, org: Org) -> Org | None:
    """The org that a department belongs to."""
    parent = roster.orgs.get(org.parent)
    return parent if org.kind in PARTS_OF_SCHOOLS and parent and parent.kind not in ABOVE_SCHOOLS else None


def _plan_schools(draft: Draft) -> None:
    known = {school.source_id: school for school in draft.state.schools if school.source_id}
    unnamed = {school.name.casefold(): school for school in draft.state.schools if not school.source_id}
    for org in schools_in(draft.roster):
        # A school that was set up by hand before the first roster came is the one of the same name.
        stored = known.get(org.id) or unnamed.get(org.name.casefold())
        if stored is None:
            values = {"source_id": org.id, "name": org.name, "timezone": draft.timezone}
            key = draft.create("schools", org.name, values)
            draft.timezones[key] = draft.timezone
            text = _l("is a new school and gets the time zone %(zone)s.", zone=draft.timezone)
            draft.note("orgs", org.line, "name", org.name, text)
        else:
            key = stored.id
            draft.timezones[key] = stored.timezone
            draft.settle("schools", org.name, stored, different(stored, {"source_id": org.id, "name": org.name}))
        draft.schools[org.id] = key
    for org in draft.roster.orgs.values():
        part_of = _part_of(draft.roster, org)
        if part_of and part_of.id in draft.schools:
            draft.schools[org.id] = draft.schools[part_of.id]
    if "orgs" not in draft.roster.mentioned:  # a file of changes may leave out what did not change
        for school in known.values():
            draft.schools[str(school.source_id)], draft.timezones[school.id] = school.id, school.timezone


# --- The calendar


def _plan_sessions(draft: Draft) -> None:
    """A calendar belongs to the schools whose classes use it; one that no class uses belongs to all."""
    roster = draft.roster
    used: dict[str, set[int]] = {}
    for group in roster.groups.values():
        for key in group.sessions:
            if key in roster.sessions and group.org in draft.schools:
                used.setdefault(_root(roster, roster.sessions[key]), set()).add(draft.schools[group.org])
    everywhere = set(draft.schools.values())
    for (school_id, source_id), stored in draft.state.sessions.items():
        draft.sessions[school_id, source_id] = stored.id
    stored_parents = _stored_parents(draft.state)
    for session in sorted(roster.sessions.values(), key=lambda each: _depth(roster, each)):
        if session.parent and session.parent not in roster.sessions:
            text = _l("is not in this file, so the session stands alone.")
            draft.note("academicSessions", session.line, "parentSourcedId", session.parent, text)
        has_it = {school_id for school_id in everywhere if (school_id, session.id) in draft.state.sessions}
        schools = sorted((used.get(_root(roster, session)) or everywhere) | has_it)
        if any(_is_part_of_itself(roster, session, school_id, stored_parents) for school_id in schools):
            draft.problem("academicSessions", session.line, "parentSourcedId", session.parent, _circle_words(session))
            continue
        for school_id in schools:
            _plan_session(draft, session, school_id)


def _stored_parents(state: State) -> dict[tuple[int, str], str]:
    """School and sourcedId -> the sourcedId of what it is part of."""
    names = {stored.id: source_id for (_, source_id), stored in state.sessions.items()}
    return {place: names.get(stored.parent_id or 0, "") for place, stored in state.sessions.items()}


def _is_part_of_itself(
    roster: Roster, session: Session, school_id: int, stored_parents: dict[tuple[int, str], str]
) -> bool:
    """Whether the session comes up again above itself; what the file does not describe stays as it is stored."""
    above: list[str] = []
    parent = session.parent
    while parent and parent not in above:
        above.append(parent)
        other = roster.sessions.get(parent)
        parent = other.parent if other else stored_parents.get((school_id, parent), "")
    return session.id in above


def _circle_words(session: Session) -> Any:
    if session.parent == session.id:
        return _l("is the session itself. Empty the cell, or name the session that it is part of.")
    return _l(
        "is itself part of %(title)s. Correct this row or the other, so that they are no parts of each other.",
        title=session.title,
    )


def _plan_session(draft: Draft, session: Session, school_id: int) -> None:
    wanted: dict[str, Any] = {
        "title": session.title, "kind": session.kind, "begins_on": session.begins_on, "ends_on": session.ends_on,
        "parent_id": draft.sessions.get((school_id, session.parent)),
    }  # fmt: skip
    stored = draft.state.sessions.get((school_id, session.id))
    closed = draft.state.closed.get(stored.id if stored else wanted["parent_id"] or 0)
    if closed is not None:
        if stored is None or different(stored, wanted, ("kind", "begins_on", "ends_on", "parent_id")):
            draft.problem("academicSessions", session.line, "sourcedId", session.id, closed_words(closed))
        if stored is None:
            return
        wanted = {"title": session.title}
    if stored is not None:
        draft.settle("sessions", session.title, stored, different(stored, wanted))
        return
    more = {"school_id": school_id, "source_id": session.id}
    draft.sessions[school_id, session.id] = draft.create("sessions", session.title, {**wanted, **more})


def _root(roster: Roster, session: Session) -> str:
    return _line_of(roster, session)[-1].id


def _depth(roster: Roster, session: Session) -> tuple[int, SessionKind]:
    return (len(_line_of(roster, session)), session.kind)


def _line_of(roster: Roster, session: Session) -> list[Session]:
    """The session, its parent, the parent's parent … also when a file has them in a circle."""
    line = [session]
    while (parent := roster.sessions.get(line[-1].parent)) and parent not in line:
        line.append(parent)
    return line


# --- Courses and classes


def _plan_classes(draft: Draft) -> None:
    for (school_id, source_id), course in draft.state.courses.items():
        draft.courses[school_id, source_id] = course.id
    for each in draft.roster.courses.values():
        if each.org in draft.schools:
            _plan_course(draft, draft.schools[each.org], each.id)
    for group in draft.roster.groups.values():
        _plan_class(draft, group)
    _find_other_classes(draft)
    if "classes" in draft.roster.bulk:
        _end_classes(draft)


def _plan_course(draft: Draft, school_id: int, source_id: str) -> int:
    """The course at this school; a course of the district is one in each school that teaches it."""
    done = draft.settled_courses
    if (school_id, source_id) in done:
        return done[school_id, source_id]
    course = draft.roster.courses[source_id]
    stored = draft.state.courses.get((school_id, source_id))
    if stored is not None:
        changes = different(stored, {"title": course.title, "code": course.code or stored.code})
        draft.settle("courses", course.title, stored, changes)
        key = stored.id
    else:
        values = {"school_id": school_id, "source_id": source_id, "title": course.title, "code": course.code or None}
        key = draft.create("courses", course.title, values)
    done[school_id, source_id] = draft.courses[school_id, source_id] = key
    return key


def _course_of(draft: Draft, school_id: int, group: Group) -> int | None:
    """The class's course; a class without one becomes a course of its own."""
    if group.course in draft.roster.courses:
        return _plan_course(draft, school_id, group.course)
    if group.course:
        return draft.courses.get((school_id, group.course))
    own = f"class/{group.id}"
    if (school_id, own) not in draft.courses:
        values = {"school_id": school_id, "source_id": own, "title": group.title, "code": group.code or None}
        draft.courses[school_id, own] = draft.create("courses", group.title, values)
    return draft.courses[school_id, own]


def _term_of(draft: Draft, school_id: int, group: Group) -> str | None:
    """The longest of the sessions in which the class is taught."""
    found = [draft.roster.sessions[key] for key in group.sessions if key in draft.roster.sessions]
    for key in group.sessions:
        if key not in draft.roster.sessions and (found or (school_id, key) not in draft.sessions):
            text = _l("is not in academicSessions.csv. Add it there, or take it out here.")
            (draft.note if found else draft.problem)("classes", group.line, "termSourcedIds", key, text)
    if found:
        term = max(found, key=lambda each: (each.ends_on - each.begins_on, each.kind == SessionKind.YEAR)).id
        if (school_id, term) in draft.sessions:
            return term
        draft.leave_out("classes")  # the row of its term has a problem
        return None
    stored = [key for key in group.sessions if (school_id, key) in draft.state.sessions]
    if not group.sessions:
        draft.problem(
            "classes", group.line, "termSourcedIds", "", _l("is empty. Say in which term the class is taught.")
        )
    return stored[0] if stored else None


def _plan_class(draft: Draft, group: Group) -> None:
    school_id = draft.schools.get(group.org)
    if school_id is None:
        known = group.org in draft.roster.orgs
        text = (
            _l("is not a school. Give the school of the class.")
            if known
            else _l("is not in orgs.csv. Add it there, or correct it.")
        )
        draft.problem("classes", group.line, "schoolSourcedId", group.org, text)
        return
    term = _term_of(draft, school_id, group)
    course_id = _course_of(draft, school_id, group)
    if course_id is None:
        text = _l("is not in courses.csv. Add it there, or correct it.")
        draft.problem("classes", group.line, "courseSourcedId", group.course, text)
    if term is None or course_id is None:
        return
    wanted: dict[str, Any] = {
        "title": group.title, "code": group.code or None, "course_id": course_id, "ended": False,
        "term_id": draft.sessions[school_id, term],
    }  # fmt: skip
    stored = draft.state.classes.get((school_id, group.id))
    moved = stored is None or stored.term_id != wanted["term_id"]
    held = [stored.term_id, wanted["term_id"]] if stored else [wanted["term_id"]]
    closed = next((draft.state.closed[key] for key in held if key in draft.state.closed), None)
    if moved and closed is not None:
        draft.problem("classes", group.line, "termSourcedIds", term, closed_words(closed))
        if stored is None:
            return
        wanted["term_id"] = stored.term_id
    if stored is None:
        key = draft.create("classes", group.title, {**wanted, "school_id": school_id, "source_id": group.id})
    else:
        wanted["code"] = group.code or stored.code
        draft.settle("classes", group.title, stored, different(stored, wanted))
        key = stored.id
    session = draft.roster.sessions.get(term) or draft.state.sessions[school_id, term]
    posts = stored.posts_as_entered if stored else True
    draft.classes[group.id] = DraftClass(
        key, school_id, group.title, session.begins_on, stored is None, posts_as_entered=posts,
        term_id=wanted["term_id"], closed=stored.closed if stored else (),
    )  # fmt: skip


def _find_other_classes(draft: Draft) -> None:
    """Stored classes that this file does not describe: of a file of changes, or to be ended."""
    terms = {stored.id: stored for stored in draft.state.sessions.values()}
    schools = set(draft.schools.values())
    for (school_id, source_id), stored in draft.state.classes.items():
        described = source_id in draft.classes or draft.mentions("classes", source_id)
        gone = draft.is_gone("classes", source_id)
        if school_id in schools and (gone or not described and "classes" not in draft.roster.bulk):
            begins_on = terms[stored.term_id].begins_on if stored.term_id in terms else stored.term_ends_on
            draft.classes[source_id] = DraftClass(
                stored.id, school_id, stored.title, begins_on, False, gone, stored.posts_as_entered, stored.term_id,
                stored.closed,
            )  # fmt: skip
    for source_id in draft.roster.gone.get("classes", {}):
        if source_id in draft.classes:
            key = (draft.classes[source_id].school_id, source_id)
            _end_class(draft, key)


def _end_classes(draft: Draft) -> None:
    """Take out of use what a complete file no longer has; classes of past terms stay as they are."""
    for key, stored in draft.state.classes.items():
        school_id, source_id = key
        is_absent = source_id not in draft.roster.mentioned["classes"] and school_id in draft.timezones
        if is_absent and is_open(stored.term_ends_on, draft.today(school_id)):
            _end_class(draft, key)


def _end_class(draft: Draft, key: tuple[int, str]) -> None:
    stored = draft.state.classes[key]
    draft.settle("classes", stored.title, stored, different(stored, {"ended": True}), ended=True)
