"""Every figure in docs/grading.md, worked out again.

A block fenced as `example` holds one class and one student, a line for each thing; `rules` is one line, with
any of these:

    rules: weighted; missing counts as 50%; missing does not count; late 10% per day, not below 50%;
           cap 100%; letters A 90, B 80, F 0; letters on whole percent; period 1 weighs 60%
    asked by: family | teacher                                                        (teacher if not said)
    category Name: 30%; equal; own weights; drop 1 lowest; drop 1 highest; keep best 2; extra credit
    Name (Category): score of points; hidden; extra credit; weight 3; period 1; handed in 90 minutes late
    replaced by: 80                                              (also: period 1 replaced by: 80)
    closed: period 1, and from then on    then typed: Name 2 of 10

and of what is checked: `current`, `final`, `letter`, `shown` and `shown letter` (what replaces the grade),
`percentage of Category`, `counts Name` (points after lateness), `dropped`, `dropped in final`, `most`,
`needed on Name for 80%`, and `sum: … = …`, arithmetic.
A figure in the text around the blocks must stand in a block of its section, or in code style.
"""

import ast
import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gradebook.grading.cells import Asked
from gradebook.grading.frozen import freeze, thaw
from gradebook.grading.overrides import Override, typed_override
from gradebook.grading.overrides import shown as shown_totals
from gradebook.grading.periods import CourseCalculator, CourseGrade, calculator_for
from gradebook.grading.scales import percent_text, round_percent
from gradebook.grading.section_grade import Calculator
from gradebook.grading.typed import parse_score
from gradebook.grading.values import (
    Category,
    GradingScale,
    LateRule,
    Mark,
    Period,
    Rules,
    Work,
    hundredths,
    points_text,
)
from gradebook.grading.whatif import Need, needed_for

PAGE = (Path(__file__).parent.parent.parent / "docs" / "grading.md").read_text("utf-8")
SECTIONS = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
BLOCK = re.compile(r"^```example\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = [
    pytest.param(block, id=f"{section.splitlines()[0]} {at}")
    for section in SECTIONS
    for at, block in enumerate(BLOCK.findall(section), start=1)
]
DUE = datetime(2026, 11, 2, 15, tzinfo=UTC)
CHECKED = ("shown", "shown letter", "sum", "current", "final", "letter", "dropped", "dropped in final", "most")
CHECKED_OF = ("percentage of ", "counts ", "needed on ")


class Example:
    """One block, read."""

    def __init__(self, block: str) -> None:
        self.lines = [tuple(line.split(": ", 1)) for line in block.splitlines()]
        self.rules = Rules()
        self.family = False
        self.categories: list[Category] = []
        self.works: list[Work] = []
        self.marks: dict[int, Mark | int] = {}
        self.override: Override | None = None
        self.settled: dict[str, Any] = {}
        for name, value in self.lines:
            if name == "rules":
                self.rules = rules_from(value)
            elif name == "asked by":
                self.family = {"family": True, "teacher": False}[value]
            elif name.startswith("category "):
                self.categories.append(category_from(len(self.categories) + 1, name[9:], value))
            elif name == "then typed":
                self.type_again(value)
            elif name == "closed":
                self.close(int(value.removeprefix("period ")))
            elif name.endswith("replaced by"):
                self.replace(name, value)
            elif name not in CHECKED and not name.startswith(CHECKED_OF):
                self.add_work(name, value)
        self.ask = partial(self.calculator.grade, asked=self.asked, **self.settled)
        self.grade: Any = self.ask(self.marks)

    @property
    def calculator(self) -> Calculator | CourseCalculator:
        return calculator_for(self.rules, self.categories or [Category(0)], self.works)

    @property
    def asked(self) -> Asked:
        return Asked(DUE, posted_only=self.family)

    def type_again(self, text: str) -> None:
        title, score = text.split(" ", 1)
        work = self.work(title)
        self.marks[work.id] = Mark(**parse_score(score.split(" of ")[0], work.possible)._asdict())

    def close(self, period: int) -> None:
        grade = self.calculator.grade(self.marks, self.asked)
        assert isinstance(grade, CourseGrade)
        self.settled["frozen"] = {one.id: thaw(freeze(part)) for one, part in grade.periods if one.id == period}

    def replace(self, name: str, text: str) -> None:
        override = typed_override(text, "as the page says", letters=self.rules.scale.labels if self.rules.scale else ())
        if name == "replaced by":
            self.override = override
        else:
            self.settled["overrides"] = {int(name.split()[1]): override}

    def add_work(self, name: str, value: str) -> None:
        found = re.fullmatch(r"(.+?)(?: \((.+)\))?", name)
        assert found, name
        score, *options = value.split("; ")
        typed, possible = score.split(" of ")
        category = next((one.id for one in self.categories if one.title == found[2]), 0)
        work = Work(len(self.works) + 1, category, found[1], hundredths(Decimal(possible)), due_at=DUE)
        letters = self.rules.scale.labels if self.rules.scale else ()
        mark = Mark(**parse_score(typed.replace("–", ""), work.possible, letters=letters)._asdict())
        for option in options:
            work, mark = with_option(work, mark, option)
        self.works.append(work._replace(position=work.id))
        if mark != Mark():
            self.marks[work.id] = mark

    def work(self, title: str) -> Work:
        return next(work for work in self.works if work.title == title)


