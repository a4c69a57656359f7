import assert from "node:assert/strict";
import test from "node:test";

import * as keys from "../../static/js/lib/grid-keys.js";

const press = (key, held = "") => ({
  key,
  ctrl: held.includes("ctrl"),
  shift: held.includes("shift"),
  alt: held.includes("alt"),
});
const act = (mode, key, held, rightToLeft) => keys.actionOf(press(key, held), mode, rightToLeft)?.act;
const SHAPE = { rows: 5, columns: 6, first: 2, screen: 3 };

test("moving: every key of the map", () => {
  const map = [
    ["ArrowDown", "", "move"], ["ArrowUp", "ctrl", "toBlank"], ["ArrowLeft", "shift", "extend"],
    ["Enter", "", "edit"], ["Enter", "shift", "edit"], ["F2", "", "edit"], ["F2", "shift", "comment"],
    ["Escape", "", "cancel"], ["Home", "", "edge"], ["End", "ctrl", "edge"], ["PageDown", "", "page"],
    [" ", "shift", "selectRow"], [" ", "ctrl", "selectColumn"], ["a", "ctrl", "selectAll"], ["d", "ctrl", "fillDown"],
    ["z", "ctrl", "undo"], ["Z", "ctrl shift", "redo"], ["y", "ctrl", "redo"], ["Delete", "", "clear"],
    ["F10", "shift", "menu"], ["ContextMenu", "", "menu"], ["s", "ctrl", "send"], ["/", "ctrl", "help"],
  ];
  for (const [key, held, expected] of map) assert.equal(act("moving", key, held), expected, `${held} ${key}`);
});

test("moving: Tab and the clipboard are left to the browser, and a lone Space scrolls nothing", () => {
  for (const [key, held] of [["Tab", ""], ["Tab", "shift"], ["c", "ctrl"], ["x", "ctrl"], ["v", "ctrl"], ["F5", ""], ["r", "ctrl"]]) {
    assert.equal(keys.actionOf(press(key, held), "moving"), null, key);
  }
  assert.equal(act("moving", " "), "nothing");
});

test("moving: characters type, with AltGr too, and what an input method begins", () => {
  for (const key of ["1", "m", "٣", "%"]) assert.equal(act("moving", key), "type");
  assert.equal(act("moving", "@", "ctrl alt"), "type");
  assert.equal(act("moving", "Process"), "type");
});

test("typing: arrows save and move; editing: left and right stay with the caret", () => {
  assert.deepEqual(keys.actionOf(press("ArrowRight"), "typing"), { act: "leave", rows: 0, columns: 1 });
  assert.equal(keys.actionOf(press("ArrowRight"), "editing"), null);
  assert.equal(act("editing", "ArrowDown"), "leave");
  assert.equal(keys.actionOf(press("ArrowRight", "shift"), "typing"), null);
  assert.equal(keys.actionOf(press("Home"), "typing"), null);
});

test("inside: Enter down, Shift Enter up, Ctrl Enter stays, Tab goes on, Esc takes back", () => {
  for (const mode of ["typing", "editing"]) {
    assert.equal(keys.actionOf(press("Enter"), mode).rows, 1);
    assert.equal(keys.actionOf(press("Enter", "shift"), mode).rows, -1);
    assert.equal(act(mode, "Enter", "ctrl"), "keep");
    assert.equal(keys.actionOf(press("Tab", "shift"), mode).step, -1);
    assert.equal(act(mode, "Escape"), "restore");
    assert.equal(act(mode, "s", "ctrl"), "send");
    assert.equal(keys.actionOf(press("z", "ctrl"), mode), null);
  }
});

test("right to left: the left arrow leads to the next column", () => {
  assert.equal(keys.actionOf(press("ArrowLeft"), "moving", true).columns, 1);
  assert.equal(keys.actionOf(press("ArrowRight"), "moving", true).columns, -1);
  assert.equal(keys.actionOf(press("ArrowLeft"), "typing", true).columns, 1);
  assert.equal(keys.actionOf(press("ArrowUp"), "moving", true).rows, -1);
});

test("moves end at the edges; above the first row lie the heads", () => {
  assert.deepEqual(keys.moved({ row: 4, column: 5 }, { rows: 1, columns: 1 }, SHAPE), { row: 4, column: 5 });
  assert.deepEqual(keys.moved({ row: 0, column: 2 }, { rows: -1 }, SHAPE), { row: -1, column: 2 });
  assert.deepEqual(keys.moved({ row: -1, column: 0 }, { rows: -1, columns: -1 }, SHAPE), { row: -1, column: 0 });
});

test("Home and End go to the scores of the row, with Ctrl of the grid", () => {
  assert.deepEqual(keys.toEdge({ row: 3, column: 4 }, { column: -1 }, SHAPE), { row: 3, column: 2 });
  assert.deepEqual(keys.toEdge({ row: 3, column: 4 }, { row: 1, column: 1 }, SHAPE), { row: 4, column: 5 });
});

test("one screen of rows", () => {
  assert.deepEqual(keys.byScreen({ row: 0, column: 4 }, { rows: 1 }, SHAPE), { row: 3, column: 4 });
  assert.deepEqual(keys.byScreen({ row: 1, column: 4 }, { rows: -1 }, SHAPE), { row: 0, column: 4 });
});

test("the next blank cell, or no move at all", () => {
  const blank = ({ row, column }) => row === 3 && column === 2;
  assert.deepEqual(keys.nextBlank({ row: 0, column: 2 }, { rows: 1 }, SHAPE, blank), { row: 3, column: 2 });
  assert.deepEqual(keys.nextBlank({ row: 0, column: 4 }, { rows: 1 }, SHAPE, blank), { row: 0, column: 4 });
});

test("Tab passes by locked cells, wraps at the end of a row, and ends after the last", () => {
  const open = ({ column }) => column !== 3;
  assert.deepEqual(keys.nextOpen({ row: 0, column: 2 }, 1, SHAPE, open), { row: 0, column: 4 });
  assert.deepEqual(keys.nextOpen({ row: 0, column: 5 }, 1, SHAPE, open), { row: 1, column: 2 });
  assert.deepEqual(keys.nextOpen({ row: 1, column: 2 }, -1, SHAPE, open), { row: 0, column: 5 });
  assert.equal(keys.nextOpen({ row: 4, column: 5 }, 1, SHAPE, open), null);
});

test("a selection is a block of scores, whichever corner it began in", () => {
  const block = keys.block({ row: 3, column: 4 }, { row: -1, column: 0 }, SHAPE);
  assert.deepEqual(block, { top: 0, bottom: 3, start: 2, end: 4 });
  assert.equal(keys.sizeOf(block), 12);
  assert.equal([...keys.placesOf(block)].length, 12);
  assert.equal(keys.sizeOf(keys.rowBlock({ row: 1, column: 3 }, SHAPE)), 4);
  assert.equal(keys.sizeOf(keys.columnBlock({ row: 1, column: 3 }, SHAPE)), 5);
  assert.equal(keys.sizeOf(keys.wholeBlock(SHAPE)), 20);
});
