"""Bringing rosters in: the plan, what it writes, what it never touches, and when it stops."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from gradebook.clock import utc_now
from gradebook.extensions import db
from gradebook.interchange.oneroster.reader import read_roster
from gradebook.jobs import JOBS
from gradebook.models import (
    AcademicSession,
    AccountKind,
    Assignment,
    AuditEntry,
    Category,
    ChangeKind,
    Course,
    Enrollment,
    FrozenGrade,
    Guardianship,
    Job,
    Position,
    Role,
    RoleKind,
    School,
    Score,
    ScoreChange,
    Section,
    TotalMode,
    User,
)
from gradebook.services import closing, coming_of_age, freezing, roster_import
from gradebook.services.roster_import import Refused
from gradebook.services.scores import Content, save_scores
from tests.rosters import RosterFolder
from tests.school import make_role, make_user

TODAY = date(2026, 10, 14)  # the day of the `clock` fixture
YEAR_ROW = "y,,,2026-27,schoolYear,2026-08-31,2027-06-18,,2027"


@pytest.fixture
def roster(app, clock, tmp_path):
    return RosterFolder(tmp_path)


def plan_of(roster):
    return roster_import.prepare(read_roster(roster.path), utc_now(), "America/New_York").plan


def bring_in(roster, **options):
    """Import it; returns the plan."""
    prepared = roster_import.prepare(read_roster(roster.path), utc_now(), "America/New_York")
    roster_import.apply(prepared, utc_now(), **options)
    db.session.commit()
    db.session.expire_all()
    return prepared.plan


def counts(plan, kind):
    return tuple(plan.counts()[kind].values())


def one(model, *conditions):
    return db.session.scalars(select(model).where(*conditions)).one()


def person(username):
    return one(User, User.username_key == username)


def school(source_id="n"):
    return one(School, School.source_id == source_id)


def test_a_roster_brings_everything_in(roster):
    plan = bring_in(roster)
    assert not plan.problems
    assert {name: values[0] for name, values in ((kind, counts(plan, kind)) for kind in plan.kinds)} == {
        "schools": 2, "sessions": 6, "courses": 3, "classes": 3, "people": 7, "roles": 9, "enrollments": 8,
        "guardianships": 2, "categories": 3, "assignments": 2, "scores": 3,
    }  # fmt: skip
    maya = person("maya.d")
    assert (maya.display_name, maya.sort_name, maya.called) == ("Maya Diaz", "Diaz, Maya", "Maya")
    assert (maya.form, maya.birth_date, maya.email) == ("07", date(2014, 3, 2), "maya@n.example")
    assert (maya.account_kind, maya.password_hash, maya.email_confirmed_at) == (AccountKind.STUDENT, None, None)
    place = one(Enrollment, Enrollment.source_id == "e1")
    assert (place.begins_on, place.ends_on) == (date(2026, 8, 31), date(2027, 6, 19))


def test_the_second_run_changes_nothing(roster, count_statements):
    bring_in(roster)
    before = {section.id: section.last_seq for section in db.session.scalars(select(Section))}
    with count_statements() as seen:
        plan = bring_in(roster)
    assert not plan.writes
    assert not [statement for statement in seen if not statement.startswith(("SELECT", "SAVEPOINT"))]
    assert counts(plan, "people") == (0, 0, 0, 7)
    assert counts(plan, "enrollments") == (0, 0, 0, 8)
    assert counts(plan, "scores") == (0, 0, 0, 3)
    assert {section.id: section.last_seq for section in db.session.scalars(select(Section))} == before


@pytest.mark.parametrize("name", ["oneroster_1_2", "sds"])
def test_the_second_run_changes_nothing_in_the_other_formats(app, clock, tmp_path, name):
    roster = RosterFolder(tmp_path, name)
    assert bring_in(roster).writes
    assert not bring_in(roster).writes


def test_a_plan_writes_nothing(roster):
    assert plan_of(roster).writes
    assert db.session.scalar(select(func.count()).select_from(User)) == 0


def test_the_number_of_statements_does_not_grow_with_the_file(roster, count_statements):
    bring_in(roster)

    def statements(first, last):
        for number in range(first, last):
            roster.add("users", f"p{number},,,true,n,student,p{number},,Pupil,P{number},,,,,,,,")
            roster.add("enrollments", f"f{number},,,c1,n,p{number},student,,,")
        with count_statements() as seen:
            bring_in(roster)
        return len(seen)

    assert statements(0, 3) == statements(3, 60)


def test_people_at_several_schools_have_a_role_in_each(roster):
    bring_in(roster)
    held = db.session.execute(
        select(School.source_id, Role.kind, Role.source_id)
        .join(School, School.id == Role.school_id)
        .where(Role.user_id == person("osei").id)
    ).all()
    assert sorted(held) == [("n", RoleKind.TEACHER, "v2"), ("s", RoleKind.TEACHER, "v2")]


def test_a_course_of_the_district_is_one_in_each_school_that_teaches_it(roster):
    bring_in(roster)
    schools = db.session.scalars(select(School.source_id).join(Course, Course.school_id == School.id)).all()
    assert sorted(schools) == ["n", "n", "s"]


def test_a_class_is_in_the_longest_of_its_sessions(roster):
    bring_in(roster)
    term = one(AcademicSession, AcademicSession.id == one(Section, Section.source_id == "c1").term_id)
    assert (term.source_id, term.school_id) == ("y", school().id)


def test_who_leads_a_class_is_said_by_the_file(roster):
    bring_in(roster)
    assert one(Enrollment, Enrollment.source_id == "e3").position == Position.LEAD
    assert one(Enrollment, Enrollment.source_id == "e4").position == Position.CO_TEACHER


def test_an_enrollment_without_a_first_day_begins_with_its_class(roster):
    bring_in(roster)
    place = one(Enrollment, Enrollment.source_id == "e5")
    assert (place.begins_on, place.ends_on) == (date(2026, 8, 31), None)


def test_an_enrollment_without_a_first_day_in_a_running_class_begins_today(roster):
    bring_in(roster)
    bring_in(roster.add("enrollments", "e9,,,c2,n,u2,student,,,"))
    assert one(Enrollment, Enrollment.source_id == "e9").begins_on == TODAY


def test_a_school_made_by_hand_is_the_one_of_the_same_name(roster):
    db.session.add(School(name="north school", timezone="Europe/Berlin"))
    db.session.flush()
    plan = bring_in(roster)
    assert counts(plan, "schools") == (1, 1, 0, 0)
    assert school().timezone == "Europe/Berlin"


def test_a_role_for_the_office_is_never_given_by_a_file(roster):
    plan = bring_in(roster)
    assert "boss" not in db.session.scalars(select(User.username)).all()
    assert any(note.value == "administrator" for note in plan.notes)


# --- Guardians


def test_a_parent_has_rights_and_a_relative_has_none(roster):
    plan = bring_in(roster)
    links = {
        link.relationship_name: (link.may_see_grades, link.may_message, link.from_roster)
        for link in db.session.scalars(select(Guardianship))
    }
    assert links == {"parent": (True, True, True), "relative": (False, False, True)}
    assert any("without rights" in str(note) for note in plan.notes)


def link_of(username):
    return one(Guardianship, Guardianship.guardian_id == person(username).id)


def test_a_link_that_the_office_ended_stays_ended(roster):
    bring_in(roster)
    link = link_of("dana")
    coming_of_age.write_own_dates(link, link.begins_on, TODAY)
    link.ended_by_office = True
    db.session.flush()
    plan = bring_in(roster)
    assert counts(plan, "guardianships") == (0, 0, 0, 2)
    assert any("the office ended" in str(note) for note in plan.notes)
    assert link_of("dana").ends_on == TODAY


def test_a_link_that_a_file_no_longer_has_ends_and_comes_back_with_its_rights(roster):
    bring_in(roster)
    roster.change("users", '"g1,g2"', "g2").change("users", "555 0102,,u1,", "555 0102,,,")
    assert counts(bring_in(roster), "guardianships") == (0, 0, 1, 1)
    assert link_of("dana").ends_on == TODAY
    roster.change("users", "maya@n.example,,,g2", "maya@n.example,,,g1")
    bring_in(roster)
    assert link_of("dana").own_ends_on is None
    assert link_of("dana").may_see_grades


def test_a_birthday_in_the_file_ends_links_when_the_student_comes_of_age(roster):
    """Maya is born on 2 March 2014 in the file; the next file has her of age, and no file opens the link again."""
    bring_in(roster)
    link = link_of("dana")
    assert (link.ends_on, link.rights_pass_on, link.own_ends_on) == (date(2032, 3, 2), date(2032, 3, 2), None)
    roster.change("demographics", "2014-03-02", "2008-03-02")
    bring_in(roster)
    assert link_of("dana").ends_on == TODAY
    acts = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "guardianship.ends_with_age")).all()
    assert [each.facts["day"] for each in acts] == [TODAY.isoformat()] * 2, "what lies years ahead is not in the log"
    assert not bring_in(roster).writes
    roster.change("users", '"g1,g2"', "g2").change("users", "555 0102,,u1,", "555 0102,,,")
    bring_in(roster)
    link = link_of("dana")
    assert (link.ends_on, link.own_ends_on) == (TODAY, TODAY)


def test_a_link_of_the_office_is_left_alone(roster):
    bring_in(roster)
    db.session.add(
        Guardianship(
            school_id=school().id, student_id=person("leo.e").id, guardian_id=person("dana").id,
            relationship_name="aunt", begins_on=TODAY,
        )
    )  # fmt: skip
    db.session.flush()
    assert not bring_in(roster).writes


def test_rights_that_the_office_changed_stay_and_who_becomes_a_relative_loses_them(roster):
    bring_in(roster)
    link_of("dana").may_message = False
    db.session.flush()
    assert not bring_in(roster).writes
    roster.change("users", "n,parent,dana", "n,relative,dana").change("users", "n,relative,aunt", "n,guardian,aunt")
    plan = bring_in(roster)
    assert (link_of("dana").relationship_name, link_of("dana").may_see_grades) == ("relative", False)
    assert (link_of("aunt").relationship_name, link_of("aunt").may_see_grades) == ("guardian", False)
    assert any("stay as they were" in str(note) for note in plan.notes)


def test_a_missing_guardian_and_a_teacher_as_agent_are_told(roster):
    roster.change("users", '"g1,g2"', '"g1,v1,nobody"')
    plan = plan_of(roster)
    assert [(problem.line, problem.value) for problem in plan.problems] == [(2, "nobody")]
    assert any(note.value == "v1" for note in plan.notes)


def test_guardians_of_school_data_sync_get_the_parent_role_at_the_childs_school(app, clock, tmp_path):
    bring_in(RosterFolder(tmp_path, "sds"))
    role = one(Role, Role.user_id == person("dana@home.example").id)
    assert (role.kind, role.school_id) == (RoleKind.PARENT, school("10").id)
    teacher = one(Role, Role.user_id == person("rivera@c.example").id)
    assert (teacher.kind, teacher.school_id, teacher.ends_on) == (RoleKind.TEACHER, school("10").id, date(2027, 6, 19))


def test_a_teacher_of_1_2_can_be_a_parent_too_and_a_missing_username_is_made(app, clock, tmp_path):
    plan = bring_in(RosterFolder(tmp_path, "oneroster_1_2"))
    kinds = db.session.scalars(select(Role.kind).where(Role.user_id == person("rivera").id)).all()
    assert sorted(kinds) == [RoleKind.PARENT, RoleKind.TEACHER]
    assert person("dana.diaz").account_kind == AccountKind.ADULT
    assert any("dana.diaz" in str(note) for note in plan.notes)
    assert person("maya.d").called == "Maya"
    section = one(Section, Section.source_id == "c1")
    assert section.total_mode == TotalMode.WEIGHTED


# --- What a file never changes


def test_passwords_and_confirmed_addresses_stay(roster):
    bring_in(roster)
    maya = person("maya.d")
    maya.password_hash, maya.email_confirmed_at = "kept", datetime(2026, 9, 1, tzinfo=UTC)
    db.session.flush()
    roster.change("users", "maya@n.example", "other@n.example").change("users", "rivera@n.example", "new@n.example")
    bring_in(roster)
    assert (person("maya.d").password_hash, person("maya.d").email) == ("kept", "maya@n.example")
    assert (person("rivera").email, person("rivera").email_key) == ("new@n.example", "new@n.example")


def test_a_deactivated_account_is_not_activated_and_one_that_is_not_enabled_is_closed(roster):
    bring_in(roster)
    person("leo.e").deactivated_at = datetime(2026, 9, 1, tzinfo=UTC)
    db.session.flush()
    roster.change("users", "u1,,,true", "u1,,,false")
    bring_in(roster)
    assert person("leo.e").deactivated_at == datetime(2026, 9, 1, tzinfo=UTC)
    assert person("maya.d").deactivated_at is not None
    assert not bring_in(roster).writes


def test_empty_cells_say_nothing_and_names_follow_the_file(roster):
    bring_in(roster)
    person("rivera").phone = "555 0999"
    db.session.flush()
    roster.change("users", "Inés,Rivera", "Inés,Rivera Gómez").change("users", "555 0101", "")
    plan = bring_in(roster)
    assert counts(plan, "people") == (0, 1, 0, 6)
    assert (person("rivera").display_name, person("rivera").phone) == ("Inés Rivera Gómez", "555 0999")
    assert "gomez" in person("rivera").name_key


def test_a_substitute_of_the_office_keeps_its_dates(roster):
    bring_in(roster)
    place = one(Enrollment, Enrollment.source_id == "e4")
    place.position, place.ends_on = Position.SUBSTITUTE, TODAY
    db.session.flush()
    assert not bring_in(roster).writes


# --- Work and scores


def test_work_and_scores_come_with_history_under_the_teachers_name(roster):
    bring_in(roster)
    quiz = one(Assignment, Assignment.source_id == "w1")
    assert (quiz.title, quiz.points, quiz.due_on, quiz.due_time) == ("Integers quiz", 20, date(2026, 9, 18), None)
    late = one(Assignment, Assignment.source_id == "w2")
    assert (late.due_on, str(late.due_time)) == (date(2026, 9, 25), "23:59:00")
    assert one(Category, Category.id == quiz.category_id).title == "Quizzes"
    score = one(Score, Score.assignment_id == quiz.id, Score.student_id == person("maya.d").id)
    assert (score.points, score.comment) == (Decimal("18.5"), "Well done")
    assert one(Score, Score.assignment_id == quiz.id, Score.student_id == person("leo.e").id).status == "excused"
    changes = db.session.scalars(select(ScoreChange)).all()
    section = one(Section, Section.source_id == "c1")
    assert {(each.kind, each.changed_by, each.seq) for each in changes} == {
        (ChangeKind.IMPORT, person("rivera").id, section.last_seq)
    }


def test_a_class_without_work_has_one_category_for_everything(roster):
    bring_in(roster)
    category = one(Category, Category.section_id == one(Section, Section.source_id == "c2").id)
    assert (category.title, category.weight) == ("Everything", 100)


def test_a_score_that_a_person_typed_is_kept_and_one_that_a_file_brought_follows_it(roster):
    bring_in(roster)
    section, quiz = one(Section, Section.source_id == "c1"), one(Assignment, Assignment.source_id == "w1")
    place = (quiz.id, person("maya.d").id)
    save_scores(
        section, {place: Content(points=1500)}, seen=section.last_seq, actor_id=person("rivera").id, now=utc_now()
    )  # fmt: skip
    db.session.commit()
    roster.change("results", "18.50000", "17").change("results", "fully graded,9,", "fully graded,10,")
    plan = bring_in(roster)
    assert counts(plan, "scores") == (0, 1, 0, 2)
    assert one(Score, Score.assignment_id == quiz.id, Score.student_id == place[1]).points == 15
    assert any("stays" in str(note) for note in plan.notes)


def test_an_assignment_belongs_to_the_teacher_once_it_is_there(roster):
    bring_in(roster)
    one(Assignment, Assignment.source_id == "w1").title = "Whole numbers"
    db.session.flush()
    roster.change("lineItems", "w2,,", "w2,tobedeleted,").take_out("results", "r4")
    plan = bring_in(roster, leave_out_problems=True)
    assert not plan.writes
    assert one(Assignment, Assignment.source_id == "w2").deleted_at is None


@pytest.mark.parametrize("text", ["NaN", "1e309", "1_0", "-5", "99", "9.123"])
def test_scores_are_read_strictly(roster, text):
    roster.change("results", "fully graded,9,", f"fully graded,{text},")
    (problem,) = plan_of(roster).problems
    assert (problem.file, problem.line, problem.value) == ("results.csv", 5, text)


# --- Ending


def test_rows_to_be_deleted_end_and_are_never_deleted(roster):
    bring_in(roster)
    roster.change("users", "u2,,", "u2,tobedeleted,").change("enrollments", "e5,,", "e5,tobedeleted,")
    plan = bring_in(roster, allow_ending=True)
    assert counts(plan, "roles")[2] == 1
    assert counts(plan, "enrollments")[2] == 2
    leo = person("leo.e")
    assert one(Role, Role.user_id == leo.id).ends_on == TODAY
    assert one(Enrollment, Enrollment.user_id == leo.id).ends_on == TODAY
    assert one(Enrollment, Enrollment.source_id == "e5").ends_on == TODAY
    assert db.session.scalar(select(func.count()).select_from(Score).where(Score.student_id == leo.id)) == 2


def test_who_comes_back_holds_the_role_and_the_place_again(roster):
    bring_in(roster)
    roster.change("users", "u3,,", "u3,tobedeleted,").change("enrollments", "e5,,", "e5,tobedeleted,")
    bring_in(roster, allow_ending=True)
    roster.change("users", "u3,tobedeleted,", "u3,,").change("enrollments", "e5,tobedeleted,", "e5,,")
    bring_in(roster)
    assert one(Enrollment, Enrollment.source_id == "e5").ends_on is None
    roles = db.session.scalars(select(Role.ends_on).where(Role.user_id == person("zoe.c").id)).all()
    assert roles == [None, None]


def test_what_a_complete_file_lacks_has_ended(roster):
    bring_in(roster)
    roster.take_out("enrollments", "e2").take_out("classes", "c3").take_out("enrollments", "e7")
    roster.take_out("enrollments", "e8")
    bring_in(roster, allow_ending=True)
    assert one(Enrollment, Enrollment.source_id == "e2").ends_on == TODAY
    assert one(Section, Section.source_id == "c3").ended


def test_a_file_of_changes_ends_nothing_that_it_lacks(roster):
    bring_in(roster)
    roster.change("manifest", "enrollments,bulk", "enrollments,delta").take_out("enrollments", "e2")
    assert not bring_in(roster).writes


def test_a_class_of_a_past_term_stays_as_it_was(roster, clock):
    bring_in(roster)
    clock.advance(days=300)
    roster.take_out("classes", "c3").take_out("enrollments", "e7").take_out("enrollments", "e8")
    plan = bring_in(roster)
    assert counts(plan, "classes")[2] == 0
    assert not one(Section, Section.source_id == "c3").ended


def test_a_file_that_ends_more_than_a_tenth_stops_and_a_person_can_agree(roster):
    bring_in(roster)
    roster.write("enrollments", (roster.path / "enrollments.csv").read_bytes().splitlines()[0] + b"\n")
    with pytest.raises(Refused, match="endings"):
        bring_in(roster)
    assert one(Enrollment, Enrollment.source_id == "e1").ends_on == date(2027, 6, 19)
    bring_in(roster, allow_ending=True)
    assert one(Enrollment, Enrollment.source_id == "e1").ends_on == TODAY


def test_a_tenth_exactly_does_not_stop(roster):
    for number in range(12):
        roster.add("users", f"p{number},,,true,n,student,p{number},,Pupil,P{number},,,,,,,,")
        roster.add("enrollments", f"f{number},,,c1,n,p{number},student,,,")
    bring_in(roster)
    roster.take_out("enrollments", "f0").take_out("enrollments", "f11")
    assert plan_of(roster).endings[1][1:] == (2, 20)
    bring_in(roster)
    assert one(Enrollment, Enrollment.source_id == "f0").ends_on == TODAY


def test_an_empty_file_of_people_does_not_end_everyone_unasked(roster):
    bring_in(roster)
    roster.write("users", (roster.path / "users.csv").read_bytes().splitlines()[0] + b"\n")
    with pytest.raises(Refused):
        bring_in(roster, leave_out_problems=True)


def test_the_year_9999_is_no_end_and_years_that_cannot_be_are_problems(roster):
    roster.change("enrollments", "c1,n,u1,student,,2026-08-31,2027-06-18", "c1,n,u1,student,,2026-08-31,9999-12-31")
    roster.change("lineItems", "2026-09-26T03:59:00Z", "9999-12-31T23:59:59Z")
    roster.change("demographics", "2014-03-02", "0001-01-01")
    plan = bring_in(roster, leave_out_problems=True)
    assert [problem.value for problem in plan.problems] == ["0001-01-01", "9999-12-31T23:59:59Z"]
    assert one(Enrollment, Enrollment.source_id == "e1").ends_on is None


# --- Problems


def test_missing_references_are_problems_with_their_place(roster):
    roster.change("classes", "Algebra South,07,alg", "Algebra South,07,nil")
    roster.add("classes", "c4,,,Lost,07,alg,,,,x,y,,,").add("classes", "c5,,,Never,07,alg,,,,n,z,,,")
    roster.add("enrollments", "e8b,,,c9,n,u1,student,,,").add("enrollments", "e9,,,c1,n,u9,student,,,")
    roster.add("users", "u7,,,true,x,student,u7,,U,Seven,,,,,,,,")
    roster.add("lineItems", "w3,,,Lost,,,,c9,,,0,10").add("lineItems", "w4,,,Lost,,,,c1,none,,0,10")
    roster.add("results", "r5,,,w9,u1,fully graded,5,,").add("results", "r6,,,w1,u3,fully graded,5,,")
    problems = {(each.file, each.line, each.field, each.value) for each in plan_of(roster).problems}
    assert problems == {
        ("classes.csv", 4, "courseSourcedId", "nil"),
        ("classes.csv", 5, "schoolSourcedId", "x"),
        ("classes.csv", 6, "termSourcedIds", "z"),
        ("enrollments.csv", 10, "classSourcedId", "c9"),
        ("enrollments.csv", 11, "userSourcedId", "u9"),
        ("users.csv", 10, "orgSourcedIds", "x"),
        ("lineItems.csv", 4, "classSourcedId", "c9"),
        ("lineItems.csv", 5, "categorySourcedId", "none"),
        ("results.csv", 6, "lineItemSourcedId", "w9"),
        ("results.csv", 7, "studentSourcedId", "u3"),
    }


def test_nothing_is_written_while_there_are_problems_unless_they_are_left_out(roster):
    roster.add("enrollments", "e9,,,c9,n,u1,student,,,")
    with pytest.raises(Refused, match="problems"):
        bring_in(roster)
    assert db.session.scalar(select(func.count()).select_from(User)) == 0
    assert counts(bring_in(roster, leave_out_problems=True), "enrollments")[0] == 8


def test_what_a_problem_leaves_out_has_not_ended(roster):
    bring_in(roster)
    roster.change("enrollments", "e1,,,c1,n,u1,student,,2026-08-31", "e1,,,c1,n,u1,student,,31.08.2026")
    roster.change("classes", "Biology 7A,07,bio", "Biology 7A,07,nil").change("users", "Leo,Evans", ",")
    plan = bring_in(roster, leave_out_problems=True)
    assert len(plan.problems) == 3
    assert not plan.writes
    assert plan.left_out["enrollments"] == 3


def test_a_student_never_becomes_an_adult_nor_the_other_way(roster):
    bring_in(roster)
    roster.change("users", "n,student,leo.e", "n,teacher,leo.e").take_out("enrollments", "e2")
    roster.take_out("results", "r2").take_out("results", "r4")
    (problem,) = plan_of(roster).problems
    assert (problem.line, problem.value) == (3, "u2")
    assert "student's account" in str(problem)


def test_who_is_a_student_and_a_teacher_in_one_file_is_a_problem(roster):
    roster.add("enrollments", "e9,,,c2,n,u1,teacher,,,")
    assert [problem.value for problem in plan_of(roster).problems] == ["u1"]


def test_a_username_of_another_account_is_a_problem(roster):
    make_user("MAYA.D", "Somebody Else", AccountKind.STUDENT)
    roster.change("users", "student,leo.e", "student,Zoe.C")
    problems = [(problem.line, problem.field, problem.value) for problem in plan_of(roster).problems]
    assert problems == [(2, "username", "maya.d"), (4, "username", "zoe.c")]


def test_an_account_made_by_hand_is_the_one_of_the_same_username_and_name(roster):
    bring_in(
        roster.take_out("users", "u2").take_out("enrollments", "e2").take_out("results", "r2").take_out("results", "r4")
    )
    leo = make_user("leo.e", "Leo Evans", AccountKind.STUDENT)
    make_role(leo, school(), RoleKind.STUDENT)
    plan = bring_in(roster.add("users", "u2,,,true,n,student,leo.e,,Leo,Evans,,,,,,,07,"))
    assert counts(plan, "people")[0] == 0
    assert one(Role, Role.user_id == leo.id).source_id == "u2"


def test_an_enrollment_key_can_move_to_another_class(roster):
    bring_in(roster)
    bring_in(roster.change("enrollments", "e5,,,c2,n,u3", "e5,,,c1,n,u3"), allow_ending=True)
    places = db.session.scalars(select(Enrollment).where(Enrollment.user_id == person("zoe.c").id)).all()
    by_class = {place.section_id: (place.source_id, place.ends_on) for place in places}
    assert by_class[one(Section, Section.source_id == "c1").id] == ("e5", None)
    assert by_class[one(Section, Section.source_id == "c2").id] == (None, TODAY)


def test_two_rows_of_who_left_and_came_back_are_one_place(roster):
    roster.change("enrollments", "u1,student,,2026-08-31,2027-06-18", "u1,student,,2026-08-31,2026-09-10")
    roster.add("enrollments", "e1b,,,c1,n,u1,student,,2026-10-01,2027-06-18")
    bring_in(roster)
    place = one(Enrollment, Enrollment.user_id == person("maya.d").id)
    assert (place.begins_on, place.ends_on, place.source_id) == (date(2026, 8, 31), date(2027, 6, 19), "e1b")
    assert not bring_in(roster).writes


def test_a_database_that_changed_meanwhile_stops_the_import(roster):
    prepared = roster_import.prepare(read_roster(roster.path), utc_now(), "UTC")
    make_user("maya.d", "Somebody Else", AccountKind.STUDENT)
    with pytest.raises(Refused, match="changed"):
        roster_import.apply(prepared, utc_now())


def test_a_plan_that_is_out_of_date_is_not_written_even_where_nothing_would_collide(roster):
    bring_in(roster)
    prepared = roster_import.prepare(read_roster(roster.change("users", "Leo,Evans", "Leon,Evans").path), utc_now())
    person("leo.e").phone = "555 0199"
    db.session.flush()
    with pytest.raises(Refused, match="changed"):
        roster_import.apply(prepared, utc_now())


def test_each_school_is_told_in_its_audit_log_and_each_link_has_an_entry(roster):
    bring_in(roster)
    acts = db.session.execute(select(AuditEntry.act, func.count()).group_by(AuditEntry.act)).all()
    assert sorted(acts) == [("guardianship.created", 2), ("roster.imported", 2)]
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "roster.imported")).first()
    assert entry.facts["counts"]["people"]["created"] == 7


def test_a_class_whose_roster_changed_takes_its_next_number(roster):
    bring_in(roster)
    before = one(Section, Section.source_id == "c2").last_seq, one(Section, Section.source_id == "c3").last_seq
    bring_in(roster.add("enrollments", "e9,,,c2,n,u2,student,,,"))
    after = one(Section, Section.source_id == "c2").last_seq, one(Section, Section.source_id == "c3").last_seq
    assert after == (before[0] + 1, before[1])


# --- Closed periods


def close(title):
    """The office closes this term of the school in the north."""
    school = db.session.scalars(select(School).where(School.source_id == "n")).one()
    session = db.session.scalars(
        select(AcademicSession).where(AcademicSession.school_id == school.id, AcademicSession.title == title)
    ).one()
    office = make_user("closer", "Cleo Closer")
    closing.close_session(school, session, utc_now(), actor_id=office.id)
    db.session.commit()
    db.session.expire_all()


def test_a_closed_period_refuses_new_scores_and_work_and_says_who_can_open_it(roster):
    bring_in(roster)
    close("Quarter 1")
    assert not plan_of(roster).writes  # the same file again changes nothing
    roster.change("results", "r4,,,w2,u2,fully graded,9,", "r4,,,w2,u2,fully graded,12,")
    roster.add("lineItems", "w9,,,Late quiz,,2026-09-14,2026-09-18,c1,quiz,q1,0.0,20.0")
    problems = [str(problem) for problem in plan_of(roster).problems]
    assert len(problems) == 2
    assert all("Quarter 1 is closed since 2026-10-14" in text for text in problems)
    assert all("The school office can reopen it" in text for text in problems)
    with pytest.raises(Refused, match="problems"):
        bring_in(roster)
    before = db.session.scalars(select(Score.points).order_by(Score.assignment_id, Score.student_id)).all()
    bring_in(roster, leave_out_problems=True)
    assert db.session.scalars(select(Score.points).order_by(Score.assignment_id, Score.student_id)).all() == before


def test_a_student_may_join_after_a_closed_period_and_not_inside_it(roster):
    bring_in(roster)
    close("Quarter 1")
    roster.add("enrollments", "e90,,,c2,n,u2,student,,2026-09-20,")
    [problem] = plan_of(roster).problems
    assert "Quarter 1 is closed" in str(problem)
    roster.change("enrollments", "e90,,,c2,n,u2,student,,2026-09-20,", "e90,,,c2,n,u2,student,,2026-11-09,")
    assert plan_of(roster).problems == []


def test_what_a_closing_left_to_be_kept_is_kept_before_a_roster_changes_who_is_there(roster):
    bring_in(roster)
    close("Quarter 1")
    waiting = freezing.unkept_classes()
    second = one(Section, Section.source_id == "c2").id
    assert second in waiting
    bring_in(roster.add("enrollments", "e90,,,c2,n,u2,student,,2026-11-09,"))
    assert freezing.unkept_classes() == []
    joined = one(Enrollment, Enrollment.section_id == second, Enrollment.begins_on == date(2026, 11, 9)).user_id
    kept = db.session.execute(select(FrozenGrade.section_id, FrozenGrade.student_id)).all()
    assert {row.section_id for row in kept} <= set(waiting)
    assert (second, joined) not in [tuple(row) for row in kept]


def test_other_dates_inside_a_closed_period_are_noted_and_stay(roster):
    bring_in(roster)
    close("Quarter 1")
    roster.change("enrollments", "e1,,,c1,n,u1,student,,2026-08-31,", "e1,,,c1,n,u1,student,,2026-09-20,")
    plan = plan_of(roster)
    assert counts(plan, "enrollments")[1] == 0
    assert any("Quarter 1 is closed" in str(note) for note in plan.notes)


# --- Terms that are parts of each other


def circle_problems(roster):
    """By line."""
    found = plan_of(roster).problems
    return sorted((one.file, one.line, one.field, one.value, str(one.text)) for one in found)


def test_terms_that_are_parts_of_each_other_are_a_problem_of_each_of_their_rows(roster):
    roster.change("academicSessions", YEAR_ROW, f"{YEAR_ROW[:-6]},t1,2027")
    words = "is itself part of {}. Correct this row or the other, so that they are no parts of each other."
    assert circle_problems(roster) == [
        ("academicSessions.csv", 2, "parentSourcedId", "t1", words.format("2026-27")),
        ("academicSessions.csv", 3, "parentSourcedId", "y", words.format("Term 1")),
    ]
    with pytest.raises(Refused, match="problems"):
        bring_in(roster)
    assert db.session.scalars(select(AcademicSession)).all() == []


def test_a_term_that_is_part_of_itself_is_a_problem(roster):
    roster.change("academicSessions", YEAR_ROW, f"{YEAR_ROW[:-6]},y,2027")
    [(_, line, _, value, words)] = circle_problems(roster)
    assert (line, value) == (2, "y")
    assert words == "is the session itself. Empty the cell, or name the session that it is part of."


def test_a_row_is_held_against_the_terms_that_are_there_already(roster):
    bring_in(roster)
    roster.take_out("academicSessions", "t1,").change("academicSessions", YEAR_ROW, f"{YEAR_ROW[:-6]},t1,2027")
    assert [problem[1:4] for problem in circle_problems(roster)] == [(2, "parentSourcedId", "t1")]


def test_without_the_rows_in_a_circle_the_terms_stay_as_they_are(roster):
    bring_in(roster)
    roster.change("academicSessions", YEAR_ROW, f"{YEAR_ROW[:-6]},t1,2027")
    assert not bring_in(roster, leave_out_problems=True).writes
    year = one(AcademicSession, AcademicSession.source_id == "y", AcademicSession.school_id == school().id)
    assert year.parent_id is None


def test_classes_of_a_term_that_is_left_out_are_left_out_too(roster):
    roster.change("academicSessions", YEAR_ROW, f"{YEAR_ROW[:-6]},t1,2027")
    plan = bring_in(roster, leave_out_problems=True)
    assert plan.left_out["classes"] == 3
    assert db.session.scalars(select(Section)).all() == []


def test_terms_that_change_places_are_no_circle(roster):
    bring_in(roster)
    roster.change("academicSessions", YEAR_ROW, f"{YEAR_ROW[:-6]},t1,2027")
    roster.change("academicSessions", "2027-01-29,y,2027", "2027-01-29,,2027")
    assert circle_problems(roster) == []


def test_a_closed_term_keeps_its_dates_and_its_classes(roster):
    bring_in(roster)
    close("2026-27")
    roster.change(
        "academicSessions",
        "q1,,,Quarter 1,gradingPeriod,2026-08-31,2026-11-06",
        "q1,,,Quarter 1,gradingPeriod,2026-08-31,2026-11-13",
    )
    roster.add("classes", "c9,,,Late class,07,alg,9,scheduled,3,n,y,,,1")
    problems = [str(problem) for problem in plan_of(roster).problems]
    assert len(problems) == 2
    assert ("Quarter 1 is closed" in problems[0], "2026-27 is closed" in problems[1]) == (True, True)


def test_a_class_in_a_new_term_of_a_closed_year_is_left_out_with_it(roster):
    bring_in(roster)
    close("2026-27")
    roster.add("academicSessions", "t9,,,Term 9,term,2026-11-02,2026-11-27,y,2027")
    roster.add("classes", "c9,,,Late class,07,alg,9,scheduled,3,n,t9,,,1")
    plan = plan_of(roster)
    assert {problem.value for problem in plan.problems} == {"t9"}
    assert plan.left_out["classes"] == 1


def test_a_period_that_is_closed_while_the_plan_was_made_stops_the_import(roster):
    bring_in(roster)
    roster.change("results", "r4,,,w2,u2,fully graded,9,", "r4,,,w2,u2,fully graded,12,")
    prepared = roster_import.prepare(read_roster(roster.path), utc_now(), "America/New_York")
    close("Quarter 1")
    with pytest.raises(Refused, match="changed"):
        roster_import.apply(prepared, utc_now())


def test_who_left_by_a_roster_is_kept_by_a_job(roster):
    bring_in(roster)
    roster.take_out("enrollments", "e1,")
    bring_in(roster, allow_ending=True)
    assert db.session.scalars(select(Job.kind)).all() == ["freeze_leavers"]
    assert JOBS["freeze_leavers"](utc_now(), {}) is None
    [kept] = db.session.scalars(select(FrozenGrade).where(FrozenGrade.period_id.is_(None)))
    assert kept.student_id == db.session.scalar(select(Enrollment.user_id).where(Enrollment.source_id == "e1"))
