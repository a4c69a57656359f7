"""O1: the people of the school."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from gradebook.blueprints.office import bp
from gradebook.blueprints.office.common import ROLES, STATUSES, fault_words, own_school, tell, today
from gradebook.blueprints.office.forms import NewPersonForm
from gradebook.extensions import db
from gradebook.models import RoleKind, School
from gradebook.services import approvals, coming_of_age, directory, rosters
from gradebook.services.directory import AccountStatus, PeopleFilter
from gradebook.services.rosters import RosterError
from gradebook.web import door
from gradebook.web.fields import one_line
from gradebook.web.login import current_person
from gradebook.web.requests import moment, page_number


@bp.get("/")
@door.office
def index() -> Any:
    """The office begins with people."""
    return redirect(url_for("office.people"), 303)


@bp.get("/people")
@door.office
def people() -> Any:
    """Search and filters, 50 on a page."""
    school, wanted = own_school(), people_filter(request.args)
    found = directory.people(school, wanted, today(school), page_number())
    return render_template(
        "office/people.html",
        found=found,
        wanted=wanted,
        forms=directory.forms_of(school),
        roles=ROLES,
        statuses=STATUSES,
        waiting=approvals.count_for(current_person(), moment()),
        of_age_soon=coming_of_age.students_ending_soon(school, today(school)),
        is_narrowed=wanted != PeopleFilter(),
        chosen=filter_fields(wanted),
        page_url=lambda number: url_for("office.people", **filter_fields(wanted), page=number),
    )


def people_filter(given: Any) -> PeopleFilter:
    """The filter of the list; what is on no list narrows nothing."""
    role, status = given.get("role", ""), given.get("status", "")
    return PeopleFilter(
        text=one_line(given.get("q", ""))[:100],
        role=RoleKind(role) if role in set(RoleKind) else None,
        status=AccountStatus(status) if status in set(AccountStatus) else None,
        form=one_line(given.get("form", ""))[:40],
    )


def filter_fields(wanted: PeopleFilter) -> dict[str, Any]:
    """The filter as it stands in an address or a form."""
    fields = {"q": wanted.text, "role": wanted.role or "", "status": wanted.status or "", "form": wanted.form}
    return {name: str(value) for name, value in fields.items() if value}


@bp.get("/people/new")
@door.office
def new_person() -> Any:
    """An empty form; a role or a name may come with the link."""
    form = NewPersonForm(
        formdata=None,
        role=request.args.get("role", RoleKind.STUDENT.value),
        display_name=one_line(request.args.get("name"))[:200],
    )
    return _new_page(form)


@bp.post("/people/new")
@door.office
def new_person_post() -> Any:
    """Add the person; a shared address is asked about once."""
    form, school = NewPersonForm(), own_school()
    if not form.validate():
        return _new_page(form, 422)
    same = rosters.people_with_email(school, form.email.data) if form.email.data else []
    if same and not form.same_address.data:
        return _new_page(form, 422, same=same)
    try:
        user = _add(form, school)
    except RosterError as error:
        form.username.errors = [fault_words(error)]
        return _new_page(form, 422, same=same)
    db.session.commit()
    tell(
        _("%(name)s was added.", name=user.display_name),
        _("There is no password yet. A sign-in slip lets them choose one."),
        "good",
    )
    return redirect(url_for("office.person", person_id=user.public_id), 303)


def _add(form: NewPersonForm, school: School) -> Any:
    details = form.details(rosters.suggest_username(form.display_name.data))
    kind = RoleKind(form.role.data)
    return rosters.add_person(school, kind, details, today(school), moment(), actor_id=current_person().id)


def _new_page(form: NewPersonForm, status: int = 200, same: Any = ()) -> Any:
    return render_template("office/new_person.html", form=form, same=same), status
