"""Grades worked out by hand (tests/data/grade_cases.json) against the program.

A case has a `name` that says what it proves, the `rule` of grading.md, and the `working` as done on paper. Where the
figures are those of a published page it is named as `source`.
Points are written as a teacher writes them (18.5); they become hundredths here. What is not given is the
default of `Rules`, `Category`, `Work` and `Mark`.

| key | means |
|---|---|
| `mode` `missing` `late` `cap` `scale` `letter_on_whole_percent` `periods` | the class's rules |
| `categories` | ids 1, 2, … in this order; none given: one category |
| `works` | ids 1, 2, … in this order; `of` points possible, `in` the category's id (1), `due`, `period` … |
| `marks` | one for each work: a number of points, null for an empty cell, or what the cell holds |
| `typed` | in place of `marks`: what was typed into each cell |
| `closed` `marks_then` | a period, and the marks with which it was closed |
| `override` → `shown` `shown_letter` | what a teacher typed in place of the grade, and what is then shown |
| `overrides` | the same, by period |
| `joined` `left` `posted_only` | for whom it is asked; the moment is always 20 Nov 2026, 12:00 UTC |
| `current` `final` | as printed with 2 places, or null |
| `letter` `final_letter` `graded` `counting` `outside` | checked if given |
| `what` `final_what` `reason` `final_reason` | codes of `What`, by work, and of `TotalReason`; if given |
| `target` or `target_letter`, `chosen` → `needed` `answer` `most` | "what do I need?" on the chosen works |
| `pretend` → `then` | a what-if: pretend marks by work, and the current grade with them |
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gradebook.grading.cells import Asked
from gradebook.grading.frozen import freeze, frozen_exact, thaw
from gradebook.grading.overrides import Override, shown, typed_override
from gradebook.grading.periods import CourseCalculator, CourseGrade, calculator_for
from gradebook.grading.section_grade import Calculator
from gradebook.grading.typed import TypedScore, parse_score
from gradebook.grading.values import (
    Category,
    Grade,
    GradingScale,
    LateRule,
    Mark,
    Period,
    Rules,
    Status,
    Work,
    hundredths,
)
from gradebook.grading.whatif import Ask, needed_for, target_of, what_if

Case = dict[str, Any]
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
CASES: list[Case] = json.loads(
    (Path(__file__).parent.parent / "data" / "grade_cases.json").read_text("utf-8"), parse_float=Decimal
)["cases"]


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def rules_of(case: Case) -> Rules:
    late = case.get("late")
    missing = case.get("missing", 0)
    scale = case.get("scale")
    return Rules(
        mode=case.get("mode", "points"),
        missing_percent=None if missing is None else Fraction(missing),
        late=late and LateRule(Fraction(late["percent"]), late["interval"], Fraction(late.get("floor", 0))),
        cap_percent=Fraction(case["cap"]) if "cap" in case else None,
        scale=scale and GradingScale.of(scale.items()),
        letter_on_whole_percent=case.get("letter_on_whole_percent", False),
        periods=tuple(Period(int(key), Fraction(weight)) for key, weight in case.get("periods", {}).items()),
    )


def categories_of(case: Case) -> list[Category]:
    return [
        Category(id=at, position=at, **{**given, "weight": Fraction(given.get("weight", 0))})
        for at, given in enumerate(case.get("categories", [{}]), start=1)
    ]


def works_of(case: Case) -> list[Work]:
    works = []
    for at, given in enumerate(case["works"], start=1):
        same = {key: given[key] for key in ("extra_credit", "never_drop", "counts", "posted") if key in given}
        works.append(
            Work(
                id=at,
                category_id=given.get("in", 1),
                possible=hundredths(given["of"]),
                weight=Fraction(given["weight"]) if "weight" in given else None,
                due_at=moment(given.get("due")),
                position=given.get("position", at),
                period_id=given.get("period"),
                **same,
            )
        )
    return works


def mark_of(given: Any) -> Mark | int:
    if not isinstance(given, dict):
        return hundredths(given)
    return Mark(
        points=hundredths(given["points"]) if "points" in given else None,
        percent=Fraction(given["percent"]) if "percent" in given else None,
        letter=given.get("letter"),
        status=Status(given.get("status", "none")),
        late=given.get("late", False),
        turned_in_at=moment(given.get("turned_in")),
        finish_by_at=moment(given.get("finish_by")),
        late_cleared=given.get("late_cleared", False),
        posted=given.get("posted"),
    )


def marks_of(case: Case, key: str = "marks") -> dict[int, Mark | int]:
    if "typed" in case:
        return typed_of(case)
    return {at: mark_of(given) for at, given in enumerate(case[key], start=1) if given is not None}


def typed_of(case: Case) -> dict[int, Mark | int]:
    letters, works = list(case.get("scale", {})), works_of(case)
    scores = [
        parse_score(text, work.possible, letters=letters) for text, work in zip(case["typed"], works, strict=True)
    ]
    return {at: Mark(**score._asdict()) for at, score in enumerate(scores, start=1) if score != TypedScore()}


def calculator_of(case: Case) -> Calculator | CourseCalculator:
    return calculator_for(rules_of(case), categories_of(case), works_of(case))


def ask_of(case: Case) -> Ask:
    return partial(calculator_of(case).grade, asked=asked_of(case))


def settled_of(case: Case) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is settled about periods: for the grade, and for the totals alone."""
    if "closed" not in case and "overrides" not in case:
        return {}, {}
    overrides = {int(key): override_of(case, text) for key, text in case.get("overrides", {}).items()}
    if "closed" not in case:
        return {"overrides": overrides}, {"overrides": overrides}
    then = calculator_of(case).grade(marks_of(case, "marks_then"), asked_of(case))
    assert isinstance(then, CourseGrade)
    stored = {period.id: freeze(grade) for period, grade in then.periods if period.id == case["closed"]}
    return (
        {"overrides": overrides, "frozen": {key: thaw(data) for key, data in stored.items()}},
        {"overrides": overrides, "frozen": {key: frozen_exact(data) for key, data in stored.items()}},
    )


