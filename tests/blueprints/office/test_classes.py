"""O4: classes, who is in them, and the terms they belong to."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.models import AcademicSession, Category, Course, Enrollment, Section
from gradebook.services import rosters
from tests.school import TODAY, YEAR
from tests.steps import set_up


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text))


def seen_on(answer):
    return re.search(r'name="seen" value="(\w+)"', answer.text)[1]


def day(name, when):
    return {f"{name}-day": str(when.day), f"{name}-month": str(when.month), f"{name}-year": str(when.year)}


def place_of(user, section):
    return db.session.scalar(
        select(Enrollment).where(Enrollment.user_id == user.id, Enrollment.section_id == section.id)
    )


def test_the_list_names_teachers_and_counts_students(school, sign_in):
    words = text_of(sign_in(school.pat).get("/office/classes"))
    assert "2 classes, page 1 of 1" in words
    assert "Inés Rivera, Abe Cole" in words.replace("Abe Cole, Inés Rivera", "Inés Rivera, Abe Cole")
    assert "Sue Subb" not in words
    assert "Botany" not in words


@pytest.mark.parametrize(
    ("query", "expected"),
    [("q=alg", ["Algebra"]), ("q=OSEI", ["History"]), ("q=x", []), ("term=x", ["Algebra", "History"])],
)
def test_classes_are_found_by_title_and_teacher(school, sign_in, query, expected):
    answer = sign_in(school.pat).get(f"/office/classes?{query}")
    assert re.findall(r'<th scope="row"><a href="[^"]+"><bdi>([^<]+)', answer.text) == expected


def test_a_class_is_found_by_its_title_as_it_stands(school, sign_in):
    """SQLite knows small and capital letters of English only, Python those of every language."""
    school.algebra.title = "Éveil – Ökologie"
    db.session.commit()
    for query in ("Éveil", "ÉVEIL – Ö"):
        answer = sign_in(school.pat).get("/office/classes", query_string={"q": query})
        assert "Éveil – Ökologie<" in answer.text, query


def test_classes_are_found_by_term(school, sign_in):
    answer = sign_in(school.pat).get(f"/office/classes?term={school.history.term.public_id}")
    assert "1 class, page 1 of 1" in text_of(answer)


def test_the_list_has_a_fixed_number_of_statements(school, sign_in, count_statements):
    pat = sign_in(school.pat)
    with count_statements() as few:
        pat.get("/office/classes")
    for number in range(60):
        rosters.add_class(
            school.oak, f"Class {number}", school.algebra.course, school.algebra.term, utc_now(), actor_id=school.pat.id
        )
    db.session.commit()
    with count_statements() as many:
        assert "62 classes, page 1 of 2" in text_of(pat.get("/office/classes"))
    assert len(many) == len(few) <= 9, many


def test_a_class_is_added_with_a_new_course_and_one_category(school, sign_in):
    data = {"title": "Art 7", "course": "new", "new_course": "Art", "term": school.algebra.term.public_id}
    answer = sign_in(school.pat).post("/office/classes/new", data=data)
    assert answer.status_code == 303
    made = db.session.scalar(select(Section).where(Section.title == "Art 7"))
    assert answer.location == f"/office/classes/{made.public_id}"
    assert (made.course.title, made.school_id) == ("Art", school.oak.id)
    assert [each.title for each in db.session.scalars(select(Category).where(Category.section_id == made.id))] == [
        "Everything"
    ]


def test_a_class_takes_a_course_that_exists(school, sign_in):
    data = {"title": "Algebra 2", "course": school.algebra.course.public_id, "term": school.algebra.term.public_id}
    assert sign_in(school.pat).post("/office/classes/new", data=data).status_code == 303
    assert db.session.scalar(select(Section).where(Section.title == "Algebra 2")).course_id == school.algebra.course_id


def test_what_is_wrong_with_a_class_is_said(school, sign_in):
    pat = sign_in(school.pat)
    answer = pat.post("/office/classes/new", data={"title": " ", "course": "new", "term": school.botany.term.public_id})
    assert answer.status_code == 422
    words = text_of(answer)
    assert "Enter a title for the class" in words
    assert "Enter the title of the new course" in words
    assert "Term: choose one from the list" in words
    foreign = {"title": "X", "course": school.botany.course.public_id, "term": school.algebra.term.public_id}
    assert pat.post("/office/classes/new", data=foreign).status_code == 422
    assert db.session.scalar(select(Section).where(Section.title == "X")) is None


def details(school, **more):
    return {
        "title": "Algebra",
        "course": school.algebra.course.public_id,
        "term": school.algebra.term.public_id,
        **more,
    }


def test_details_of_a_class_are_saved_once(school, sign_in):
    pat, url = sign_in(school.pat), f"/office/classes/{school.algebra.public_id}"
    seen, number = seen_on(pat.get(url)), school.algebra.last_seq
    assert pat.post(url, data=details(school, title="Algebra I", seen=seen, ended="y")).status_code == 303
    assert (school.algebra.title, school.algebra.ended, school.algebra.last_seq) == ("Algebra I", True, number + 1)
    late = pat.post(url, data=details(school, title="Algebra II", seen=seen))
    assert late.status_code == 409
    assert "Algebra I" in late.text
    assert pat.post(url, data=details(school)).status_code == 428
    assert pat.post(url, data=details(school, title="", seen=seen)).status_code == 422
    assert school.algebra.title == "Algebra I"


def test_students_join_from_a_day(school, sign_in):
    pat, url = sign_in(school.pat), f"/office/classes/{school.algebra.public_id}/students/new"
    page = pat.get(url)
    assert "Zoe Clark" in page.text
    assert "Maya Diaz" not in page.text
    number = school.algebra.last_seq
    answer = pat.post(url, data={"person": [school.zoe.public_id], **day("begins_on", TODAY)})
    assert (answer.status_code, school.algebra.last_seq) == (303, number + 1)
    assert place_of(school.zoe, school.algebra).begins_on == TODAY
    assert "Algebra" in sign_in(school.zoe).get("/student/").text


def test_who_cannot_join_is_named_and_nobody_joins(school, sign_in):
    pat, url = sign_in(school.pat), f"/office/classes/{school.algebra.public_id}/students/new"
    both = {"person": [school.zoe.public_id, school.maya.public_id], **day("begins_on", TODAY)}
    answer = pat.post(url, data=both)
    assert answer.status_code == 422
    assert "Maya Diaz: This person is in the class already." in text_of(answer)
    assert place_of(school.zoe, school.algebra) is None
    assert pat.post(url, data=day("begins_on", TODAY)).status_code == 422
    assert pat.post(url, data={"person": [school.zoe.public_id]}).status_code == 422
    assert pat.post(url, data={"person": [school.fern.public_id], **day("begins_on", TODAY)}).status_code == 404
    assert pat.post(url, data={"person": [school.dana.public_id], **day("begins_on", TODAY)}).status_code == 422


def test_a_substitute_teaches_until_a_day(school, sign_in, clock):
    pat, osei = sign_in(school.pat), sign_in(school.osei)
    grades = f"/teacher/classes/{school.algebra.public_id}"
    assert osei.get(grades).status_code == 404
    data = {
        "person": [school.osei.public_id],
        "position": "substitute",
        **day("begins_on", TODAY),
        **day("last_day", TODAY),
    }
    assert pat.post(f"/office/classes/{school.algebra.public_id}/teachers/new", data=data).status_code == 303
    assert place_of(school.osei, school.algebra).ends_on == TODAY + timedelta(days=1)
    assert "Algebra" in osei.get("/teacher/").text
    clock.advance(days=1)
    assert "Algebra" not in sign_in(school.osei).get("/teacher/").text


def test_a_place_is_changed_and_ended(school, sign_in):
    pat = sign_in(school.pat)
    place = place_of(school.cole, school.algebra)
    url = f"/office/enrollments/{place.public_id}"
    seen = seen_on(pat.get(url))
    data = {"position": "lead", **day("begins_on", YEAR[0]), **day("last_day", TODAY), "seen": seen}
    assert pat.post(url, data=data).status_code == 303
    assert (place.position, place.ends_on) == ("lead", TODAY + timedelta(days=1))
    assert pat.post(url, data={**data, "position": "co_teacher"}).status_code == 409
    assert pat.post(url, data={**data, "seen": ""}).status_code == 428
    wrong = {**data, "seen": seen_on(pat.get(url)), **day("last_day", YEAR[0] - timedelta(days=9))}
    assert pat.post(url, data=wrong).status_code == 422
    assert pat.post(f"{url}/ending").status_code == 303
    assert place.ends_on == TODAY
    assert "Algebra" not in sign_in(school.cole).get("/teacher/").text


def test_the_page_of_a_class_has_a_fixed_number_of_statements(school, sign_in, count_statements):
    pat, url = sign_in(school.pat), f"/office/classes/{school.algebra.public_id}"
    with count_statements() as few:
        pat.get(url)
    rosters.enroll(school.zoe, school.algebra, "student", TODAY, utc_now(), actor_id=school.pat.id)
    db.session.commit()
    with count_statements() as many:
        assert "3 students" in text_of(pat.get(url))
    assert len(many) == len(few) <= 9, many


# --- Terms


def test_a_year_and_its_term_are_added(school, sign_in):
    quinn = sign_in(school.quinn)
    year = db.session.scalar(select(AcademicSession).where(AcademicSession.school_id == school.elm.id))
    data = {"title": "Term 1", "kind": "term", "parent": year.public_id,
            **day("begins_on", YEAR[0]), **day("last_day", date(2026, 12, 18))}  # fmt: skip
    assert quinn.post("/office/terms", data=data).status_code == 303
    page = quinn.get("/office/terms")
    assert "<h1>Terms</h1>" in page.text
    assert "Fri 18 Dec 2026" in page.text, "the last day is shown, not the first day after"
    overlapping = quinn.post("/office/terms", data={**data, "title": "Term 2", **day("begins_on", TODAY)})
    assert overlapping.status_code == 422
    assert "The dates of Term 2 overlap with those of Term 1." in text_of(overlapping)


def test_what_is_wrong_with_a_term_is_said(school, sign_in):
    quinn = sign_in(school.quinn)
    wrong = {"title": "", "kind": "x", "parent": school.algebra.term.public_id, "begins_on-day": "40"}
    answer = quinn.post("/office/terms", data=wrong)
    assert answer.status_code == 422
    words = text_of(answer)
    for sentence in (
        "Enter a title, like Autumn term", "Kind: choose one from the list", "Part of: choose one from the list",
        "Enter a day like", "Enter the last day",
    ):  # fmt: skip
        assert sentence in words
    backwards = {"title": "T", "kind": "term", "parent": "none", **day("begins_on", TODAY), **day("last_day", YEAR[0])}
    assert "The last day must be on or after the first day" in text_of(quinn.post("/office/terms", data=backwards))


def test_a_school_begins_without_a_file(app, clock):
    """From nothing: a year, a class, a teacher and a student, all on these pages."""
    runner = app.test_cli_runner()
    made = runner.invoke(args=["create-office-user", "Olu Ojo", "--school", "Ash School", "--timezone", "UTC"])
    assert made.exit_code == 0, made.output
    client = app.test_client()
    code = re.search(r"Code: +(\w{4} \w{4})", made.output)[1]
    assert client.post("/auth/invitation", data={"code": code}).status_code == 303
    accepted = client.post("/auth/invitation/acceptance", data={"password": "seven purple lanterns swing"})
    assert accepted.status_code == 303
    set_up(client)
    assert "Add the school year" in client.get("/office/classes").text
    assert "Add the school year" in client.get("/office/classes/new").text
    client.post("/office/terms", data={"title": "2026–27", "kind": "year", "parent": "none",
                **day("begins_on", YEAR[0]), **day("last_day", YEAR[1])})  # fmt: skip
    term = db.session.scalars(select(AcademicSession)).one()
    client.post(
        "/office/classes/new", data={"title": "Maths", "course": "new", "new_course": "Maths", "term": term.public_id}
    )
    section, course = db.session.scalars(select(Section)).one(), db.session.scalars(select(Course)).one()
    assert section.course_id == course.id
    for role, where in (("teacher", "teachers"), ("student", "students")):
        answer = client.post("/office/people/new", data={"role": role, "display_name": f"Ann {role}"})
        data = {"person": [answer.location.rsplit("/", 1)[1]], "position": "lead", **day("begins_on", TODAY)}
        assert client.post(f"/office/classes/{section.public_id}/{where}/new", data=data).status_code == 303
    assert "1 student" in text_of(client.get(f"/office/classes/{section.public_id}"))
