"""The part of the plan about people: accounts, roles, enrollments and guardianships."""

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext

from gradebook.clock import Span
from gradebook.interchange.oneroster.closed import closed_days, closed_words
from gradebook.interchange.oneroster.draft import (
    GUARDIAN_WORDS,
    RELATIVE_WORDS,
    Draft,
    DraftClass,
    account_kind_of,
    is_known_word,
    role_of_word,
)
from gradebook.interchange.oneroster.plan import (
    Ending,
    PlaceKey,
    RoleKey,
    StoredPerson,
    StoredPlace,
    different,
    is_open,
)
from gradebook.interchange.oneroster.records import Link, Person, Place
from gradebook.models import AccountKind, Position, RoleKind
from gradebook.models.people import folded, name_key_of


@dataclass
class WantedRole:
    """A role that the file gives, however many rows say so."""

    begins_on: date | None = None
    ends_on: date | None = None
    is_said: bool = False
    """By a row of its own, not only by an enrollment or a link."""


@dataclass
class Wishes:
    """What the files want of each person, before it is known who can be imported."""

    roles: dict[str, dict[tuple[int, RoleKind], WantedRole]] = field(default_factory=lambda: defaultdict(dict))
    words: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    places: dict[tuple[str, str, RoleKind], Place] = field(default_factory=dict)
    """(class, person, kind) -> the row that counts."""
    links: dict[tuple[int, str, str], Link] = field(default_factory=dict)
    """(school, student, adult) -> the row that counts."""
    linked: set[tuple[str, str]] = field(default_factory=set)
    """Pairs that a file mentions, also those that cannot be imported."""
    lines: dict[str, int] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    """People whom a problem keeps out."""


def plan_people(draft: Draft) -> None:
    """People, roles, enrollments and guardianships, and what has ended."""
    wishes = Wishes()
    _gather_roles(draft, wishes)
    _gather_places(draft, wishes)
    _gather_links(draft, wishes)
    _settle_account_kinds(draft, wishes)
    _plan_accounts(draft, wishes)
    kept = _plan_roles(draft, wishes)
    ended_roles = _end_roles(draft, wishes, kept)
    _plan_places(draft, wishes, ended_roles)
    _plan_links(draft, wishes, ended_roles)
    _count_endings(draft, ended_roles)


# --- What the files want


def _gather_roles(draft: Draft, wishes: Wishes) -> None:
    unused: Counter[str] = Counter()
    for held in draft.roster.roles:
        file = held.file.removesuffix(".csv")
        if held.user not in draft.roster.people and not _is_stored(draft, held.user):
            if not draft.mentions("users", held.user):
                text = _l("is not in users.csv. Add the person there, or take the row out.")
                draft.problem(file, held.line, "userSourcedId", held.user, text)
            continue
        if not is_known_word(held.word):
            text = _l("is not a role. Write student, teacher, parent, guardian or relative.")
            draft.problem(file, held.line, "role", held.word, text)
            draft.roster.unclear.add(held.user)
            continue
        wishes.words[held.user].add(held.word)
        wishes.lines.setdefault(held.user, held.line)
        if held.org and held.org not in draft.roster.orgs and held.org not in draft.schools:
            text = _l("is not in orgs.csv. Add it there, or correct it.")
            draft.problem(file, held.line, "orgSourcedIds" if file == "users" else "orgSourcedId", held.org, text)
            draft.roster.unclear.add(held.user)
            continue
        kind = role_of_word(held.word)
        if kind is None:
            unused[held.word] += 1
        elif held.org in draft.schools:
            _want(wishes, held.user, draft.schools[held.org], kind, held.begins_on, held.ends_on, is_said=True)
    for word, count in sorted(unused.items()):
        text = lazy_ngettext(
            "%(num)s row: Gradebook takes no such role from a file. The office gives it by hand.",
            "%(num)s rows: Gradebook takes no such role from a file. The office gives it by hand.",
            count,
        )
        draft.note("roles" if draft.roster.rows.get("roles") else "users", 0, "role", word, text)


