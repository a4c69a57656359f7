import assert from "node:assert/strict";
import test from "node:test";

import { isEntered, isExtra, plainDigits, read } from "../../static/js/lib/score-text.js";

const FULL = 2000; // 20 points
const LETTERS = ["A", "B+", "B", "E"];
const plain = { status: "none", late: false };

test("points, percent, a total beside them, and late", () => {
  assert.deepEqual(read("18", FULL), { points: 1800, ...plain });
  assert.deepEqual(read("18,5", FULL), { points: 1850, ...plain });
  assert.deepEqual(read(" .5 ", FULL), { points: 50, ...plain });
  assert.deepEqual(read("90%", FULL), { percent: 9000, ...plain });
  assert.deepEqual(read("18/20", FULL), { points: 1800, ...plain });
  assert.deepEqual(read("18l", FULL), { points: 1800, status: "none", late: true });
  assert.deepEqual(read("", FULL), plain);
});

test("statuses, in either case", () => {
  for (const [typed, status] of [["m", "missing"], ["e", "excused"], ["ex", "excused"], ["i", "incomplete"], ["T", "turned_in"]]) {
    assert.deepEqual(read(typed, FULL), { status, late: false });
  }
});

test("letters only where the class uses them; a small code stays the code", () => {
  assert.equal(read("B+", FULL).problem, "not_a_score");
  assert.deepEqual(read("b+", FULL, { letters: LETTERS }), { letter: "B+", ...plain });
  assert.deepEqual(read("A l", FULL, { letters: LETTERS }), { letter: "A", status: "none", late: true });
  assert.equal(read("e", FULL, { letters: LETTERS }).status, "excused");
  assert.equal(read("E", FULL, { letters: LETTERS }).letter, "E");
});

test("Arabic-Indic and Persian digits", () => {
  assert.equal(plainDigits("١٨٫٥ ۹"), "18.5 9");
  assert.deepEqual(read("١٨٫٥", FULL), { points: 1850, ...plain });
});

test("what is no score says why", () => {
  for (const [typed, problem] of [
    ["18x", "not_a_score"],
    ["NaN", "not_a_score"],
    ["1e3", "not_a_score"],
    ["-1", "negative"],
    ["1,234", "too_many_decimals"],
    ["100000", "too_large"],
    ["18/25", "other_total"],
    ["12345678901", "too_long"],
  ]) {
    assert.equal(read(typed, FULL).problem, problem, typed);
  }
});

test("far above full marks asks, and confirmed it is kept", () => {
  assert.equal(read("30", FULL).problem, undefined);
  assert.equal(read("31", FULL).problem, "needs_confirmation");
  assert.deepEqual(read("31", FULL, { confirmed: true }), { points: 3100, ...plain });
  assert.equal(read("5", 0).problem, undefined, "work out of 0 only adds its points");
});

test("what counts as dealt with, and as extra", () => {
  assert.ok(isEntered(read("0", FULL)));
  assert.ok(isEntered(read("m", FULL)));
  assert.ok(!isEntered(read("t", FULL)));
  assert.ok(!isEntered(read("", FULL)));
  assert.ok(isExtra(read("21", FULL), FULL));
  assert.ok(isExtra(read("101%", FULL), FULL));
  assert.ok(!isExtra(read("20", FULL), FULL));
});
