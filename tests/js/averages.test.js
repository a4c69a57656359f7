import assert from "node:assert/strict";
import { test } from "node:test";

import { amountOf, meanPercent, meanPoints, numberText, percentIn, shareOf } from "../../static/js/lib/averages.js";

test("a score is its points, or what its percentage or its letter is worth", () => {
  assert.equal(amountOf({ points: 1850 }, 2000), 18_500_000n);
  assert.equal(amountOf({ percent: 9000 }, 2000), 18_000_000n);
  assert.equal(amountOf({ letter: "B" }, 2000, { A: 10000, B: 8900 }), 17_800_000n);
  assert.equal(amountOf({ letter: "?" }, 2000, { A: 10000 }), null);
  assert.equal(amountOf({ status: "missing" }, 2000), null);
});

test("a mean is rounded once, half up", () => {
  const points = (...some) => meanPoints(some.map((one) => amountOf({ points: one }, 0)));
  assert.equal(points(1800, 1801), 1801); // 18.005
  assert.equal(points(1000, 1000, 1001), 1000); // 10.00333…
  assert.equal(points(), null);
  assert.equal(meanPercent([8835, 8836]), 8836);
  assert.equal(meanPercent([]), null);
});

test("numbers are printed without trailing zeros, with the mark of the language", () => {
  assert.deepEqual([1720, 1700, 1705, 5, 0, null].map((one) => numberText(one)), ["17.2", "17", "17.05", "0.05", "0", "–"]);
  assert.equal(numberText(1720, ","), "17,2");
});

test("a percentage is found where the cell begins with one, and a letter is none", () => {
  assert.equal(percentIn("82.4% B+", "{number}%"), 8240);
  assert.equal(percentIn(" 82,45 % ✎ set by the teacher", "{number} %", ","), 8245);
  assert.equal(percentIn("٪90", "٪{number}"), 9000);
  assert.equal(percentIn("1.3", "{number}%"), null);
  assert.equal(percentIn("–", "{number}%"), null);
});

test("points as a share of full marks", () => {
  assert.equal(shareOf(amountOf({ points: 1800 }, 2000), 2000), 90);
  assert.equal(shareOf(amountOf({ points: 1700 }, 3000), 3000), 57); // 56.67
  assert.equal(shareOf(amountOf({ points: 1690 }, 2000), 2000), 85); // 84.5
  assert.equal(shareOf(amountOf({ points: 100 }, 0), 0), null);
});