def _want(
    wishes: Wishes, user: str, school_id: int, kind: RoleKind, begins: date | None, ends: date | None, *, is_said: bool
) -> None:
    wanted = wishes.roles[user].get((school_id, kind))
    if wanted is None:
        wishes.roles[user][school_id, kind] = WantedRole(begins, ends, is_said)
    elif is_said and not wanted.is_said:
        wanted.begins_on, wanted.ends_on, wanted.is_said = begins, ends, True
    elif is_said:
        wanted.begins_on = min(begins, wanted.begins_on) if begins and wanted.begins_on else None
        wanted.ends_on = max(ends, wanted.ends_on) if ends and wanted.ends_on else None
    elif not wanted.is_said and begins:
        wanted.begins_on = min(begins, wanted.begins_on or begins)


def _is_stored(draft: Draft, user: str) -> bool:
    """Whether a file of changes may speak of this person without describing them."""
    return "users" not in draft.roster.bulk and user in draft.accounts_by_source


def _gather_places(draft: Draft, wishes: Wishes) -> None:
    unused: Counter[str] = Counter()
    for place in draft.roster.places.values():
        group = draft.classes.get(place.group)
        if group is None:
            if draft.mentions("classes", place.group):
                draft.leave_out("enrollments")
            else:
                text = _l("is not in classes.csv. Add the class there, or take the row out.")
                draft.problem("enrollments", place.line, "classSourcedId", place.group, text)
            continue
        if place.user not in draft.roster.people and not _is_stored(draft, place.user):
            if draft.mentions("users", place.user):
                draft.leave_out("enrollments")
            else:
                text = _l("is not in users.csv. Add the person there, or take the row out.")
                draft.problem("enrollments", place.line, "userSourcedId", place.user, text)
            continue
        kind = role_of_word(place.word)
        if kind is None and is_known_word(place.word):
            unused[place.word] += 1
        elif kind not in (RoleKind.STUDENT, RoleKind.TEACHER):
            text = _l("is not a role in a class. Write student or teacher.")
            draft.problem("enrollments", place.line, "role", place.word, text)
        elif not group.is_gone:
            _want_place(wishes, place, kind)
            begins = place.begins_on or group.begins_on
            _want(wishes, place.user, group.school_id, kind, begins, None, is_said=False)
            wishes.lines.setdefault(place.user, place.line)
    for word, count in sorted(unused.items()):
        text = lazy_ngettext(
            "%(num)s row: Gradebook has no such place in a class. It was left out.",
            "%(num)s rows: Gradebook has no such place in a class. They were left out.",
            count,
        )
        draft.note("enrollments", 0, "role", word, text)


def _want_place(wishes: Wishes, place: Place, kind: RoleKind) -> None:
    """Who left a class and came back has two rows: one place, from the first day to the last."""
    key = (place.group, place.user, kind)
    other = wishes.places.get(key)
    if other is not None:
        later, earlier = (place, other) if _ends(place) >= _ends(other) else (other, place)
        begins = [each.begins_on for each in (later, earlier)]
        place = later._replace(
            begins_on=min(day for day in begins if day) if all(begins) else None,
            primary=later.primary or earlier.primary,
        )
    wishes.places[key] = place


def _ends(place: Place) -> date:
    return place.ends_on or date.max


def _gather_links(draft: Draft, wishes: Wishes) -> None:
    for link in _links(draft, wishes):
        file = link.file.removesuffix(".csv")
        wishes.linked.add((link.student, link.adult))
        missing = [key for key in (link.student, link.adult) if key not in draft.roster.people]
        known = [key for key in missing if draft.mentions("users", key) or _is_stored(draft, key)]
        if missing and known == missing:
            draft.leave_out(file)
        elif missing:
            name = "agentSourcedIds" if file == "users" else "relationshipUserSourcedId"
            text = _l("is not in users.csv. Add the person there, or take the link out.")
            draft.problem(file, link.line, name, missing[0], text)
        elif RoleKind.STUDENT not in _kinds(wishes, link.student):
            text = _l("is not a student, so nobody can be the guardian. Correct the row.")
            draft.problem(file, link.line, "userSourcedId", link.student, text)
        elif link.word not in GUARDIAN_WORDS | RELATIVE_WORDS | {"aide"}:
            text = _l("is not a relation that Gradebook knows. Write parent, guardian or relative.")
            draft.problem(file, link.line, "relationshipRole", link.word, text)
        else:
            for (school_id, kind), _wanted in list(wishes.roles[link.student].items()):
                if kind == RoleKind.STUDENT:
                    _want_link(wishes, school_id, link)
                    _want(wishes, link.adult, school_id, RoleKind.PARENT, None, None, is_said=False)
            wishes.lines.setdefault(link.adult, link.line)


