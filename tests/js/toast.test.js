import assert from "node:assert/strict";
import test from "node:test";

import { toMakeRoom } from "../../static/js/lib/toast.js";

test("no more than two results stand on the page; the oldest goes first", () => {
  assert.deepEqual(toMakeRoom([]), []);
  assert.deepEqual(toMakeRoom(["a"]), []);
  assert.deepEqual(toMakeRoom(["a", "b"]), ["a"]);
  assert.deepEqual(toMakeRoom(["a", "b", "c"]), ["a", "b"]);
});
