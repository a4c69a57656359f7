"""The second wall: with the application's filter taken away, PostgreSQL alone still refuses (docs/decisions/0031)."""

from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import delete, func, insert, inspect, select, text, true, update
from sqlalchemy.exc import DBAPIError, ProgrammingError

from gradebook import actor
from gradebook.extensions import db
from gradebook.models import (
    Announcement,
    AnnouncementRecipient,
    AnnouncementSection,
    Attachment,
    AttachmentContent,
    Conversation,
    Draft,
    Duty,
    Enrollment,
    Guardianship,
    Message,
    MessageReport,
    OversightReview,
    Participant,
    Position,
    Read,
    Restriction,
    Role,
    RoleKind,
    School,
    User,
)
from gradebook.policy import facts, oversight, scopes
from gradebook.policy.actions import Action
from gradebook.policy.rules import RULES
from gradebook.services import accounts, coming_of_age, duties, messaging
from tests.access.people import ACTORS
from tests.conftest import NOON
from tests.school import enroll, make_role

only_postgresql = pytest.mark.only("postgresql")

# To whom the database shows which conversation. To everybody else it shows none.
PARTIES = {
    "talk": {"dana", "rivera", "cole"},
    "other_talk": {"erin", "rivera", "cole"},
    "far_talk": {"chris", "osei", "tess", "tess-parent"},
    "office_talk": {"dana", "pat", "pat-stepless", "vera"},  # the office of the school, by the role of the day
    "past_talk": {"gus", "rivera", "cole"},  # his link has ended: he reads it, and writes no more
}
WORDS = {
    "talk": "Secret words of Dana",
    "other_talk": "Secret words of Erin",
    "far_talk": "Secret words of Chris",
    "office_talk": "Written to the office by Dana",
    "past_talk": "Secret words of Gus",
}
OUTSIDE = {"legal_holds", "notices", "record_exports"}
"""Tables that name a conversation or an announcement, hold no word of it, and are written by who takes no part in it:
whom to tell that there is more, the records that the office hands out, and what it holds."""


@pytest.fixture
def ids(scene):
    """The keys of accounts, classes and conversations, by the names of the matrix."""
    people = {each.name: scene.school.people[each.person].id for each in ACTORS if each.person}
    sections = {name: section.id for name, section in scene.school.sections.items()}
    by_public_id = {row[0]: row[1] for row in db.session.execute(select(Conversation.public_id, Conversation.id))}
    talks = {name: by_public_id[scene.names[name]] for name in PARTIES}
    return {"oak": scene.school.oak.id, "visitor": None, **people, **sections, **talks}


@contextmanager
def asking(app, user_id, now=NOON):
    """Inside, the database is asked as the application asks it for this person; what is written is undone."""
    db.session.commit()
    with app.test_request_context():
        if user_id is not None:
            actor.acts(user_id, now)
        yield
        db.session.rollback()


@contextmanager
def refused():
    with pytest.raises(ProgrammingError, match="row-level security"), db.session.begin_nested():
        yield


def own_of_office():
    """What guardians wrote to the office is not what is opened to it."""
    return select(Conversation.id).where(Conversation.kind == "office")


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


# --- Over HTTP


@pytest.fixture
def no_filter(monkeypatch):
    """The application takes every adult for a party of every conversation."""
    for scope in ("conversations_of", "conversations_read_by"):
        monkeypatch.setattr(scopes, scope, lambda _person: select(Conversation.id))
    monkeypatch.setattr(facts, "may_use_messages", lambda _person, _thing=None: True)
    scopes._made.cache_clear()
    yield
    scopes._made.cache_clear()


@pytest.mark.parametrize("talk", PARTIES)
def test_without_the_filter_the_database_refuses_each_page(scene, app, database_kind, no_filter, talk):
    """On SQLite, which has no such wall, the same requests show that the filter is gone."""
    page = f"/messages/{scene.names[talk]}"
    for name in ("dana", "erin", "chris", "rex", "rivera", "cole", "osei", "tess", "tess-parent"):
        browser, is_party = scene.browser(name, app), name in PARTIES[talk]
        expected = 200 if is_party or database_kind == "sqlite" else 404
        assert browser.get(page).status_code == expected, name
        assert browser.get(f"{page}/changes?after=0").status_code == expected, name
        if database_kind == "postgresql" and not is_party:
            sent = {"body": "Let me in", "client_key": "0" * 32}
            assert browser.post(f"{page}/messages", data=sent).status_code == 404, name
            assert browser.post(f"{page}/draft", data=sent).status_code == 404, name
            assert WORDS[talk] not in browser.get("/messages/").text, name