def override_of(case: Case, text: str) -> Override:
    return typed_override(text, "as agreed", letters=list(case.get("scale", {})))


def asked_of(case: Case) -> Asked:
    return Asked(
        AT,
        joined_at=moment(case.get("joined")),
        left_at=moment(case.get("left")),
        posted_only=case.get("posted_only", False),
        not_assigned=[at for at, given in enumerate(case["works"], start=1) if given.get("not_assigned")],
    )


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_grade_is_the_one_worked_out_by_hand(case: Case) -> None:
    calculator = calculator_of(case)
    marks, asked = marks_of(case), asked_of(case)
    settled, settled_totals = settled_of(case)
    grade = calculator.grade(marks, asked, **settled)
    assert calculator.totals(marks, asked, **settled_totals) == grade.totals
    assert (text_of(grade.current), text_of(grade.final)) == (case["current"], case["final"])
    for key, seen in details(grade).items():
        assert key not in case or case[key] == seen, key
    if "chosen" in case:
        check_needed(case)
    if "pretend" in case:
        check_what_if(case)
    if "override" in case:
        seen = shown(grade.totals, override_of(case, case["override"]), calculator.letters)
        assert (text_of(seen.current), text_of(seen.final), seen.letter) == (
            case["shown"], case["shown"], case["shown_letter"],
        )  # fmt: skip


def test_every_rule_has_its_cases() -> None:
    named = " ".join(case["rule"] for case in CASES).split()
    assert {f"G{number}" for number in range(1, 18)} == set(named)
    assert len(CASES) >= 120


def test_every_case_has_its_own_name() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES)


def text_of(percent: Decimal | None) -> str | None:
    return None if percent is None else str(percent)


def details(grade: Grade | CourseGrade) -> dict[str, Any]:
    seen: dict[str, Any] = {
        "letter": grade.letter,
        "final_letter": grade.final_letter,
        "graded": grade.graded_count,
        "counting": grade.counting_count,
    }
    if isinstance(grade, CourseGrade):
        return seen | {"outside": list(grade.outside)}
    for prefix, working in (("", grade.current_working), ("final_", grade.final_working)):
        lines = [line for part in working.parts for line in part.lines]
        seen[prefix + "what"] = [str(line.what) for line in sorted(lines, key=lambda line: line.work.id)]
        seen[prefix + "reason"] = str(working.reason)
    return seen


def check_needed(case: Case) -> None:
    rules = rules_of(case)
    target = Decimal(case["target"]) if "target" in case else target_of(rules, case["target_letter"])
    assert target is not None
    needed = needed_for(ask_of(case), marks_of(case), case["chosen"], target)
    assert str(needed.answer) == case.get("answer", "needs")
    assert text_of(needed.percent) == case["needed"]
    if "most" in case:
        assert text_of(needed.total) == case["most"]


def check_what_if(case: Case) -> None:
    pretend = {int(key): None if given is None else mark_of(given) for key, given in case["pretend"].items()}
    answer = what_if(ask_of(case), marks_of(case), pretend)
    assert (text_of(answer.now.current), text_of(answer.then.current)) == (case["current"], case["then"])
