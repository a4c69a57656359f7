"""A name without an account is checked against a hash of nothing, which costs what every other hash costs."""

from argon2 import extract_parameters

from gradebook.services import passwords

PASSWORD = "correct horse of the stable"


def test_the_hash_of_nothing_costs_what_a_persons_hash_costs():
    theirs = passwords.hash_password(PASSWORD)
    assert extract_parameters(passwords._NOBODY) == extract_parameters(theirs)


def test_no_password_fits_where_there_is_no_account():
    assert passwords.check_password(passwords.hash_password(PASSWORD), PASSWORD)
    assert not passwords.check_password(None, PASSWORD)
    assert not passwords.check_password(None, "")


def test_each_process_has_a_hash_of_nothing_of_its_own():
    assert passwords._hash_of_nothing() != passwords._hash_of_nothing()
