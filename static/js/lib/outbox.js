// Messages on their way: sent in order, one at a time, each under a key of its own, so that one sent twice is one.
// Nothing is dropped until the server has taken it or the person takes it back. Everything lives in memory only.

import { PAUSES } from "./save-queue.js";

export const GAP = 20_000; // ms between two announcements of what others wrote

/** letters: { key, text, files, state, why }; state is "sending", "waiting" (behind another), "away", "signedOut", "lost",
    "refused" (why: the server's words) or "sent" (taken by the server, and not shown by it yet). */
export class Outbox {
  #outside;
  #timer = null;
  #failures = 0;
  #isRunning = false;

  letters = [];

  /** outside: send(letter) -> number, rejecting with SendProblem; sent(letter, number); changed(); newKey();
      later(run, ms) -> cancel(). */
  constructor(outside) {
    this.#outside = outside;
  }

  /** What is not sent yet, the first to go first. */
  get #first() {
    return this.letters.find(({ state }) => state !== "refused" && state !== "sent");
  }

  /** What the server has not taken. */
  get unsent() {
    return this.letters.filter(({ state }) => state !== "sent");
  }

  /** Send this text after what waits already. The key of a form that was loaded with it may be used. */
  put(text, key = this.#outside.newKey(), files = []) {
    this.letters.push({ key, text, files, state: "waiting", why: "" });
    if (this.#first?.state === "waiting") this.#go();
    else this.#outside.changed();
  }

  /** Try again now, with the same text and key. */
  retry() {
    if (this.#first && !this.#isRunning && this.#first.state !== "lost") this.#go();
  }

  /** Take back what was not sent; null when it is on its way or gone. */
  take(key) {
    const letter = this.letters.find((one) => one.key === key);
    if (!letter || letter.state === "sending" || letter.state === "sent") return null;
    const wasFirst = letter === this.#first;
    this.#drop(letter);
    if (wasFirst) this.#stopWaiting();
    if (wasFirst && this.#first) this.#go();
    return letter;
  }

  /** The server shows it, perhaps before its answer came: it is sent, and stands here no longer. */
  arrived(key) {
    const letter = this.letters.find((one) => one.key === key);
    if (!letter) return;
    const wasFirst = letter === this.#first;
    this.#drop(letter);
    if (wasFirst && !this.#isRunning) {
      this.#stopWaiting();
      if (this.#first) this.#go();
    }
  }

  #drop(letter) {
    this.letters = this.letters.filter((one) => one !== letter);
    this.#outside.changed();
  }

  #stopWaiting() {
    this.#timer?.();
    this.#timer = null;
    this.#failures = 0;
  }

  async #go() {
    if (this.#isRunning) return;
    this.#timer?.();
    this.#timer = null;
    this.#isRunning = true;
    const letter = this.#first;
    letter.state = "sending";
    this.#outside.changed();
    let problem = null;
    try {
      this.#outside.sent(letter, await this.#outside.send(letter));
    } catch (failed) {
      problem = failed;
    }
    this.#isRunning = false;
    if (problem) this.#failed(letter, problem);
    else this.#sent(letter);
  }

  #sent(letter) {
    this.#failures = 0;
    letter.state = "sent"; // it stays in sight until it stands among the others
    this.#outside.changed();
    if (this.#first) this.#go();
  }

  #failed(letter, { kind, message }) {
    if (!this.letters.includes(letter)) {
      if (this.#first) this.#go(); // the stream has shown it meanwhile
      return;
    }
    letter.state = kind ?? "away";
    letter.why = kind === "refused" ? message : "";
    if (letter.state === "away") {
      const pause = PAUSES[Math.min(this.#failures, PAUSES.length - 1)] * 1000;
      this.#failures += 1;
      this.#timer = this.#outside.later(() => this.retry(), pause);
    }
    this.#outside.changed();
    if (letter.state === "refused" && this.#first) this.#go();
  }
}

/** What others wrote is said at once, and then once for all that comes within the gap. */
export class Politely {
  #say;
  #later;
  #now;
  #last = -Infinity;
  #held = [];

  /** say(names); later(run, ms); now() in ms. */
  constructor(say, later, now) {
    this.#say = say;
    this.#later = later;
    this.#now = now;
  }

  /** Someone wrote. */
  heard(name) {
    const wait = this.#last + GAP - this.#now();
    if (this.#held.push(name) > 1) return;
    if (wait <= 0) this.#out();
    else this.#later(() => this.#out(), wait);
  }

  #out() {
    this.#last = this.#now();
    this.#say(this.#held.splice(0));
  }
}
