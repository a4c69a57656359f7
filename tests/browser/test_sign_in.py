"""Signing in, in a real browser: with scripts, without them, and on a phone."""

from playwright.sync_api import Page, expect


def test_the_sign_in_page_is_accessible(page: Page, axe):
    page.goto("/auth/sign-in")
    axe(page)


def test_a_teacher_signs_in(page: Page, sign_in_as):
    sign_in_as(page, "rivera")
    expect(page).to_have_url("/teacher/")


def test_a_student_signs_in_without_scripts(page_without_scripts: Page, sign_in_as):
    sign_in_as(page_without_scripts, "maya")
    expect(page_without_scripts).to_have_url("/student/")


def test_a_wrong_password_is_explained_beside_the_field(page: Page, axe):
    page.goto("/auth/sign-in")
    page.get_by_label("Username or email").fill("rivera")
    page.get_by_label("Password", exact=True).fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert", name="There is a problem")).to_contain_text(
        "The username or password is not right."
    )
    axe(page)


def test_the_sign_in_page_fits_a_phone(phone: Page, axe):
    phone.goto("/auth/sign-in")
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    axe(phone)
