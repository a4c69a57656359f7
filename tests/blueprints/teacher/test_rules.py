"""T4: how a class is graded, as a page."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from gradebook.extensions import db
from gradebook.models import (
    AcademicSession,
    AccountKind,
    Assignment,
    AuditEntry,
    Category,
    GradingScale,
    GradingScaleBand,
    Position,
    RoleKind,
    Section,
    SessionKind,
    TotalMode,
)
from gradebook.services import grading_scales, periods
from gradebook.services.grading_scales import Band, NeedsConfirmation, ScaleDraft
from tests.school import enroll, make_role, make_score, make_user

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)


def url(school):
    return f"/teacher/classes/{school.algebra.public_id}/rules"


def fields_of(page):
    """What a browser would send back from the page's form, untouched."""
    form = page.split("data-preview>")[1].split("</form>")[0]
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="radio"' not in tag and 'type="checkbox"' not in tag or " checked" in tag):
            fields[name[1]] = value[1] if value else "y"
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', options) or re.search(
            r'<option value="([^"]*)" selected', options
        )
        first = re.search(r'<option value="([^"]*)"', options)
        fields[name] = (chosen or first)[1]
    fields.pop("csrf_token", None)  # of another browser's session it would be refused
    return fields


def page_of(school, sign_in, who="rivera"):
    """A teacher's browser, and the form as it stands."""
    teacher = sign_in(school.people[who])
    return teacher, fields_of(teacher.get(url(school)).text)


def categories(school):
    living = select(Category).where(Category.section_id == school.algebra.id, Category.deleted_at.is_(None))
    return db.session.scalars(living.order_by(Category.position)).all()


def test_the_page_shows_the_rules_and_one_students_sum(school, sign_in):
    page = sign_in(school.rivera).get(url(school)).text
    assert "<h1>How Algebra is graded</h1>" in page
    assert 'value="Quizzes"' in page
    assert "Adds up" in page
    assert "The sum for Maya Diaz" in page
    assert "85.80%" in page  # 90% × 40 + 83% × 60
    assert "Hidden scores are in this sum" in page


def test_another_student_can_be_chosen_by_address_and_by_form(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    assert "The sum for Leo Evans" in teacher.get(url(school) + f"?student={school.leo.public_id}").text
    page = teacher.post(url(school), data=fields | {"student": school.leo.public_id, "do": "preview"}).text
    assert "The sum for Leo Evans" in page


@pytest.mark.parametrize("nonsense", ["", "x", "' OR 1=1", "zoe"])
def test_a_student_of_elsewhere_is_not_shown(school, sign_in, nonsense):
    key = school.zoe.public_id if nonsense == "zoe" else nonsense
    page = sign_in(school.rivera).get(url(school), query_string={"student": key}).text
    assert "Zoe" not in page
    assert "The sum for Maya Diaz" in page


def test_the_preview_shows_what_was_typed_and_changes_nothing(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    typed = fields | {"categories-0-weight": "50", "categories-1-weight": "50", "do": "preview"}
    page = teacher.post(url(school), data=typed).text
    assert "With what you typed. Nothing changes until you save." in page
    assert "was 85.8%" in page
    assert "86.5%" in page
    assert "1 student goes up, 0 down, 1 same." in page
    assert [category.weight for category in categories(school)] == [Decimal(40), Decimal(60)]
    assert db.session.get(Section, school.algebra.id).last_seq == 0


def test_a_save_that_moves_no_posted_grade_is_made_at_once_under_one_number(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    typed = fields | {"categories-0-weight": "50", "categories-1-weight": "50", "do": "save"}
    answer = teacher.post(url(school), data=typed)
    assert answer.status_code == 303
    assert "Saved. No posted grade changed." in teacher.get(answer.location).text
    assert [category.weight for category in categories(school)] == [Decimal(50), Decimal(50)]
    assert db.session.get(Section, school.algebra.id).last_seq == 1
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "rules.changed")).one()
    assert entry.facts["before"]["categories"][0]["weight"] == "40.00"
    assert entry.facts["after"]["categories"][0]["weight"] == "50.00"
    assert [(one["before"], one["after"]) for one in entry.facts["grades"]] == [("90.00", "90.00"), ("45.00", "45.00")]


def posted_test(school):
    """Both columns posted: weights then decide what families see."""
    school.test.posted_at = NOW
    make_score(school.test, school.leo, points=Decimal(30))


def test_a_save_that_moves_posted_grades_lists_them_first(school, sign_in):
    posted_test(school)
    teacher, fields = page_of(school, sign_in)
    typed = fields | {"categories-0-weight": "50", "categories-1-weight": "50", "do": "save"}
    asked = teacher.post(url(school), data=typed)
    assert asked.status_code == 200
    assert "<h1>Change 2 posted grades?</h1>" in asked.text
    for words in ("Diaz, Maya", "85.8%", "86.5%", "Evans, Leo", "54%", "52.5%"):
        assert words in asked.text
    assert [category.weight for category in categories(school)] == [Decimal(40), Decimal(60)]
    hidden = hidden_of(asked.text)
    answer = teacher.post(url(school), data=hidden | {"do": "confirm"})
    assert answer.status_code == 303
    assert "Saved. 2 posted grades changed." in teacher.get(answer.location).text
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "rules.changed")).one()
    assert [(one["student_id"], one["before"], one["after"]) for one in entry.facts["grades"]] == [
        (school.maya.id, "85.80", "86.50"),
        (school.leo.id, "54.00", "52.50"),
    ]
    assert "86.5%" in sign_in(school.maya).get("/student/").text


