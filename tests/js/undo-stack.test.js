import assert from "node:assert/strict";
import test from "node:test";

import { Step, UndoStack, toward } from "../../static/js/lib/undo-stack.js";

const step = (name, before, after) => ({ changes: [{ name, before, after }] });

test("back and forth, step by step", () => {
  const stack = new UndoStack();
  const [one, two] = [step("a", "", "1"), step("a", "1", "2")];
  stack.push(one);
  stack.push(two);
  assert.equal(stack.undo(), two);
  assert.equal(stack.undo(), one);
  assert.equal(stack.undo(), undefined);
  assert.equal(stack.redo(), one);
  assert.equal(stack.redo(), two);
  assert.equal(stack.redo(), undefined);
});

test("a new change forgets what was taken back; a change of nothing is no step", () => {
  const stack = new UndoStack();
  stack.push(step("a", "", "1"));
  stack.undo();
  stack.push({ changes: [] });
  assert.ok(stack.canRedo);
  stack.push(step("b", "", "2"));
  assert.ok(!stack.canRedo);
});

test("a cell that someone changed since is left, and named", () => {
  const paste = { changes: [{ name: "a", before: "", after: "1" }, { name: "b", before: "5", after: "2" }] };
  const now = { a: "1", b: "9" };
  const { wanted, clashes } = toward(paste, "before", (name) => now[name]);
  assert.deepEqual([...wanted], [["a", ""]]);
  assert.deepEqual(clashes, ["b"]);
  assert.deepEqual([...toward(paste, "after", (name) => ({ a: "", b: "5" })[name]).wanted], [["a", "1"], ["b", "2"]]);
});

test("a step is one change of the server only when it was saved whole and alone", () => {
  const whole = new Step();
  whole.changes.push({ name: "a", before: "", after: "1" }, { name: "b", before: "", after: "2" });
  assert.equal(whole.number, null, "not saved yet");
  whole.written("a", 7, 2);
  assert.equal(whole.number, null);
  whole.written("b", 7, 2);
  assert.equal(whole.number, 7);

  const among = new Step();
  among.changes.push({ name: "a", before: "", after: "1" });
  among.written("a", 7, 3);
  assert.equal(among.number, null, "two more were saved with it");

  const split = new Step();
  split.changes.push({ name: "a", before: "", after: "1" }, { name: "b", before: "", after: "2" });
  split.written("a", 7, 1);
  split.written("b", 8, 1);
  assert.equal(split.number, null);
});
