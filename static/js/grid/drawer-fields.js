// The scores in the student drawer can be typed there: each field is one of the grid's cells, saved and marked as there.

import { trimmed } from "../lib/score-text.js";
import { element } from "./dialogs.js";
import { LOOKS, MARKS } from "./table.js";

export class DrawerFields {
  #fields = new Map(); // name of a cell -> { box, input, cell, typing }

  /** parts: { grid, words, saving, change, choose() }; left() runs when the focus has left the fields. */
  constructor(parts, left) {
    Object.assign(this, parts);
    this.left = left;
    this.grid.painted = (cell) => this.#show(cell.name);
  }

  /** Put a field in the place of each score of this student that is on the page and may be typed. */
  put(box, key) {
    this.#fields.clear();
    for (const place of box.querySelectorAll("[data-score]")) {
      const name = `${key}.${place.dataset.score}`;
      const cell = this.grid.cell(name);
      if (!cell) continue; // of another term, hidden or locked: the score alone
      this.#fields.set(name, this.#make(place, cell));
      this.#show(name);
    }
  }

  /** No field is there any more. */
  forget() {
    this.#fields.clear();
  }

  /** Whether something is typed that nobody has handed on yet. */
  get hasUnfinished() {
    return [...this.#fields.values()].some(({ typing, input, cell }) => typing && trimmed(input.value) !== cell.text);
  }

  /** Whether a field has the focus. */
  get isActive() {
    return [...this.#fields.values()].some(({ input }) => input === document.activeElement);
  }

  #make(place, cell) {
    const { grid } = this;
    const work = grid.heads[cell.column].querySelector("a").textContent; // with what it is out of
    const input = element("input", { class: "input", inputmode: "decimal", autocomplete: "off", "aria-label": `${grid.studentAt(cell.row)}, ${work}` });
    const box = element("span", { class: "typed" }, input, element("small", {}, place.dataset.of));
    const field = { box, input, cell, typing: false, pressed: false };
    place.replaceChildren(box);
    input.addEventListener("input", () => this.#typing(field));
    input.addEventListener("blur", (event) => this.#blurred(field, event));
    // Whoever comes to a field types over what is there; the press that brought them sets the caret, and ends in a click.
    input.addEventListener("pointerdown", () => {
      field.pressed = input !== document.activeElement;
    });
    input.addEventListener("focus", () => input.select());
    input.addEventListener("click", () => {
      if (field.pressed && !field.typing) input.select();
      field.pressed = false;
    });
    input.addEventListener("keydown", (event) => this.#key(field, event));
    return field;
  }

  /** From the first character on nothing may be put into the cell from outside. */
  #typing(field) {
    if (field.typing) return;
    field.typing = true;
    this.saving.hold(field.cell.name);
  }

  #blurred(field, { relatedTarget }) {
    if (!document.hasFocus()) return; // another window: the field stays as it is
    this.#finish(field);
    if (![...this.#fields.values()].some(({ input }) => input === relatedTarget)) this.left();
  }

  /** Hand on what was typed. A second Enter keeps what was to be checked. */
  #finish(field, keep = false) {
    const { cell, input } = field;
    const text = trimmed(input.value);
    if (field.typing) {
      field.typing = false;
      this.saving.hold(null);
    }
    if (text !== cell.text || keep) this.change([[cell, text, keep]]);
    else this.grid.paint(cell);
  }

  #key(field, event) {
    const { key, ctrlKey, metaKey, shiftKey, altKey } = event;
    if (event.isComposing || altKey) return;
    if ((ctrlKey || metaKey) && key.toLowerCase() === "s") {
      this.#finish(field);
      this.saving.sendNow();
    } else if (ctrlKey || metaKey) return;
    else if (key === "Escape" && this.#isOther(field)) this.#restore(field);
    else if (key === "Enter" || key === "ArrowDown" || key === "ArrowUp") {
      const isKept = key === "Enter" && field.cell.state === "check" && trimmed(field.input.value) === field.cell.text;
      this.#finish(field, isKept);
      this.#go(field, key === "ArrowUp" || (key === "Enter" && shiftKey) ? -1 : 1);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #isOther({ cell, input }) {
    return trimmed(input.value) !== cell.text || ["check", "wrong"].includes(cell.state);
  }

  #restore(field) {
    const { cell } = field;
    if (field.typing) {
      field.typing = false;
      this.saving.hold(null);
    }
    if (["check", "wrong"].includes(cell.state)) this.saving.restore(cell);
    else this.grid.paint(cell);
    field.input.select();
  }

  /** To the next or the one before; at an end the focus stays. */
  #go(field, step) {
    const all = [...this.#fields.values()];
    const there = all[all.indexOf(field) + step] ?? field;
    there.input.focus();
    there.input.select();
  }

  #show(name) {
    const field = this.#fields.get(name);
    if (!field || field.typing) return;
    const { box, input, cell } = field;
    const { state, reason } = cell;
    const isWrong = state in LOOKS;
    if (input.value !== cell.text) input.value = cell.text;
    box.className = `typed${isWrong ? ` typed--${state}` : ""}`;
    input.toggleAttribute("aria-invalid", false);
    if (isWrong) input.setAttribute("aria-invalid", "true");
    for (const old of box.querySelectorAll("b, .typed__why, button")) old.remove();
    if (MARKS[state]) input.before(element("b", { "aria-hidden": "true" }, MARKS[state]));
    const why = isWrong ? this.words.states[state].replace("{reason}", reason) : state === "saving" ? this.words.states.saving : "";
    const id = `why-${name}`;
    if (why) input.setAttribute("aria-describedby", id);
    else input.removeAttribute("aria-describedby");
    if (!why) return;
    box.append(element("span", { class: `typed__why${isWrong ? "" : " vh"}`, id }, why));
    if (state === "choose") box.append(this.#chooser());
  }

  #chooser() {
    const button = element("button", { type: "button", class: "btn btn--sm" }, this.words.choose);
    button.addEventListener("click", () => this.choose());
    return button;
  }
}
