"""View as a student or a guardian: their own page, byte for byte, for the class's teacher; and nothing more."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gradebook.extensions import db
from gradebook.grading.overrides import typed_override
from gradebook.grading.values import Status
from gradebook.models import (
    Enrollment,
    Position,
    Restriction,
    RoleKind,
)
from gradebook.services import closing, freezing, overrides
from tests.art import make_art
from tests.families import add_letters, add_work, score
from tests.school import SEEN, TODAY, YEAR, enroll, make_role

NOW = datetime(2026, 10, 14, 12, tzinfo=UTC)
ADDRESS = re.compile(r' href="[^"]*"')

pytestmark = pytest.mark.usefixtures("clock")


def student_url(section, student):
    return f"/teacher/classes/{section.public_id}/students/{student.public_id}/as-student"


def guardian_url(section, student, guardian):
    return f"/teacher/classes/{section.public_id}/students/{student.public_id}/as-guardian/{guardian.public_id}"


def shown(page: str) -> str:
    """What stands inside the frame."""
    begins = '<div class="view-as__page">'
    inside = page[page.index(begins) + len(begins) : page.index("</main>")]
    return inside.strip().removesuffix("</section>").strip().removesuffix("</div>").strip()


def own(page: str) -> str:
    """What stands on the family's own page, after the way there."""
    return page[page.index("</nav>", page.index('<nav class="crumbs"')) + 6 : page.index("</main>")].strip()


def without_addresses(html: str) -> str:
    return ADDRESS.sub("", html)


def own_page_of_student(sign_in, student, section) -> str:
    """What only they may try out, pretend scores and what they need, is left out of what the teacher sees."""
    answer = sign_in(student).get(f"/student/classes/{section.public_id}")
    assert answer.status_code == 200
    return re.sub(r' *<section class="section plan".*?</section>\n', "", own(answer.text), flags=re.DOTALL)


def own_page_of_guardian(sign_in, guardian, student, section) -> str:
    answer = sign_in(guardian).get(f"/parent/children/{student.public_id}/classes/{section.public_id}")
    assert answer.status_code == 200
    return own(answer.text)


@pytest.fixture
def rich(school):
    """Algebra with all that makes a teacher's page and a family's differ, or that a page says in its own way."""
    add_letters(school.algebra)
    school.algebra.late_percent = Decimal(10)
    category = school.quiz.category
    score(add_work(category, "Late <b>work</b>"), school.maya, "18", late=True, comment="Well done & on time")
    score(add_work(category, "Lost work", due_on=date(2026, 9, 20)), school.maya, None, status=Status.missing)
    score(add_work(category, "Excused work"), school.maya, None, status=Status.excused)
    add_work(category, "Ahead", due_on=date(2026, 10, 20))
    school.guardianships["dana_of_maya"].may_message = False
    db.session.flush()
    return school


@pytest.fixture(params=["as it is", "set by hand", "closed", "outcomes"])
def section(request, rich):
    """A class in each state in which a family's page differs from that of any other day."""
    if request.param == "set by hand":
        override = typed_override("91", "Was ill for the test")
        overrides.set_override(rich.algebra, rich.maya.id, override, seen=0, actor_id=rich.rivera.id, now=NOW)
    if request.param == "closed":
        closing.close_session(rich.oak, rich.algebra.term, NOW, actor_id=rich.pat.id)
        freezing.keep_classes(freezing.unkept_classes())
    found = make_art(rich).section if request.param == "outcomes" else rich.algebra
    if request.param == "outcomes":  # one class each, so that there is none beside it to leave out
        db.session.query(Enrollment).filter_by(section_id=rich.algebra.id, user_id=rich.maya.id).delete()
    db.session.commit()
    db.session.expire_all()
    return found


def test_the_teacher_sees_the_students_own_page_byte_for_byte(rich, section, sign_in):
    answer = sign_in(rich.rivera).get(student_url(section, rich.maya))
    assert answer.status_code == 200
    theirs = own_page_of_student(sign_in, rich.maya, section)
    assert without_addresses(shown(answer.text)) == without_addresses(theirs)
    assert len(theirs) > 1500


