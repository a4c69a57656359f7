// The files that go with a message: those that were chosen stand below the box, each can be taken out again, and what
// the server would refuse by its size, number or name is said before it is sent.

import { announce } from "../lib/shell.js";
import { element } from "./log.js";

const MOST = 5;
const LARGEST = 10 * 1024 * 1024; // bytes (gradebook/interchange/attachable.py)

export class Files {
  #box;
  #input;
  #words;
  #list = element("ul", { class: "composer__chosen", role: "list" });

  chosen = [];

  constructor(form, words) {
    this.#box = form.querySelector("[data-files]");
    this.#words = words;
    if (!this.#box) return;
    this.#input = this.#box.querySelector("input[type=file]");
    this.#input.before(this.#list);
    this.#box.classList.add("has-script"); // the names stand in the list
    this.#input.addEventListener("change", () => this.#add([...this.#input.files]));
    if (this.#input.files.length) this.#add([...this.#input.files]); // chosen before this was here
  }

  #add(files) {
    this.chosen.push(...files);
    this.#input.value = ""; // what is chosen next comes to these
    this.#show();
    this.areFine();
  }

  /** The files, which are no longer in the box. */
  take() {
    const taken = this.chosen;
    this.chosen = [];
    if (this.#box) {
      this.#show();
      this.#box.open = false;
    }
    return taken;
  }

  giveBack(files) {
    if (!files.length) return;
    this.#box.open = true;
    this.#add(files);
  }

  /** Whether the server would take them, as far as can be seen here; if not, why is said. */
  areFine() {
    this.#box?.querySelector(".error")?.remove();
    const problem = this.#problem();
    if (problem) this.say(problem);
    return !problem;
  }

  #problem() {
    if (this.chosen.length > MOST) return this.#words.files_most;
    if (this.chosen.some(({ size }) => size > LARGEST)) return this.#words.files_large;
    const endings = this.#input?.accept.split(",") ?? [];
    const isKnown = ({ name }) => endings.some((ending) => name.toLowerCase().endsWith(ending));
    return this.chosen.every(isKnown) ? null : this.#words.files_kind;
  }

  say(words) {
    this.#box.open = true;
    this.#box.querySelector(".error")?.remove();
    this.#list.before(element("span", { class: "error" }, words));
    announce(words, { urgent: true });
  }

  #show() {
    this.#list.replaceChildren(
      ...this.chosen.map((file) => {
        const out = element("button", { type: "button", class: "btn btn--sm", "aria-label": this.#words.files_remove.replace("{file}", file.name) }, file.name, " ×");
        out.addEventListener("click", () => {
          this.chosen = this.chosen.filter((one) => one !== file);
          this.#show();
          this.areFine();
          (this.#list.querySelector("button") ?? this.#input).focus();
        });
        return element("li", {}, out);
      }),
    );
  }
}