def _want_link(wishes: Wishes, school_id: int, link: Link) -> None:
    """Of two relations of the same people the one with rights counts."""
    key = (school_id, link.student, link.adult)
    if key not in wishes.links or link.word in GUARDIAN_WORDS:
        wishes.links[key] = link


def _links(draft: Draft, wishes: Wishes) -> list[Link]:
    """Rows of relationships.csv, and agents: they stand with the student, or with the guardian, or with both."""
    links = list(draft.roster.links)
    for person in draft.roster.people.values():
        for agent in person.agents:
            is_child = RoleKind.STUDENT in _kinds(wishes, agent) and RoleKind.STUDENT not in _kinds(wishes, person.id)
            student, adult = (agent, person.id) if is_child else (person.id, agent)
            words = wishes.words.get(adult, set())
            relation = sorted(words & GUARDIAN_WORDS) or sorted(words & RELATIVE_WORDS)
            if not relation and words and adult in draft.roster.people:
                text = _l("has no role as parent, guardian or relative. The office can record the link by hand.")
                draft.note("users", person.line, "agentSourcedIds", agent, text)
                wishes.linked.add((student, adult))
                continue
            links.append(Link("users.csv", person.line, student, adult, (relation or ["relative"])[0]))
    return links


def _kinds(wishes: Wishes, user: str) -> set[RoleKind]:
    kinds = {kind for _, kind in wishes.roles[user]} if user in wishes.roles else set()
    return kinds | {kind for word in wishes.words.get(user, ()) if (kind := role_of_word(word))}


# --- Accounts


def _settle_account_kinds(draft: Draft, wishes: Wishes) -> None:
    """An account is a student's or an adult's, for ever; who is both in the file is a problem."""
    for user in {**wishes.roles, **wishes.words}:
        kinds = {account_kind_of(kind) for kind in _kinds(wishes, user)}
        if len(kinds) == 1:
            draft.account_kinds[user] = kinds.pop()
        elif kinds:
            text = _l("is a student and an adult in these files. Give the adult a sourcedId of their own.")
            draft.problem("users", _line(draft, wishes, user), "sourcedId", user, text)
            wishes.refused.add(user)


def _line(draft: Draft, wishes: Wishes, user: str) -> int:
    person = draft.roster.people.get(user)
    return person.line if person else wishes.lines.get(user, 0)


def _plan_accounts(draft: Draft, wishes: Wishes) -> None:
    usernames: dict[str, str] = {}
    idle = 0
    for person in draft.roster.people.values():
        if person.id not in draft.account_kinds or not wishes.roles.get(person.id):
            idle += not _keep_without_role(draft, wishes, person)
            continue
        account = _account_of(draft, wishes, person)
        if person.id in wishes.refused:
            continue
        key = username_key(person.username)
        if key and usernames.setdefault(key, person.id) != person.id:
            text = _l("is also the username of %(other)s. Give each person one of their own.", other=usernames[key])
            _refuse(draft, wishes, person, "username", person.username, text)
        elif account is None:
            _plan_new_account(draft, wishes, person)
        else:
            _plan_known_account(draft, wishes, person, account)
    if idle:
        text = lazy_ngettext(
            "%(num)s person has no role that Gradebook knows at one of these schools and was left out.",
            "%(num)s people have no role that Gradebook knows at one of these schools and were left out.",
            idle,
        )
        draft.note("users", 0, "", "", text)
    for user in wishes.roles:
        if user not in draft.roster.people and user not in wishes.refused and _is_stored(draft, user):
            (draft.people[user], *_) = draft.accounts_by_source[user]


