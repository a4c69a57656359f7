import assert from "node:assert/strict";
import test from "node:test";

import { PAUSES, SaveQueue, SendProblem } from "../../static/js/lib/save-queue.js";

/** A queue whose server answers when told to, and whose clock moves when told to. */
function world(seen = 10) {
  const sent = [];
  const timers = [];
  const it = { sent, timers, answers: [], refusals: [], online: true };
  let keys = 0;
  it.queue = new SaveQueue(seen, {
    send: (flight) => new Promise((answer, fail) => sent.push({ flight, answer, fail })),
    answered: (flight, answer, behind) => it.answers.push({ flight, answer, behind }),
    refused: (flight, problem) => it.refusals.push({ flight, problem }),
    changed: () => {},
    newKey: () => `key-${(keys += 1)}`,
    isOnline: () => it.online,
    later: (run, ms) => {
      const timer = { run, ms };
      timers.push(timer);
      return () => timers.splice(timers.indexOf(timer), 1);
    },
  });
  it.ring = () => timers.shift().run();
  it.settle = () => new Promise((resolve) => setImmediate(resolve));
  it.answer = async (facts) => {
    sent.at(-1).answer(facts);
    await it.settle();
  };
  it.fail = async (kind) => {
    sent.at(-1).fail(new SendProblem(kind));
    await it.settle();
  };
  it.texts = (index = -1) => Object.fromEntries([...sent.at(index).flight.entries].map(([name, { text }]) => [name, text]));
  return it;
}

test("quick typing becomes one request, what is typed meanwhile the next", async () => {
  const it = world();
  it.queue.put("1.1", "18");
  it.queue.put("2.1", "17");
  it.queue.put("1.1", "19");
  it.ring();
  assert.deepEqual(it.texts(), { "2.1": "17", "1.1": "19" });
  it.queue.put("3.1", "5");
  assert.equal(it.sent.length, 1, "one at a time");
  assert.equal(it.queue.size, 3);
  await it.answer({ number: 11, saved: { "1.1": "19", "2.1": "17" } });
  assert.deepEqual(it.texts(), { "3.1": "5" });
  assert.equal(it.sent[1].flight.seen, 11);
  await it.answer({ number: 12, saved: { "3.1": "5" } });
  assert.equal(it.queue.size, 0);
  assert.equal(it.queue.state, "rest");
});

test("a failed request is sent again as it was, under its key, after 2, 5, 15, 30 and 30 seconds", async () => {
  const it = world();
  it.queue.put("1.1", "18");
  it.ring();
  for (const seconds of [...PAUSES, 30]) {
    await it.fail("away");
    assert.equal(it.queue.state, "away");
    it.queue.put("1.1", "20"); // typed while it waits: it goes after, it changes nothing of what may have arrived
    assert.equal(it.timers[0].ms, seconds * 1000);
    it.ring();
    assert.deepEqual(it.texts(), { "1.1": "18" });
    assert.equal(it.sent.at(-1).flight.key, "key-1");
  }
  await it.answer({ number: 11, saved: { "1.1": "18" } });
  assert.deepEqual(it.texts(), { "1.1": "20" });
  assert.deepEqual([it.sent.at(-1).flight.key, it.sent.at(-1).flight.seen], ["key-2", 11]);
});

test("offline everything waits; back online it goes once, together", async () => {
  const it = world();
  it.online = false;
  it.queue.put("1.1", "18");
  it.ring();
  it.queue.put("2.1", "m");
  assert.deepEqual([it.queue.state, it.sent.length, it.queue.size], ["offline", 0, 2]);
  it.online = true;
  it.queue.flush();
  it.queue.flush();
  assert.equal(it.sent.length, 1, "what is on its way is not sent twice");
  assert.deepEqual(it.texts(), { "1.1": "18", "2.1": "m" });
  await it.answer({ number: 11, saved: { "1.1": "18", "2.1": "m" } });
  assert.deepEqual([it.queue.size, it.sent.length], [0, 1]);
});

test("signed out: nothing is sent until the same person is back", async () => {
  const it = world();
  it.queue.put("1.1", "18");
  it.ring();
  await it.fail("signedOut");
  it.queue.put("2.1", "17");
  assert.deepEqual([it.queue.state, it.timers.length], ["signedOut", 0]);
  it.queue.resume();
  assert.deepEqual(it.texts(), { "1.1": "18" });
  assert.equal(it.sent[1].flight.key, "key-1");
});

