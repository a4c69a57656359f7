"""The second step of signing in, as somebody of the office meets it: set up, used, lost."""

from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from gradebook.extensions import db
from gradebook.models import Authenticator, LoginSession, User
from gradebook.services import second_step
from tests.school import PASSWORD


def code_now(site, username):
    """The next code of this person's app that the server would take, by the server's clock."""
    with site.app.app_context():
        user_id = db.session.scalar(select(User.id).where(User.username_key == username))
        now = db.session.scalar(select(func.max(LoginSession.created_at)).where(LoginSession.user_id == user_id))
        app = db.session.scalars(
            select(Authenticator).where(Authenticator.user_id == user_id).order_by(Authenticator.id.desc())
        ).first()
        code = second_step.next_code(app, site.app.config["SECRET_KEY"], now)
        db.session.remove()
    return code


def give_password(page: Page, username: str) -> None:
    page.goto("/auth/sign-in")
    page.get_by_label("Username or email").fill(username)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")


def test_the_office_sets_it_up_signs_in_with_it_and_gets_in_without_the_phone(site, page: Page, axe):
    give_password(page, "pat")
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step at sign-in")
    axe(page)
    page.get_by_role("button", name="Use an authenticator app").click()
    code = code_now(site, "pat")
    page.get_by_label("Code from your app").fill(f"{code[:3]} {code[3:]}")
    page.get_by_label("Code from your app").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    axe(page)
    codes = page.locator(".recovery code").all_inner_texts()
    assert len(codes) == 10
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert all(code in download.value.path().read_text() for code in codes)
    page.get_by_role("link", name="I have saved these").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("People")

    page.context.clear_cookies()
    give_password(page, "pat")
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter your code")
    expect(page.get_by_label("Trust this device for 30 days")).not_to_be_checked()
    axe(page)
    page.get_by_label("Code from your app").fill(code)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert", name="There is a problem")).to_contain_text("That code was used already.")
    axe(page)
    page.get_by_label("Code from your app").fill(code_now(site, "pat"))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("People")

    page.context.clear_cookies()
    give_password(page, "pat")
    page.get_by_role("link", name="Use a recovery code").click()
    page.get_by_label("Recovery code", exact=True).fill(codes[3].lower())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("region", name="You used a recovery code")).to_contain_text("Recovery codes left: 9.")