def _keep_without_role(draft: Draft, wishes: Wishes, person: Person) -> bool:
    """Note the account of someone whom the file gives no role any more, so that the roles can end."""
    accounts = draft.accounts_by_source.get(person.id, set())
    if person.id not in wishes.refused and len(accounts) == 1:
        draft.people[person.id] = next(iter(accounts))
    return person.id in wishes.refused or bool(accounts)


def username_key(username: str) -> str:
    """A username as it is compared."""
    return username.strip().casefold()


def _refuse(draft: Draft, wishes: Wishes, person: Person, name: str, value: str, text: Any) -> None:
    draft.problem("users", person.line, name, value, text)
    wishes.refused.add(person.id)


def _account_of(draft: Draft, wishes: Wishes, person: Person) -> StoredPerson | None:
    """The person's account: by sourcedId, or the one that was made by hand before the first roster came."""
    keys = draft.accounts_by_source.get(person.id, set())
    if len(keys) > 1:
        text = _l("belongs to %(count)s accounts. Ask the office to keep one of them.", count=len(keys))
        _refuse(draft, wishes, person, "sourcedId", person.id, text)
        return None
    account = draft.state.people[next(iter(keys))] if keys else _made_by_hand(draft, person)
    if account and account.account_kind != draft.account_kinds[person.id]:
        text = (
            _l("is a student's account. An adult needs a sourcedId and a username of their own.")
            if account.account_kind == AccountKind.STUDENT
            else _l("is an adult's account. A student needs a sourcedId and a username of their own.")
        )
        _refuse(draft, wishes, person, "sourcedId", person.id, text)
        return None
    return account


def _made_by_hand(draft: Draft, person: Person) -> StoredPerson | None:
    """An account with this username and this name, known to no roster yet."""
    key = draft.state.usernames.get(username_key(person.username)) if person.username else None
    account = draft.state.people.get(key) if key else None
    if account is None or folded(account.display_name) != folded(person.display_name):
        return None
    has_source = any(role.source_id for (user_id, _, _), role in draft.state.roles.items() if user_id == key)
    return None if has_source or account.account_kind != draft.account_kinds[person.id] else account


def _plan_new_account(draft: Draft, wishes: Wishes, person: Person) -> None:
    username = person.username or _new_username(draft, person)
    owner = draft.state.usernames.get(username_key(username))
    if owner is not None:
        text = _l("already belongs to another account. Change it there or here.")
        _refuse(draft, wishes, person, "username", username, text)
        return
    if not person.username:
        text = _l("is empty; %(username)s was made up for %(name)s.", username=username, name=person.display_name)
        draft.note("users", person.line, "username", "", text)
    values = {
        "account_kind": draft.account_kinds[person.id], "username": username, "username_key": username_key(username),
        **_names(person), "called": person.called, "email": person.email or None,
        "email_key": username_key(person.email) or None, "phone": person.phone or None,
        "form": _form(draft, person) or None, "birth_date": draft.roster.birth_dates.get(person.id),
        "deactivated_at": None if person.enabled else draft.now,
    }  # fmt: skip
    draft.people[person.id] = draft.create("people", f"{person.display_name} ({person.id})", values)


def _names(person: Person) -> dict[str, str]:
    return {
        "display_name": person.display_name, "sort_name": person.sort_name,
        "name_key": name_key_of(person.sort_name, person.display_name),
    }  # fmt: skip


def _form(draft: Draft, person: Person) -> str:
    return person.form if draft.account_kinds[person.id] == AccountKind.STUDENT else ""


def _new_username(draft: Draft, person: Person) -> str:
    """given.family in plain letters, with a number where that is taken."""
    plain = unicodedata.normalize("NFKD", person.display_name.casefold())
    base = ".".join(re.findall(r"[a-z0-9]+", plain))[:90] or "person"
    made = draft.made_usernames
    if not made:
        made.update(username_key(each.username) for each in draft.roster.people.values())
    number, username = 1, base
    while username in made or username in draft.state.usernames:
        number += 1
        username = f"{base}{number}"
    made.add(username)
    return username


