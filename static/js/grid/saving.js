// Every cell is saved by itself: what is typed goes into the queue, what the server answers comes back into the cells,
// and one line says how things stand. Other people's changes come in the same way.

import { newKey, SaveQueue, SendProblem } from "../lib/save-queue.js";
import { announce } from "../lib/shell.js";

const PATIENCE = 400; // ms before "Saving…" is shown
const LONGEST = 30_000; // ms without an answer: as if there were no network
const ASK = 20_000; // ms between two questions what others did
const SETTLED = 3_000; // ms after which the page has everything that it needs first
const NEW = 20_000; // ms for which someone else's change is marked
const LEAVE = 5_000; // ms a link waits for the last save

export class Saving {
  #form;
  #words;
  #line;
  #patience = null;
  #isSlow = false;
  #held = null; // the cell that is open, which nothing may repaint
  #later = new Map(); // name -> someone's change of the open cell
  #wasBad = false;
  #isLive = false;
  #lastTold = 0;
  #renewed = null; // the request that was refused although the session is fresh
  #waitingFor = []; // what runs when nothing waits any more

  /** shows: { choose(), goTo(cell), signIn(page), lost(), stale(), isTyping() } */
  constructor(form, grid, words, shows) {
    this.#form = form;
    this.#words = words;
    this.grid = grid;
    this.shows = shows;
    this.queue = new SaveQueue(Number(form.elements.seen.value), {
      send: (flight) => this.#send(flight),
      answered: (flight, answer, behind) => this.#answered(flight, answer, behind),
      refused: (flight, problem) => this.#refused(flight, problem),
      changed: () => this.show(),
      newKey: newKey,
      isOnline: () => navigator.onLine,
      later: (run, ms) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    });
  }

