"""What a pasted list may call the students of a class."""

from gradebook.extensions import db
from gradebook.models import Role, RoleKind


def test_students_of_the_class_by_every_id_that_a_list_may_use(school, sign_in):
    role = db.session.query(Role).filter_by(user_id=school.maya.id, kind=RoleKind.STUDENT).one()
    role.source_id = "S-1001"
    db.session.flush()
    found = sign_in(school.rivera).get(f"/teacher/classes/{school.algebra.public_id}/student-ids").get_json()
    assert found[school.maya.public_id] == [school.maya.public_id, school.maya.username, "S-1001"]
    assert set(found) == {school.maya.public_id, school.leo.public_id}


def test_not_of_a_class_that_is_another_teachers(school, sign_in):
    assert sign_in(school.rivera).get(f"/teacher/classes/{school.history.public_id}/student-ids").status_code == 404
