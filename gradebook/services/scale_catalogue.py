"""The grading scales that come with the product: a school picks one, changes it as it likes, and has it for its own.

Cut-offs are conventions of the places named, not laws; the source of each is named beside it. A scale without bounds
(`needs_bounds`) belongs to exams whose boundaries are set anew each time: the school fills them in before it is used.
A better level may have the smaller number: what counts is the bound, never the label.
"""

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from gradebook.grading.values import GradingScale as Letters


class Place(StrEnum):
    """Where a scale is at home."""

    UNITED_STATES = "us"
    ENGLAND = "england"
    FRANCE = "france"
    GERMANY = "germany"
    INTERNATIONAL = "international"
    SOFTWARE = "software"


class Band(NamedTuple):
    """One line of a scale that can be picked."""

    label: str
    bound: Decimal | None
    """Percent from which it holds; None: the school says."""
    meaning: str = ""


class Offered(NamedTuple):
    """A scale that can be picked."""

    key: str
    name: str
    place: Place
    bands: tuple[Band, ...]
    """From the best."""
    source: str

    @property
    def needs_bounds(self) -> bool:
        """Whether the school has to fill the bounds in."""
        return any(band.bound is None for band in self.bands)


def _percent(**bounds: int) -> tuple[Band, ...]:
    return tuple(Band(_sign(label), Decimal(bound)) for label, bound in bounds.items())


def _sign(label: str) -> str:
    return label.replace("_plus", "+").replace("_minus", "-")  # as it is typed on a keyboard


def _out_of(points: int, **bounds: int) -> tuple[Band, ...]:
    scale = Letters.out_of(points, [(label.replace("_", " "), bound) for label, bound in bounds.items()])
    return tuple(Band(label, Decimal(bound.numerator) / bound.denominator) for label, bound in scale.bands)


def _levels(*levels: tuple[str, str]) -> tuple[Band, ...]:
    return tuple(Band(label, None, meaning) for label, meaning in levels)


CATALOGUE = (
    Offered(
        "us-letters",
        "US letters A–F",
        Place.UNITED_STATES,
        _percent(A=90, B=80, C=70, D=60, F=0),
        "gradeculator.com, Understanding letter grades and GPA",
    ),
    Offered(
        "us-plus-minus",
        "US letters with plus and minus",
        Place.UNITED_STATES,
        _percent(
            A_plus=97,
            A=93,
            A_minus=90,
            B_plus=87,
            B=83,
            B_minus=80,
            C_plus=77,
            C=73,
            C_minus=70,
            D_plus=67,
            D=63,
            D_minus=60,
            F=0,
        ),  # fmt: skip
        "gpacalctools.com, GPA scale letter grades",
    ),
    Offered(
        "us-college-board",
        "US letters, College Board",
        Place.UNITED_STATES,
        _percent(
            A_plus=97,
            A=93,
            A_minus=90,
            B_plus=87,
            B=83,
            B_minus=80,
            C_plus=77,
            C=73,
            C_minus=70,
            D_plus=67,
            D=65,
            F=0,
        ),  # fmt: skip
        "fastgpacalc.com, 100-point to 4.0 GPA; sciencing.com, Different GPA scales",
    ),
    Offered(
        "pass-fail",
        "Pass / fail",
        Place.INTERNATIONAL,
        (Band("P", Decimal(60), "pass"), Band("F", Decimal(0), "fail")),
        "dnlearn.org, Grading schemes; 70% is also found",
    ),
    Offered(
        "canvas",
        "Letters as in Canvas",
        Place.SOFTWARE,
        _percent(
            A=94,
            A_minus=90,
            B_plus=87,
            B=84,
            B_minus=80,
            C_plus=77,
            C=74,
            C_minus=70,
            D_plus=67,
            D=64,
            D_minus=61,
            F=0,
        ),  # fmt: skip
        "instructure/canvas-lms, app/models/grading_standard.rb",
    ),
    Offered(
        "moodle",
        "Letters as in Moodle",
        Place.SOFTWARE,
        _percent(
            A=93, A_minus=90, B_plus=87, B=83, B_minus=80, C_plus=77, C=73, C_minus=70, D_plus=67, D=60, F=0
        ),  # fmt: skip
        "moodle/moodle, lib/gradelib.php, grade_get_letters()",
    ),
    Offered(
        "france-20",
        "France, out of 20",
        Place.FRANCE,
        _out_of(20, Très_bien=16, Bien=14, Assez_bien=12, Passable=10, Insuffisant=0),
        "studyineurope.eu, Study in France: grades; the mentions of the baccalauréat",
    ),
    Offered(
        "ib",
        "International Baccalaureate, 7 to 1",
        Place.INTERNATIONAL,
        _levels(
            ("7", "excellent"),
            ("6", "very good"),
            ("5", "good"),
            ("4", "satisfactory"),
            ("3", "mediocre"),
            ("2", "poor"),
            ("1", "very poor"),
        ),  # fmt: skip
        "ibo.org, Diploma recognition; boundaries are set for each subject and session",
    ),
    Offered(
        "england-gcse",
        "England, GCSE 9 to 1",
        Place.ENGLAND,
        _levels(
            ("9", "high A*"),
            ("8", "lower A* or high A"),
            ("7", "lower A"),
            ("6", "high B"),
            ("5", "strong pass"),
            ("4", "standard pass"),
            ("3", "D or high E"),
            ("2", "lower E or high F"),
            ("1", "lower F or G"),
            ("U", "ungraded"),
        ),  # fmt: skip
        "nanoqual.co.uk, GCSE grades explained; boundaries are set each year",
    ),
    Offered(
        "germany-6",
        "Germany, 1 to 6",
        Place.GERMANY,
        _levels(
            ("1", "sehr gut"),
            ("2", "gut"),
            ("3", "befriedigend"),
            ("4", "ausreichend"),
            ("5", "mangelhaft"),
            ("6", "ungenügend"),
        ),  # fmt: skip
        "uni-passau.de, Grading scale; there is no national table of percentages",
    ),
    Offered(
        "germany-15",
        "Germany, upper secondary, 15 to 0",
        Place.GERMANY,
        _levels(
            *(
                (f"{points:02d}", tendency)
                for points, tendency in zip(
                    range(15, -1, -1),
                    ("1+", "1", "1-", "2+", "2", "2-", "3+", "3", "3-", "4+", "4", "4-", "5+", "5", "5-", "6"),
                    strict=True,
                )
            )
        ),  # fmt: skip
        "uni-weimar.de, Grading system; ds-doha.de, Grading system in Germany",
    ),
)


def offered(key: str | None) -> Offered | None:
    """The scale of that key."""
    return next((one for one in CATALOGUE if one.key == key), None)