  /** Put the line in its place and listen to the network, to leaving and to others. */
  start(place) {
    this.#line = document.createElement("p");
    this.#line.className = "save";
    this.#line.setAttribute("role", "status");
    this.#line.setAttribute("aria-live", "off"); // typing is its own confirmation; #status and #alert say what matters
    place.prepend(this.#line);
    this.#form.removeAttribute("data-warn-unsaved");
    addEventListener("online", () => this.queue.flush());
    addEventListener("offline", () => this.show());
    addEventListener("beforeunload", (event) => {
      if (this.isBusy) event.preventDefault();
    });
    document.addEventListener("click", (event) => this.#leaving(event));
    document.addEventListener("visibilitychange", () => this.#back());
    addEventListener("focus", () => this.#back());
    this.#listen();
    this.show();
  }

  // Typing ------------------------------------------------------------------------------------------------------------

  /** The cell that is open now, or null. */
  hold(name) {
    const was = this.#held;
    this.#held = name;
    if (was && this.#later.has(was)) {
      const change = this.#later.get(was);
      this.#later.delete(was);
      const cell = this.grid.cell(was);
      // Someone changed it while the field stood open: what was typed becomes a conflict; untouched it is theirs.
      queueMicrotask(() => {
        if (this.queue.has(was) || cell.state !== "saved") return;
        this.queue.caughtUp(was);
        this.#takeOver(cell, change);
      });
    }
  }

  /** Save this text, or say in the cell why it cannot be. `keep`: the person confirmed it; `step`: of which it is part. */
  commit(cell, text, { keep = false, how = "", step = null } = {}) {
    Object.assign(cell, { text, by: "", reason: "", theirs: null });
    const { problem } = this.grid.read(cell, text, keep);
    if (problem) {
      cell.state = problem === "needs_confirmation" ? "check" : "wrong";
      cell.reason = this.#words.whyNot(problem, text, this.grid, cell);
      this.queue.drop(cell.name);
      if (cell.state === "wrong") this.#alert(cell);
    } else if (text === cell.saved && !this.queue.has(cell.name)) {
      cell.state = "saved";
    } else {
      cell.state = "waiting";
      this.queue.put(cell.name, text, { keep, how, step });
    }
    this.#paint(cell);
    this.grid.showTally(cell.column);
    this.show();
  }

  /** The words for it have arrived: say why a cell that was typed before could not be saved. */
  explain() {
    for (const cell of this.grid.troubled().filter(({ reason }) => !reason)) {
      const { problem } = this.grid.read(cell);
      if (problem) cell.reason = this.#words.whyNot(problem, cell.text, this.grid, cell);
      this.#paint(cell);
    }
  }

  /** The cell as the server has it; what was typed is forgotten. */
  restore(cell) {
    this.queue.drop(cell.name);
    Object.assign(cell, { text: cell.saved, state: "saved", reason: "", theirs: null });
    this.#paint(cell);
    this.show();
  }

  /** Keep one's own version of a conflict, or the other one. */
  choose(cell, mine) {
    const { theirs } = cell;
    cell.saved = theirs.theirs;
    this.commit(cell, mine ? cell.text : theirs.theirs, { keep: true });
  }

  get isBusy() {
    return this.queue.size > 0 || this.grid.troubled().length > 0 || this.shows.isTyping();
  }

  #paint(cell) {
    if (cell.name !== this.#held) this.grid.paint(cell);
  }

  #alert(cell) {
    announce(this.#words.fill("not_saved_cell", { cell: this.grid.nameOf(cell) }), { urgent: true });
  }

  // The server --------------------------------------------------------------------------------------------------------

  async #send({ key, seen, how, entries }) {
    const body = new URLSearchParams({ csrf_token: this.#form.elements.csrf_token.value, seen, request: key });
    if (how) body.set("how", how);
    for (const [name, { text, keep }] of entries) {
      body.append(name, text);
      if (keep) body.append("keep", `${name}=${text}`);
    }
    const answer = await this.ask(this.#form.action, { method: "POST", body });
    const facts = await answer.json().catch(() => ({}));
    if (facts.number !== undefined) return facts;
    throw this.#problem(answer.status, facts, key);
  }

  /** A request as a script's; no answer is a problem that is tried again. */
  async ask(address, options = {}) {
    const headers = { Accept: "application/json", "X-Requested-With": "fetch" };
    try {
      return await fetch(address, { headers, signal: AbortSignal.timeout(LONGEST), ...options });
    } catch {
      throw new SendProblem("away");
    }
  }

  #problem(status, facts, key) {
    const isNewSession = status === 400 && this.#renewed !== key;
    if (status === 401 || isNewSession) {
      this.#renewed = status === 400 ? key : null;
      setTimeout(() => this.signedInAgain());
      return new SendProblem("signedOut");
    }
    if (status === 403 || status === 404) {
      setTimeout(() => this.shows.lost());
      return new SendProblem("lost");
    }
    if (status === 429 || status >= 500 || status < 400) return new SendProblem("away");
    return new SendProblem("refused", facts.problem ?? this.#words.refused);
  }

  #answered(flight, answer, behind) {
    const columns = new Set();
    const written = Object.keys(answer.saved ?? {});
    for (const [name, entry] of flight.entries) {
      if (written.includes(name)) entry.step?.written(name, answer.number, written.length);
      const cell = this.grid.cell(name);
      if (!cell) continue;
      columns.add(cell.column);
      this.#settle(cell, entry, answer);
      this.#paint(cell);
    }
    this.grid.showTotals(answer.students ?? {});
    for (const column of columns) this.grid.showTally(column);
    if (behind) this.askOthers();
  }

  /** `stands`: what cells say that were not written, or that someone changed after an earlier try wrote them. */
  #settle(cell, entry, { saved = {}, errors = {}, checks = {}, conflicts = {}, stands = {} }) {
    const { name } = cell;
    const isNewer = this.queue.has(name); // a later text waits for the same cell
    if (Object.hasOwn(conflicts, name)) {
      this.queue.drop(name);
      cell.state = "choose";
      cell.theirs = conflicts[name];
      const { theirs, by } = conflicts[name];
      cell.reason = this.#words.fill("two_versions", { mine: cell.text || this.#words.blank, theirs: theirs || this.#words.blank, name: by });
      this.#conflicted();
      return;
    }
    const problem = errors[name] ?? checks[name];
    if (problem !== undefined) {
      cell.saved = stands[name] ?? cell.saved;
      if (isNewer) return;
      cell.state = Object.hasOwn(errors, name) ? "wrong" : "check";
      cell.reason = problem;
      if (cell.state === "wrong") this.#alert(cell);
      return;
    }
    cell.saved = stands[name] ?? saved[name] ?? entry.text;
    if (isNewer || cell.text !== entry.text) return;
    Object.assign(cell, { text: cell.saved, state: "saved", reason: "" });
  }

  /** Have the server take back a change of this person ("undo") or do it again ("redo"); `number` is the change's own.
      The answer, or null without one; an answer without `saved` says no. */
  async turn(kind, number) {
    const body = new URLSearchParams({ csrf_token: this.#form.elements.csrf_token.value, seq: number });
    const answer = await this.ask(this.#form.dataset[kind], { method: "POST", body }).catch(() => null);
    const facts = await answer?.json().catch(() => ({}));
    if (facts?.saved) this.#turned(facts);
    return facts ?? null;
  }

  #turned({ number, saved, students, marks = {} }) {
    for (const [name, text] of Object.entries(saved)) {
      const cell = this.grid.cell(name);
      if (!cell || this.queue.has(name)) continue;
      this.queue.knows(name, number);
      Object.assign(cell, { text, saved: text, state: "saved", reason: "", by: "", ...marks[name] });
      this.#paint(cell);
      this.grid.showTally(cell.column);
    }
    this.grid.showTotals(students ?? {});
    if (this.queue.reached(number, Object.keys(saved).length > 0)) this.askOthers();
  }

  #conflicted() {
    setTimeout(() => {
      const count = this.grid.troubled().filter(({ state }) => state === "choose").length;
      if (count) announce(this.#words.plural("choose", count), { urgent: true });
    });
  }

  #refused(flight, problem) {
    for (const name of flight.entries.keys()) {
      const cell = this.grid.cell(name);
      if (!cell || this.queue.has(name)) continue;
      Object.assign(cell, { state: "wrong", reason: problem.message });
      this.#alert(cell);
      this.#paint(cell);
    }
  }

  /** Whether the same person is signed in again: then what waits is sent; for anyone else the page is loaded anew. */
  async signedInAgain() {
    if (this.queue.state !== "signedOut") return true;
    const page = await this.#page().catch(() => null);
    if (!page) return false;
    const form = page.getElementById(this.#form.id);
    if (form?.dataset.person === this.#form.dataset.person) {
      this.#form.elements.csrf_token.value = form.elements.csrf_token.value;
      this.queue.resume();
      return true;
    }
    if (page.querySelector("input[type=password]")) {
      this.shows.signIn(page);
      return false;
    }
    this.queue.giveUp();
    for (const cell of this.grid.troubled()) this.restore(cell);
    location.reload();
    return false;
  }

  async #page() {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(LONGEST) });
    if (answer.status >= 500) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  #back() {
    if (document.visibilityState !== "visible") return;
    if (this.queue.state === "signedOut") this.signedInAgain();
    else if (this.queue.state === "away") this.queue.flush();
  }

  // Others ------------------------------------------------------------------------------------------------------------

  #listen() {
    const { changes, stream } = this.#form.dataset;
    if (!changes) return;
    if (stream) setTimeout(() => this.#follow(stream).catch(() => {}), SETTLED);
    setInterval(() => {
      if (!this.#isLive && document.visibilityState === "visible") this.askOthers();
    }, ASK);
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.askOthers();
    });
  }

  /** The server says at once that something changed; while that works nobody needs to ask again and again. */
  async #follow(stream) {
    const { follow } = await import("../lib/live.js");
    follow(stream, {
      seen: () => this.queue.seen,
      changed: () => this.askOthers(),
      live: (is) => {
        this.#isLive = is;
      },
    });
  }

  /** Ask what others did since the number that this page has seen, and show it. */
  async askOthers() {
    const { changes } = this.#form.dataset;
    if (!changes || this.queue.state === "signedOut" || this.queue.state === "lost") return;
    const answer = await this.ask(`${changes}?after=${this.queue.seen}`).catch(() => null);
    if (answer?.status !== 200) return;
    const facts = await answer.json().catch(() => null);
    if (facts) this.showOthers(facts);
  }

  /** Changes of others appear in cells that nobody here has touched. */
  showOthers({ number, cells, students, stale }) {
    const isHeld = (name) => name === this.#held || ["choose", "wrong", "check"].includes(this.grid.cell(name)?.state);
    if (Object.hasOwn(cells, this.#held ?? "")) this.#later.set(this.#held, cells[this.#held]);
    const free = this.queue.told(number, Object.keys(cells), isHeld);
    const shown = free.map((name) => this.grid.cell(name)).filter((cell) => cell && this.#takeOver(cell, cells[cell.name]));
    this.grid.showTotals(students ?? {});
    if (shown.length && Date.now() - this.#lastTold > ASK) {
      this.#lastTold = Date.now();
      announce(this.#words.plural("theirs", shown.length));
    }
    if (stale) this.shows.stale();
  }

  /** Put someone's change into a cell. Whether it was news. */
  #takeOver(cell, { text, by, own, comment = cell.comment, note = cell.note }) {
    const isNews = text !== cell.text && !own;
    Object.assign(cell, { was: cell.text, text, saved: text, state: "saved", reason: "", by: isNews ? by : "", comment, note });
    this.#paint(cell);
    this.grid.showTally(cell.column);
    if (isNews) {
      setTimeout(() => {
        if (cell.by !== by) return;
        cell.by = "";
        this.#paint(cell);
      }, NEW);
    }
    return isNews;
  }

  // The line ----------------------------------------------------------------------------------------------------------

  /** Say how things stand, and mark the cells that cannot be sent now. */
  show() {
    if (!this.#line) return;
    const { state } = this.queue;
    this.#line.dataset.waiting = this.queue.size;
    const isOff = ["away", "offline", "signedOut", "lost"].includes(state);
    this.#wait(state === "sending" && !isOff);
    if (isOff) this.#mark("failed", this.#words[`reason_${state}`]);
    const [kind, icon, text, action] = this.#says(state, this.queue.size, this.grid.troubled());
    this.#write(kind, icon, text, action);
    this.#speak(kind === "save--failed", text);
    if (this.queue.size === 0) this.#waitingFor.splice(0).forEach((run) => run());
  }

  #wait(isSending) {
    if (!isSending) {
      clearTimeout(this.#patience);
      this.#patience = null;
      this.#isSlow = false;
    }
    else if (this.#patience === null) {
      this.#patience = setTimeout(() => {
        this.#isSlow = true;
        this.#mark("saving", "");
        this.show();
      }, PATIENCE);
    }
  }

  #mark(state, reason) {
    for (const cell of this.queue.names.map((name) => this.grid.cell(name))) {
      if (!cell || cell.state === state || (state === "saving" && cell.state !== "waiting")) continue;
      Object.assign(cell, { state, reason });
      this.#paint(cell);
    }
  }

  #says(state, size, troubled) {
    const words = this.#words;
    const retry = [words.retry, () => this.queue.flush()];
    if (state === "lost" && size) return ["save--failed", "alert", words.plural("failed", size)];
    if (state === "signedOut") return ["save--failed", "alert", words.plural("signed_out", size), [words.sign_in, () => this.signedInAgain()]];
    if (state === "offline" || (size && !navigator.onLine)) return ["save--failed", "alert", words.plural("offline", size)];
    if (state === "away" || (state === "sending" && troubled.some((cell) => cell.state === "failed"))) {
      return ["save--failed", "alert", words.plural("failed", size), retry];
    }
    const choices = troubled.filter((cell) => cell.state === "choose").length;
    if (choices) return ["save--choose", "split", words.plural("choose", choices), [words.choose, () => this.shows.choose()]];
    const wrong = troubled.filter((cell) => cell.state === "wrong" || cell.state === "check");
    if (wrong.length) return ["save--failed", "alert", words.plural("failed", wrong.length), [words.go_to, () => this.shows.goTo(wrong[0])]];
    if (this.#isSlow && size) return ["", "refresh", words.plural("saving", size)];
    return ["", "tick", words.all_saved];
  }

  #write(kind, icon, text, action) {
    if (this.#line.dataset.text === text && this.#line.className === `save ${kind}`.trim()) return;
    this.#line.className = `save ${kind}`.trim();
    this.#line.dataset.text = text;
    const parts = [this.#words.icon(icon), text];
    if (action) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn--sm";
      [button.textContent] = action;
      button.addEventListener("click", action[1]);
      parts.push(button);
    }
    this.#line.replaceChildren(...parts);
  }

  /** Only work at risk is said aloud, and once that it no longer is. */
  #speak(isBad, text) {
    if (isBad && !this.#wasBad && this.queue.size) announce(text, { urgent: true });
    if (!isBad && this.#wasBad) announce(text);
    this.#wasBad = isBad;
  }

  /** Ctrl S: send at once, and say when it is done. */
  sendNow() {
    this.queue.flush();
    this.whenSaved(() => announce(this.#words.all_saved));
  }

  /** Run this when nothing waits. */
  whenSaved(run) {
    if (this.queue.size === 0) run();
    else this.#waitingFor.push(run);
  }

  // Leaving -----------------------------------------------------------------------------------------------------------

  /** A link waits a moment for what is being saved, so that nobody is asked about a save that goes well. */
  #leaving(event) {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.target || link.hash || !["gathering", "sending"].includes(this.queue.state)) return;
    event.preventDefault();
    const go = () => location.assign(link.href);
    const late = setTimeout(go, LEAVE);
    this.whenSaved(() => {
      clearTimeout(late);
      go();
    });
    this.queue.flush();
  }
}
