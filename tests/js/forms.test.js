import assert from "node:assert/strict";
import test from "node:test";

import { joinDate, snapshot, splitDate } from "../../static/js/lib/forms.js";

test("two forms that hold the same are the same, whatever their token", () => {
  const before = [["csrf_token", "a"], ["title", "Quiz 3"]];
  const after = [["csrf_token", "b"], ["title", "Quiz 3"]];
  assert.equal(snapshot(before), snapshot(after));
});

test("a changed text, a ticked box and another file each make a difference", () => {
  const saved = snapshot([["title", "Quiz 3"]]);
  assert.notEqual(snapshot([["title", "Quiz 4"]]), saved);
  assert.notEqual(snapshot([["title", "Quiz 3"], ["extra", "y"]]), saved);
  assert.notEqual(snapshot([["file", { name: "a.csv", size: 1 }]]), snapshot([["file", { name: "a.csv", size: 2 }]]));
});

test("a value holding separators is not mistaken for two values", () => {
  assert.notEqual(snapshot([["a", "1"], ["b", "2"]]), snapshot([["a", '1"],["b","2']]));
});

test("a picked date becomes three texts without leading noughts", () => {
  assert.deepEqual(splitDate("2026-02-07"), { year: "2026", month: "2", day: "7" });
  assert.equal(splitDate(""), null);
});

test("three texts become a date only when it exists", () => {
  assert.equal(joinDate({ day: "7", month: "2", year: "2026" }), "2026-02-07");
  assert.equal(joinDate({ day: "29", month: "2", year: "2028" }), "2028-02-29");
  assert.equal(joinDate({ day: "31", month: "2", year: "2026" }), "");
  assert.equal(joinDate({ day: "", month: "2", year: "2026" }), "");
  assert.equal(joinDate({ day: "7", month: "2", year: "26" }), "");
  assert.equal(joinDate({ day: "x", month: "2", year: "2026" }), "");
});
