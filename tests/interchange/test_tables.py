"""Reading tables that others wrote, and writing tables that spreadsheets open."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from gradebook.interchange.tables import RowProblem, Unreadable, decoded, inert, read_table, written


@pytest.fixture(autouse=True)
def _words(app):
    """Texts are translations, which need an application."""


def cells(content: bytes, delimiter=","):
    return [(row.line, row.cells) for row in read_table(content, "a.csv", delimiter).rows()]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("last", [True, False])
def test_marks_line_ends_and_a_missing_last_one_do_not_matter(end, mark, last):
    content = mark + end.join([b'"name",points', b'"Diaz, Maya",18', b"Leo,9"]) + (end if last else b"")
    assert cells(content) == [(2, {"name": "Diaz, Maya", "points": "18"}), (3, {"name": "Leo", "points": "9"})]


def test_a_quoted_line_end_keeps_the_line_numbers_of_the_file():
    assert [line for line, _ in cells(b'a,b\n"1\n2",x\n3,y\n')] == [2, 4]


def test_columns_are_found_by_name_in_any_order_and_unknown_ones_are_ignored():
    (row,) = read_table(b"metadata.x,POINTS, Name \n1,18,Maya\n", "a.csv").rows()
    assert (row.text("name"), row.text("points"), row.text("absent")) == ("Maya", "18", "")


def test_blank_rows_are_passed_over_and_missing_last_cells_are_blank():
    assert cells(b"a,b\n\n,\n1\n") == [(4, {"a": "1", "b": ""})]


def test_a_row_with_too_many_cells_is_a_problem_and_the_others_are_read():
    table = read_table(b"a,b\nx,y,z\n1,2\n1,2,\n", "a.csv")
    assert len(list(table.rows())) == 2
    (problem,) = table.problems
    assert (problem.file, problem.line) == ("a.csv", 2)
    assert "3 cells" in str(problem)


def test_an_open_quote_says_from_which_line_on_the_file_cannot_be_read():
    with pytest.raises(Unreadable, match="from line 3 on"):
        list(read_table(b'a,b\n1,2\n"3,4\n5,6\n', "a.csv").rows())


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"PK\x03\x04...", b"a,b\n\x00\x00,1\n"])
def test_what_is_no_text_is_refused_with_what_to_do(content):
    with pytest.raises(Unreadable, match="CSV"):
        decoded(content, "a.csv")


def test_old_windows_files_and_utf_16_are_read():
    assert decoded("Inés".encode("cp1252"), "a.csv") == "Inés"
    assert decoded("Inés".encode("utf-16"), "a.csv") == "Inés"


@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_the_delimiter_is_found_out_from_the_header(delimiter):
    content = delimiter.join(["student", '"a, b; c"', "score"]) + "\n" + delimiter.join(["Maya", "x", '"1,5"'])
    assert cells(content.encode(), None)[0][1]["score"] == "1,5"


@pytest.mark.parametrize("text", ["2026-02-30", "20.11.2026", "11/20/2026", "soon", "٢٠٢٦-٠١-٠١"])
def test_what_is_no_date_is_a_problem_with_its_value(text):
    (row,) = read_table(f"day\n{text}\n".encode(), "a.csv").rows()
    with pytest.raises(RowProblem) as caught:
        row.day("day")
    assert caught.value.problem[:4] == ("a.csv", 2, "day", text)


def test_dates_flags_and_lists_are_read():
    (row,) = read_table(b'day,flag,list\n2026-11-20T10:00:00Z,TRUE,"a, b,,a"\n', "a.csv").rows()
    assert (row.day("day"), row.flag("flag"), row.listed("list")) == (date(2026, 11, 20), True, ("a", "b"))


def test_a_value_that_is_too_long_is_a_problem_and_control_characters_are_left_out():
    (row,) = read_table(b"name\nMa\x07ya\x1b   Diaz\n", "a.csv").rows()
    assert row.text("name") == "Ma ya Diaz"
    with pytest.raises(RowProblem, match="longer than 3"):
        row.text("name", 3)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", '=HYPERLINK("http://x")', "\uff1d1", "\n=1"]
)
def test_text_that_looks_like_a_formula_is_made_inert(text):
    assert inert(text).startswith("'")
    (_, row) = csv.reader(io.StringIO(written(["a"], [[text]]), newline=""))
    assert row == ["'" + text]


@pytest.mark.parametrize("text", ["Maya", "Anne-Marie", "a=b", "5", ""])
def test_other_text_stays_as_it_is(text):
    assert inert(text) == text


def test_numbers_stay_numbers_and_nothing_is_an_empty_cell():
    assert written(["a", "b", "c"], [[Decimal("-82.4"), 3, None]]) == "a,b,c\r\n-82.4,3,\r\n"