def test_the_teacher_sees_the_guardians_own_page_byte_for_byte(rich, section, sign_in):
    answer = sign_in(rich.rivera).get(guardian_url(section, rich.maya, rich.dana))
    assert answer.status_code == 200
    theirs = own_page_of_guardian(sign_in, rich.dana, rich.maya, section)
    assert without_addresses(shown(answer.text)) == without_addresses(theirs)
    assert len(theirs) > 1500


def test_what_is_hidden_from_the_family_is_not_in_the_view_either(rich, sign_in):
    comment = "Hidden words about the test"
    score(add_work(rich.test.category, "Hidden work", posted_at=None), rich.maya, "13.7", comment=comment)
    db.session.commit()
    teacher = sign_in(rich.rivera)
    assert comment in teacher.get(student_url(rich.algebra, rich.maya).removesuffix("/as-student")).text
    for url in (student_url(rich.algebra, rich.maya), guardian_url(rich.algebra, rich.maya, rich.dana)):
        page = teacher.get(url).text
        assert comment not in page
        assert "13.7" not in page
        assert "41.5" not in page


def test_the_frame_says_whose_page_it_is_and_leads_back(school, sign_in):
    teacher = sign_in(school.rivera)
    back = f'href="/teacher/classes/{school.algebra.public_id}/students/{school.maya.public_id}"'
    for url, name in (
        (student_url(school.algebra, school.maya), "Maya"),
        (guardian_url(school.algebra, school.maya, school.dana), "Dana Diaz"),
    ):
        page = teacher.get(url).text
        assert f"<strong>This is what <bdi>{name}</bdi> sees.</strong> Nothing here can be changed." in page
        assert back in page
        assert f'href="{student_url(school.algebra, school.maya)}"' in page
        assert f'href="{guardian_url(school.algebra, school.maya, school.dana)}"' in page
        assert page.count("<h1") == 1


def test_nothing_in_the_frame_can_be_sent_or_leads_to_pages_of_the_family(rich, sign_in):
    # A form, such as that of a what-if, must be thought about before it stands here: nothing can be changed.
    teacher = sign_in(rich.rivera)
    for url in (student_url(rich.algebra, rich.maya), guardian_url(rich.algebra, rich.maya, rich.dana)):
        page = shown(teacher.get(url).text)
        assert not re.findall(r"<(form|input|button|select|textarea)\b", page)
        for address in re.findall(r'<a\b[^>]* href="([^"]*)"', page):
            assert address.startswith("#")
            assert f'id="{address[1:]}"' in page


def test_messages_and_other_classes_of_the_child_are_left_out(school, sign_in):
    teacher = sign_in(school.rivera)
    theirs = own_page_of_guardian(sign_in, school.erin, school.leo, school.algebra)
    button = re.search(r'<a class="btn btn--primary"[^>]*href="/messages/new.*?</a>', theirs, re.DOTALL)[0]
    beside = re.search(r'<nav class="beside.*?</nav>', theirs, re.DOTALL)[0]
    assert "History" in beside
    view = shown(teacher.get(guardian_url(school.algebra, school.leo, school.erin)).text)
    rest = re.sub(
        r"<span[^>]*><a [^>]*>Write about this.*?</a></span>", "", theirs.replace(button, "").replace(beside, "")
    )
    assert "".join(without_addresses(view).split()) == "".join(without_addresses(rest).split())
    assert "History" not in view


def test_that_the_student_goes_to_another_school_too_is_not_shown(school, sign_in):
    make_role(school.leo, school.elm, RoleKind.STUDENT)
    enroll(school.leo, school.botany, Position.STUDENT)
    db.session.commit()
    of_several = "2026–27</span> <bdi>Oak School</bdi>"  # only for those who go to more than one
    assert of_several in own_page_of_student(sign_in, school.leo, school.algebra)
    view = shown(sign_in(school.rivera).get(student_url(school.algebra, school.leo)).text)
    assert "2026–27</span>" in view
    assert of_several not in view


# --- Who is named, and who sees nothing


def order(school, adult, *, no_contact=False, no_records=False):
    db.session.add(
        Restriction(
            school_id=school.oak.id, student_id=school.maya.id, adult_id=adult.id, no_contact=no_contact,
            no_records=no_records, hide_address=False, document_reference="Court 1", begins_on=TODAY,
            entered_by=school.pat.id, entered_at=SEEN,
        )
    )  # fmt: skip
    db.session.commit()