test("a request that the server refuses for good stops nothing else", async () => {
  const it = world();
  it.queue.put("1.1", "18");
  it.ring();
  it.queue.put("2.1", "17");
  await it.fail("refused");
  assert.equal(it.refusals.length, 1);
  assert.deepEqual(it.texts(), { "2.1": "17" });
});

test("who may no longer save can still see what was not saved, and nothing more is sent", async () => {
  const it = world();
  it.queue.put("1.1", "18");
  it.ring();
  it.queue.put("2.1", "17");
  await it.fail("lost");
  it.queue.put("3.1", "16");
  assert.deepEqual([...it.queue.entries.keys()], ["1.1", "2.1", "3.1"]);
  it.queue.flush();
  it.queue.giveUp();
  assert.equal(it.queue.size, 0);
  it.queue.flush();
  assert.equal(it.sent.length, 1);
});

test("numbers in between were changes of others: the page asks, and its own cells are known at their own number", async () => {
  const it = world(10);
  it.queue.put("1.1", "18");
  it.ring();
  await it.answer({ number: 13, saved: { "1.1": "18" } });
  assert.ok(it.answers[0].behind);
  assert.equal(it.queue.seen, 10, "11 and 12 are not known yet");
  assert.equal(it.queue.seenOf("1.1"), 13);
  assert.equal(it.queue.seenOf("2.1"), 10, "someone may have changed it at 11");
  assert.deepEqual(it.queue.told(13, ["2.1", "1.1"]), ["2.1"]);
  assert.equal(it.queue.seenOf("2.1"), 13);
});

test("cells seen at different numbers go in different requests", async () => {
  const it = world(10);
  it.queue.put("1.1", "18");
  it.ring();
  await it.answer({ number: 13, saved: { "1.1": "18" } });
  it.queue.put("1.1", "19");
  it.queue.put("2.1", "17");
  it.ring();
  assert.deepEqual([it.sent[1].flight.seen, it.texts()], [13, { "1.1": "19" }]);
  await it.answer({ number: 14, saved: { "1.1": "19" } });
  assert.deepEqual([it.sent[2].flight.seen, it.texts()], [10, { "2.1": "17" }]);
});

test("a change of someone else never moves a cell that is being typed or that waits: saving it asks", () => {
  const it = world(10);
  it.queue.put("1.1", "18");
  const free = it.queue.told(12, ["1.1", "2.1", "3.1"], (name) => name === "2.1");
  assert.deepEqual(free, ["3.1"]);
  assert.equal(it.queue.seenOf("1.1"), 10);
  assert.equal(it.queue.seenOf("2.1"), 10);
  assert.equal(it.queue.seenOf("3.1"), 12);
  it.queue.caughtUp("2.1");
  assert.equal(it.queue.seenOf("2.1"), 12);
});

test("after a conflict the cell is known as it stands now", async () => {
  const it = world(10);
  it.queue.put("1.1", "18");
  it.ring();
  await it.answer({ number: 11, saved: {}, conflicts: { "1.1": { mine: "18", theirs: "16" } } });
  assert.equal(it.queue.seenOf("1.1"), 11);
  assert.ok(it.answers[0].behind);
});

test("what stands in a cell after a repeat is known as of now, what was saved as of then", async () => {
  const it = world(10);
  it.queue.put("1.1", "18");
  it.queue.put("2.1", "17");
  it.queue.put("3.1", "16");
  it.ring();
  await it.answer({ number: 11, now: 14, saved: { "1.1": "18", "2.1": "17" }, stands: { "2.1": "5" } });
  assert.equal(it.queue.seenOf("1.1"), 11);
  assert.equal(it.queue.seenOf("2.1"), 14, "the page shows the other's 5");
  assert.equal(it.queue.seenOf("3.1"), 14, "it says what was sent, so nobody changed it");
});

test("what stands under a text that still waits was not seen: saving it asks", async () => {
  const it = world(10);
  it.queue.put("1.1", "18");
  it.ring();
  it.queue.put("1.1", "19");
  await it.answer({ number: 11, now: 14, saved: { "1.1": "18" }, stands: { "1.1": "5" } });
  assert.equal(it.sent.at(-1).flight.seen, 11);
});
