"""The shorthand of a score cell (grading.md G17, ux.md section 4)."""

from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradebook.grading.typed import ScoreError, TypedScore, parse_score, show_score, typed_from
from gradebook.grading.values import Mark, Status
from tests.grading.how_many import how_many

TWENTY = 2000
LETTERS = ("A", "B+", "B", "E", "Fail")
some = settings(max_examples=how_many(200), derandomize=True, deadline=None, database=None)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("", TypedScore()),
        ("  ", TypedScore()),
        ("0", TypedScore(points=0)),
        ("18", TypedScore(points=1800)),
        (" 18 ", TypedScore(points=1800)),
        ("018", TypedScore(points=1800)),
        ("18.5", TypedScore(points=1850)),
        ("18,5", TypedScore(points=1850)),
        ("1,5", TypedScore(points=150)),
        ("18.25", TypedScore(points=1825)),
        (".5", TypedScore(points=50)),
        ("30", TypedScore(points=3000)),
        ("18/20", TypedScore(points=1800)),
        ("18 / 20", TypedScore(points=1800)),
        ("18/20,0", TypedScore(points=1800)),
        ("18l", TypedScore(points=1800, late=True)),
        ("18 L", TypedScore(points=1800, late=True)),
        ("18/20l", TypedScore(points=1800, late=True)),
        ("90%", TypedScore(percent=Fraction(90))),
        ("90,25%l", TypedScore(percent=Fraction("90.25"), late=True)),
        ("m", TypedScore(status=Status.missing)),
        ("M", TypedScore(status=Status.missing)),
        ("e", TypedScore(status=Status.excused)),
        ("ex", TypedScore(status=Status.excused)),
        ("i", TypedScore(status=Status.incomplete)),
        ("t", TypedScore(status=Status.turned_in)),
        ("١٨", TypedScore(points=1800)),
        ("١٨٫٥", TypedScore(points=1850)),
        ("۱۸٫۵", TypedScore(points=1850)),
        ("۹۰%", TypedScore(percent=Fraction(90))),
    ],
)
def test_what_a_teacher_types(text: str, score: TypedScore) -> None:
    assert parse_score(text, TWENTY) == score


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("B+", TypedScore(letter="B+")),
        ("b+", TypedScore(letter="B+")),
        ("B+l", TypedScore(letter="B+", late=True)),
        ("B l", TypedScore(letter="B", late=True)),
        ("Fail", TypedScore(letter="Fail")),
        ("fail l", TypedScore(letter="Fail", late=True)),
        ("E", TypedScore(letter="E")),
        ("e", TypedScore(status=Status.excused)),
        ("M", TypedScore(status=Status.missing)),
        ("18", TypedScore(points=1800)),
    ],
)
def test_where_the_class_uses_letters(text: str, score: TypedScore) -> None:
    assert parse_score(text, TWENTY, letters=LETTERS) == score


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *((text, "not_a_score") for text in ("18x", "x", "NaN", "1e3", "inf", "1_0", "+5", "5.", "1.2.3", "1,234.5")),
        *((text, "not_a_score") for text in ("18//20", "/20", "%", "l", "ml", "A", "18ll", "1 8", "0x10", "²", "１８")),
        *((text, "not_a_score") for text in ("18\n", "18\x00", "--5", "90%%", "१८")),
        *((text, "too_many_decimals") for text in ("1,234", "18.555", "90.125%", "18/20.000")),
        *((text, "negative") for text in ("-5", "\u22125", "-0", "-5%")),
        *((text, "other_total") for text in ("18/25", "18/2", "18/20.01")),
        *((text, "needs_confirmation") for text in ("30.01", "180", "150.01%", "40/20")),
        *((text, "too_large") for text in ("100000", "9999999999", "100000%")),
        *((text, "too_long") for text in ("12345678901", "1" * 5000, "18.00000000")),
    ],
)
def test_what_is_not_saved(text: str, code: str) -> None:
    with pytest.raises(ScoreError) as refused:
        parse_score(text, TWENTY)
    assert refused.value.code == code
    assert refused.value.args == (code, refused.value.params)
    known = {"too_long": {"longest": "10"}, "other_total": {"typed": text, "possible": "20"}}
    known["needs_confirmation"] = known["other_total"]
    assert refused.value.params == known.get(code, {"typed": text})


def test_far_above_full_marks_waits_for_a_second_enter() -> None:
    with pytest.raises(ScoreError) as refused:
        parse_score("180", TWENTY)
    assert refused.value.params == {"typed": "180", "possible": "20"}
    assert parse_score("180", TWENTY, confirmed=True) == TypedScore(points=18_000)


def test_the_most_there_is_can_be_typed() -> None:
    assert parse_score("99999.99", TWENTY, confirmed=True) == TypedScore(points=9_999_999)
    assert parse_score("99999.99%", TWENTY, confirmed=True) == TypedScore(percent=Fraction("99999.99"))


