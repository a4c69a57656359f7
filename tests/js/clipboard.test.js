import assert from "node:assert/strict";
import test from "node:test";

import { distance, nameKey, parseTable, planPaste, studentFinder, wantsIds, writeTable } from "../../static/js/lib/clipboard.js";

test("one column from any spreadsheet", () => {
  assert.deepEqual(parseTable("18\r\n17\r\n"), [["18"], ["17"]]);
  assert.deepEqual(parseTable("18\n17"), [["18"], ["17"]]);
  assert.deepEqual(parseTable("18\r17\r"), [["18"], ["17"]]);
});

test("blank cells and blank lines keep their places", () => {
  assert.deepEqual(parseTable("1\t\t3\n\n4\t\n"), [["1", "", "3"], [""], ["4", ""]]);
});

test("quoted cells hold tabs, line ends and quotes; a quote that nothing closes is text", () => {
  assert.deepEqual(parseTable('"Lee\nAnn"\t"say ""hi"""\n"5\t6'), [["Lee\nAnn", 'say "hi"'], ['"5', "6"]]);
  const rows = [["a\tb", 'c"d'], ["e\nf", ""]];
  assert.deepEqual(parseTable(writeTable(rows)), rows);
});

test("a name is the same in any order, case and accent", () => {
  assert.equal(nameKey("Okafor, Ben"), nameKey("ben OKAFOR"));
  assert.equal(nameKey("Núñez, José"), nameKey("Jose Nunez"));
  assert.equal(nameKey("Łukasz Großmann"), nameKey("grossmann  lukasz"));
  assert.equal(nameKey("فاطمة"), nameKey(" فاطمة "));
  assert.notEqual(nameKey("Lee"), nameKey("Leo"));
});

test("close spellings are offered, exact ones found, twins asked about", () => {
  const find = studentFinder([
    { row: 0, name: "Okafor, Ben", ids: ["AbC123", "ben.okafor"] },
    { row: 1, name: "Sato, Hana" },
    { row: 2, name: "Lee, Kim" },
    { row: 3, name: "Kim, Lee" },
  ]);
  assert.deepEqual(find("Ben Okafor"), { row: 0 });
  assert.deepEqual(find("abc123"), { row: 0 });
  assert.deepEqual(find("Ben.Okafor"), { row: 0 });
  assert.deepEqual(find("Okafour, Ben"), { rows: [0], why: "close" });
  assert.deepEqual(find("Kim Lee"), { rows: [2, 3], why: "two" });
  assert.deepEqual(find("Nobody"), { rows: [], why: "none" });
  assert.equal(distance("sato", "staO".toLowerCase()), 1, "two letters swapped");
});

const STUDENTS = [
  { row: 0, name: "Gomez, Ana" },
  { row: 1, name: "Okafor, Ben" },
  { row: 2, name: "Sato, Hana" },
];
const VIEW = {
  rows: 3,
  columns: 4,
  students: STUDENTS,
  isOpen: ({ column }) => column !== 3,
  problemOf: (_place, text) => (/^\d+$|^[meit]$/.test(text) ? undefined : "not_a_score"),
};

test("one column goes down from the cell in focus; blanks leave what is there", () => {
  const plan = planPaste([["18"], [""], ["m"]], { row: 0, column: 2 }, VIEW);
  assert.deepEqual(plan.fits, [{ row: 0, column: 2, text: "18" }, { row: 2, column: 2, text: "m" }]);
  assert.deepEqual(plan.misfits, []);
});

test("what is no score, locked, or beyond the page is not put anywhere", () => {
  const plan = planPaste([["18", "5"], ["abc", ""], ["1", ""], ["2", ""]], { row: 0, column: 2 }, VIEW);
  assert.deepEqual(plan.fits.map(({ text }) => text), ["18", "1"]);
  assert.deepEqual(plan.misfits.map(({ why }) => why), ["locked", "not_a_score", "no_room"]);
});

test("two columns, the first of them names, are matched in any order", () => {
  const rows = [["Student", "Score"], ["Hana Sato", "20"], ["Okafor, Ben", "7"], ["Gomes, Ana", "9"], ["Zed", "1"]];
  const plan = planPaste(rows, { row: 2, column: 2 }, VIEW);
  assert.ok(plan.byName);
  assert.deepEqual(plan.fits, [{ row: 2, column: 2, text: "20" }, { row: 1, column: 2, text: "7" }]);
  assert.deepEqual(plan.misfits.map(({ why, rows: close }) => [why, close]), [["close", [0]], ["none", []]]);
});

const NUMBERED = { ...VIEW, students: STUDENTS.map((one, index) => ({ ...one, ids: [`${[7, 18, 100234][index]}`] })) };

test("ids are asked for where a first column is neither scores nor names", () => {
  const place = { row: 0, column: 1 };
  assert.ok(wantsIds([["agomez07", "18"], ["bokafor", "17"]], place, VIEW));
  assert.ok(!wantsIds([["Ana Gomez", "18"], ["Okafor, Ben", "17"]], place, VIEW));
  assert.ok(!wantsIds([["18", "m"], ["17", "e"]], place, VIEW));
  assert.ok(!wantsIds([["agomez07"], ["bokafor"]], place, VIEW), "one column is no list");
});

test("ids are matched exactly, and numbers only where some of them can be no scores", () => {
  const far = { ...NUMBERED, problemOf: (_place, text) => (Number(text) <= 20 ? undefined : "needs_confirmation") };
  const byId = planPaste([["100234", "9"], ["7", "8"]], { row: 0, column: 1 }, far);
  assert.deepEqual(byId.fits, [{ row: 2, column: 1, text: "9" }, { row: 0, column: 1, text: "8" }]);
  const scores = planPaste([["18", "9"], ["7", "8"]], { row: 0, column: 1 }, far);
  assert.equal(scores.byName, undefined, "both are students' numbers, and both may be scores");
});

test("a list of another class is told line by line, not as texts that are no scores", () => {
  const plan = planPaste([["Name", "Score"], ["Zed, Zoe", "12"], ["Yan, Yu", "zz"]], { row: 0, column: 1 }, VIEW);
  assert.deepEqual(plan.fits, []);
  assert.deepEqual(plan.misfits.map(({ why }) => why), ["none", "none"]);
});

test("two columns of scores are no names", () => {
  const plan = planPaste([["18", "m"], ["17", "e"]], { row: 0, column: 1 }, VIEW);
  assert.equal(plan.byName, undefined);
  assert.equal(plan.fits.length, 4);
});