# --- Asked directly, as by somebody who has found a way past the policy


@only_postgresql
def test_everybody_sees_the_rows_of_their_own_conversations_only(app, ids):
    for each in ACTORS:
        mine = {ids[talk] for talk, names in PARTIES.items() if each.name in names}
        with asking(app, ids[each.name]):
            assert set(db.session.scalars(select(Conversation.id))) == mine, each.name
            assert set(db.session.scalars(select(Participant.conversation_id))) == mine, each.name
            assert set(db.session.scalars(select(Message.conversation_id))) == mine, each.name


@only_postgresql
@pytest.mark.parametrize("name", ["visitor", "maya", "erin", "osei", "pat", "quinn", "dana"])
def test_who_takes_no_part_changes_nothing(app, ids, name):
    """Dana, who does, changes her own rows."""
    talk, mine = ids["talk"], int(name == "dana")
    with asking(app, ids[name]):
        for change in (
            update(Conversation).where(Conversation.id == talk).values(last_seq=99),
            update(Message).where(Message.conversation_id == talk).values(body="Forged"),
            update(Participant).where(Participant.conversation_id == talk).values(last_read_seq=0),
        ):
            assert db.session.execute(change).rowcount == mine


@only_postgresql
@pytest.mark.parametrize("name", ["maya", "erin", "osei", "pat", "dana"])
def test_who_takes_no_part_writes_nothing(app, ids, name):
    facts = {"school_id": ids["oak"], "conversation_id": ids["talk"]}
    words = {"body": "Forged", "client_key": "x", "sent_at": NOON, "seq": 50, "changed": 50}
    with asking(app, ids[name]):
        with refused():
            db.session.execute(insert(Message).values(**facts, **words, author_id=ids["rivera"]))
        if name == "dana":
            db.session.execute(insert(Message).values(**facts, **words, author_id=ids[name]))
            return
        with refused():
            db.session.execute(insert(Message).values(**facts, **words, author_id=ids[name]))
        with refused():
            joins = {"user_id": ids[name], "role_kind": RoleKind.TEACHER, "joined_at": NOON}
            db.session.execute(insert(Participant).values(**facts, **joins))


@only_postgresql
def test_nobody_changes_the_words_of_the_other_side(app, ids):
    with asking(app, ids["rivera"]):
        assert count(Message) == 4
        others = update(Message).where(Message.author_id != ids["rivera"])
        assert db.session.execute(others.values(body="Forged")).rowcount == 0


@only_postgresql
@pytest.mark.parametrize(
    ("name", "section", "may"),
    [
        ("erin", "algebra", True),
        ("rivera", "algebra", True),
        ("dana", "algebra", False),
        ("osei", "algebra", False),
        ("leo", "algebra", False),
        ("pat", "algebra", False),
        ("osei", "history", True),
        ("tess", "history", False),  # teaches History, and is Leo's stepmother
    ],
)
def test_only_who_has_the_right_begins_a_conversation(app, ids, name, section, may):
    """About Leo, with his mother, in one of his classes."""
    about = {
        "school_id": ids["oak"], "student_id": ids["leo"], "guardian_id": ids["erin"], "section_id": ids[section],
        "created_at": NOON,
    }  # fmt: skip
    with asking(app, ids[name]):
        with refused():
            others = {"key": "in the name of another", "created_by": ids["cole"]}
            db.session.execute(insert(Conversation).values(**about, **others).inline())
        own = insert(Conversation).values(**about, key="own", created_by=ids[name]).inline()
        if may:
            before = count(Conversation)
            db.session.execute(own)
            assert count(Conversation) == before + 1  # what was worked out before is not kept
        else:
            with refused():
                db.session.execute(own)