def _plan_known_account(draft: Draft, wishes: Wishes, person: Person, account: StoredPerson) -> None:
    """What the file says anew. Empty cells say nothing; a confirmed address and a password are never touched."""
    draft.people[person.id] = account.id
    wanted: dict[str, Any] = {"display_name": person.display_name, "sort_name": person.sort_name}
    if account.display_name != person.display_name:
        wanted["called"] = person.called
    if person.username:
        wanted["username"] = person.username
    for name, value in (("phone", person.phone), ("form", _form(draft, person))):
        if value:
            wanted[name] = value
    if person.id in draft.roster.birth_dates:
        wanted["birth_date"] = draft.roster.birth_dates[person.id]
    if person.email and not account.is_confirmed:
        wanted["email"] = person.email
    if not person.enabled and account.deactivated_at is None:
        wanted["deactivated_at"] = draft.now
    changes = different(account, wanted)
    owner = draft.state.usernames.get(username_key(person.username))
    if owner not in (None, account.id):
        text = _l("already belongs to another account. Change it there or here.")
        draft.problem("users", person.line, "username", person.username, text)
        changes.pop("username", None)
    if "username" in changes:
        changes["username_key"] = username_key(person.username)
    if "email" in changes:
        changes["email_key"] = username_key(person.email)
    if changes.keys() & {"display_name", "sort_name"}:
        changes["name_key"] = name_key_of(person.sort_name, person.display_name)
    draft.settle("people", f"{person.display_name} ({person.id})", account, changes)


# --- Roles


def _plan_roles(draft: Draft, wishes: Wishes) -> set[RoleKey]:
    """The roles that the file gives; returns their keys."""
    kept = set()
    for user, wanted_roles in wishes.roles.items():
        if user not in draft.people:
            continue
        for (school_id, kind), wanted in wanted_roles.items():
            kept.add((draft.people[user], school_id, kind))
            _plan_role(draft, user, school_id, kind, wanted)
    return kept


def _plan_role(draft: Draft, user: str, school_id: int, kind: RoleKind, wanted: WantedRole) -> None:
    user_id, today = draft.people[user], draft.today(school_id)
    label = f"{_name(draft, user)} – {kind}"
    stored = draft.state.roles.get((user_id, school_id, kind))
    if stored is None:
        begins_on = wanted.begins_on if wanted.is_said and wanted.begins_on else min(today, wanted.begins_on or today)
        if wanted.ends_on and wanted.ends_on < begins_on:
            begins_on = wanted.ends_on
        values = {
            "user_id": user_id, "account_kind": account_kind_of(kind), "school_id": school_id, "kind": kind,
            "begins_on": begins_on, "ends_on": wanted.ends_on, "source_id": user,
        }  # fmt: skip
        draft.create("roles", label, values)
        return
    changes: dict[str, Any] = {"source_id": user, "ends_on": wanted.ends_on}
    if wanted.is_said and wanted.begins_on:
        changes["begins_on"] = wanted.begins_on
    elif wanted.ends_on and wanted.ends_on < stored.begins_on:
        changes["begins_on"] = wanted.ends_on
    changes = different(stored, changes)
    ended = "ends_on" in changes and is_open(stored.ends_on, today) and not is_open(wanted.ends_on, today)
    draft.settle("roles", label, stored, changes, ended=ended)


def _name(draft: Draft, user: str) -> str:
    person = draft.roster.people.get(user)
    if person:
        return person.display_name
    account = draft.state.people.get(draft.people.get(user, 0))
    return account.display_name if account else user