@pytest.mark.parametrize("why", ["no right", "an order"])
def test_a_guardian_who_may_only_write_sees_nothing_and_why_is_not_said(school, sign_in, why):
    if why == "no right":
        school.guardianships["dana_of_maya"].may_see_grades = False
        db.session.commit()
    else:
        order(school, school.dana, no_records=True)
    page = sign_in(school.rivera).get(guardian_url(school.algebra, school.maya, school.dana)).text
    assert "<h1>Dana Diaz sees nothing of Algebra</h1>" in page
    assert "Integers quiz" not in page
    assert not re.search(r"order|court|restrict|custod|right to", shown(page), re.IGNORECASE)


def test_both_reasons_give_the_same_page(school, sign_in):
    teacher, url = sign_in(school.rivera), guardian_url(school.algebra, school.maya, school.dana)
    order(school, school.dana, no_records=True)
    under_order = shown(teacher.get(url).text)
    db.session.query(Restriction).filter_by(adult_id=school.dana.id).delete()
    school.guardianships["dana_of_maya"].may_see_grades = False
    db.session.commit()
    assert shown(teacher.get(url).text) == under_order


def test_a_guardian_with_grades_and_without_messages_is_shown(school, sign_in):
    order(school, school.dana, no_contact=True)
    page = sign_in(school.rivera).get(guardian_url(school.algebra, school.maya, school.dana)).text
    assert "18 <small>" in page or "90" in page


def test_a_guardian_who_may_do_neither_is_not_named_and_not_there(school, sign_in):
    teacher = sign_in(school.rivera)
    page = teacher.get(student_url(school.algebra, school.maya))
    assert "Dana Diaz" in page.text
    for barred in (school.rex, school.gus, school.erin):  # an order, an ended link, another child's mother
        assert barred.display_name not in page.text
        assert teacher.get(guardian_url(school.algebra, school.maya, barred)).status_code == 404


def test_an_ended_link_takes_effect_on_the_next_request(school, sign_in):
    teacher, url = sign_in(school.rivera), guardian_url(school.algebra, school.maya, school.dana)
    assert teacher.get(url).status_code == 200
    school.guardianships["dana_of_maya"].ends_on = TODAY
    db.session.commit()
    assert teacher.get(url).status_code == 404


def test_a_teacher_who_is_a_guardian_of_the_child_learns_of_no_other_guardian(school, sign_in):
    tess = sign_in(school.tess)
    page = tess.get(student_url(school.history, school.leo))
    assert page.status_code == 200
    assert "Erin Evans" not in page.text
    for guardian in (school.erin, school.tess):
        assert tess.get(guardian_url(school.history, school.leo, guardian)).status_code == 404
    assert sign_in(school.osei).get(guardian_url(school.history, school.leo, school.erin)).status_code == 200


def test_a_student_whose_account_is_out_of_use_sees_nothing(school, sign_in):
    school.maya.deactivated_at = NOW
    db.session.commit()
    page = sign_in(school.rivera).get(student_url(school.algebra, school.maya)).text
    assert "<h1>Maya sees nothing of Algebra</h1>" in page


# --- For whom


def test_only_todays_students_of_a_class_taught_today(school, sign_in):
    rivera = sign_in(school.rivera)
    assert rivera.get(student_url(school.algebra, school.maya)).status_code == 200
    assert rivera.get(student_url(school.algebra, school.zoe)).status_code == 404
    assert rivera.get(student_url(school.history, school.leo)).status_code == 404
    place = db.session.query(Enrollment).filter_by(section_id=school.algebra.id, user_id=school.maya.id).one()
    for begins_on, ends_on in ((YEAR[0], TODAY), (date(2026, 10, 15), None)):
        place.begins_on, place.ends_on = begins_on, ends_on
        db.session.commit()
        assert rivera.get(student_url(school.algebra, school.maya)).status_code == 404
        assert rivera.get(guardian_url(school.algebra, school.maya, school.dana)).status_code == 404


@pytest.mark.parametrize("who", ["sub", "osei", "finch", "pat", "dana", "maya", "leo"])
def test_nobody_else(school, sign_in, who):
    client = sign_in(school.people[who])
    assert client.get(student_url(school.algebra, school.maya)).status_code == 404
    assert client.get(guardian_url(school.algebra, school.maya, school.dana)).status_code == 404
    assert client.post(student_url(school.algebra, school.maya)).status_code == 405
