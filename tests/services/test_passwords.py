"""What a hash costs, and that a name without an account is checked against a hash of nothing that costs the same.

With the product's own hasher; the other tests use a cheap one (tests/hashing.py).
"""

import pytest
from argon2 import Type, extract_parameters

from gradebook.services import passwords
from tests import hashing

PASSWORD = "correct horse of the stable"


@pytest.fixture(autouse=True)
def products_hasher():
    hashing.hash_with(hashing.PRODUCT)
    yield
    hashing.hash_with(hashing.CHEAP)


def test_passwords_are_hashed_as_owasp_says():
    stored = passwords.hash_password(PASSWORD)
    made_with = extract_parameters(stored)
    assert (made_with.type, made_with.memory_cost, made_with.time_cost, made_with.parallelism) == (Type.ID, 47104, 1, 1)
    assert made_with.salt_len >= 16
    assert not passwords.needs_rehash(stored)
    assert stored != passwords.hash_password(PASSWORD)


def test_a_hash_with_other_parameters_fits_and_is_made_anew():
    old = hashing.CHEAP.hash(PASSWORD)
    assert passwords.check_password(old, PASSWORD)
    assert passwords.needs_rehash(old)


def test_the_hash_of_nothing_costs_what_a_persons_hash_costs():
    theirs = passwords.hash_password(PASSWORD)
    assert extract_parameters(passwords._NOBODY) == extract_parameters(theirs)


def test_no_password_fits_where_there_is_no_account():
    assert passwords.check_password(passwords.hash_password(PASSWORD), PASSWORD)
    assert not passwords.check_password(None, PASSWORD)
    assert not passwords.check_password(None, "")


def test_each_process_has_a_hash_of_nothing_of_its_own():
    assert passwords._hash_of_nothing() != passwords._hash_of_nothing()