def _end_roles(draft: Draft, wishes: Wishes, kept: set[RoleKey]) -> set[RoleKey]:
    """End the roles that the files no longer give; returns those that do not hold any more."""
    said = {item.id for item in draft.plan.kinds["roles"].ended}
    ended = {key for key, role in draft.state.roles.items() if role.id in said}
    spared = _parents_by_hand(draft)
    for key, stored in draft.state.roles.items():
        user_id, school_id, kind = key
        if key in kept or kind == RoleKind.OFFICE or not stored.source_id or school_id not in draft.timezones:
            continue
        today = draft.today(school_id)
        if not is_open(stored.ends_on, today) or not _has_gone(draft, wishes, stored.source_id, kind):
            continue
        if kind == RoleKind.PARENT and (user_id, school_id) in spared:
            continue
        label = f"{draft.state.people[user_id].display_name} – {kind}"
        draft.settle("roles", label, stored, {"ends_on": max(today, stored.begins_on)}, ended=True)
        ended.add(key)
    return ended


def _has_gone(draft: Draft, wishes: Wishes, source_id: str, kind: RoleKind) -> bool:
    """Whether the files say, or a complete file shows, that this person no longer holds a role of this kind."""
    roster = draft.roster
    if draft.is_gone("users", source_id):
        return True
    if not draft.mentions("users", source_id):
        return "users" in roster.bulk
    # The person is there: a parent keeps the role without a link (it gives nothing); who could not be read
    # or cannot be imported keeps everything.
    is_clear = source_id in draft.people and source_id not in roster.unclear
    complete = "roles" in roster.bulk or roster.version == "1.1" and "users" in roster.bulk
    return is_clear and complete and kind != RoleKind.PARENT


def _parents_by_hand(draft: Draft) -> set[tuple[int, int]]:
    """(adult, school) with a guardianship in force that the office recorded."""
    return {
        (adult_id, school_id)
        for (school_id, _, adult_id), link in draft.state.links.items()
        if not link.from_roster and school_id in draft.timezones and is_open(link.ends_on, draft.today(school_id))
    }


# --- Enrollments


def _plan_places(draft: Draft, wishes: Wishes, ended_roles: set[RoleKey]) -> None:
    leads = {place.group for (_, _, kind), place in wishes.places.items() if kind == RoleKind.TEACHER and place.primary}
    by_source = {place.source_id: (key, place) for key, place in draft.state.places.items() if place.source_id}
    wanted_keys: set[RoleKey] = set()
    moved: set[int] = set()
    for (group_key, user, kind), place in wishes.places.items():
        if user not in draft.people:
            draft.leave_out("enrollments")
            continue
        group = draft.classes[group_key]
        key = (group.id, draft.people[user], kind)
        wanted_keys.add(key)
        if kind == RoleKind.STUDENT:
            draft.students_of.setdefault(group.id, set()).add(draft.people[user])
        other = by_source.get(place.id)
        if other and other[0] != key:
            moved.add(other[1].id)
        _plan_place(draft, key, group_key, user, place, leads)
    _end_places(draft, wanted_keys, moved, ended_roles)


def _plan_place(draft: Draft, key: PlaceKey, group_key: str, user: str, place: Place, leads: set[str]) -> None:
    group, kind = draft.classes[group_key], key[2]
    today = draft.today(group.school_id)
    label = f"{_name(draft, user)} – {group.title}"
    stored = draft.state.places.get(key)
    if kind == RoleKind.STUDENT:
        position = Position.STUDENT
    else:
        position = Position.LEAD if place.primary or group_key not in leads else Position.CO_TEACHER
    if stored is None:
        # Who has no first day in the file joined today, or was there when the class began.
        usual = group.begins_on if group.is_new or group.begins_on > today else today
        begins_on = place.begins_on or min(usual, place.ends_on or usual)
        if kind == RoleKind.STUDENT and (
            closed := closed_days(draft, group, None, Span(begins_on, _end(begins_on, place)))
        ):
            draft.problem("enrollments", place.line, "beginDate", begins_on.isoformat(), closed_words(closed))
            return
        values = {
            "school_id": group.school_id, "section_id": group.id, "user_id": key[1], "role_kind": kind,
            "position": position, "begins_on": begins_on, "ends_on": place.ends_on, "source_id": place.id,
        }  # fmt: skip
        draft.create("enrollments", label, values)
        return
    if stored.position == Position.SUBSTITUTE:
        draft.plan.kinds["enrollments"].unchanged += 1  # the office's, with its dates
        return
    wanted: dict[str, Any] = {"source_id": place.id}
    if place.begins_on:
        wanted["begins_on"] = place.begins_on
    if place.ends_on or not is_open(stored.ends_on, today):
        wanted["ends_on"] = place.ends_on
    if wanted.get("ends_on") and wanted["ends_on"] < wanted.get("begins_on", stored.begins_on):
        wanted["begins_on"] = wanted["ends_on"]
    if draft.roster.says_positions or kind == RoleKind.STUDENT:
        wanted["position"] = position
    changes = different(stored, wanted)
    if kind == RoleKind.STUDENT and {"begins_on", "ends_on"} & changes.keys():
        _keep_closed_days(draft, group, place, stored, changes)
    ended = "ends_on" in changes and is_open(stored.ends_on, today) and not is_open(wanted["ends_on"], today)
    draft.settle("enrollments", label, stored, changes, ended=ended)


