"""What needs a guardian: the lines that the guardian chose, what is new before what is old, one line for each child."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from gradebook.extensions import db
from gradebook.models import RoleKind
from gradebook.policy.conversations import Correspondence
from gradebook.services import accounts, attention, family, interests, messaging
from gradebook.services.attention import Kind, glance_at, needing_attention, unread_talks
from gradebook.services.interests import USUAL, Interests
from tests.families import add_category, add_class, add_guardianship, add_work, changed, score
from tests.school import TODAY

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
NOTHING = Interests(None, None, None, False, False)


def guardian(user, now=NOW):
    db.session.commit()
    return accounts.person_acting_as(user, now, RoleKind.PARENT)


def look(user):
    person = guardian(user)
    return glance_at(family.children_of_guardian(person), unread_talks(person) or [])


def lines(user):
    return [(str(one.kind), one.child.called, one.is_new) for one in look(user).attention]


@pytest.fixture
def art(school):
    """A class of Maya with 20-point work, the older half long ago."""
    section = add_class(school.oak, "Art", school.maya, pieces=0)
    pictures = add_category(section, "Pictures")
    school.old = [add_work(pictures, f"Old {number}", due_on=date(2026, 9, 20)) for number in range(2)]
    school.new = [add_work(pictures, f"New {number}", due_on=date(2026, 10, 10)) for number in range(2)]
    return section


def give(school, old, new):
    for work, points in zip((*school.old, *school.new), (*old, *new), strict=True):
        score(work, school.maya, points)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (("16", "16"), ("5", "5"), [("below", "Maya", True)]),  # 80% became 52.5%
        (("10", "10"), ("10", "10"), [("below", "Maya", False)]),  # low for long
        (("18", "18"), ("16", "16"), [("fell", "Maya", True)]),  # 90% became 85%: just five points
        (("18", "18"), ("17", "15.2"), []),  # 90% became 85.25%
    ],
)
def test_a_grade_that_crossed_the_line_is_new_and_one_that_is_low_for_long_is_not(school, art, old, new, expected):
    give(school, old, new)
    assert lines(school.dana) == expected


def test_the_guardian_chooses_the_lines(school, art):
    give(school, ("18", "18"), ("16", "16"))
    interests.save_interests(school.dana.id, school.maya.id, USUAL._replace(below=Decimal("85.01")))
    assert lines(school.dana) == [("below", "Maya", True)]
    interests.save_interests(school.dana.id, school.maya.id, USUAL._replace(falls_by=Decimal("5.01")))
    assert lines(school.dana) == []
    interests.save_interests(school.dana.id, school.maya.id, NOTHING)
    score(add_work(add_category(art, "More"), "Sheet", due_on=date(2026, 9, 1)), school.maya, status="missing")
    assert lines(school.dana) == []


def test_one_guardians_choice_changes_nothing_for_another(school, art):
    give(school, ("10", "10"), ("10", "10"))
    add_guardianship(school.chris, school.maya, school.oak)
    interests.save_interests(school.chris.id, school.maya.id, NOTHING)
    assert lines(school.chris) == []
    assert lines(school.dana) == [("below", "Maya", False)]


@pytest.mark.parametrize(("after", "told"), [(0, True), (3, True), (4, False), (None, False)])
def test_missing_work_is_told_after_the_days_chosen(school, art, after, told):
    score(school.new[0], school.maya, status="missing")
    interests.save_interests(school.dana.id, school.maya.id, NOTHING._replace(missing_after=after))
    assert bool(lines(school.dana)) is told


def test_what_is_new_comes_before_what_has_been_so_for_long(school, art):
    add_guardianship(school.dana, school.leo, school.oak)  # 45% in Algebra, for long
    score(school.old[0], school.maya, status="missing")
    changed(school.old[0], school.maya, NOW - timedelta(days=1), school.rivera)
    interests.save_interests(school.dana.id, school.maya.id, USUAL._replace(below=None))
    assert lines(school.dana) == [("missing", "Maya", True), ("below", "Leo", False)]
    db.session.rollback()


def talk(school, student, guardian_, words="Words", section=None):
    pair = Correspondence(student, section or school.algebra, guardian_, (school.rivera,))
    conversation = messaging.open_conversation(pair, actor_id=school.rivera.id, now=NOW)
    messaging.send(conversation, author_id=school.rivera.id, body=words, client_key=f"key-{student.id}", now=NOW)
    return conversation


def test_an_unread_message_names_child_and_sender_and_no_word_of_it(school):
    conversation = talk(school, school.maya, school.dana, "Secret words")
    glance = look(school.dana)
    (line,) = glance.attention
    assert (line.kind, line.child.called) == (Kind.MESSAGE, "Maya")
    assert line.talk[:6] == (conversation.public_id, school.maya.id, "Algebra", "Inés Rivera", NOW, 1)
    messaging.mark_read(conversation.id, school.dana.id, 1, NOW)
    assert look(school.dana).attention == []


def test_a_message_about_a_child_without_grades_is_only_counted(school):
    talk(school, school.maya, school.dana)
    school.dana_of_maya.may_see_grades = False
    glance = look(school.dana)
    assert (glance.children, glance.attention, glance.other_unread) == ([], [], 1)


def test_who_may_see_grades_and_not_write_is_told_of_no_message(school):
    talk(school, school.maya, school.dana)
    school.dana_of_maya.may_message = False
    glance = look(school.dana)
    assert ([child.called for child in glance.children], glance.attention, glance.other_unread) == (["Maya"], [], 0)


def test_a_guardian_not_confirmed_by_the_office_is_not_even_asked_about(school):
    talk(school, school.maya, school.dana)
    school.dana.identity_seen_at = None
    assert unread_talks(guardian(school.dana)) is None


# --- How the page shows it


def test_every_child_has_a_line_before_any_has_a_second_one(school):
    """Four classes of Maya are below the line and three of Zoe; Leo has one: his stands among the six."""
    for child, count in ((school.maya, 4), (school.zoe, 3)):
        for number in range(count):
            section = add_class(school.oak, f"{child.called} {number}", child, pieces=0)
            score(add_work(add_category(section, "Work"), "Sheet"), child, "2")
    for child in (school.leo, school.zoe):
        add_guardianship(school.dana, child, school.oak)
    glance = look(school.dana)
    assert len(glance.shown) == attention.MOST_SHOWN
    assert {one.child.called for one in glance.shown} == {"Maya", "Leo", "Zoe"}
    assert len(glance.shown) + len(glance.more) == glance.count == 8


def test_children_stand_by_what_needs_the_guardian_and_the_others_are_said_to_be_all_right(school):
    add_guardianship(school.dana, school.leo, school.oak)
    glance = look(school.dana)
    assert [child.called for child in glance.children] == ["Leo", "Maya"]
    assert [child.called for child in glance.calm] == ["Maya"]


def test_classes_that_something_is_said_about_come_first(school, art):
    give(school, ("10", "10"), ("10", "10"))
    add_class(school.oak, "Aardvarks", school.maya)
    glance = look(school.dana)
    assert [one.section.title for one in glance.classes_of(glance.children[0])] == ["Art", "Aardvarks", "Algebra"]


# --- What is kept


def test_choices_are_kept_for_each_child_and_changed(school):
    add_guardianship(school.dana, school.leo, school.oak)
    for days in (7, 14):
        interests.save_interests(school.dana.id, school.leo.id, NOTHING._replace(missing_after=days))
    kept = {child.called: child.interests for child in family.children_of_guardian(guardian(school.dana))}
    assert kept == {"Maya": USUAL, "Leo": NOTHING._replace(missing_after=14)}


def test_work_of_today_moves_no_grade_of_two_weeks_ago(school, art):
    give(school, ("18", "18"), ("5", "5"))
    (child,) = family.children_of_guardian(guardian(school.dana))
    (one,) = [one for one in child.classes if one.section is art or one.section.id == art.id]
    assert (one.was, one.totals.current, one.direction) == (Decimal(90), Decimal("57.5"), "down")
    school.new[0].due_on = school.new[1].due_on = TODAY - timedelta(days=14)
    (child,) = family.children_of_guardian(guardian(school.dana))
    (one,) = [one for one in child.classes if one.section.id == art.id]
    assert (one.was, one.direction) == (Decimal("57.5"), "steady")


def test_needing_attention_asks_for_no_talks(school):
    assert needing_attention(family.children_of_guardian(guardian(school.dana))) == []
