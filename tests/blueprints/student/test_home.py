"""S1: where do I stand, what is new, what do I do next."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from gradebook.extensions import db
from gradebook.grading.overrides import typed_override
from gradebook.models import Position, RoleKind
from gradebook.services import overrides
from tests.families import add_category, add_class, add_letters, add_work, score, words
from tests.school import enroll, make_role, make_section

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


def home(client) -> str:
    answer = client.get("/student/")
    assert answer.status_code == 200
    return answer.text


def test_home_greets_by_name_and_shows_each_grade_with_its_basis_and_why(school, sign_in):
    page = home(sign_in(school.maya))
    assert "<h1>Hello <bdi>Maya</bdi></h1>" in page
    assert "Algebra" in words(page)
    assert "90%" in page.replace("<small>%</small>", "%")
    assert "from 1 graded piece" in page
    assert f'href="/student/classes/{school.algebra.public_id}"' in page
    assert "Why?" in page


def test_grades_stand_in_the_terms_of_the_class(school, sign_in):
    add_letters(school.algebra)
    assert "A 90 %" in words(home(sign_in(school.maya)))


def test_a_class_without_scores_says_so_instead_of_a_number(school, sign_in):
    text = words(home(sign_in(school.leo)))
    assert "History Kofi Osei Nothing posted yet" in text


def test_scores_that_make_no_grade_are_not_called_nothing(school, sign_in):
    score(school.essay, school.leo, status="excused")
    assert "No grade yet" in words(home(sign_in(school.leo)))


def test_new_scores_and_comments_of_two_weeks_are_shown(school, sign_in):
    work = add_work(add_category(school.algebra, "Extra", 0), "Ratio sheet", posted_at=NOW)
    score(work, school.maya, "7.5", comment="Show each step.\nThen <b>check</b>.")
    page = home(sign_in(school.maya))
    assert "Last 14 days" in page
    assert "Ratio sheet" in page
    assert "7.5" in page
    assert "Show each step.\nThen &lt;b&gt;check&lt;/b&gt;." in page
    assert "Integers quiz" not in words(page)


def test_to_do_says_what_is_missing_and_what_is_due(school, sign_in):
    extra = add_category(school.algebra, "Extra", 0)
    add_work(extra, "Due soon", due_on=date(2026, 10, 15))
    score(add_work(extra, "Not there", due_on=date(2026, 10, 2)), school.maya, status="missing")
    text = words(home(sign_in(school.maya)))
    assert "To do 2 things" in text
    assert text.index("Not there") < text.index("Due soon")  # neither has a weight: the older one
    assert "was due Fri 2 Oct" in text
    assert "counts as 0 for now" in text


def test_to_do_is_ordered_by_what_it_can_do_to_the_grade_over_all_classes(school, sign_in):
    """Maths has 36 of 40: a piece out of 10 moves it less than one out of 60, whatever is due first."""
    section = add_class(school.oak, "Maths", school.maya, pieces=0)
    work = add_category(section, "Work")
    for number in (1, 2):
        score(add_work(work, f"Done {number}"), school.maya, "18")
    add_work(work, "Small", 10, due_on=date(2026, 10, 15))
    add_work(work, "Large", 60, due_on=date(2026, 10, 25))
    score(add_work(work, "Lost", 20, due_on=date(2026, 9, 20)), school.maya, status="missing")
    text = words(home(sign_in(school.maya)))
    assert text.index("Large") < text.index("Lost") < text.index("Small")
    assert "Your grade would be 30% with 0, 80% with full marks." in text  # 36 and 96 of 120
    assert "Full marks would lift your grade from 60% to 93.33%." in text  # 36 and 56 of 60
    assert "Your grade would be 51.43% with 0, 65.71% with full marks." in text  # 36 and 46 of 70


def test_the_first_score_of_a_class_makes_its_grade(school, sign_in):
    section = add_class(school.oak, "Maths", school.maya, pieces=0)
    add_work(add_category(section, "Work"), "First", due_on=date(2026, 10, 15))
    assert "It makes your first grade." in words(home(sign_in(school.maya)))


def test_nothing_is_said_of_an_effect_where_the_grade_is_set_by_hand(school, sign_in):
    add_work(school.quiz.category, "Ahead", due_on=date(2026, 10, 15))
    client = sign_in(school.maya)
    assert "with full marks" in words(home(client))
    override = typed_override("91", "Was ill for the test")
    overrides.set_override(school.algebra, school.maya.id, override, seen=0, actor_id=school.rivera.id, now=NOW)
    db.session.commit()
    text = words(home(client))
    assert "Ahead" in text
    assert "with full marks" not in text


# --- New since


def visited(school, clock, sign_in, at):
    """Maya was here at a moment, and signs in again at NOW."""
    clock.set(at)
    assert sign_in(school.maya).get("/student/").status_code == 200
    clock.set(NOW)
    return sign_in(school.maya)


def posted(school, title, at):
    score(add_work(school.quiz.category, title, posted_at=at), school.maya, "7.5")
    db.session.commit()


def test_new_is_what_was_posted_since_the_last_visit(school, clock, sign_in):
    posted(school, "Seen then", NOW - timedelta(days=4))
    client = visited(school, clock, sign_in, NOW - timedelta(days=3))
    posted(school, "Posted since", NOW - timedelta(days=1))
    text = words(home(client))
    assert "New since Sun 11 Oct" in text
    assert "Posted since" in text
    assert "Seen then" not in text
    everything = words(client.get("/student/?news=all").text)
    assert "Last 14 days" in everything
    assert "Seen then" in everything


def test_nothing_new_says_since_when_and_the_last_days_are_one_tap_away(school, clock, sign_in):
    posted(school, "Seen then", NOW - timedelta(days=4))
    text = words(home(visited(school, clock, sign_in, NOW - timedelta(days=3))))
    assert "Nothing new since Sun 11 Oct" in text
    assert "Show the last 14 days" in text


def test_after_a_long_time_the_last_days_are_what_is_new(school, clock, sign_in):
    assert "Last 14 days" in words(home(visited(school, clock, sign_in, NOW - timedelta(days=20))))


def test_what_was_on_the_page_can_be_marked_as_seen_and_what_came_later_stays(school, clock, sign_in):
    client = visited(school, clock, sign_in, NOW - timedelta(days=3))
    posted(school, "On the page", NOW - timedelta(days=1))
    posted(school, "Came later", NOW + timedelta(minutes=5))
    until = re.search(r'name="until" value="(\d+)"', home(client))[1]
    clock.set(NOW + timedelta(minutes=10))
    assert client.post("/student/news/seen", data={"until": until}).status_code == 303
    text = words(home(client))
    assert "Came later" in text
    assert "On the page" not in text


@pytest.mark.parametrize("until", ["", "x", "99999999999", "-1"])
def test_a_moment_that_is_none_means_now_and_never_later(school, clock, sign_in, until):
    client = visited(school, clock, sign_in, NOW - timedelta(days=3))
    posted(school, "Before", NOW - timedelta(days=1))
    assert client.post("/student/news/seen", data={"until": until}).status_code == 303
    posted(school, "Posted after", NOW + timedelta(minutes=5))
    clock.set(NOW + timedelta(minutes=10))
    text = words(home(client))
    assert "Posted after" in text
    assert "Before" not in text


def test_long_lists_keep_their_ends_under_one_line(school, sign_in):
    extra = add_category(school.algebra, "Extra", 0)
    for number in range(9):
        add_work(extra, f"Sheet {number}", due_on=date(2026, 10, 15 + number))
    page = home(sign_in(school.maya))
    assert "Show 6 more" in page
    assert "Sheet 8" in page


def test_empty_states_say_what_will_be_here(school, sign_in):
    leo = sign_in(school.leo)
    text = words(home(leo))
    assert "Nothing new in the last 14 days." in text
    assert "Nothing is missing, and nothing is due in the next 14 days." in text
    school.quiz.posted_at = None
    db.session.commit()
    assert "No scores have been posted yet." in words(home(leo))
    school.algebra.ended = school.history.ended = True
    db.session.commit()
    assert "No classes yet" in words(home(leo))


def test_no_other_student_and_no_comparison_is_on_the_page(school, sign_in):
    for page in (home(sign_in(school.maya)), home(sign_in(school.leo))):
        assert not {word for word in ("average", "rank", "mean", "highest", "lowest") if word in page.lower()}
    assert "Leo" not in home(sign_in(school.maya))


def test_a_low_grade_is_not_red(school, sign_in):
    page = home(sign_in(school.leo))
    assert "45" in page
    assert "tag--missing" not in page
    assert "bad" not in page


def test_a_student_of_two_schools_sees_the_school_beside_each_class(school, sign_in):
    make_role(school.maya, school.elm, RoleKind.STUDENT)
    enroll(school.maya, school.botany, Position.STUDENT)
    text = words(home(sign_in(school.maya)))
    assert "Algebra ( Oak School )" in text
    assert "Botany ( Elm School )" in text


def test_classes_of_other_terms_stand_apart(school, sign_in):
    section = make_section(school.oak, "Pottery")
    section.term.ends_on = date(2026, 10, 1)
    enroll(school.maya, section, Position.STUDENT)
    text = words(home(sign_in(school.maya)))
    assert text.index("Classes of other terms") < text.index("Pottery")


@pytest.mark.parametrize(("classes", "pieces"), [(2, 2), (6, 20)])
def test_the_page_takes_five_statements_whatever_it_shows(school, sign_in, count_statements, classes, pieces):
    client = sign_in(school.maya)
    for number in range(classes):
        add_letters(add_class(school.oak, f"Class {number}", school.maya, pieces=pieces))
    db.session.commit()
    for page in ("/student/", "/student/report"):
        with count_statements() as seen:
            assert client.get(page).status_code == 200
        assert len(seen) == 5, seen


@pytest.mark.parametrize("name", ["dana", "rivera", "pat"])
def test_only_students_come_in(school, sign_in, name):
    assert sign_in(school.people[name]).get("/student/").status_code == 404


def test_a_visitor_is_asked_to_sign_in(school, client):
    assert client.get("/student/").status_code == 303