def _end(begins_on: date, place: Place) -> date | None:
    return None if place.ends_on is None else max(place.ends_on, begins_on)


def _keep_closed_days(
    draft: Draft, group: DraftClass, place: Place, stored: StoredPlace, changes: dict[str, Any]
) -> None:
    """A roster says the same every night: other dates of a place in a closed period are noted, and stay as they are."""
    after = Span(changes.get("begins_on", stored.begins_on), changes.get("ends_on", stored.ends_on))
    closed = closed_days(draft, group, Span(stored.begins_on, stored.ends_on), after)
    if closed is not None:
        changes.pop("begins_on", None)
        changes.pop("ends_on", None)
        draft.note("enrollments", place.line, "beginDate", str(place.begins_on or ""), closed_words(closed))


def _end_places(
    draft: Draft,
    wanted: set[RoleKey],
    moved: set[int],
    ended_roles: set[RoleKey],
) -> None:
    """End what the files no longer have; places in classes of past terms stay as they are."""
    roster = draft.roster
    for school_id, source_id, group in _stored_classes(draft):
        today = draft.today(school_id)
        is_current = is_open(group.term_ends_on, today)
        class_gone = draft.is_gone("classes", source_id)
        for key, stored in draft.stored_places.get(group.id, []):
            if key in wanted:
                continue
            _, user_id, kind = key
            if kind == RoleKind.STUDENT:
                draft.students_of.setdefault(group.id, set()).add(user_id)
            said = class_gone or bool(stored.source_id and draft.is_gone("enrollments", stored.source_id))
            absent = (
                is_current
                and "enrollments" in roster.bulk
                and stored.source_id is not None
                and not draft.mentions("enrollments", stored.source_id)
            )
            with_role = (user_id, school_id, kind) in ended_roles and is_current
            changes: dict[str, Any] = {}
            if (said or absent or with_role or stored.id in moved) and is_open(stored.ends_on, today):
                changes["ends_on"] = max(today, stored.begins_on)
            if stored.id in moved:
                changes["source_id"] = None
            if changes or stored.source_id and draft.mentions("enrollments", stored.source_id):
                label = f"{_stored_name(draft, user_id)} – {group.title}"
                draft.settle("enrollments", label, stored, changes, ended="ends_on" in changes)


def _stored_name(draft: Draft, user_id: int) -> str:
    person = draft.state.people.get(user_id)
    return person.display_name if person else str(user_id)


def _stored_classes(draft: Draft) -> list[tuple[int, str, Any]]:
    return [
        (school_id, source_id, group)
        for (school_id, source_id), group in draft.state.classes.items()
        if school_id in draft.timezones
    ]


# --- Guardianships