@only_postgresql
@pytest.mark.parametrize(("name", "may"), [("erin", True), ("dana", False), ("pat", False), ("rivera", False)])
def test_only_a_guardian_begins_a_conversation_with_the_office(app, ids, name, may):
    """About Leo, in the guardian's own name."""
    about = {
        "school_id": ids["oak"], "student_id": ids["leo"], "guardian_id": ids["erin"], "section_id": None,
        "kind": "office", "key": "own", "created_by": ids[name], "created_at": NOON,
    }  # fmt: skip
    own = insert(Conversation).values(**about).inline()
    with asking(app, ids[name]):
        if may:
            db.session.execute(own)
        else:
            with refused():
                db.session.execute(own)


@only_postgresql
def test_the_office_sees_its_conversations_by_its_role_and_not_about_its_own_children(scene, app, ids):
    """By any date, and also what the other guardian wrote."""
    school, talk = scene.school, ids["office_talk"]
    today = school.oak.today(NOON)
    assert sees(app, ids["pat"], talk)
    db.session.execute(update(Role).where(Role.user_id == ids["vera"], Role.kind == "office").values(ends_on=today))
    assert not sees(app, ids["vera"], talk)
    assert sees(app, ids["vera"], talk, NOON - timedelta(days=1))
    db.session.add(
        Guardianship(
            school_id=ids["oak"], student_id=ids["maya"], guardian_id=ids["pat"], relationship_name="aunt",
            begins_on=today - timedelta(days=9), ends_on=today - timedelta(days=8),
        )
    )  # fmt: skip
    assert not sees(app, ids["pat"], talk)


@only_postgresql
def test_drafts_are_their_authors_alone(scene, app, ids):
    talk = db.session.get(Conversation, ids["talk"])
    messaging.keep_draft(talk, author_id=ids["rivera"], body="Not yet sent", now=NOON)
    for name, sees in (("rivera", 1), ("cole", 0), ("dana", 0), ("maya", 0), ("pat", 0)):
        with asking(app, ids[name]):
            assert count(Draft) == sees, name
            assert db.session.execute(delete(Draft)).rowcount == sees, name


@only_postgresql
@pytest.mark.parametrize("model", [Conversation, Participant, Message])
def test_nothing_is_ever_deleted(app, ids, model):
    with asking(app, ids["rivera"]):
        assert count(model) > 0
        assert db.session.execute(delete(model)).rowcount == 0


# --- Rights follow the dates


def sees(app, user_id, talk, now=NOON):
    with asking(app, user_id, now):
        return talk in set(db.session.scalars(select(Conversation.id)))


@only_postgresql
def test_a_right_begins_and_ends_for_the_database_with_its_days(scene, app, ids):
    talk, today = ids["talk"], scene.school.oak.today(NOON)
    for name in ("dana", "cole"):
        assert sees(app, ids[name], talk), name
        assert not sees(app, ids[name], talk, NOON - timedelta(days=4000)), name
    db.session.execute(update(Enrollment).where(Enrollment.user_id == ids["cole"]).values(ends_on=today))
    assert not sees(app, ids["cole"], talk)
    assert sees(app, ids["cole"], talk, NOON - timedelta(days=1))


@only_postgresql
def test_who_was_a_guardian_reads_what_was_written_and_writes_no_more(app, ids):
    words = {"body": "Still here", "client_key": "x", "sent_at": NOON, "seq": 50, "changed": 50}
    facts = {"school_id": ids["oak"], "conversation_id": ids["past_talk"], "author_id": ids["gus"]}
    with asking(app, ids["gus"], NOON - timedelta(days=9)):
        db.session.execute(insert(Message).values(**facts, **words))
    with asking(app, ids["gus"]):
        assert count(Message) == 1
        assert db.session.execute(update(Message).values(body="Forged")).rowcount == 0
        with refused():
            db.session.execute(insert(Message).values(**facts, **words))
    db.session.execute(update(School).values(hides_past_conversations=True))
    assert not sees(app, ids["gus"], ids["past_talk"])


