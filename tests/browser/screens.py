"""Every screen of the product, and the states it can be in: who sees it, where it is, what is done on it first."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from playwright.sync_api import Page

from tests.school import PASSWORD

Names = dict[str, str]


@dataclass(frozen=True)
class Screen:
    """One state of one page."""

    path: str
    """With {things} by name (tests/browser/things.py)."""
    status: int = 200
    press: str = ""
    """The button that is pressed on it, if what comes then is the screen …"""
    fill: dict[str, str] = field(default_factory=dict)
    """… after these fields (by name) were filled in; `on` and `off` for a box."""
    inside: str = "main"
    """Where the button stands."""
    then: Callable[[Page, Names], None] | None = None
    """More to do after that."""

    @property
    def words(self) -> str:
        """For messages."""
        return f"{self.path}{f' [{self.press}]' if self.press else ''}"

    def open(self, page: Page, names: Names) -> None:
        """Bring the page there; the answer has the expected status."""
        address = self.path.format_map(names)
        answer = page.goto(address)
        if self.press:
            buttons = page.locator(self.inside).get_by_role("button", name=self.press)
            if not buttons.count():
                unfold(page, names)
            fill(page, {name: value.format_map(names) for name, value in self.fill.items()})
            with page.expect_navigation() as navigation:
                buttons.first.click()
            answer = navigation.value
        assert answer is not None, self.words
        assert answer.status == self.status, f"{self.words}: {answer.status}"
        if self.then:
            self.then(page, names)


def fill(page: Page, values: dict[str, str]) -> None:
    """Fields by name: texts and choices are set, boxes and circles ticked."""
    for name, value in values.items():
        here = page.locator(f"main [name='{name}']")
        kind = here.first.evaluate("e => e.tagName === 'SELECT' ? 'select' : e.type")
        if kind == "select":
            here.first.select_option(label=value)
        elif kind == "radio":
            page.locator(f"main [name='{name}'][value='{value}']").check()
        elif kind == "checkbox":
            here.first.set_checked(value == "on")
        else:
            here.first.fill(value)


def accept(page: Page, names: Names) -> None:
    """On the page where a code is typed: on to the invitation itself."""
    fill(page, {"code": names["code"]})
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/acceptance")


def accept_badly(page: Page, names: Names) -> None:
    """… with a password that is too short."""
    accept(page, names)
    fill(page, {"password": "short"})
    page.get_by_role("button", name="Create my account").click()
    page.get_by_role("heading", name="There is a problem").wait_for()


def unfold(page: Page, names: Names) -> None:
    """Everything that opens in its place is open."""
    page.evaluate("document.querySelectorAll('details:not(.menu)').forEach((one) => { one.open = true })")


def open_account(page: Page, names: Names) -> None:
    """The account menu is open."""
    page.locator("[data-account] > summary").click()


NOWHERE = Screen("/nowhere", 404)
HELP = Screen("/help")

SCREENS: dict[str, tuple[Screen, ...]] = {
    "visitor": (
        Screen("/auth/sign-in"),
        Screen("/auth/sign-in", 422, press="Sign in", fill={"username": "rivera", "password": "wrong"}),
        Screen("/auth/sign-in", press="Sign in", fill={"username": "cole", "password": PASSWORD}),
        Screen("/auth/forgot"),
        Screen("/auth/invitation"),
        Screen("/auth/invitation", 422, press="Continue"),
        Screen("/auth/invitation", 404, press="Continue", fill={"code": "AAAAAAAA"}),
        Screen("/auth/invitation", then=accept),
        Screen("/auth/invitation", then=accept_badly),
        Screen("/auth/invitation", 410, press="Continue", fill={"code": "{old_code}"}),
        HELP,
        NOWHERE,
    ),
    "maya": (
        Screen("/student/"),
        Screen("/student/", then=unfold),
        Screen("/student/classes/{algebra}"),
        Screen("/student/classes/{full}"),
        Screen("/student/classes/{full}", then=unfold),
        Screen("/student/classes/{full}?whatif=yes&goal=85", then=unfold),
        Screen("/student/classes/{full}?whatif=yes&goal=much", 422),
        Screen("/student/classes/{bare}"),
        Screen("/student/classes/{art}"),
        Screen("/student/classes/{shut}"),
        Screen("/student/?news=all"),
        Screen("/student/report"),
        Screen("/student/classes/{full}/report", then=unfold),
        Screen("/student/classes/{art}/report"),
        Screen("/student/calendar", then=unfold),
        Screen("/student/calendar?view=month"),
        Screen("/student/calendar?month=2027-02"),
        Screen("/student/classes/{algebra}/assignments/{quiz}/question"),
        Screen("/student/classes/{full}/assignments/{late}/question"),
        Screen("/student/classes/{full}/assignments/{late}/question", 422, press="Send question"),
        Screen("/student/calendar/links"),
        Screen("/student/calendar/links", press="Make another link"),
        HELP,
        NOWHERE,
        Screen("/auth/password"),
        Screen("/auth/password", 422, press="Save new password"),
        Screen("/auth/sessions"),
        Screen("/auth/appearance"),
    ),
    "nora": (Screen("/student/"), Screen("/student/calendar")),
    "dana": (
        Screen("/parent/"),
        Screen("/parent/", then=unfold),
        Screen("/parent/children/{maya}"),
        Screen("/parent/children/{nora}"),
        Screen("/parent/children/{maya}/classes/{algebra}"),
        Screen("/parent/children/{maya}/classes/{full}", then=unfold),
        Screen("/parent/children/{maya}/classes/{bare}"),
        Screen("/parent/children/{maya}/classes/{art}"),
        Screen("/parent/children/{maya}/classes/{shut}"),
        Screen("/parent/children/{maya}/interests"),
        Screen("/parent/children/{maya}/interests", 422, press="Save choices", fill={"below": "many"}),
        Screen("/parent/children/{maya}/classes/{algebra}/seen"),
        Screen("/parent/children/{maya}/classes/{full}/seen"),
        Screen("/parent/children/{maya}/report"),
        Screen("/parent/children/{maya}/classes/{full}/report", then=unfold),
        Screen("/messages/"),
        Screen("/messages/new"),
        Screen("/messages/new?student={maya}"),
        Screen("/messages/new?student={maya}&section={full}"),
        Screen("/messages/new?student={maya}&office={oak}"),
        Screen("/messages/new?student={maya}&section={full}", 422, press="Send"),
        Screen("/messages/{talk}"),
        Screen("/messages/{talk}", 422, press="Send"),
        Screen("/messages/{talk}/record"),
        Screen("/messages/{talk}/messages/1"),
        Screen("/messages/{talk}/messages/2/report"),
        Screen("/messages/reports"),
        Screen("/messages/search?q=secret"),
        Screen("/messages/search?q=nothing"),
        Screen("/messages/{talk}/messages/1", 422, press="Send correction"),
        Screen("/messages/announcements"),
        Screen("/messages/announcements/{news}"),
        Screen("/messages/announcements/{bulletin}"),
        Screen("/messages/announcements/{withdrawn}"),
        Screen("/messages/new?student={maya}&section={algebra}&announcement={news}"),
        Screen("/messages/proof"),
        Screen("/messages/proof", 422, press="Open Messages"),
        HELP,
        NOWHERE,
    ),
    "gus": (Screen("/parent/"), Screen("/messages/"), Screen("/messages/new")),
    "ivy": (Screen("/messages/", 403),),
    "rivera": (
        Screen("/teacher/"),
        Screen("/teacher/", then=unfold),
        Screen("/teacher/classes"),
        Screen("/teacher/classes/{full}/assignments/new"),
        Screen("/teacher/classes/{full}/assignments/new", then=unfold),
        Screen("/teacher/classes/{full}/assignments/new", 422, press="Save assignment", fill={"points": "many"}),
        Screen("/teacher/assignments/{late}"),
        Screen("/teacher/assignments/{late}", 200, press="Save assignment", fill={"points": "40"}),
        Screen("/teacher/assignments/{late}/deletion"),
        Screen("/teacher/assignments/{test}/posting"),
        Screen("/teacher/assignments/{quiz}/posting"),
        Screen("/teacher/assignments/{test}/posting", 422, press="Post scores", fill={"when": "later"}),
        Screen("/teacher/assignments/{quiz}/seen"),
        Screen("/teacher/assignments/{test}/seen"),
        Screen("/teacher/classes/{algebra}/questions"),
        Screen("/teacher/classes/{full}/questions"),
        Screen("/teacher/questions/{question}"),
        Screen("/teacher/questions/{question}", 422, press="Send answer"),
        Screen("/teacher/classes/{full}/students/{maya}/report"),
        Screen("/teacher/classes/{full}/columns"),
        Screen("/teacher/assignments/{quiz}/blanks"),
        Screen("/teacher/assignments/{test}/blanks", 422, press="Fill 1 blank cell"),
        Screen("/teacher/classes/{full}/rules"),
        Screen("/teacher/classes/{full}/rules", then=unfold),
        Screen("/teacher/classes/{full}/rules", 422, press="Save weights", fill={"cap_percent": "much"}),
        Screen("/teacher/classes/{full}/rules", press="Save weights", fill={"missing_percent": "60"}),
        Screen("/teacher/classes/{full}/rules/history"),
        Screen("/teacher/classes/{algebra}/history"),
        Screen("/teacher/classes/{algebra}/history?assignment={test}"),
        Screen("/teacher/classes/{algebra}/history?first-day=31&first-month=2&first-year=2026", 422),
        Screen("/teacher/classes/{algebra}/history?student={maya}&assignment={quiz}"),
        Screen("/teacher/classes/{full}/history"),
        Screen("/teacher/classes/{algebra}/history/1"),
        Screen("/teacher/classes/{bare}/set-up"),
        Screen("/teacher/classes/{bare}/set-up?from={full}"),
        Screen("/teacher/classes/{full}/set-up"),
        Screen("/teacher/classes/{algebra}/students/{maya}"),
        Screen("/teacher/classes/{full}/students/{maya}", then=unfold),
        Screen("/teacher/classes/{full}/students/{leo}"),
        Screen("/teacher/assignments/{quiz}/students/{maya}/comments"),
        Screen(
            "/teacher/assignments/{quiz}/students/{maya}/comments",
            422,
            press="Save comments",
            fill={"comment": "Well done. " * 200},
        ),
        Screen("/teacher/comments"),
        Screen("/teacher/comments", 422, press="Add comment"),
        Screen("/teacher/comments/{kept}"),
        Screen("/teacher/classes/{full}/students/{maya}/grade"),
        Screen("/teacher/classes/{full}/students/{maya}/grade", 422, press="Set the grade", fill={"grade": "much"}),
        Screen("/teacher/classes/{shut}/students/{maya}"),
        Screen("/messages/"),
        Screen("/messages/new"),
        Screen("/messages/announcements"),
        Screen("/messages/announcements/{news}"),
        Screen("/messages/announcements/{plan}"),
        Screen("/messages/announcements/new?section={algebra}"),
        Screen("/messages/announcements/new", 422, press="Show who gets it"),
        Screen(
            "/messages/announcements/new?section={algebra}",
            press="Show who gets it",
            fill={"title": "Trip on Friday", "body": "Bring a coat"},
        ),
        Screen("/messages/hours"),
        Screen("/messages/hours", 422, press="Save your hours", fill={"begin-0": "late"}),
        Screen("/messages/new?section={algebra}"),
        Screen("/messages/new?section={bare}"),
        Screen("/messages/new?student={maya}&section={full}&guardian={dana}"),
        Screen("/messages/{talk}"),
        Screen("/messages/{talk}", 422, press="Send"),
        HELP,
        NOWHERE,
    ),
    "rivera, outcomes": (
        Screen("/teacher/classes/{art}/outcomes"),
        Screen("/teacher/classes/{algebra}/outcomes"),
        Screen("/teacher/classes/{art}/outcomes/settings"),
        Screen("/teacher/classes/{algebra}/outcomes/settings"),
        Screen("/teacher/classes/{art}/outcomes/settings", 422, press="Save how it grades", fill={"times": "often"}),
        Screen("/teacher/classes/{art}/outcomes/settings", press="Save how it grades", fill={"method": "highest"}),
        Screen("/teacher/classes/{art}/outcomes/settings", 422, press="Add outcome"),
        Screen("/teacher/classes/{art}/outcomes/{drawing}"),
        Screen("/teacher/classes/{art}/outcomes/{drawing}", 422, press="Save outcome", fill={"title": ""}),
        Screen("/teacher/classes/{art}/outcomes/history"),
        Screen("/teacher/assignments/{still}/outcomes"),
        Screen("/teacher/assignments/{still}/ratings"),
        Screen("/teacher/assignments/{still}/ratings", then=unfold),
        Screen("/teacher/assignments/{still}"),
        Screen("/teacher/classes/{art}/students/{maya}"),
    ),
    "rivera, families": (
        Screen("/teacher/classes/{full}/students/{maya}/as-student", then=unfold),
        Screen("/teacher/classes/{full}/students/{maya}/as-guardian/{dana}"),
        Screen("/teacher/classes/{art}/students/{maya}/as-student"),
        Screen("/teacher/classes/{shut}/students/{maya}/as-guardian/{dana}"),
        Screen("/messages/families/{late}", then=unfold),
        Screen("/messages/families/{still}"),
        Screen("/messages/families/{late}", 422, press="Show who gets what"),
        Screen(
            "/messages/families/{late}",
            press="Show who gets what",
            fill={"who": "below", "below": "1000", "body": "{{student}} and {{assignment}}"},
            then=unfold,
        ),
    ),
    "rivera, the grid": (
        Screen("/teacher/classes/{algebra}"),
        Screen("/teacher/classes/{full}"),
        Screen("/teacher/classes/{full}?q=nobody"),
        Screen("/teacher/classes/{bare}"),
        Screen("/teacher/classes/{empty}"),
        Screen("/teacher/classes/{thirty}"),
        Screen("/teacher/assignments/{late}/scores"),
        Screen("/teacher/assignments/{late}/scores?only=blank"),
        Screen("/teacher/assignments/{first_of_thirty}/scores"),
        Screen("/teacher/classes/{shut}"),
        Screen("/teacher/assignments/{first_of_shut}/scores"),
    ),
    "sub": (Screen("/teacher/"), Screen("/teacher/classes"), Screen("/messages/new")),
    "tess": (Screen("/teacher/"), Screen("/parent/", 403), Screen("/auth/appearance", then=open_account)),
    "pat": (
        Screen("/office/people"),
        Screen("/office/people?q=nobody+is+called+this"),
        Screen("/office/people/new"),
        Screen("/office/people/new", 422, press="Add the person"),
        Screen("/office/people/{maya}"),
        Screen("/office/people/{dana}"),
        Screen("/office/people/{ivy}"),
        Screen("/office/people/{dana}", 422, press="Save details", fill={"display_name": ""}),
        Screen("/office/people/{dana}", press="Print a sign-in slip"),
        Screen("/office/people", press="Print sign-in slips", fill={"person": "on"}),
        Screen("/auth/second-step"),
        Screen("/auth/second-step", press="Use an authenticator app"),
        Screen("/office/sign-in"),
        Screen("/office/people/{cole}/second-step"),
        Screen("/office/people/{cole}/second-step", 422, press="Take the second step away"),
        Screen("/office/people/{dana}/writing"),
        Screen("/office/people/{rivera}/successors"),
        Screen("/office/people/{dana}/writing", 422, press="Close their writing"),
        Screen("/messages/"),
        Screen("/messages/{office_talk}"),
        Screen("/messages/{office_talk}", 422, press="Send"),
        Screen("/messages/announcements"),
        Screen("/messages/announcements/{bulletin}"),
        Screen("/messages/announcements/new", 422, press="Show who gets it", then=unfold),
        Screen(
            "/messages/announcements/new",
            press="Show who gets it",
            fill={"to": "school", "title": "Closed on Monday", "body": "The school is closed"},
            then=unfold,
        ),
        Screen("/office/messages"),
        Screen("/office/messages", 422, press="Add these days"),
        Screen("/office/messages", 422, press="Go on"),
        Screen("/office/messages", press="Go on", fill={"scope": "links", "reason": "Call us."}),
        Screen("/office/oversight"),
        Screen("/office/log"),
        Screen("/office/log?first-day=31&first-month=2&first-year=2026", 422),
        Screen("/office/approvals"),
        Screen("/office/approvals/{approval}"),
        Screen("/office/approvals/{others_approval}"),
        Screen("/office/approvals/{others_approval}", 422, press="Refuse"),
        Screen("/office/terms"),
        Screen("/office/terms", 422, press="Add a term"),
        Screen("/office/terms/{year}"),
        Screen("/office/terms/{year}", 422, press="Save", fill={"title": ""}),
        Screen("/office/terms/{year}/closing"),
        Screen("/office/terms/{year}/closing", press="Close 2026–27…"),
        Screen("/office/terms/{shut_term}"),
        Screen("/office/terms/{shut_term}/reopening"),
        Screen("/office/terms/{shut_term}/reopening", 422, press="Reopen 2026–27"),
        HELP,
        NOWHERE,
    ),
    "pat, outcomes": (
        Screen("/office/outcomes"),
        Screen("/office/outcomes/new"),
        Screen("/office/outcomes/new", 422, press="Save outcome"),
        Screen("/office/outcomes/{speaking}"),
        Screen("/office/mastery-scales/new"),
        Screen("/office/mastery-scales/new", 422, press="Save scale", fill={"name": "", "levels-0-number": "four"}),
        Screen("/office/mastery-scales/{levels}"),
    ),
    "cole": (
        Screen("/auth/second-step"),
        Screen("/auth/second-step", 422, press="Go on", fill={"password": "wrong"}),
        Screen("/auth/second-step/code"),
        Screen("/auth/second-step/code?way=recovery", 422, press="Go on", fill={"code": "AAAAA AAAAA"}),
        Screen("/messages/{talk}/messages/1/report"),
        Screen("/messages/{talk}/messages/1/report", 422, press="Report to the office"),
    ),
    "vera": (
        Screen("/office/oversight"),
        Screen("/office/oversight/reports/{report}"),
        Screen("/office/oversight/reports/{report}", 422, press="Settle the report"),
        Screen("/office/oversight/reviews/new?q=leo"),
        Screen("/office/oversight/reviews/new?child={maya}"),
        Screen("/office/oversight/reviews/new?child={maya}", 422, press="Open the review"),
        Screen("/office/oversight/reviews/{review}"),
        Screen("/office/oversight/reviews/{review}", 422, press="Ask to wait"),
        Screen("/office/oversight/reviews/{review}/conversations/{other_talk}"),
    ),
    "pat, guardians": (
        Screen("/office/students/{maya}/guardians"),
        Screen("/office/students/{maya}/guardians", press="Review the change", fill={"grades": "off"}),
        Screen("/office/students/{fern}/guardians", 404),
        Screen("/office/students/{maya}/together"),
        Screen("/office/students/{maya}/record"),
        Screen("/office/students/{maya}/record", 422, press="Ask for the record"),
        Screen("/office/records"),
        Screen("/office/retention"),
        Screen("/office/retention", 422, press="Save years", fill={"files": "many"}),
        Screen("/office/people/{maya}/hold"),
        Screen("/office/people/{maya}/hold", 422, press="Place the hold"),
        Screen("/office/students/{maya}/guardians/new"),
        Screen("/office/students/{maya}/guardians/new?q=erin"),
        Screen("/office/students/{maya}/guardians/new", 422, press="Review what this does"),
        Screen("/office/students/{maya}/restrictions/new"),
        Screen("/office/students/{maya}/restrictions/new", 422, press="Review what this does"),
        Screen("/office/guardianships/{dana_of_maya}"),
        Screen("/office/guardianships/{dana_of_maya}", 422, press="Review what this does", fill={"relationship": ""}),
        Screen("/office/guardianships/{dana_of_maya}", press="End this link today"),
        Screen("/office/restrictions/{order}/lifting"),
        Screen("/office/students/{maya}/coming-of-age"),
        Screen("/office/students/{maya}/coming-of-age", 422, press="Review what this does", fill={"day-day": "40"}),
        Screen("/office/coming-of-age"),
        Screen("/office/coming-of-age", press="Review what this does", fill={"age": "21"}),
        Screen("/office/coming-of-age", 422, press="Review what this does", fill={"age": "many"}),
    ),
    "pat, scales": (
        Screen("/office/scales"),
        Screen("/office/scales/new"),
        Screen("/office/scales/new?q=nowhere"),
        Screen("/office/scales/new?from=germany-6"),
        Screen("/office/scales/new?from=germany-6", 422, press="Add this scale"),
        Screen("/office/scales/new?from=own", 422, press="Add this scale", fill={"name": "", "bands-1-bound": "60"}),
        Screen("/office/scales/{letters}"),
        Screen("/office/scales/{letters}", 422, press="Save changes", fill={"bands-0-bound": "10"}),
    ),
    "pat, classes": (
        Screen("/office/classes"),
        Screen("/office/classes/new"),
        Screen("/office/classes/new", 422, press="Add the class"),
        Screen("/office/classes/{algebra}"),
        Screen("/office/classes/{empty}"),
        Screen("/office/classes/{algebra}", 422, press="Save details", fill={"title": ""}),
        Screen("/office/classes/{algebra}/students/new"),
        Screen("/office/classes/{algebra}/students/new?q=zoe"),
        Screen("/office/classes/{algebra}/students/new", 422, press="Add to the class"),
        Screen("/office/classes/{algebra}/teachers/new"),
        Screen("/office/enrollments/{place}"),
    ),
    # In other languages words are longer, and Arabic runs the other way. After the comma: the language of the browser.
    "maya, es": (Screen("/student/", then=unfold), Screen("/student/classes/{full}", then=unfold)),
    "maya, ar": (
        Screen("/student/", then=unfold),
        Screen("/student/classes/{full}?whatif=yes&goal=85", then=unfold),
        Screen("/student/classes/{art}"),
        Screen("/student/calendar?view=month"),
        HELP,
    ),
    "dana, es": (
        Screen("/parent/", then=unfold),
        Screen("/parent/children/{maya}/classes/{full}", then=unfold),
        Screen("/messages/{talk}"),
        Screen("/auth/appearance"),
    ),
    "dana, ar": (
        Screen("/parent/", then=unfold),
        Screen("/parent/children/{maya}/classes/{full}", then=unfold),
        Screen("/messages/"),
        Screen("/messages/{talk}"),
        Screen("/messages/announcements/{news}"),
        Screen("/auth/appearance", then=open_account),
        Screen("/auth/sessions"),
    ),
    "visitor, ar": (
        Screen("/auth/sign-in", 422, press="تسجيل الدخول", fill={"username": "rivera", "password": "wrong"}),
    ),
    "rivera, es": (
        Screen("/teacher/"),
        Screen("/teacher/classes/{full}"),
        Screen("/teacher/classes/{full}/rules"),
        Screen("/teacher/classes/{full}/students/{maya}"),
    ),
    "pat, es": (
        Screen("/office/people"),
        Screen("/office/people/{dana}"),
        Screen("/office/classes"),
        Screen("/office/records"),
        Screen("/office/retention"),
        Screen("/office/people/{maya}/hold"),
    ),
}

# These show nothing by themselves: they answer machines and scripts, or lead to the home of the role in use.
NO_SCREENS = {"static", "healthz", "readyz", "auth.home", "office.index", "teacher.grid_texts"} | {
    "messages.announcement_stream",
    "messages.attachment",
    "office.message_report_file",
    "office.review_file",
    "messages.beside",
    "messages.changes",
    "messages.stream",
    "messages.unread",
    "student.calendar_feed",
    "teacher.by_assignment",
    "teacher.changes",
    "teacher.export_column",
    "teacher.stream",
    "teacher.student_ids",
    "teacher.undoable",
}


def routes_of(app: Flask) -> set[str]:
    """The endpoint of every address that shows a page."""
    return {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())} - NO_SCREENS


def routes_shown(app: Flask, names: Names) -> set[str]:
    """The endpoints that SCREENS walk to."""
    adapter = app.url_map.bind("localhost")
    # `accept`, the password of who has an app, and the button that begins with one end there.
    found: set[Any] = {"auth.invitation", "auth.sign_in_code", "auth.new_app"}
    for screen in (screen for screens in SCREENS.values() for screen in screens if screen is not NOWHERE):
        found.add(adapter.match(screen.path.format_map(names).split("?")[0])[0])
    return found
