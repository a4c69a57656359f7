"""Passwords in the tests are hashed as cheaply as argon2 can; the product's own hasher is slow and large on purpose.

test_passwords.py holds the product's to what it has to be.
"""

from argon2 import PasswordHasher

from gradebook.services import passwords

PRODUCT = passwords.HASHER
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def hash_with(hasher: PasswordHasher) -> None:
    """From now on this process hashes passwords with this; a hash names what made it, so all can be checked."""
    passwords.HASHER = hasher
    passwords._NOBODY = passwords._hash_of_nothing()