@only_postgresql
def test_coming_of_age_holds_for_the_database_too(scene, app, ids):
    """The links of Maya end today; Dana reads what was written, and writes no more."""
    school, words = scene.school, {"body": "Still here", "sent_at": NOON}
    facts = {"school_id": ids["oak"], "conversation_id": ids["talk"], "author_id": ids["dana"]}
    with asking(app, ids["dana"]):
        db.session.execute(insert(Message).values(**facts, **words, client_key="x", seq=50, changed=50))
    coming_of_age.record_day(school.maya, school.oak, school.oak.today(NOON), NOON, actor_id=school.pat.id)
    assert sees(app, ids["dana"], ids["talk"])
    with asking(app, ids["dana"]), refused():
        db.session.execute(insert(Message).values(**facts, **words, client_key="y", seq=51, changed=51))
    db.session.execute(update(School).values(hides_past_conversations=True))
    assert not sees(app, ids["dana"], ids["talk"])


@only_postgresql
def test_an_order_against_contact_holds_for_the_database_too(scene, app, ids):
    school = scene.school
    order = Restriction(
        school_id=school.oak.id, student_id=school.maya.id, adult_id=school.dana.id, no_contact=True, no_records=False,
        hide_address=False, document_reference="1", begins_on=school.oak.today(NOON), entered_by=school.pat.id,
        entered_at=NOON,
    )  # fmt: skip
    assert sees(app, ids["dana"], ids["talk"])
    db.session.add(order)
    assert not sees(app, ids["dana"], ids["talk"])


# --- Announcements

RECEIVED = {
    "news": {"dana", "erin", "tess", "tess-parent"},
    "withdrawn": {"dana", "erin", "tess", "tess-parent"},
    "bulletin": {"dana", "erin", "tess", "tess-parent", "chris"},
    "plan": set(),
}
SEEN_BY_STAFF = {
    "news": {"rivera", "cole", "pat"},
    "withdrawn": {"rivera", "cole", "pat"},
    "bulletin": {"rivera", "cole", "sub", "osei", "tess", "tess-parent", "pat"},
    "plan": {"rivera", "pat"},
}
"""To whom the database shows which announcement: it knows the person, not the role in use."""


@pytest.fixture
def announced(scene):
    """The keys of the announcements by the names of the matrix."""
    return {
        name: db.session.scalar(select(Announcement.id).where(Announcement.public_id == scene.names[name]))
        for name in RECEIVED
    }


@only_postgresql
def test_everybody_sees_the_rows_of_their_own_announcements_only(app, ids, announced):
    for each in ACTORS:
        who = each.like or each.name
        mine = {announced[name] for name in RECEIVED if who in RECEIVED[name] | SEEN_BY_STAFF[name]}
        counted = {announced[name] for name, names in SEEN_BY_STAFF.items() if who in names and name != "plan"}
        if who not in ("pat", "quinn"):
            counted.discard(announced["bulletin"])
        with asking(app, ids[each.name]):
            assert set(db.session.scalars(select(Announcement.id))) == mine, each.name
            of_classes = set(db.session.scalars(select(AnnouncementSection.announcement_id)))
            assert of_classes == mine - {announced["bulletin"]}, each.name
            others = select(AnnouncementRecipient.announcement_id).where(
                AnnouncementRecipient.user_id != (ids[each.name] or 0)
            )
            assert set(db.session.scalars(others)) == counted, each.name


@only_postgresql
def test_a_guardian_who_loses_the_right_loses_the_announcement_in_the_database_too(scene, app, ids, announced):
    school = scene.school
    with asking(app, ids["dana"]):
        assert announced["news"] in set(db.session.scalars(select(Announcement.id)))
    order = Restriction(
        school_id=school.oak.id, student_id=school.maya.id, adult_id=school.dana.id, no_contact=True, no_records=False,
        hide_address=False, document_reference="1", begins_on=school.oak.today(NOON), entered_by=school.pat.id,
        entered_at=NOON,
    )  # fmt: skip
    db.session.add(order)
    with asking(app, ids["dana"]):
        assert set(db.session.scalars(select(Announcement.id))) == set()


