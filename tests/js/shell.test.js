import assert from "node:assert/strict";
import test from "node:test";

import { isCoverKey, takesText } from "../../static/js/lib/shell.js";

test("fields that bring up a keyboard hide the bottom bar, boxes to tick do not", () => {
  for (const type of ["text", "password", "email", "search", "tel", "date"]) {
    assert.ok(takesText({ tagName: "INPUT", type }), type);
  }
  assert.ok(takesText({ tagName: "TEXTAREA" }));
  assert.ok(takesText({ tagName: "SELECT" }));
  for (const type of ["checkbox", "radio", "submit", "file"]) assert.ok(!takesText({ tagName: "INPUT", type }), type);
  assert.ok(!takesText({ tagName: "BUTTON", type: "submit" }));
});

test("the cover answers to Alt Shift H alone, in every keyboard layout", () => {
  const key = { altKey: true, shiftKey: true, ctrlKey: false, metaKey: false, code: "KeyH", key: "Ó" };
  assert.ok(isCoverKey(key));
  assert.ok(!isCoverKey({ ...key, shiftKey: false }));
  assert.ok(!isCoverKey({ ...key, altKey: false }));
  assert.ok(!isCoverKey({ ...key, ctrlKey: true }));
  assert.ok(!isCoverKey({ ...key, code: "KeyG" }));
});