def rules_from(text: str) -> Rules:
    given: dict[str, Any] = {"periods": ()}
    for option in text.split("; "):
        number = [Fraction(found) for found in re.findall(r"[0-9.]+", option)]
        if option in ("weighted", "points"):
            given["mode"] = option
        elif option.startswith("missing"):
            given["missing_percent"] = number[0] if number else None
        elif option.startswith("late"):
            interval: Any = "day" if "per day" in option else "hour"
            given["late"] = LateRule(number[0], interval, *number[1:])
        elif option.startswith("cap"):
            given["cap_percent"] = number[0]
        elif option == "letters on whole percent":
            given["letter_on_whole_percent"] = True
        elif option.startswith("letters "):
            pairs = [pair.split() for pair in option.removeprefix("letters ").split(", ")]
            given["scale"] = GradingScale.of((label, bound) for label, bound in pairs)
        else:
            assert option.startswith("period "), option
            given["periods"] += (Period(int(number[0]), number[1]),)
    return Rules(**given)


def category_from(at: int, title: str, text: str) -> Category:
    weight, *options = text.split("; ")
    given: dict[str, Any] = {}
    for option in options:
        drop = re.fullmatch(r"drop (\d+) (lowest|highest)", option)
        keep = re.fullmatch(r"keep best (\d+)", option)
        if drop:
            given[f"drop_{drop[2]}"] = int(drop[1])
        elif keep:
            given["keep_best"] = int(keep[1])
        else:
            given |= {
                "equal": {"weighing": "equal"},
                "own weights": {"weighing": "own"},
                "extra credit": {"extra_credit": True},
            }[option]
    return Category(at, title, Fraction(weight.removesuffix("%")), position=at, **given)


def with_option(work: Work, mark: Mark, option: str) -> tuple[Work, Mark]:
    number = re.findall(r"[0-9]+", option)
    if option == "hidden":
        return work._replace(posted=False), mark
    if option == "extra credit":
        return work._replace(extra_credit=True), mark
    if option.startswith("weight "):
        return work._replace(weight=Fraction(number[0])), mark
    if option.startswith("period "):
        return work._replace(period_id=int(number[0])), mark
    assert option.startswith("handed in "), option
    return work, mark._replace(turned_in_at=DUE + timedelta(minutes=int(number[0])))


@pytest.mark.parametrize("block", EXAMPLES)
def test_the_figures_of_an_example_are_right(block: str) -> None:
    example = Example(block)
    checked = 0
    for name, value in example.lines:
        if name in CHECKED or name.startswith(CHECKED_OF):
            assert shown(example, name, value) == value, name
            checked += 1
    assert checked


def shown(example: Example, name: str, value: str) -> str:
    """What the program (or arithmetic) says where the page says `value`."""
    grade = example.grade
    if name == "sum":
        working, result = value.rsplit(" = ", 1)
        return f"{working} = {arithmetic(working, result)}"
    if name in ("current", "final"):
        return percent(getattr(grade, name))
    if name in ("shown", "shown letter"):
        seen = shown_totals(grade.totals, example.override, example.calculator.letters)
        return percent(seen.current) if name == "shown" else str(seen.letter)
    if name == "letter":
        return str(grade.letter)
    if name == "most":
        (asked,) = [name for name, _ in example.lines if name.startswith("needed on ")]
        return percent(needed(example, asked).total)
    if name.startswith("needed on "):
        answer = needed(example, name)
        return "not reachable" if answer.answer == Need.not_reachable else percent(answer.percent)
    if name.startswith("percentage of "):
        return percent(next(part.percentage for part in grade.parts if name.endswith(part.category.title)))
    parts = grade.final_parts if name == "dropped in final" else grade.parts
    lines = [line for part in parts for line in part.lines]
    if name.startswith("counts "):
        return points_text(next(line.earned for line in lines if line.work.title == name[7:]))
    return ", ".join(line.work.title for line in lines if line.what == "dropped")


def needed(example: Example, name: str) -> Any:
    found = re.fullmatch(r"needed on (.+) for ([0-9.]+)%", name)
    assert found, name
    chosen = [example.work(found[1]).id]
    return needed_for(example.ask, example.marks, chosen, Decimal(found[2]))


def percent(total: Decimal | None) -> str:
    return "–" if total is None else percent_text(total) + "%"


def arithmetic(working: str, printed: str) -> str:
    """The result of a sum, exactly, or rounded to 2 places if the page prints it so."""
    exact = worked(ast.parse(working.translate(str.maketrans("×÷−", "*/-")), mode="eval").body)
    return printed if exact == Fraction(printed) else percent_text(round_percent(exact))


OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def worked(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant):
        return Fraction(str(node.value))
    assert isinstance(node, ast.BinOp), ast.dump(node)
    return OPERATORS[type(node.op)](worked(node.left), worked(node.right))


@pytest.mark.parametrize("section", SECTIONS, ids=[section.splitlines()[0] for section in SECTIONS])
def test_every_figure_in_the_text_stands_in_an_example(section: str) -> None:
    number = r"(?<![\w.])\d+(?:\.\d+)?"
    known = {"0", "1", "2", "100", *re.findall(number, " ".join(BLOCK.findall(section)))}
    text = re.sub(r"`[^`\n]*`", "", BLOCK.sub("", section))
    close_bands = {"0.1", "0.01"} if "(G13)" in section else set()
    assert set(re.findall(number, text)) <= known | close_bands


def test_an_altered_figure_is_found() -> None:
    """Each checked line of the page, with its last digit or letter changed, one after the other."""
    for at, example in enumerate(Example(str(param.values[0])) for param in EXAMPLES):
        for name, value in example.lines:
            if name not in CHECKED and not name.startswith(CHECKED_OF):
                continue
            altered = re.sub(r"[0-9A-Za-z](?=[^0-9A-Za-z]*$)", lambda found: "7" if found[0] != "7" else "8", value)
            if altered != value:  # not the dash of "no grade"
                assert shown(example, name, altered) != altered, f"example {at}: {name}"


def test_every_rule_of_the_calculation_is_explained() -> None:
    for rule in range(1, 18):
        assert f"(G{rule})" in PAGE