def test_out_of_0_any_points_may_be_added() -> None:
    assert parse_score("5", 0) == TypedScore(points=500)


def test_a_scale_of_numbers_is_read_as_its_labels() -> None:
    letters = ("5", "4", "3", "2")
    assert parse_score("5", TWENTY, letters=letters) == TypedScore(letter="5")
    assert parse_score("5.0", TWENTY, letters=letters) == TypedScore(points=500)
    assert show_score(TypedScore(points=500), TWENTY, letters=letters) == "5.0"
    assert show_score(TypedScore(points=600), TWENTY, letters=letters) == "6"


def test_a_long_label_can_be_typed_with_its_late_mark_and_no_longer() -> None:
    letters = ("Satisfactory", "No")
    assert parse_score("satisfactory l", TWENTY, letters=letters) == TypedScore(letter="Satisfactory", late=True)
    with pytest.raises(ScoreError) as refused:
        parse_score("satisfactory  l", TWENTY, letters=letters)
    assert (refused.value.code, refused.value.params) == ("too_long", {"longest": "14"})


@pytest.mark.parametrize(
    ("score", "letters", "text"),
    [
        (TypedScore(points=500), ("5", "5.0"), "5.00"),
        (TypedScore(points=500), ("5", "5.0", "5.00"), "5/20"),
        (TypedScore(points=9000), ("90",), "90.0"),  # above 150% it was confirmed, and is no label for that
        (TypedScore(percent=Fraction(50)), ("50%",), "50.0%"),
        (TypedScore(letter="m"), ("m", "p"), "M"),  # m is missing
        (TypedScore(letter="B", late=True), ("B", "Bl"), "B l"),
    ],
)
def test_what_looks_like_a_label_is_written_in_another_way(
    score: TypedScore, letters: tuple[str, ...], text: str
) -> None:
    assert show_score(score, TWENTY, letters=letters) == text


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (TypedScore(), ""),
        (TypedScore(points=1800), "18"),
        (TypedScore(points=1850, late=True), "18.5l"),
        (TypedScore(percent=Fraction("90.25")), "90.25%"),
        (TypedScore(letter="B+", late=True), "B+l"),
        (TypedScore(status=Status.excused), "e"),
        (TypedScore(letter="lost"), "lost"),
    ],
)
def test_what_stands_in_the_cell(score: TypedScore, text: str) -> None:
    assert show_score(score, TWENTY, letters=LETTERS) == text


def test_a_cell_shows_its_status_and_not_the_points_kept_under_it() -> None:
    assert typed_from(Mark(points=900, status=Status.missing)) == TypedScore(status=Status.missing)
    assert typed_from(Mark(points=900, status=Status.turned_in)) == TypedScore(points=900)
    assert typed_from(Mark(status=Status.turned_in)) == TypedScore(status=Status.turned_in)
    assert typed_from(1800) == TypedScore(points=1800)
    assert typed_from(Mark(percent=Fraction(90), late=True)) == TypedScore(percent=Fraction(90), late=True)
    assert typed_from(Mark(letter="B+")) == TypedScore(letter="B+")
    assert typed_from(None) == TypedScore()


labels = st.lists(
    st.text("ABCEFMITXLabcefmitxl+-*1234567890.%/", min_size=1, max_size=8),
    max_size=6,
    unique_by=str.casefold,
)
amounts = st.integers(0, 9_999_999)
FORMS = ("status", "points", "percent", "letter")


@st.composite
def stored(draw: st.DrawFn) -> tuple[TypedScore, list[str]]:
    letters = draw(labels)
    late = draw(st.booleans())
    match draw(st.sampled_from(FORMS if letters else FORMS[:3])):
        case "status":
            return TypedScore(status=draw(st.sampled_from(Status))), letters
        case "points":
            return TypedScore(points=draw(amounts), late=late), letters
        case "percent":
            return TypedScore(percent=Fraction(draw(amounts), 100), late=late), letters
        case _:
            return TypedScore(letter=draw(st.sampled_from(letters)), late=late), letters


@given(stored(), st.integers(0, 99_999), st.sampled_from(".,"))
@some
def test_what_is_shown_is_read_back_as_the_same_score(
    given: tuple[TypedScore, list[str]], possible: int, mark: str
) -> None:
    score, letters = given
    text = show_score(score, possible, letters=letters, mark=mark)
    assert parse_score(text, possible, letters=letters, confirmed=True) == score


@given(st.text(max_size=14) | st.text("0123456789.,/%lLmeit -٣۴٫", max_size=11))
@some
@example("\u0660" * 10)
@example("ﬁ")
@example("İ")
def test_any_text_is_a_score_or_is_refused(text: str) -> None:
    try:
        score = parse_score(text, TWENTY, letters=LETTERS)
    except ScoreError:
        return
    assert score.points is None or 0 <= score.points <= 3000
    assert score.percent is None or 0 <= score.percent <= 150
