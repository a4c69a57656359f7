// An open conversation: what others write or change appears by itself, what is written here is sent without leaving the
// page. Here: asking the server, what is read, and what happens when the session or the right ends.

import { follow } from "../lib/live.js";
import { Politely } from "../lib/outbox.js";
import { announce, tellOthers } from "../lib/shell.js";
import { changing, endUndo } from "./changing.js";
import { element, Log } from "./log.js";
import { later, Writing } from "./writing.js";

const ASK = 10_000; // ms between two questions without a stream
const LONGEST = 30_000; // ms without an answer: as if there were no network
const LONGEST_WITH_FILES = 20 * 60_000; // ms: fifty megabytes take that long on a slow connection

export class Talk {
  #main;
  #number; // the newest change that the page shows
  #mark; // what the office has stopped, as the page shows it
  #seq; // the newest message that the page shows
  #told; // up to where the server knows that this person has read
  #isLive = false;
  #asking = null;
  #asksAgain = false;

  isOver = false;

  constructor(main) {
    this.#main = main;
    this.words = JSON.parse(main.dataset.words);
    this.#number = Number(main.dataset.number);
    this.#mark = main.dataset.mark;
    this.#seq = this.#told = Number(main.dataset.seq);
    this.log = new Log(main, this.words, () => this.#seen());
    this.writing = new Writing(this, main.querySelector("form.composer"));
    this.politely = new Politely((names) => this.#announce(names), later, () => Date.now());
  }

  start() {
    document.addEventListener("visibilitychange", () => this.#back());
    addEventListener("focus", () => this.#back());
    changing(this, this.#main);
    follow(`${this.#main.dataset.talk}/stream`, {
      seen: () => this.#number,
      mark: () => this.#mark,
      changed: () => this.ask(),
      live: (is) => {
        this.#isLive = is;
      },
    });
    setInterval(() => {
      if (!this.#isLive && document.visibilityState === "visible") this.ask();
    }, ASK);
  }

  // Asking ------------------------------------------------------------------------------------------------------------

  /** An answer of the server about an address below this conversation's; null without one. */
  fetch(path, options = {}) {
    const headers = { Accept: "application/json", "X-Requested-With": "fetch" };
    const address = `${this.#main.dataset.talk}/${path}`;
    return fetch(address, { headers, signal: AbortSignal.timeout(LONGEST), ...options }).catch(() => null);
  }

  post(path, fields, files = []) {
    const token = document.querySelector("input[name=csrf_token]").value;
    const all = new URLSearchParams({ csrf_token: token, ...fields });
    if (!files.length) return this.fetch(path, { method: "POST", body: all });
    const body = new FormData();
    for (const [name, value] of all) body.append(name, value);
    for (const file of files) body.append("files", file);
    return this.fetch(path, { method: "POST", body, signal: AbortSignal.timeout(LONGEST_WITH_FILES) });
  }

  /** Ask for what came after the newest change here, until there is no more. Asked meanwhile, it asks once more. */
  ask() {
    this.#asksAgain = this.#asking !== null;
    this.#asking ??= this.#askAll().finally(() => {
      this.#asking = null;
      if (this.#asksAgain) this.ask();
    });
    return this.#asking;
  }

  async #askAll() {
    for (let more = true; more && !this.isOver; ) {
      const answer = await this.fetch(`changes?after=${this.#number}&mark=${this.#mark}`);
      if (answer?.status === 404 || answer?.status === 403) this.#end();
      if (answer?.status === 401 && !this.writing.unsent) location.reload(); // signed out, here or in another window
      if (answer?.status !== 200) return;
      const facts = await answer.json().catch(() => null);
      if (!facts) return;
      if (facts.stale) {
        location.reload();
        return;
      }
      if (facts.writing) this.#stopped(facts);
      this.#show(facts);
      ({ more } = facts);
    }
  }

  // Showing -----------------------------------------------------------------------------------------------------------

  #show({ number, messages }) {
    const wasAtEnd = this.log.isAtEnd;
    this.log.show(messages);
    endUndo(this.#main);
    for (const { key } of messages) if (key) this.writing.outbox.arrived(key);
    const others = messages.filter(({ seq, by }) => seq > this.#seq && by !== null);
    this.#number = Math.max(this.#number, number);
    this.#seq = Math.max(this.#seq, ...messages.map(({ seq }) => seq));
    for (const { by } of others) this.politely.heard(by);
    if (others.length && !wasAtEnd) this.log.offerNewest();
    this.#seen();
  }

  #announce(names) {
    const same = new Set(names).size === 1 && names.length === 1;
    announce(same ? this.words.new_from.replace("{name}", names[0]) : this.words.new_several);
  }

  /** What stands before someone's eyes is read, and not before. */
  async #seen() {
    if (!this.log.isAtEnd || document.visibilityState !== "visible") return;
    this.log.newestIsSeen();
    if (this.#told >= this.#seq || this.isOver) return;
    const before = this.#told;
    this.#told = this.#seq;
    const answer = await this.post("read", { seq: this.#seq });
    if (answer?.ok) tellOthers();
    else this.#told = Math.min(before, this.#told);
  }

  #back() {
    if (document.visibilityState !== "visible" || this.isOver) return;
    this.ask();
    if (this.writing.waitsForSignIn) this.signedInAgain();
    else this.writing.outbox.retry();
  }

  // Stopped by the office ---------------------------------------------------------------------------------------------

  /** Messages are stopped, or go on: what was typed stays where it can be seen, and is kept as the draft. */
  #stopped(facts) {
    if (this.writing.isSending) {
      setTimeout(() => this.ask(), 300); // whether it was taken is known in a moment
      return;
    }
    this.#mark = facts.mark;
    const typed = this.writing.unsent;
    document.querySelector("[data-stops]").innerHTML = facts.notice;
    this.#main.querySelector("[data-writing]").outerHTML = facts.writing;
    this.writing.goOn(this.#main.querySelector("form.composer"), typed);
    const box = this.#main.querySelector("#write textarea");
    if (box && typed) box.value = typed;
    else if (typed) this.#main.querySelector("#write").prepend(...this.#kept(typed));
    announce(box && !box.readOnly ? this.words.goes_on : this.words.stopped, { urgent: true });
  }

  #kept(typed) {
    const area = element("textarea", { class: "area", id: "unsent", rows: "4", readonly: "", dir: "auto" });
    area.value = typed;
    return [element("label", { for: "unsent" }, this.words.ended_label), area];
  }

  // The session and the right -----------------------------------------------------------------------------------------

  /** Whether the same person is signed in again: then what waits is sent; for anyone else the page is loaded anew. */
  async signedInAgain() {
    const inbox = document.querySelector("a[data-messages]").href;
    const answer = await fetch(inbox, { signal: AbortSignal.timeout(LONGEST) }).catch(() => null);
    if (!answer || answer.status >= 500) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const person = page.querySelector("[data-person]")?.dataset.person;
    if (person === this.#main.dataset.person) {
      const token = page.querySelector("input[name=csrf_token]").value;
      for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
      this.writing.outbox.retry();
      this.ask();
    } else if (page.querySelector("input[name=username]")) {
      const { signIn } = await import("../grid/dialogs.js");
      signIn({ words: this.words, saving: this, form: this.#main }, page);
    } else if (page.querySelector("input[type=password]")) {
      open(answer.url, "_blank", "noopener"); // a kept device asks for the password again (ux.md 3.11)
    } else {
      this.isOver = true;
      this.writing.end();
      location.reload();
    }
  }

  /** The right has ended: nothing of the conversation stays on the page but what this person typed. */
  #end() {
    if (this.isOver) return;
    this.isOver = true;
    const typed = this.writing.unsent;
    const heading = element("h1", { id: "about", tabindex: "-1" }, this.words.ended_heading);
    const parts = [heading, element("p", {}, this.words.ended_words)];
    if (typed) parts.push(...this.#kept(typed));
    this.writing.end();
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    this.#main.replaceChildren(element("div", { class: "talk__head talk__ended" }, ...parts));
    document.querySelector(".talk__list .threads li.is-here")?.remove();
    document.title = this.words.ended_heading;
    announce(this.words.ended_heading, { urgent: true });
  }
}
