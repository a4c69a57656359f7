// An open conversation: what others write appears by itself, what is written here is sent without leaving the page.
// Nobody's focus or place is moved, except that who stands at the end stays at the end.

import { follow } from "../lib/live.js";
import { Outbox, Politely } from "../lib/outbox.js";
import { newKey, SendProblem } from "../lib/save-queue.js";
import { announce, tellOthers } from "../lib/shell.js";

const DRAFT = 1_000; // ms after typing stopped or went on for so long
const ASK = 10_000; // ms between two questions without a stream
const LONGEST = 30_000; // ms without an answer: as if there were no network
const AT_END = 40; // px from the newest message that still count as being there

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const later = (run, ms) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

export class Talk {
  #main;
  #log;
  #inside;
  #form;
  #words;
  #number;
  #isLive = false;
  #isOver = false;
  #asking = null;
  #asksAgain = false;
  #told = 0; // up to where the server knows that this person has read
  #more = null;
  #drafting = Promise.resolve(); // the draft that is being kept: a message waits for it, so that none is kept after it
  #draftTimer = null;
  #renewed = null; // the letter that was refused although the session is fresh

  constructor(main) {
    this.#main = main;
    this.#log = main.querySelector(".log");
    this.#inside = main.querySelector(".log__in");
    this.#form = main.querySelector("form.composer");
    this.#words = JSON.parse(main.dataset.words);
    this.#number = this.#told = Number(main.dataset.number);
    this.outbox = new Outbox({
      send: (letter) => this.#send(letter),
      sent: () => this.ask(),
      changed: () => this.#showLetters(),
      newKey,
      later,
    });
    this.politely = new Politely((names) => this.#announce(names), later, () => Date.now());
  }

  start() {
    this.#log.setAttribute("aria-live", "off"); // said by #status, and not more often than people can bear
    this.letters = this.#inside.appendChild(element("div", { class: "log__mine", hidden: "" }));
    this.#log.addEventListener("scroll", () => this.#seen(), { passive: true });
    document.addEventListener("visibilitychange", () => this.#back());
    addEventListener("focus", () => this.#back());
    addEventListener("online", () => this.outbox.retry());
    if (this.#form) this.#takeOver();
    follow(`${this.#main.dataset.talk}/stream`, {
      seen: () => this.#number,
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

  #fetch(path, options = {}) {
    const headers = { Accept: "application/json", "X-Requested-With": "fetch" };
    const address = `${this.#main.dataset.talk}/${path}`;
    return fetch(address, { headers, signal: AbortSignal.timeout(LONGEST), ...options }).catch(() => null);
  }

  /** Ask for the messages after the newest one here, until there are no more. Asked meanwhile, it asks once more. */
  ask() {
    this.#asksAgain = this.#asking !== null;
    this.#asking ??= this.#askAll().finally(() => {
      this.#asking = null;
      if (this.#asksAgain) this.ask();
    });
    return this.#asking;
  }

  async #askAll() {
    for (let more = true; more && !this.#isOver; ) {
      const answer = await this.#fetch(`changes?after=${this.#number}`);
      if (answer?.status === 404 || answer?.status === 403) this.#end();
      if (answer?.status === 401 && !this.#unsent) location.reload(); // signed out, here or in another window
      if (answer?.status !== 200) return;
      const facts = await answer.json().catch(() => null);
      if (!facts) return;
      if (facts.stale) {
        location.reload();
        return;
      }
      this.#show(facts);
      ({ more } = facts);
    }
  }

  // Showing -----------------------------------------------------------------------------------------------------------

  #show({ number, messages }) {
    const fresh = messages.filter(({ seq }) => seq > this.#number);
    const wasAtEnd = this.#isAtEnd;
    this.#keepPlace(() => {
      for (const one of fresh) {
        this.#put(one);
        if (one.key) this.outbox.arrived(one.key);
      }
    });
    this.#number = Math.max(this.#number, number);
    const others = fresh.filter(({ by }) => by !== null);
    for (const { by } of others) this.politely.heard(by);
    if (others.length && !wasAtEnd) this.#offerNewest();
    this.#seen();
  }

  #put({ seq, day, day_mark, message }) {
    if (this.#inside.querySelector(`[data-seq="${seq}"]`)) return;
    const days = this.#inside.querySelectorAll("[data-day]");
    if (days[days.length - 1]?.dataset.day !== day) this.letters.insertAdjacentHTML("beforebegin", day_mark);
    this.letters.insertAdjacentHTML("beforebegin", message);
  }

  get #isAtEnd() {
    return Math.abs(this.#log.scrollTop) < AT_END; // the log is reversed: its end is at 0
  }

  /** What a person reads stays where it is on the screen. */
  #keepPlace(change) {
    const wasAtEnd = this.#isAtEnd;
    const top = this.#log.getBoundingClientRect().top;
    const read = [...this.#inside.children].find((one) => one.getBoundingClientRect().bottom > top);
    const before = read?.getBoundingClientRect().top;
    change();
    if (wasAtEnd) this.#log.scrollTop = 0;
    else if (read?.isConnected) this.#log.scrollTop += read.getBoundingClientRect().top - before;
  }

  /** A button to the newest message, for who reads above. */
  #offerNewest() {
    if (this.#more) return;
    this.#more = element("button", { type: "button", class: "btn btn--sm log__more" }, this.#words.new_several);
    this.#more.addEventListener("click", () => {
      this.#log.scrollTop = 0;
      this.#log.focus({ preventScroll: true });
      this.#seen();
    });
    this.#log.after(this.#more);
  }

  #announce(names) {
    const same = new Set(names).size === 1 && names.length === 1;
    announce(same ? this.#words.new_from.replace("{name}", names[0]) : this.#words.new_several);
  }

  /** What stands before someone's eyes is read, and not before. */
  async #seen() {
    if (!this.#isAtEnd || document.visibilityState !== "visible") return;
    this.#more?.remove();
    this.#more = null;
    if (this.#told >= this.#number || this.#isOver) return;
    const before = this.#told;
    this.#told = this.#number;
    const body = new URLSearchParams({ csrf_token: this.#token, seq: this.#number });
    const answer = await this.#fetch("read", { method: "POST", body });
    if (answer?.ok) tellOthers();
    else this.#told = Math.min(before, this.#told);
  }

  get #token() {
    return document.querySelector("input[name=csrf_token]").value;
  }

  #back() {
    if (document.visibilityState !== "visible" || this.#isOver) return;
    this.ask();
    if (this.outbox.letters.some(({ state }) => state === "signedOut")) this.signedInAgain();
    else this.outbox.retry();
  }

  // Writing -----------------------------------------------------------------------------------------------------------

  #takeOver() {
    const box = this.#form.elements.body;
    this.#form.removeAttribute("data-warn-unsaved");
    this.#form.addEventListener("submit", (event) => {
      if (!box.value.trim()) return; // the server says what is missing
      event.preventDefault();
      const key = this.#form.elements.client_key;
      this.outbox.put(box.value, key.value);
      box.value = "";
      key.value = newKey();
      box.focus();
      this.#log.scrollTop = 0;
    });
    this.#form.querySelector("[data-draft]")?.remove(); // drafts are kept by themselves
    box.addEventListener("input", () => this.#draftSoon());
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
    addEventListener("beforeunload", (event) => {
      if (this.#unsent) event.preventDefault();
    });
  }

  get #unsent() {
    return [...this.outbox.letters.map(({ text }) => text), this.#form?.elements.body.value ?? ""].filter((text) => text.trim()).join("\n\n");
  }

  /** What is written is kept on the server, for this person alone. */
  #draftSoon() {
    this.#draftTimer ??= setTimeout(() => {
      this.#draftTimer = null;
      this.#drafting = this.#drafting.then(() => this.#keepDraft());
    }, DRAFT);
  }

  async #keepDraft() {
    if (this.#isOver || !this.#form) return;
    const body = new URLSearchParams({ csrf_token: this.#token, client_key: newKey(), body: this.#unsent });
    await this.#fetch("draft", { method: "POST", body }); // without an answer the text is still on the page
  }

  async #send(letter) {
    await this.#drafting;
    const body = new URLSearchParams({ csrf_token: this.#token, client_key: letter.key, body: letter.text });
    const answer = await this.#fetch("messages", { method: "POST", body });
    if (!answer) throw new SendProblem("away");
    const facts = await answer.json().catch(() => ({}));
    if (answer.ok && facts.number) {
      tellOthers();
      if (this.outbox.letters.length > 1 || this.#form?.elements.body.value) this.#draftSoon(); // sending dropped the draft
      return facts.number;
    }
    throw this.#problem(answer.status, facts, letter.key);
  }

  #problem(status, facts, key) {
    if (status === 401 || (status === 400 && this.#renewed !== key)) {
      this.#renewed = status === 400 ? key : null;
      setTimeout(() => this.signedInAgain());
      return new SendProblem("signedOut");
    }
    if (status === 403 || status === 404) return new SendProblem("lost");
    if (status === 409 || status === 422) return new SendProblem("refused", facts.problem ?? this.#words.away);
    return new SendProblem("away");
  }

  /** The letters that are not sent yet stand below the others, with how they stand and what can be done. */
  #showLetters() {
    const { letters } = this.outbox;
    const wasBad = this.letters.querySelector(".msg--failed") !== null;
    this.#keepPlace(() => {
      this.letters.replaceChildren(...letters.map((letter) => this.#letter(letter)));
      this.letters.hidden = letters.length === 0;
    });
    const bad = letters.find(({ state }) => state !== "sending" && state !== "waiting");
    if (bad && !wasBad) announce(this.#reason(bad), { urgent: true });
  }

  #reason({ state, why }) {
    if (state === "sending" || state === "waiting") return this.#words.sending;
    return why || this.#words[state];
  }

  #letter(letter) {
    const { key, text, state } = letter;
    const isBad = state !== "sending" && state !== "waiting";
    const line = element("p", { class: "msg__by" }, this.#reason(letter));
    const shown = element("div", { class: "msg__text", dir: "auto" }, text);
    const made = element("div", { class: `msg msg--mine${isBad ? " msg--failed" : ""}` }, shown, line);
    const press = (words, run) => {
      const button = element("button", { type: "button", class: "btn btn--sm" }, words);
      button.addEventListener("click", run);
      line.append(button);
    };
    if (state === "away") press(this.#words.retry, () => this.outbox.retry());
    if (state === "signedOut") press(this.#words.sign_in, () => this.signedInAgain());
    if (state === "away" || state === "refused") press(this.#words.back, () => this.#takeBack(key));
    return made;
  }

  #takeBack(key) {
    const text = this.outbox.take(key);
    if (text === null) return;
    const box = this.#form.elements.body;
    box.value = box.value.trim() ? `${text}\n\n${box.value}` : text;
    box.focus();
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
      this.outbox.retry();
      this.ask();
    } else if (page.querySelector("input[name=username]")) {
      const { signIn } = await import("../grid/dialogs.js");
      signIn({ words: this.#words, saving: this, form: this.#main }, page);
    } else if (page.querySelector("input[type=password]")) {
      open(answer.url, "_blank", "noopener"); // a kept device asks for the password again (ux.md 3.11)
    } else {
      this.#isOver = true;
      this.outbox.letters = [];
      this.#form?.reset();
      location.reload();
    }
  }

  /** The right has ended: nothing of the conversation stays on the page but what this person typed. */
  #end() {
    if (this.#isOver) return;
    this.#isOver = true;
    const typed = this.#unsent;
    const heading = element("h1", { id: "about", tabindex: "-1" }, this.#words.ended_heading);
    const parts = [heading, element("p", {}, this.#words.ended_words)];
    if (typed) {
      const area = element("textarea", { class: "area", id: "unsent", rows: "4", readonly: "", dir: "auto" });
      area.value = typed;
      parts.push(element("label", { for: "unsent" }, this.#words.ended_label), area);
    }
    this.outbox.letters = [];
    this.#form = null;
    this.#main.replaceChildren(element("div", { class: "talk__head talk__ended" }, ...parts));
    document.querySelector(".talk__list .threads li.is-here")?.remove();
    document.title = this.#words.ended_heading;
    announce(this.#words.ended_heading, { urgent: true });
  }
}
