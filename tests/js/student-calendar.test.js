import assert from "node:assert/strict";
import test from "node:test";

import { moved } from "../../static/js/pages/student-calendar.js";

test("arrows move by a day and by a week", () => {
  assert.deepEqual(["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"].map((key) => moved(key, 10, 35)), [11, 9, 17, 3]);
});

test("in right-to-left pages the next day is on the left", () => {
  assert.deepEqual([moved("ArrowLeft", 10, 35, true), moved("ArrowRight", 10, 35, true)], [11, 9]);
});

test("Home and End are the ends of the week", () => {
  assert.deepEqual([moved("Home", 10, 35), moved("End", 10, 35), moved("Home", 7, 35), moved("End", 13, 35)], [7, 13, 7, 13]);
});

test("past the ends of the table are the months beside it", () => {
  assert.deepEqual([moved("ArrowLeft", 0, 35), moved("ArrowUp", 6, 35), moved("PageUp", 20, 35)], ["before", "before", "before"]);
  assert.deepEqual([moved("ArrowRight", 34, 35), moved("ArrowDown", 28, 35), moved("PageDown", 3, 35)], ["after", "after", "after"]);
});

test("other keys are left alone", () => {
  assert.equal(moved("a", 3, 35), null);
});
