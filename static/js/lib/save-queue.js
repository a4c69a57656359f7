// What waits to be saved, sent in order, one request at a time; nothing is dropped until the server has answered it.
//
// A request that fails is sent again as it was, under the same key, so that the server can tell a repetition from a
// new change; what is typed meanwhile waits behind it. Everything lives in memory only.

export const PAUSES = [2, 5, 15, 30]; // seconds before the tries after a failure; the last one stays
const GATHER = 0; // ms: what is put at once, as by a paste, goes together; what is typed meanwhile is the next request
const MOST = 500; // cells in one request

/** What a failed request was: "away" is tried again, the others need the person. */
export class SendProblem extends Error {
  constructor(kind, words = "") {
    super(words || kind);
    this.kind = kind; // away, signedOut, lost, refused
  }
}

export class SaveQueue {
  #waiting = new Map(); // name -> { text, keep, how, step }
  #versions = new Map(); // name -> the number at which this page knows the cell, where it is not #seen
  #seen;
  #timer = null;
  #running = null; // the promise of the request on its way
  #failures = 0;
  #outside;

  /** The request that is on its way or failed: { key, seen, how, entries }. */
  flight = null;
  /** "rest", "gathering", "sending", "away", "offline", "signedOut", "lost" */
  state = "rest";

  /** outside: send(flight) -> answer, rejecting with SendProblem; answered(flight, answer); refused(flight, problem);
      changed(); newKey(); isOnline(); later(run, ms) -> cancel(). */
  constructor(seen, outside) {
    this.#seen = seen;
    this.#outside = outside;
  }

  /** The number up to which this page knows every cell. */
  get seen() {
    return this.#seen;
  }

  /** The cells that are not saved yet. */
  get names() {
    return [...this.entries.keys()];
  }

  get size() {
    return this.names.length;
  }

  /** Whether the cell is not saved yet. */
  has(name) {
    return this.#waiting.has(name) || (this.flight?.entries.has(name) ?? false);
  }

  /** Save this text; a text that still waits for the same cell is replaced. */
  put(name, text, { keep = false, how = "", step = null } = {}) {
    this.#waiting.delete(name); // so that it goes to the end
    this.#waiting.set(name, { text, keep, how, step });
    if (this.state === "rest") this.#gather();
    this.#outside.changed();
  }

  /** The cell no longer needs saving, if its text has not left yet. */
  drop(name) {
    this.#waiting.delete(name);
    this.#outside.changed();
  }

  /** Send what waits now, whatever the state was: asked for by the person, or the network is back. */
  flush() {
    if (this.state === "lost" || this.#running) return;
    this.#cancel();
    this.#next();
  }

  /** The same person has signed in again. */
  resume() {
    if (this.state !== "signedOut") return;
    this.state = "rest";
    this.flush();
  }

  /** Everything that is not saved: name -> { text, … }, the newest text of each cell. */
  get entries() {
    return new Map([...(this.flight?.entries ?? []), ...this.#waiting]);
  }

  /** Forget everything that waits, and take no more. */
  giveUp() {
    this.#cancel();
    this.flight = null;
    this.#waiting.clear();
    this.#to("lost");
  }

  // Numbers -----------------------------------------------------------------------------------------------------------

  /** The number at which this page knows the cell. */
  seenOf(name) {
    return this.#versions.get(name) ?? this.#seen;
  }

  /** The page now knows what this cell was at that number. */
  knows(name, number) {
    this.#versions.set(name, number);
  }

  /** The page shows this cell as it is at the number up to which everything was told. */
  caughtUp(name) {
    if (!this.has(name)) this.#versions.delete(name);
  }

  /** An answer with this number arrived. True when changes lie between that this page has not been told of. */
  reached(number, wrote) {
    if (number === this.#seen + (wrote ? 1 : 0)) this.#seen = number;
    return number > this.#seen;
  }

  /** All changes up to the number are told; `names` changed. The cells that someone is typing into (`isHeld`), or that
      wait to be saved, stay at the number at which the person saw them. Returns the names that may be shown. */
  told(number, names, isHeld = () => false) {
    const free = [];
    for (const name of names) {
      if (this.seenOf(name) >= number) continue; // this page has saved the cell since
      if (this.has(name) || isHeld(name)) this.knows(name, this.seenOf(name));
      else free.push(name);
    }
    for (const name of free) this.#versions.delete(name);
    this.#seen = Math.max(this.#seen, number);
    return free;
  }

  // Sending -----------------------------------------------------------------------------------------------------------

  #to(state) {
    this.state = state;
    this.#outside.changed();
  }

  #cancel() {
    this.#timer?.();
    this.#timer = null;
  }

  #gather() {
    this.state = "gathering";
    this.#timer = this.#outside.later(() => this.#next(), GATHER);
  }

  #next() {
    this.#timer = null;
    if (this.size === 0) {
      this.#to("rest");
      return;
    }
    if (!this.#outside.isOnline()) {
      this.#to("offline"); // what is typed until then goes with it
      return;
    }
    this.flight ??= this.#take();
    this.#to("sending");
    this.#running = this.#outside.send(this.flight).then(
      (answer) => this.#answered(answer),
      (problem) => this.#failed(problem),
    );
  }

  /** The cells that wait longest and were seen at the same number, as one request. */
  #take() {
    const [first] = this.#waiting;
    const seen = this.seenOf(first[0]);
    const { how } = first[1];
    const entries = new Map();
    for (const [name, entry] of this.#waiting) {
      if (entries.size === MOST) break;
      if (entry.how === how && this.seenOf(name) === seen) entries.set(name, entry);
    }
    for (const name of entries.keys()) this.#waiting.delete(name);
    return { key: this.#outside.newKey(), seen, how, entries };
  }

  #answered(answer) {
    const flight = this.flight;
    this.#running = null;
    this.#failures = 0;
    this.flight = null;
    const behind = this.#settle(flight, answer);
    this.#outside.answered(flight, answer, behind);
    this.#next();
  }

  /** What was saved is known as of `number`; what else the answer tells, as of `now`, which is later for a repeat. */
  #settle(flight, { number, now = number, saved = {}, errors = {}, checks = {}, conflicts = {}, stands = {} }) {
    const names = Object.keys(saved);
    for (const name of names) this.knows(name, number);
    const told = { ...saved, ...errors, ...checks, ...stands };
    const unchanged = [...flight.entries.keys()].filter((name) => !Object.hasOwn(told, name)); // they say what was sent
    const shown = Object.keys(stands).filter((name) => !this.has(name)); // where a later text waits it is not shown
    for (const name of [...Object.keys(conflicts), ...shown, ...unchanged]) this.knows(name, now);
    return this.reached(number, names.length > 0);
  }

  #failed(problem) {
    this.#running = null;
    const kind = problem instanceof SendProblem ? problem.kind : "away";
    if (kind === "refused") {
      const flight = this.flight;
      this.flight = null;
      this.#outside.refused(flight, problem);
      this.#next();
    } else if (kind === "away") {
      const pause = PAUSES[Math.min(this.#failures, PAUSES.length - 1)];
      this.#failures += 1;
      this.#timer = this.#outside.later(() => this.#next(), pause * 1000);
      this.#to(this.#outside.isOnline() ? "away" : "offline");
    } else {
      this.#to(kind);
    }
  }
}

/** A key of its own for a request. randomUUID is missing where the page came without encryption. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20)].join("-");
}
