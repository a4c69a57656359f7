import assert from "node:assert/strict";
import test from "node:test";

import { GAP, Outbox, Politely } from "../../static/js/lib/outbox.js";
import { SendProblem } from "../../static/js/lib/save-queue.js";

/** An outbox whose server answers when told to, and whose clock moves when told to. */
function world() {
  const it = { tries: [], timers: [], sent: [] };
  let keys = 0;
  it.box = new Outbox({
    send: (letter) => new Promise((answer, fail) => it.tries.push({ key: letter.key, text: letter.text, answer, fail })),
    sent: (letter, number) => it.sent.push([letter.text, number]),
    changed: () => {},
    newKey: () => `key-${(keys += 1)}`,
    later: (run, ms) => {
      const timer = { run, ms };
      it.timers.push(timer);
      return () => it.timers.splice(it.timers.indexOf(timer), 1);
    },
  });
  it.settle = () => new Promise((resolve) => setImmediate(resolve));
  it.answer = async (number) => {
    it.tries.at(-1).answer(number);
    await it.settle();
  };
  it.fail = async (kind, words) => {
    it.tries.at(-1).fail(new SendProblem(kind, words));
    await it.settle();
  };
  it.states = () => it.box.letters.map(({ state }) => state);
  return it;
}

test("messages go one after the other, in the order in which they were written", async () => {
  const it = world();
  it.box.put("one", "from-the-form");
  it.box.put("two");
  assert.deepEqual(it.tries.map(({ text }) => text), ["one"]);
  assert.deepEqual(it.states(), ["sending", "waiting"]);
  await it.answer(7);
  assert.deepEqual(it.tries.map(({ key }) => key), ["from-the-form", "key-1"]);
  await it.answer(8);
  assert.deepEqual(it.sent, [["one", 7], ["two", 8]]);
});

test("what the server has taken stays in sight until it shows it", async () => {
  const it = world();
  it.box.put("one");
  await it.answer(7);
  assert.deepEqual([it.states(), it.box.unsent], [["sent"], []]);
  assert.equal(it.box.take("key-1"), null);
  it.box.retry();
  assert.equal(it.tries.length, 1);
  it.box.arrived("key-1");
  assert.deepEqual(it.box.letters, []);
});

test("what failed is tried again with the same text and key, and nothing overtakes it", async () => {
  const it = world();
  it.box.put("one");
  it.box.put("two");
  await it.fail("away");
  assert.deepEqual(it.states(), ["away", "waiting"]);
  assert.equal(it.timers[0].ms, 2000);
  it.timers.shift().run();
  await it.fail("away");
  assert.equal(it.timers[0].ms, 5000);
  it.box.retry(); // the person does not wait
  assert.equal(it.timers.length, 0);
  assert.deepEqual(it.tries.map(({ key, text }) => [key, text]), Array(3).fill(["key-1", "one"]));
  await it.answer(3);
  assert.equal(it.tries.at(-1).text, "two");
});

test("a press while it is on its way sends nothing twice", async () => {
  const it = world();
  it.box.put("one");
  it.box.retry();
  it.box.retry();
  assert.equal(it.tries.length, 1);
});

test("what the server refuses is kept with its words, and the next one goes on", async () => {
  const it = world();
  it.box.put("one");
  it.box.put("two");
  await it.fail("refused", "Too long");
  assert.deepEqual(it.box.letters.map(({ state, why }) => [state, why]), [["refused", "Too long"], ["sending", ""]]);
  assert.equal(it.box.take("key-1").text, "one");
  await it.answer(1);
  assert.deepEqual(it.box.unsent, []);
});

test("without a session or a right nothing is tried by itself", async () => {
  for (const kind of ["signedOut", "lost"]) {
    const it = world();
    it.box.put("one");
    await it.fail(kind);
    assert.deepEqual([it.states(), it.timers.length], [[kind], 0]);
    it.box.put("two");
    assert.equal(it.tries.length, 1);
    it.box.retry();
    assert.equal(it.tries.length, kind === "lost" ? 1 : 2);
  }
});

test("a message that the stream has shown is sent, though its answer was lost", async () => {
  const it = world();
  it.box.put("one");
  it.box.put("two");
  it.box.arrived("key-1");
  await it.fail("away");
  assert.deepEqual(it.box.letters.map(({ text, state }) => [text, state]), [["two", "sending"]]);
  await it.fail("away");
  it.box.arrived("key-2");
  assert.deepEqual([it.box.letters, it.timers], [[], []]);
});

test("what is on its way cannot be taken back, what failed can", async () => {
  const it = world();
  it.box.put("one");
  assert.equal(it.box.take("key-1"), null);
  await it.fail("away");
  assert.equal(it.box.take("key-1").text, "one");
  assert.deepEqual([it.box.letters, it.timers], [[], []]);
});

test("new messages are said at once, and then no more than once in 20 seconds", () => {
  const said = [];
  const timers = [];
  let now = 0;
  const politely = new Politely((names) => said.push(names), (run, ms) => timers.push([run, ms]), () => now);
  politely.heard("Dana");
  now = 5_000;
  politely.heard("Dana");
  politely.heard("Chris");
  assert.deepEqual(said, [["Dana"]]);
  assert.deepEqual(timers.map(([, ms]) => ms), [GAP - 5_000]);
  now = GAP;
  timers[0][0]();
  assert.deepEqual(said, [["Dana"], ["Dana", "Chris"]]);
});

test("files go and come back with their message", async () => {
  const it = world();
  const files = [{ name: "letter.pdf" }];
  it.box.put("one", "key-1", files);
  assert.equal(it.box.letters[0].files, files);
  await it.fail("refused", "Too large");
  assert.equal(it.box.take("key-1").files, files);
});