def test_keep_editing_goes_back_with_everything_typed(school, sign_in):
    posted_test(school)
    teacher, fields = page_of(school, sign_in)
    asked = teacher.post(url(school), data=fields | {"categories-0-weight": "50", "categories-1-weight": "50"})
    hidden = hidden_of(asked.text)
    page = teacher.post(url(school), data=hidden | {"do": "preview"}).text
    assert fields_of(page)["categories-0-weight"] == "50"


def test_more_grades_than_were_shown_are_asked_about_again(school, sign_in):
    posted_test(school)
    teacher, fields = page_of(school, sign_in)
    typed = fields | {"categories-0-weight": "50", "categories-1-weight": "50", "do": "confirm", "shown": "1"}
    assert "Change 2 posted grades?" in teacher.post(url(school), data=typed).text
    assert categories(school)[0].weight == Decimal(40)


def test_weights_that_do_not_make_100_are_refused_with_both_ways_out(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    answer = teacher.post(url(school), data=fields | {"categories-0-weight": "30", "do": "save"})
    assert answer.status_code == 422
    assert "Weights add up to 90%. Change one, or scale them to 100%" in answer.text
    assert 'value="scale"' in answer.text
    assert "Total 90%" in answer.text
    scaled = teacher.post(url(school), data=fields | {"categories-0-weight": "30", "do": "scale"})
    assert scaled.status_code == 200
    found = fields_of(scaled.text)
    assert (found["categories-0-weight"], found["categories-1-weight"]) == ("33.33", "66.67")
    assert categories(school)[0].weight == Decimal(40)


def test_weights_of_0_cannot_be_scaled(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    answer = teacher.post(
        url(school), data=fields | {"categories-0-weight": "0", "categories-1-weight": "", "do": "scale"}
    )
    assert answer.status_code == 422
    assert "Weights add up to 0%" in answer.text


def test_with_total_points_the_weights_need_not_add_up(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    answer = teacher.post(url(school), data=fields | {"total_mode": "points", "categories-0-weight": "1", "do": "save"})
    assert answer.status_code == 303
    assert db.session.get(Section, school.algebra.id).total_mode == TotalMode.POINTS


def test_an_extra_credit_category_is_on_top_of_the_100(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    page = teacher.post(url(school), data=fields | {"do": "add"}).text
    typed = fields_of(page) | {"categories-2-title": "Bonus", "categories-2-weight": "5", "do": "save"}
    assert teacher.post(url(school), data=typed).status_code == 422
    assert teacher.post(url(school), data=typed | {"categories-2-extra_credit": "y"}).status_code == 303
    assert [(one.title, one.extra_credit) for one in categories(school)][2] == ("Bonus", True)


def test_categories_are_added_moved_and_removed_without_a_script(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    page = teacher.post(url(school), data=fields | {"do": "add"})
    assert page.status_code == 200
    typed = fields_of(page.text) | {"categories-2-title": "Projects", "categories-2-weight": "abc"}
    page = teacher.post(url(school), data=typed | {"do": "up:2"})
    moved = fields_of(page.text)
    assert [moved[f"categories-{at}-title"] for at in range(3)] == ["Quizzes", "Projects", "Tests"]
    assert moved["categories-1-weight"] == "abc"  # kept as it was typed
    assert "This is the sum with the rules that are saved" in page.text
    page = teacher.post(url(school), data=moved | {"do": "remove:1"})
    left = fields_of(page.text)
    assert [left.get(f"categories-{at}-title") for at in range(3)] == ["Quizzes", "Tests", None]
    page = teacher.post(url(school), data=left | {"do": "down:0"})
    assert teacher.post(url(school), data=fields_of(page.text) | {"do": "save"}).status_code == 303
    assert [one.title for one in categories(school)] == ["Tests", "Quizzes"]


def test_a_category_with_assignments_is_not_removed_before_they_are_moved(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    words = "Quizzes holds 1 assignment. Move it to another category first, then remove this one"
    assert words in teacher.post(url(school), data=fields | {"do": "remove:0"}).text
    without = {name: value for name, value in fields.items() if not name.startswith("categories-0-")}
    answer = teacher.post(url(school), data=without | {"categories-1-weight": "100", "do": "save"})
    assert answer.status_code == 422
    assert words in answer.text
    school.quiz.deleted_at = NOW
    assert teacher.post(url(school), data=without | {"categories-1-weight": "100", "do": "save"}).status_code == 303
    assert [one.title for one in categories(school)] == ["Tests"]


def test_every_rule_is_kept(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    typed = fields | {
        "missing": "no", "late_percent": "10", "late_interval": "hour", "late_floor": "50", "cap_percent": "105,5",
        "posts": "no", "letter_on_whole_percent": "y", "categories-0-drop_lowest": "1",
        "categories-0-drop_highest": "2", "categories-0-weighing": "equal", "do": "save",
    }  # fmt: skip
    assert teacher.post(url(school), data=typed).status_code == 303
    section = db.session.get(Section, school.algebra.id)
    assert section.missing_percent is None
    assert (section.late_percent, section.late_interval, section.late_floor) == (Decimal(10), "hour", Decimal(50))
    assert (section.cap_percent, section.posts_as_entered) == (Decimal("105.5"), False)
    assert section.letter_on_whole_percent is True
    quizzes = categories(school)[0]
    assert (quizzes.drop_lowest, quizzes.drop_highest, quizzes.weighing) == (1, 2, "equal")


def scale_of(school, name):
    scale = GradingScale(school_id=school.id, name=name)
    scale.bands = [
        GradingScaleBand(school_id=school.id, label="Pass", bound=Decimal(50)),
        GradingScaleBand(school_id=school.id, label="Fail", bound=Decimal(0)),
    ]
    db.session.add(scale)
    db.session.flush()
    return scale


def test_the_schools_scales_can_be_chosen_and_no_others(school, sign_in):
    scale, other = scale_of(school.oak, "Pass or fail"), scale_of(school.elm, "Elm letters")
    teacher, fields = page_of(school, sign_in)
    assert "Elm letters" not in teacher.get(url(school)).text
    assert teacher.post(url(school), data=fields | {"scale": other.public_id, "do": "save"}).status_code == 422
    asked = teacher.post(url(school), data=fields | {"scale": scale.public_id, "do": "save"}).text
    assert "<h1>Change 2 posted grades?</h1>" in asked
    assert "90% <bdi>Pass</bdi>" in asked
    assert teacher.post(url(school), data=hidden_of(asked) | {"do": "confirm"}).status_code == 303
    assert db.session.get(Section, school.algebra.id).grading_scale_id == scale.id
    fields = fields_of(teacher.get(url(school)).text)
    assert teacher.post(url(school), data=fields | {"late_percent": "5", "do": "save"}).status_code == 303
    assert db.session.get(Section, school.algebra.id).grading_scale_id == scale.id


def hidden_of(page):
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))


def test_a_scale_that_only_claims_to_be_the_old_one_is_not_taken(school, sign_in):
    other = scale_of(school.elm, "Elm letters")
    teacher, fields = page_of(school, sign_in)
    forged = {"scale": other.public_id, "scale_was": other.public_id, "late_percent": "5", "do": "save"}
    assert teacher.post(url(school), data=fields | forged).status_code == 303
    assert db.session.get(Section, school.algebra.id).grading_scale_id is None


def test_saving_what_stands_there_changes_nothing(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    answer = teacher.post(url(school), data=fields | {"do": "save"})
    assert "Nothing was different" in teacher.get(answer.location).text
    assert db.session.get(Section, school.algebra.id).last_seq == 0
    assert db.session.scalars(select(AuditEntry).where(AuditEntry.act == "rules.changed")).all() == []


def test_what_someone_else_saved_meanwhile_is_not_overwritten(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    other, his = page_of(school, sign_in, "cole")
    other.post(url(school), data=his | {"categories-0-weight": "10", "categories-1-weight": "90", "do": "save"})
    mine = fields | {"categories-0-weight": "50", "categories-1-weight": "50", "do": "save"}
    answer = teacher.post(url(school), data=mine)
    assert answer.status_code == 409
    assert "Someone else changed these rules" in answer.text
    assert "90%" in answer.text
    assert categories(school)[0].weight == Decimal(10)
    again = fields_of(answer.text)
    assert again["categories-0-weight"] == "50"
    assert teacher.post(url(school), data=again | {"do": "save"}).status_code == 303
    assert categories(school)[0].weight == Decimal(50)


def test_a_score_typed_meanwhile_does_not_stand_in_the_way(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    school.algebra.last_seq = 7
    typed = fields | {"categories-0-weight": "50", "categories-1-weight": "50", "do": "save"}
    assert teacher.post(url(school), data=typed).status_code == 303


def test_without_the_version_nothing_is_changed(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    fields.pop("seen")
    for do in ("save", "add", "preview"):
        assert teacher.post(url(school), data=fields | {"do": do}).status_code == 428


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"categories-0-title": ""}, "Enter a name for the category"),
        ({"categories-0-title": "Tests"}, "Two categories are called Tests. Rename one"),
        ({"categories-0-weight": "lots"}, "A weight must be a number, like 30 or 12.5"),
        ({"categories-0-weight": "1001"}, "Weight can be at most 1000"),
        ({"categories-0-drop_lowest": "1.5"}, "How many to drop must be a whole number, like 1"),
        ({"categories-0-drop_lowest": "-1"}, "How many to drop must be a whole number, like 1"),
        ({"categories-0-keep_best": "2.5"}, "How many to keep must be a whole number, like 5"),
        ({"categories-0-keep_best": "0"}, "Keep at least 1, or leave it empty to keep all"),
        (
            {"categories-0-keep_best": "2", "categories-0-drop_lowest": "1"},
            "Either drop the lowest or keep only the best: empty one of the two",
        ),
        ({"categories-0-weighing": "x"}, "Pieces weigh: choose one from the list"),
        ({"categories-0-key": "nonsense"}, "removed meanwhile"),
        ({"missing_percent": "101"}, "Missing work counts as can be at most 100"),
        ({"late_percent": "half"}, "This must be a percentage, like 0 or 50"),
        ({"late_interval": "week"}, "for each: choose one from the list"),
        ({"total_mode": "magic"}, "There is a problem"),
        ({"scale": "nonsense"}, "Grading scale: choose one from the list"),
    ],
)
def test_bad_input_is_refused_in_words(school, sign_in, changes, words):
    teacher, fields = page_of(school, sign_in)
    answer = teacher.post(url(school), data=fields | changes | {"do": "save"})
    assert answer.status_code == 422
    assert words in answer.text
    summary = answer.text.split("data-error-summary")[1].split("</div>")[0]
    assert "<li>" in summary
    assert "{" not in summary
    assert categories(school)[0].weight == Decimal(40)


def test_the_error_summary_leads_to_the_field_of_the_category(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    page = teacher.post(url(school), data=fields | {"categories-1-weight": "lots", "do": "save"}).text
    assert '<a href="#categories-1-weight">A weight must be a number' in page
    assert 'id="categories-1-weight-error"' in page


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"do": "up:99"},
        {"do": "remove:x"},
        {"do": "down:²"},
        {"do": "confirm", "shown": "9" * 40},
        {"categories-²-title": "x"},
        {"categories-99999999999999999999-title": "x"},
        {"categories-0": "x", "categories": "y"},
        {"categories-0-title": ["a", "b"], "do": ["save", "add"]},
    ],
)
def test_nonsense_is_answered_with_the_form(school, sign_in, fields):
    teacher, known = page_of(school, sign_in)
    answer = teacher.post(url(school), data={"seen": known["seen"]} | fields)
    assert answer.status_code == 422


def test_a_class_without_categories_is_offered_one_for_everything(school, sign_in):
    for category in categories(school):
        category.deleted_at = NOW
    for assignment in (school.quiz, school.test):
        assignment.deleted_at = NOW
    teacher, fields = page_of(school, sign_in)
    assert (fields["categories-0-title"], fields["categories-0-weight"]) == ("Everything", "100")
    assert teacher.post(url(school), data=fields | {"do": "save"}).status_code == 303
    assert [one.title for one in categories(school)] == ["Everything"]


@pytest.mark.parametrize("who", ["osei", "sub", "finch", "maya", "dana", "pat"])
def test_nobody_else_finds_the_rules(school, sign_in, who):
    fields = page_of(school, sign_in)[1]
    person = sign_in(school.people[who])
    assert person.get(url(school)).status_code == 404
    assert person.get(url(school) + "/history").status_code == 404
    assert person.post(url(school), data=fields | {"do": "save"}).status_code == 404


def test_the_page_asks_the_database_the_same_however_many_students_there_are(school, sign_in, count_statements):
    teacher = sign_in(school.rivera)
    with count_statements() as small:
        teacher.get(url(school))
    for number in range(12):
        pupil = make_user(f"pupil{number}", f"Pupil {number}", AccountKind.STUDENT)
        make_role(pupil, school.oak, RoleKind.STUDENT)
        enroll(pupil, school.algebra, Position.STUDENT)
        make_score(school.quiz, pupil, points=Decimal(number))
    db.session.commit()
    with count_statements() as large:
        teacher.get(url(school))
    assert len(large) == len(small) <= 8, large


# --- What a drop comes to, and what was kept


def more_quizzes(school, number):
    for at in range(number):
        db.session.add(
            Assignment(
                school_id=school.oak.id, section_id=school.algebra.id, category_id=school.quiz.category_id,
                title=f"Quiz {at}", points=Decimal(10), position=2 + at,
            )
        )  # fmt: skip
    db.session.flush()


def test_a_drop_larger_than_the_category_is_saved_and_the_page_says_what_it_does(school, sign_in):
    more_quizzes(school, 2)
    teacher, fields = page_of(school, sign_in)
    typed = fields | {"categories-0-drop_lowest": "9", "do": "preview"}
    assert "With 3 pieces so far 2 are dropped: one always counts." in teacher.post(url(school), data=typed).text
    assert teacher.post(url(school), data=typed | {"do": "save"}).status_code == 303
    assert categories(school)[0].drop_lowest == 9
    other = fields | {"categories-1-drop_lowest": "1", "do": "preview"}
    assert "One piece always counts, so nothing is dropped so far." in teacher.post(url(school), data=other).text


def test_keep_the_best_stays_as_it_was_typed_however_many_pieces_come(school, sign_in):
    more_quizzes(school, 3)
    teacher, fields = page_of(school, sign_in)
    assert fields["categories-0-keep_best"] == ""
    typed = fields | {"categories-0-keep_best": "3", "do": "preview"}
    page = teacher.post(url(school), data=typed).text
    assert "Keeps the best 3 of 4 pieces so far: drops the lowest 1." in page
    assert fields_of(page)["categories-0-keep_best"] == "3"
    assert teacher.post(url(school), data=typed | {"do": "save"}).status_code == 303
    assert (categories(school)[0].keep_best, categories(school)[0].drop_lowest) == (3, 0)
    more_quizzes(school, 2)
    again = teacher.get(url(school)).text
    assert "Keeps the best 3 of 6 pieces so far: drops the lowest 3." in again
    assert fields_of(again)["categories-0-keep_best"] == "3"


def test_the_best_are_kept_in_the_worked_sum_and_in_the_preview(school, sign_in):
    more_quizzes(school, 2)
    for quiz, points in zip(works_of(school, "Quiz 0", "Quiz 1"), (5, 10), strict=True):
        make_score(quiz, school.maya, points=Decimal(points))  # beside 18 of 20
    teacher, fields = page_of(school, sign_in)
    typed = fields | {"categories-0-keep_best": "2", "student": school.maya.public_id, "do": "preview"}
    page = text_of(teacher.post(url(school), data=typed).text)
    assert "Dropped: Quiz 0 (5 of 10), not among the best 2 of 3." in page
    # (18 + 10) ÷ 30 of 40, and 41.5 ÷ 50 of 60: 37.33 + 49.8; before (18 + 5 + 10) ÷ 40 of 40: 33 + 49.8
    assert "Maya Diaz : 82.8% → 87.13%" in page


def works_of(school, *titles):
    query = select(Assignment).where(Assignment.section_id == school.algebra.id, Assignment.title.in_(titles))
    return list(db.session.scalars(query.order_by(Assignment.title)))


@pytest.mark.parametrize(
    ("best", "words"),
    [
        ("1", "There is 1 piece so far, and it is kept."),
        ("4", "There is 1 piece so far, and it is kept."),
    ],
)
def test_fewer_pieces_than_are_kept_is_no_mistake(school, sign_in, best, words):
    teacher, fields = page_of(school, sign_in)
    typed = fields | {"categories-0-keep_best": best, "do": "preview"}
    assert words in teacher.post(url(school), data=typed).text


def test_of_the_best_the_highest_can_be_dropped_too(school, sign_in):
    more_quizzes(school, 3)
    teacher, fields = page_of(school, sign_in)
    typed = fields | {"categories-0-keep_best": "3", "categories-0-drop_highest": "1", "do": "preview"}
    page = text_of(teacher.post(url(school), data=typed).text)
    assert "drops the lowest 1. Of these the highest 1 is dropped too." in page


def test_what_a_category_keeps_can_be_taken_back(school, sign_in):
    categories(school)[0].keep_best = 2
    teacher, fields = page_of(school, sign_in)
    assert fields["categories-0-keep_best"] == "2"
    changed = fields | {"categories-0-keep_best": "", "categories-0-drop_lowest": "1", "do": "save"}
    assert teacher.post(url(school), data=changed).status_code == 303
    assert (categories(school)[0].keep_best, categories(school)[0].drop_lowest) == (None, 1)
    history = text_of(teacher.get(url(school) + "/history").text)
    assert "Quizzes, keep only the best 2 all" in history


def test_who_was_quicker_is_told_what_is_kept_now(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    categories(school)[0].keep_best = 2
    db.session.commit()
    answer = teacher.post(url(school), data=fields | {"categories-0-weight": "30", "do": "save"})
    assert answer.status_code == 409
    assert "all but the best 2" in answer.text


# --- Grading periods


@pytest.fixture
def quarters(school):
    """Two quarters of Algebra's year: the quiz (Maya 90%, posted) lies in the first, the test (83%) in the second."""
    year = school.algebra.term
    made = []
    for title, first, end in (
        ("Q1", date(2026, 9, 1), date(2026, 10, 1)),
        ("Q2", date(2026, 10, 1), date(2026, 12, 1)),
    ):
        quarter = AcademicSession(
            school_id=school.oak.id, kind=SessionKind.GRADING_PERIOD, title=title, parent_id=year.id,
            begins_on=first, ends_on=end,
        )  # fmt: skip
        db.session.add(quarter)
        made.append(quarter)
    db.session.flush()
    school.quiz.grading_period_id, school.test.grading_period_id = made[0].id, made[1].id
    db.session.commit()
    return made


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_class_without_grading_periods_is_not_asked_about_them(school, sign_in):
    assert "Grading periods" not in sign_in(school.rivera).get(url(school)).text


def test_periods_make_the_grade_by_their_weights(school, sign_in, quarters):
    posted_test(school)
    teacher, fields = page_of(school, sign_in)
    assert fields["weighs_periods"] == "no"
    typed = fields | {"weighs_periods": "yes", "periods-0-weight": "25", "periods-1-weight": "75"}
    page = text_of(teacher.post(url(school), data=typed | {"do": "preview"}).text)
    assert "Q1 90.00% × 25 = 22.50" in page
    assert "Q2 83.00% × 75 = 62.25" in page
    assert "Maya Diaz : was 85.8% → 84.75%" in page
    asked = teacher.post(url(school), data=typed | {"do": "save"}).text
    assert "85.8%" in asked
    assert "84.75%" in asked
    assert teacher.post(url(school), data=hidden_of(asked) | {"do": "confirm"}).status_code == 303
    assert db.session.get(Section, school.algebra.id).weighs_periods
    again = teacher.get(url(school)).text
    assert fields_of(again)["weighs_periods"] == "yes"
    assert fields_of(again)["periods-1-weight"] == "75"
    assert "Q1 90.00% × 25 = 22.50" in text_of(again)
    assert "84.75%" in text_of(sign_in(school.maya).get("/student/").text)
    history = text_of(teacher.get(url(school) + "/history").text)
    assert "Grading periods only sort the work Q1 25%, Q2 75%" in history


def test_weights_of_periods_that_do_not_make_100_are_refused_with_both_ways_out(school, sign_in, quarters):
    teacher, fields = page_of(school, sign_in)
    typed = fields | {"weighs_periods": "yes", "periods-0-weight": "20", "periods-1-weight": "40"}
    answer = teacher.post(url(school), data=typed | {"do": "save"})
    assert answer.status_code == 422
    assert "The grading periods’ weights add up to 60%. Change one, or scale them to 100%" in answer.text
    scaled = fields_of(teacher.post(url(school), data=typed | {"do": "scale_periods"}).text)
    assert (scaled["periods-0-weight"], scaled["periods-1-weight"]) == ("33.33", "66.67")
    nothing = typed | {"periods-0-weight": "", "periods-1-weight": "0", "do": "scale_periods"}
    answer = teacher.post(url(school), data=nothing)
    assert answer.status_code == 422
    assert "add up to 0%" in answer.text
    assert not db.session.get(Section, school.algebra.id).weighs_periods


@pytest.mark.parametrize(
    "forged",
    [
        {"periods-0-key": "another"},
        {"periods-7-key": "x", "periods-7-weight": "50"},
        {"periods-0-weight": "x"},
        {"weighs_periods": "maybe", "periods-0-weight": "x"},
    ],
)
@pytest.mark.parametrize("do", ["save", "scale_periods", "preview", "add"])
def test_nonsense_about_periods_changes_nothing(school, sign_in, quarters, forged, do):
    teacher, fields = page_of(school, sign_in)
    typed = fields | {"weighs_periods": "yes", "periods-0-weight": "50", "periods-1-weight": "40"} | forged
    assert teacher.post(url(school), data=typed | {"do": do}).status_code in (200, 422)
    assert not db.session.get(Section, school.algebra.id).weighs_periods


def test_periods_only_filter_again(school, sign_in, quarters):
    periods.set_weights(school.algebra, {quarters[0].id: Decimal(50), quarters[1].id: Decimal(50)})
    db.session.commit()
    teacher, fields = page_of(school, sign_in)
    assert fields["weighs_periods"] == "yes"
    answer = teacher.post(url(school), data=fields | {"weighs_periods": "no", "do": "save"})
    assert answer.status_code == 303
    assert not db.session.get(Section, school.algebra.id).weighs_periods


# --- Closed


def test_a_closed_class_shows_its_rules_and_saves_none(school, sign_in):
    teacher, fields = page_of(school, sign_in)
    term = school.algebra.term
    term.closed_at, school.algebra.closings = NOW, {str(term.id): NOW.isoformat()}
    db.session.commit()
    page = teacher.get(url(school)).text
    assert "2026–27 is closed since Wed 14 Oct, so its grades cannot change." in page
    assert "Save weights" not in page
    typed = fields | {"categories-0-weight": "50", "categories-1-weight": "50", "do": "save"}
    assert teacher.post(url(school), data=typed).status_code == 409
    assert categories(school)[0].weight == Decimal(40)


# --- The history


def test_the_history_tells_what_changed_and_every_students_grade(school, sign_in):
    posted_test(school)
    teacher, fields = page_of(school, sign_in)
    typed = fields | {
        "categories-0-weight": "50", "categories-1-weight": "50", "categories-1-title": "Exams", "missing": "no",
    }  # fmt: skip
    asked = teacher.post(url(school), data=typed).text
    teacher.post(url(school), data=hidden_of(asked) | {"do": "confirm"})
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", teacher.get(url(school) + "/history").text))
    for words in (
        "Inés Rivera", "Quizzes, weight 40% 50%", "Exams, name Tests Exams", "Missing work counts as 0% does not count",
        "2 posted grades changed", "Diaz, Maya 85.8% 86.5%", "Evans, Leo 54% 52.5%",
    ):  # fmt: skip
        assert words in page
    assert "Letter before" not in page


def test_what_the_office_did_to_the_scale_stands_in_the_history(school, sign_in):
    scale = scale_of(school.oak, "Pass or fail")
    school.algebra.grading_scale_id = scale.id
    db.session.commit()
    wanted = ScaleDraft("Pass or fail", (Band("Pass", Decimal(40)), Band("Fail", Decimal(0))))
    with pytest.raises(NeedsConfirmation) as asked:
        grading_scales.change_scale(scale, wanted, NOW, actor_id=school.pat.id, shown=None)
    grading_scales.change_scale(scale, wanted, NOW, actor_id=school.pat.id, shown=asked.value.name)
    db.session.commit()
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", sign_in(school.cole).get(url(school) + "/history").text))
    for words in ("The school office changed the grading scale", "Pass 50%, Fail 0% Pass 40%, Fail 0%"):
        assert words in page
    assert "Evans, Leo 45% Fail 45% Pass" in page


def test_an_empty_history_says_so(school, sign_in):
    page = sign_in(school.rivera).get(url(school) + "/history?page=x").text
    assert "Nothing was changed yet" in page


def test_the_history_has_pages_and_a_fixed_number_of_statements(school, sign_in, count_statements):
    teacher, fields = page_of(school, sign_in)
    for weight in range(41, 53):
        typed = fields | {"categories-0-weight": str(weight), "categories-1-weight": str(100 - weight)}
        assert teacher.post(url(school), data=typed).status_code == 303
        fields = fields_of(teacher.get(url(school)).text)
    with count_statements() as last:
        page = teacher.get(url(school) + "/history?page=2").text
    assert page.count("What changed</caption>") == 2
    assert "Page 2 of 2" in page
    with count_statements() as first:
        assert teacher.get(url(school) + "/history").text.count("What changed</caption>") == 10
    assert len(first) == len(last) <= 8, first