@only_postgresql
@pytest.mark.parametrize(
    ("name", "role", "section", "may"),
    [
        ("rivera", "teacher", "algebra", True),
        ("pat", "office", "algebra", True),
        ("rivera", "teacher", "history", False),
        ("sub", "teacher", "algebra", False),
        ("rivera", "office", "algebra", False),
        ("dana", "teacher", "algebra", False),
        ("quinn", "office", "algebra", False),
        ("maya", "teacher", "algebra", False),
    ],
)
def test_only_staff_announce_and_only_to_their_own(app, ids, name, role, section, may):
    facts = {
        "id": 900, "public_id": "Forged000000", "school_id": ids["oak"], "author_id": ids[name], "role_kind": role,
        "to_school": False, "title": "Forged", "body": "Forged", "folded": "forged", "client_key": "x",
        "created_at": NOON, "send_at": NOON, "last_change": 1,
    }  # fmt: skip
    to = {"announcement_id": 900, "section_id": ids[section], "school_id": ids["oak"]}

    def write():
        db.session.execute(insert(Announcement).values(**facts))
        db.session.execute(insert(AnnouncementSection).values(**to))

    with asking(app, ids[name]):
        if may:
            write()
        else:
            with refused():
                write()


@only_postgresql
def test_nobody_is_given_one_without_the_right(app, ids, announced):
    """Not Rex, who is under an order, and not Gus; and nobody gives another one's announcement."""
    about = {"announcement_id": announced["plan"], "school_id": ids["oak"], "role_kind": RoleKind.PARENT}
    with asking(app, ids["rivera"]):
        for guardian in ("rex", "gus", "chris"):
            with refused():
                db.session.execute(
                    insert(AnnouncementRecipient).values(**about, user_id=ids[guardian], student_id=ids["maya"])
                )
        db.session.execute(insert(AnnouncementRecipient).values(**about, user_id=ids["dana"], student_id=ids["maya"]))
    with asking(app, ids["cole"]), refused():
        db.session.execute(insert(AnnouncementRecipient).values(**about, user_id=ids["dana"], student_id=ids["maya"]))


@only_postgresql
@pytest.mark.parametrize("name", ["visitor", "maya", "dana", "cole", "osei", "quinn", "rivera"])
def test_only_the_author_and_the_office_change_an_announcement_and_nobody_deletes_one(app, ids, name):
    mine = {"rivera": 3}.get(name, 0)
    with asking(app, ids[name]):
        assert db.session.execute(update(Announcement).values(body="Forged")).rowcount == mine
        opened = update(AnnouncementRecipient).values(opened_at=NOON)
        assert db.session.execute(opened).rowcount == (3 if name == "dana" else 0)
        for model in (Announcement, AnnouncementRecipient, AnnouncementSection):
            assert db.session.execute(delete(model)).rowcount == 0


# --- Acts for others


@only_postgresql
def test_a_teacher_whom_the_office_admits_joins_what_the_office_cannot_see(scene, app, ids):
    enroll(scene.school.osei, scene.school.algebra, Position.CO_TEACHER)
    section, teacher = scene.school.algebra, scene.school.osei
    assert section.id
    assert teacher.id
    with asking(app, ids["pat"]):
        messaging.admit_teachers_of_school(ids["oak"], NOON)
        assert set(db.session.scalars(select(Conversation.id))) == {ids["office_talk"]}
        with actor.acting_as(ids["rivera"], NOON):
            admitted = select(Participant.conversation_id).where(Participant.user_id == ids["osei"])
            assert set(db.session.scalars(admitted)) == {ids["talk"], ids["other_talk"], ids["past_talk"]}
        assert set(db.session.scalars(select(Participant.conversation_id))) == {ids["office_talk"]}


@only_postgresql
def test_what_was_opened_is_closed_again_when_the_act_fails(app, ids):
    def open_and_fail():
        with actor.classes_opened([ids["algebra"]]):
            assert count(Conversation) == 4  # of the class, and the one with the office
            raise LookupError

    def act_and_fail():
        with actor.acting_as(ids["dana"], NOON):
            assert count(Conversation) == 2
            db.session.execute(text("SELECT nothing FROM nowhere"))

    with asking(app, ids["pat"]):
        with pytest.raises(LookupError):
            open_and_fail()
        assert count(Conversation) == 1
        with pytest.raises(ProgrammingError):
            act_and_fail()
        db.session.rollback()
        assert count(Conversation) == 1