def _plan_links(draft: Draft, wishes: Wishes, ended_roles: set[RoleKey]) -> None:
    kept = set()
    for (school_id, student, adult), link in wishes.links.items():
        if student not in draft.people or adult not in draft.people:
            draft.leave_out(link.file.removesuffix(".csv"))
            continue
        key = (school_id, draft.people[student], draft.people[adult])
        kept.add(key)
        _plan_link(draft, key, link, f"{_name(draft, adult)} → {_name(draft, student)}")
    by_key = {draft.people[user]: user for user in draft.people}
    mentioned = {(draft.people.get(one), draft.people.get(other)) for one, other in wishes.linked}
    without_role = {key[0] for key in ended_roles}
    for key, stored in draft.state.links.items():
        school_id, student_id, adult_id = key
        if key in kept or not stored.from_roster or school_id not in draft.timezones:
            continue
        today = draft.today(school_id)
        unclear = {by_key.get(student_id, ""), by_key.get(adult_id, "")} & draft.roster.unclear
        is_told = by_key.get(student_id) in draft.roster.people and draft.roster.says_links
        if (student_id, adult_id) in mentioned or unclear or not is_open(stored.ends_on, today):
            continue
        if is_told or {student_id, adult_id} & without_role:
            label = f"{_stored_name(draft, adult_id)} → {_stored_name(draft, student_id)}"
            draft.settle("guardianships", label, stored, {"ends_on": max(today, stored.begins_on)}, ended=True)


def _plan_link(draft: Draft, key: tuple[int, int, int], link: Link, label: str) -> None:
    """A new link has the rights of its word; a stored one keeps its rights, except that a relative has none."""
    school_id, student_id, adult_id = key
    file, has_rights = link.file.removesuffix(".csv"), link.word in GUARDIAN_WORDS
    stored = draft.state.links.get(key)
    if stored is None:
        values = {
            "school_id": school_id, "student_id": student_id, "student_kind": AccountKind.STUDENT,
            "guardian_id": adult_id, "guardian_kind": AccountKind.ADULT, "relationship": link.word,
            "may_see_grades": has_rights, "may_message": has_rights, "begins_on": draft.today(school_id),
            "ends_on": None, "ended_by_office": False, "from_roster": True,
        }  # fmt: skip
        draft.create("guardianships", label, values)
        if not has_rights:
            text = _l("%(people)s: recorded without rights. The office can give them.", people=label)
            draft.note(file, link.line, "role", link.word, text)
        return
    changes: dict[str, Any] = {}
    if not is_open(stored.ends_on, draft.today(school_id)):
        if stored.ended_by_office or not stored.from_roster:
            text = _l("%(people)s: the office ended this link, so it stays ended.", people=label)
            draft.note(file, link.line, "role", link.word, text)
            draft.plan.kinds["guardianships"].unchanged += 1
            return
        changes["ends_on"] = None
    if stored.from_roster and stored.relationship in GUARDIAN_WORDS | RELATIVE_WORDS:
        changes.update(_changed_word(draft, stored, link, label))
    draft.settle("guardianships", label, stored, changes)


def _changed_word(draft: Draft, stored: Any, link: Link, label: str) -> dict[str, Any]:
    if link.word == stored.relationship:
        return {}
    changes: dict[str, Any] = {"relationship": link.word}
    if stored.relationship in GUARDIAN_WORDS and link.word not in GUARDIAN_WORDS:
        changes.update(different(stored, {"may_see_grades": False, "may_message": False}))
    elif link.word in GUARDIAN_WORDS and stored.relationship not in GUARDIAN_WORDS and not stored.may_see_grades:
        text = _l("%(people)s: the rights stay as they were. The office can give them.", people=label)
        draft.note(link.file.removesuffix(".csv"), link.line, "role", link.word, text)
    return changes


# --- The safety stop


def _count_endings(draft: Draft, ended_roles: set[RoleKey]) -> None:
    holding = {
        key[0]
        for key, role in draft.state.roles.items()
        if role.source_id and key[1] in draft.timezones and is_open(role.ends_on, draft.today(key[1]))
    }
    leaving = {key[0] for key in ended_roles}
    open_places = 0
    for school_id, _, group in _stored_classes(draft):
        today = draft.today(school_id)
        open_places += sum(
            place.source_id is not None and is_open(place.ends_on, today) and is_open(group.term_ends_on, today)
            for _, place in draft.stored_places.get(group.id, [])
        )
    ended_places = len(draft.plan.kinds["enrollments"].ended)
    draft.plan.endings = [
        Ending("people", len(leaving), max(len(holding), len(leaving))),
        Ending("enrollments", ended_places, max(open_places, ended_places)),
    ]
