import assert from "node:assert/strict";
import test from "node:test";

import { hasWords, inserted, KeyOfContent, opensBank } from "../../static/js/lib/comment-bank.js";

test("a comment is found by its words in any order, whatever their case and accents", () => {
  assert.ok(hasWords("Show your working", "work SHOW"));
  assert.ok(hasWords("Très bien, Zoë", "zoe tres"));
  assert.ok(hasWords("Show your working", ""));
  assert.ok(hasWords("Show your working", "  "));
  assert.ok(!hasWords("Show your working", "show me"));
});

test("a comment that is put in stands apart from the words beside it", () => {
  assert.deepEqual(inserted("", 0, 0, "Good."), { text: "Good.", caret: 5 });
  assert.deepEqual(inserted("Well", 4, 4, "done"), { text: "Well done", caret: 9 });
  assert.deepEqual(inserted("Well ", 5, 5, "done"), { text: "Well done", caret: 9 });
  assert.deepEqual(inserted("Maya", 0, 0, "Thanks,"), { text: "Thanks, Maya", caret: 8 });
  assert.deepEqual(inserted("one two three", 4, 7, "2"), { text: "one 2 three", caret: 5 });
  assert.deepEqual(inserted("line\n", 5, 5, "next"), { text: "line\nnext", caret: 9 });
});

test("a slash asks for the bank at the start of a word only", () => {
  assert.ok(opensBank("", 0));
  assert.ok(opensBank("Well done. ", 11));
  assert.ok(opensBank("a\n", 2));
  assert.ok(!opensBank("1", 1));
  assert.ok(!opensBank("and", 3));
});

test("what was not changed keeps its key", () => {
  let count = 0;
  const keys = new KeyOfContent(() => `key ${(count += 1)}`);
  assert.equal(keys.of("a"), "key 1");
  assert.equal(keys.of("a"), "key 1");
  assert.equal(keys.of("b"), "key 2");
  assert.equal(keys.of("a"), "key 3", "what was typed again may be a new change");
});
