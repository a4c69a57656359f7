// The box that is written in: what is sent goes through a queue and stays on the page until the server has taken it,
// what is begun is kept as a draft.

import { Outbox } from "../lib/outbox.js";
import { newKey, SendProblem } from "../lib/save-queue.js";
import { announce, tellOthers } from "../lib/shell.js";
import { Files } from "./files.js";
import { element } from "./log.js";

const DRAFT = 1_000; // ms after typing stopped or went on for so long

export const later = (run, ms) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

const ON_ITS_WAY = new Set(["sending", "waiting", "sent"]);
const isBad = ({ state }) => !ON_ITS_WAY.has(state);

export class Writing {
  #talk;
  #form;
  #files = null;
  #drafting = Promise.resolve(); // the draft that is being kept: a message waits for it, so that none is kept after it
  #draftTimer = null;
  #renewed = null; // the letter that was refused although the session is fresh

  /** talk: the conversation, which asks the server and has the log and the words. */
  constructor(talk, form) {
    this.#talk = talk;
    this.#form = form;
    this.outbox = new Outbox({
      send: (letter) => this.#send(letter),
      sent: () => talk.ask(),
      changed: () => this.#showLetters(),
      newKey,
      later,
    });
    addEventListener("online", () => this.outbox.retry());
    if (form) this.#takeOver();
  }

  #takeOver() {
    const box = this.#form.elements.body;
    this.#form.removeAttribute("data-warn-unsaved");
    this.#files = new Files(this.#form, this.#talk.words);
    this.#form.addEventListener("submit", (event) => {
      if (!box.value.trim() && !this.#files.chosen.length) return; // the server says what is missing
      event.preventDefault();
      if (!this.#files.areFine()) return;
      if (!box.value.trim()) {
        this.#files.say(this.#talk.words.no_words);
        box.focus();
        return;
      }
      const key = this.#form.elements.client_key;
      this.outbox.put(box.value, key.value, this.#files.take());
      box.value = "";
      key.value = newKey();
      box.focus();
      this.#talk.log.toEnd();
    });
    this.#form.querySelector("[data-draft]")?.remove(); // drafts are kept by themselves
    box.addEventListener("input", () => this.#draftSoon());
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
      event.preventDefault();
      this.#form.requestSubmit();
    });
    addEventListener("beforeunload", (event) => {
      if (this.unsent || this.#files.chosen.length) event.preventDefault();
    });
  }

  /** Everything that was typed and is not sent. */
  get unsent() {
    return [...this.outbox.unsent.map(({ text }) => text), this.#form?.elements.body.value ?? ""].filter((text) => text.trim()).join("\n\n");
  }

  get waitsForSignIn() {
    return this.outbox.letters.some(({ state }) => state === "signedOut");
  }

  /** The right to write has ended, or it is somebody else's turn at this browser. */
  end() {
    this.outbox.letters = [];
    this.#form?.reset();
    this.#form = null;
  }

  get isSending() {
    return this.outbox.letters.some(({ state }) => state === "sending");
  }

  /** Another box stands in the place of the one there was, or none; what was typed is kept as the draft. */
  goOn(form, typed) {
    this.outbox.letters = [];
    this.#form = form;
    if (form) this.#takeOver();
    if (typed) this.#drafting = this.#drafting.then(() => this.#keepDraft(typed));
    this.#showLetters();
  }

  /** What is written is kept on the server, for this person alone. */
  #draftSoon() {
    this.#draftTimer ??= setTimeout(() => {
      this.#draftTimer = null;
      this.#drafting = this.#drafting.then(() => this.#keepDraft());
    }, DRAFT);
  }

  async #keepDraft(text = null) {
    if (this.#talk.isOver || (!this.#form && text === null)) return;
    await this.#talk.post("draft", { client_key: newKey(), body: text ?? this.unsent }); // without an answer the text is still here
  }

  async #send(letter) {
    await this.#drafting;
    const answer = await this.#talk.post("messages", { client_key: letter.key, body: letter.text }, letter.files);
    if (!answer) throw new SendProblem("away");
    const facts = await answer.json().catch(() => ({}));
    if (answer.ok && facts.number) {
      tellOthers();
      if (this.outbox.unsent.length > 1 || this.#form?.elements.body.value) this.#draftSoon(); // sending dropped the draft
      return facts.number;
    }
    throw this.#problem(answer.status, facts, letter.key);
  }

  #problem(status, facts, key) {
    if (status === 401 || (status === 400 && this.#renewed !== key)) {
      this.#renewed = status === 400 ? key : null;
      setTimeout(() => this.#talk.signedInAgain());
      return new SendProblem("signedOut");
    }
    if (status === 403 && facts.problem) {
      setTimeout(() => this.#talk.ask()); // the office has stopped messages: the page shows it
      return new SendProblem("refused", facts.problem);
    }
    if (status === 403 || status === 404) return new SendProblem("lost");
    if (status === 413) return new SendProblem("refused", this.#talk.words.files_large);
    if (status === 429 && facts.problem) return new SendProblem("refused", facts.problem); // trying again at once is no use
    if (status === 409 || status === 422) return new SendProblem("refused", facts.problem ?? this.#talk.words.away);
    return new SendProblem("away");
  }

  // Showing -----------------------------------------------------------------------------------------------------------

  /** The letters that are not sent yet stand below the others, with how they stand and what can be done. */
  #showLetters() {
    const { letters } = this.outbox;
    const place = this.#talk.log.letters;
    const wasBad = place.querySelector(".msg--failed") !== null;
    this.#talk.log.keepPlace(() => {
      place.replaceChildren(...letters.map((letter) => this.#letter(letter)));
      place.hidden = letters.length === 0;
    });
    const bad = letters.find(isBad);
    if (bad && !wasBad) announce(this.#reason(bad), { urgent: true });
  }

  #reason(letter) {
    if (!isBad(letter)) return this.#talk.words.sending;
    return letter.why || this.#talk.words[letter.state];
  }

  #letter(letter) {
    const { key, text, state } = letter;
    const { words } = this.#talk;
    const line = element("p", { class: "msg__by" }, this.#reason(letter));
    const shown = element("div", { class: "msg__text", dir: "auto" }, text);
    const made = element("div", { class: `msg msg--mine${isBad(letter) ? " msg--failed" : ""}` }, shown);
    if (letter.files.length) made.append(element("p", { class: "msg__files" }, letter.files.map(({ name }) => name).join(", ")));
    made.append(line);
    const press = (label, run) => {
      const button = element("button", { type: "button", class: "btn btn--sm" }, label);
      button.addEventListener("click", run);
      line.append(button);
    };
    if (state === "away") press(words.retry, () => this.outbox.retry());
    if (state === "signedOut") press(words.sign_in, () => this.#talk.signedInAgain());
    if (state === "away" || state === "refused") press(words.back, () => this.#takeBack(key));
    return made;
  }

  #takeBack(key) {
    const letter = this.outbox.take(key);
    if (letter === null) return;
    const box = this.#form.elements.body;
    box.value = box.value.trim() ? `${letter.text}\n\n${box.value}` : letter.text;
    this.#files.giveBack(letter.files);
    box.focus();
  }
}
