"""Passwords: argon2id hashes and the rules for choosing one (NIST SP 800-63B-4, security.md)."""

import re
import secrets
import threading
from base64 import b64encode
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from gradebook.models import AccountKind, User

# OWASP Password Storage Cheat Sheet: m=47104 KiB, t=1, p=1. The one place where they stand.
HASHER = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
HASHES_AT_ONCE = threading.BoundedSemaphore(4)  # 46 MiB each: a flood of sign-ins must not exhaust memory

SHORTEST = {AccountKind.ADULT: 15, AccountKind.STUDENT: 8}
LONGEST = 200

_COMMON = frozenset(
    """password passwort passwords motdepasse contrasena parola qwerty qwertz azerty letmein welcome iloveyou monkey
    dragon football baseball basketball soccer hockey princess sunshine superman batman pokemon minecraft fortnite
    roblox charlie jordan michael jennifer thomas ashley jessica daniel andrew joshua hunter shadow master computer
    internet samsung google youtube facebook instagram starwars whatever trustno trustme freedom flower butterfly
    chocolate cookie summer winter autumn spring monday tuesday wednesday thursday friday saturday sunday january
    february march april june july august september october november december school student teacher parent office
    classroom homework gradebook administrator admin changeme default secret abcdefgh correcthorsebatterystaple
    liverpool arsenal chelsea barcelona madrid mustang ferrari mercedes killer lovely angel family mother father
    purple orange yellow silver golden diamond banana pepper ginger tigger buster maggie snoopy harrypotter
    hogwarts spiderman ironman pikachu naruto unicorn rainbow passphrase openup access""".split()
)
_WALKS = (
    "01234567890123456789",
    "98765432109876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "zyxwvutsrqponmlkjihgfedcba",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujmikolp",
)
_LEET = str.maketrans("013457@$!", "oieasta" + "si")


class PasswordFault(StrEnum):
    """Why a password is refused."""

    COMMON = "common"
    NAMES_YOU = "names_you"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"


def hash_password(password: str) -> str:
    """The argon2id hash, with its own salt."""
    with HASHES_AT_ONCE:
        return HASHER.hash(password)


def _hash_of_nothing() -> str:
    """A hash in the form of argon2's, with a salt and a digest at random: to check it takes as long as any other."""
    salt, digest = (
        b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (HASHER.salt_len, HASHER.hash_len)
    )
    costs = f"m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${digest}"


# Checked where there is no account, so that an unknown name takes as long as a wrong password. Not hashed from a
# password: that would be a tenth of a second of every start.
_NOBODY = _hash_of_nothing()


def check_password(stored: str | None, password: str) -> bool:
    """Whether the password fits the stored hash; takes the same time when there is none."""
    with HASHES_AT_ONCE:
        try:
            return HASHER.verify(stored or _NOBODY, password[:LONGEST]) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with older parameters."""
    return HASHER.check_needs_rehash(stored)


def password_fault(password: str, user: User, school_names: tuple[str, ...] = ()) -> PasswordFault | None:
    """Why this person may not have this password, or None. Length is the rule; no composition rules, no expiry."""
    if len(password) < SHORTEST[user.account_kind]:
        return PasswordFault.TOO_SHORT
    if len(password) > LONGEST:
        return PasswordFault.TOO_LONG
    if _is_common(password):
        return PasswordFault.COMMON
    if _is_built_from(password, (user.username, user.display_name, user.called, user.email or "", *school_names)):
        return PasswordFault.NAMES_YOU
    return None


def _is_common(password: str) -> bool:
    plain = password.casefold()
    if len(set(plain)) <= 3 or any(plain in walk for walk in _WALKS) or _repeats(plain):
        return True
    return _letters(plain) in _COMMON or _letters(plain.translate(_LEET)) in _COMMON


def _repeats(text: str) -> bool:
    """abcabcabc: a short piece said again and again."""
    return any(text == (text[:size] * (len(text) // size + 1))[: len(text)] for size in range(1, len(text) // 2 + 1))


def _letters(text: str) -> str:
    """What is left of Summer2026! without its digits and marks: the part that people think of as the secret."""
    return re.sub(r"[\W\d_]+", "", text)


def _is_built_from(password: str, names: tuple[str, ...]) -> bool:
    """Whether hardly anything is left of the password without the person's own and the school's names."""
    rest = password.casefold()
    for name in names:
        for piece in re.split(r"[\W_]+", name.casefold()):
            if len(piece) >= 3:
                rest = rest.replace(piece, "")
    return len(rest) < len(password) and len(_letters(rest)) < 4