@only_postgresql
def test_a_login_session_that_is_over_opens_nothing(scene, app, ids, clock):
    """The statement that finds out who asks has told the transaction already when it turns out that nobody does."""
    token = scene.tokens["dana"]
    with asking(app, None):
        assert accounts.resume(token, clock()) is not None
        assert count(Conversation) == 2
    clock.advance(hours=13)
    with asking(app, None):
        assert accounts.resume(token, clock()) is None
        assert count(Conversation) == 0


# --- The wall is whole


@only_postgresql
def test_every_table_of_conversations_stands_behind_the_wall(app):
    """One that is added later and names a conversation is found here."""
    tables = inspect(db.engine)
    naming = {
        name
        for name in tables.get_table_names()
        if {"conversation_id", "announcement_id"} & {one["name"] for one in tables.get_columns(name)}
    }
    walled = db.session.scalars(text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"))
    assert set(walled) == {"conversations", "announcements", "oversight_reviews", *naming} - OUTSIDE


@only_postgresql
def test_the_application_is_neither_owner_nor_superuser(app):
    rights = text(
        "SELECT rolsuper, rolbypassrls, pg_has_role(relowner, 'USAGE') FROM pg_roles, pg_class "
        "WHERE rolname = current_user AND relname = 'messages'"
    )
    with asking(app, None):
        assert tuple(db.session.execute(rights).one()) == (False, False, False)


# --- The office, by a report


@pytest.fixture
def report_id(scene):
    with actor.acting_as(scene.school.dana.id, NOON):
        return db.session.scalars(select(MessageReport.id)).one()


def opened():
    """What is seen: conversations, participants' conversations, numbers of messages, files; but the office's own."""
    own = own_of_office()
    numbers = set(db.session.scalars(select(Message.seq).where(Message.conversation_id.not_in(own))))
    talks = set(db.session.scalars(select(Conversation.id)))
    assert set(db.session.scalars(select(Participant.conversation_id))) == talks
    assert set(db.session.scalars(select(Message.conversation_id))) == talks
    assert count(Attachment) == count(AttachmentContent)
    talks -= set(db.session.scalars(own))
    return talks, numbers


@only_postgresql
def test_a_report_opens_its_messages_to_who_is_named_for_it_and_nothing_else(scene, app, ids, report_id):
    for name, sees in (("vera", True), ("pat", False), ("quinn", False), ("erin", False), ("maya", False)):
        with asking(app, ids[name]):
            mine = {ids[talk] for talk, names in PARTIES.items() if name in names}
            assert set(db.session.scalars(select(Conversation.id))) == mine
            assert bool(count(MessageReport)) is sees, name
            with actor.looking_at_report(report_id):
                if sees:
                    assert opened() == ({ids["talk"]}, {1, 2})
                    assert count(Draft) == count(Read) == 0
                    assert db.session.execute(update(Message).values(body="Forged")).rowcount == 0
                else:
                    assert set(db.session.scalars(select(Conversation.id))) == mine, name
            assert set(db.session.scalars(select(Conversation.id))) == mine
    with asking(app, ids["vera"]):
        db.session.execute(update(MessageReport).values(settled_at=NOON, outcome="nothing"))
        with actor.looking_at_report(report_id):
            assert opened() == (set(), set())


@only_postgresql
def test_a_report_is_closed_to_the_parties_and_to_who_is_no_longer_of_the_office(scene, app, ids, report_id):
    def sees_it():
        with asking(app, ids["vera"]), actor.looking_at_report(report_id):
            return bool(count(MessageReport)), bool(opened()[0])

    assert sees_it() == (True, True)
    make_role(scene.school.vera, scene.school.oak, RoleKind.TEACHER)
    place = enroll(scene.school.vera, scene.school.algebra, Position.SUBSTITUTE, ends_on=scene.school.oak.today(NOON))
    assert sees_it() == (False, False)
    db.session.delete(place)
    assert sees_it() == (True, True)
    ended = {"ends_on": scene.school.oak.today(NOON)}
    db.session.execute(update(Role).where(Role.user_id == ids["vera"], Role.kind == RoleKind.OFFICE).values(**ended))
    assert sees_it() == (False, False)


@pytest.mark.parametrize("name", ["pat", "quinn"])
def test_without_the_filter_the_database_refuses_the_report_to_the_rest_of_the_office(
    scene, app, database_kind, monkeypatch, name
):
    monkeypatch.setattr(oversight, "reviews", lambda _person, _thing=None: True)
    monkeypatch.setitem(RULES, Action.MESSAGES_REVIEW, (lambda _person, _thing: True,))
    monkeypatch.setattr(oversight, "reports_of_office", lambda _person: true())
    answer = scene.browser(name, app).get(f"/office/oversight/reports/{scene.names['report']}")
    assert answer.status_code == (404 if database_kind == "postgresql" else 200)


@only_postgresql
def test_only_a_party_reports_and_only_in_its_own_name(app, ids, scene):
    facts = {
        "school_id": ids["oak"], "conversation_id": ids["talk"], "seq": 1, "student_id": ids["maya"],
        "section_id": ids["algebra"], "author_id": ids["dana"], "reason": "other", "words": "", "reported_at": NOON,
        "public_id": "AAAAbbbb2222",
    }  # fmt: skip
    for name in ("erin", "vera", "maya"):
        with asking(app, ids[name]), refused():
            db.session.execute(insert(MessageReport).values(**facts, reporter_id=ids[name]).inline())
    with asking(app, ids["cole"]):
        with refused():
            db.session.execute(insert(MessageReport).values(**facts, reporter_id=ids["rivera"]).inline())
        db.session.execute(insert(MessageReport).values(**facts, reporter_id=ids["cole"]).inline())


# --- The office, by a review


@pytest.fixture
def review_id(scene):
    """Vera looks into what was written about Leo within the last week; the scene opened it."""
    with actor.acting_as(scene.school.vera.id, NOON):
        return db.session.scalars(select(OversightReview.id)).one()


@only_postgresql
def test_a_review_opens_what_its_row_covers_and_nothing_else(app, ids, review_id):
    for name in ("vera", "pat", "uma", "quinn", "maya"):
        person = ids.get(name) or db.session.scalar(select(User.id).where(User.username == name))
        with asking(app, person):
            assert opened() == (set(), set()), name
            with actor.reading_in_review(review_id):
                assert opened() == (({ids["other_talk"]}, {1}) if name == "vera" else (set(), set())), name
                others = update(Message).where(Message.conversation_id.not_in(own_of_office()))
                assert db.session.execute(others.values(body="Forged")).rowcount == 0


@only_postgresql
@pytest.mark.parametrize(
    ("change", "covers"),
    [
        ({}, True),
        ({"first_day": NOON.date()}, True),
        ({"last_day": NOON.date() - timedelta(days=1)}, False),  # it was written on that day
        ({"closed_at": NOON}, False),
        ({"days": 1, "begins_on": NOON.date() - timedelta(days=1)}, False),
        ({"section_id": "algebra", "guardian_id": "erin"}, True),
        ({"section_id": "history", "guardian_id": "erin"}, False),
        ({"section_id": "algebra", "guardian_id": "tess"}, False),
        ({"student_id": "zoe"}, False),  # another conversation
        ({"opened_by": "pat"}, False),
    ],
    ids=str,
)
def test_the_database_reads_child_class_guardian_days_and_end_from_the_row(scene, app, ids, change, covers):
    """Made by the owner of the tables, as no application could."""
    values = {name: ids.get(value, value) if isinstance(value, str) else value for name, value in change.items()}
    row = {
        "public_id": "AAAAbbbb3333", "school_id": ids["oak"], "opened_by": ids["vera"], "opened_at": NOON,
        "begins_on": NOON.date(), "days": 7, "reason": "safety", "words": "", "student_id": ids["leo"],
        "first_day": NOON.date() - timedelta(days=1), "last_day": NOON.date(), **values,
    }  # fmt: skip
    closed = row.pop("closed_at", None)
    opener = row["opened_by"]
    if opener != ids["vera"]:
        duties.give(scene.school.pat, scene.school.oak, Duty.REVIEWER, NOON, actor_id=ids["quinn"])
    with actor.acting_as(opener, datetime.combine(row["begins_on"], time(16), UTC)):
        db.session.execute(insert(OversightReview).values(**row).inline())
        key = db.session.scalar(select(OversightReview.id).where(OversightReview.public_id == row["public_id"]))
        if closed:
            db.session.execute(update(OversightReview).where(OversightReview.id == key).values(closed_at=closed))
    with asking(app, ids["vera"]), actor.reading_in_review(key):
        assert (ids["other_talk"] in set(db.session.scalars(select(Message.conversation_id)))) is covers


@only_postgresql
@pytest.mark.parametrize(
    "change", [{"days": 6}, {"student_id": "maya"}, {"last_day": NOON.date() + timedelta(days=3)}, {"closed_at": None}]
)
def test_a_review_is_neither_widened_nor_opened_again(app, ids, review_id, change):
    own = update(OversightReview).where(OversightReview.id == review_id)
    with asking(app, ids["vera"]):
        assert db.session.execute(own.values(closed_at=NOON)).rowcount == 1
        values = {name: ids.get(value, value) for name, value in change.items()}
        with pytest.raises(DBAPIError, match="stays as it was opened"):
            db.session.execute(own.values(**values))


@only_postgresql
@pytest.mark.parametrize("name", ["pat", "uma", "quinn", "rivera"])
def test_only_who_is_named_opens_a_review_and_only_from_today_on(app, ids, name):
    row = {
        "public_id": "AAAAbbbb4444", "school_id": ids["oak"], "opened_at": NOON, "begins_on": NOON.date(), "days": 7,
        "reason": "safety", "words": "", "student_id": ids["leo"], "first_day": NOON.date(), "last_day": NOON.date(),
    }  # fmt: skip
    person = ids.get(name) or db.session.scalar(select(User.id).where(User.username == name))
    with asking(app, person), refused():
        db.session.execute(insert(OversightReview).values(**row, opened_by=person).inline())
    with asking(app, ids["vera"]):
        with refused():
            later = {**row, "begins_on": NOON.date() + timedelta(days=1)}
            db.session.execute(insert(OversightReview).values(**later, opened_by=ids["vera"]).inline())
        db.session.execute(insert(OversightReview).values(**row, opened_by=ids["vera"]).inline())


def test_without_the_filter_the_database_refuses_what_the_review_does_not_cover(scene, app, database_kind, monkeypatch):
    monkeypatch.setattr(oversight, "covered_conversations", lambda _person, _review: true())
    monkeypatch.setattr(oversight, "covered_messages", lambda _review, _timezone: true())
    vera, at = scene.browser("vera", app), f"/office/oversight/reviews/{scene.names['review']}/conversations"
    assert vera.get(f"{at}/{scene.names['other_talk']}").status_code == 200
    for talk in ("talk", "far_talk", "past_talk"):
        answer = vera.get(f"{at}/{scene.names[talk]}")
        assert answer.status_code == (404 if database_kind == "postgresql" else 200), talk


# --- Files that wait for a scanner


@only_postgresql
def test_the_job_that_scans_reads_the_file_that_it_names_and_settles_it_once(app, ids):
    files = {row[1]: row[0] for row in db.session.execute(select(Attachment.id, Attachment.conversation_id))}
    mine, other, unscanned = (files[ids[talk]] for talk in ("talk", "other_talk", "far_talk"))
    db.session.execute(update(Attachment).where(Attachment.id.in_([mine, other])).values(scan="waiting"))

    def seen():
        return [count(model) for model in (Attachment, AttachmentContent, Conversation, Message)]

    def settle(key, scan):
        return db.session.execute(update(Attachment).where(Attachment.id == key).values(scan=scan)).rowcount

    with asking(app, None):
        assert seen() == [0, 0, 0, 0]
        with actor.scanning(0):
            assert seen() == [2, 0, 0, 0]
        with actor.scanning(unscanned):
            assert seen() == [3, 0, 0, 0]
        with actor.scanning(mine):
            assert seen() == [2, 1, 1, 1]
            assert settle(other, "clean") == 0
            with refused():
                settle(mine, "unscanned")
            assert settle(mine, "clean") == 1
            assert settle(mine, "found") == 0
            assert db.session.execute(delete(AttachmentContent)).rowcount == 0
            assert seen() == [2, 0, 1, 1]
        assert seen() == [0, 0, 0, 0]
