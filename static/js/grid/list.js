// One assignment's fields as cells: the same as the table's for saving, painted as lines with a word beside the field.

import { isEntered, read } from "../lib/score-text.js";

const LOOKS = { failed: "is-failed", wrong: "is-failed", check: "is-check", choose: "is-check" };
const TAGS = { missing: "missing", excused: "exc", incomplete: "inc", turned_in: "in" };

export class ScoreList {
  #cells = new Map(); // name -> cell

  constructor(form, words) {
    const { points, letters, entered } = JSON.parse(form.dataset.columns);
    Object.assign(this, { form, words, letters, points, total: entered });
    this.inputs = [...form.querySelectorAll(".one__list input.input")];
    this.inputs.forEach((input, row) => {
      const text = input.defaultValue;
      this.#cells.set(input.name, { name: input.name, row, column: 0, input, text, saved: text, state: "saved", reason: "" });
    });
    this.before = this.#entered();
  }

  cell(name) {
    return this.#cells.get(name) ?? null;
  }

  troubled() {
    return [...this.#cells.values()].filter(({ state }) => LOOKS[state]);
  }

  read(cell, text = cell.text, confirmed = false) {
    return read(text, this.points[0], { letters: this.letters, confirmed });
  }

  possibleAt() {
    return this.points[0];
  }

  studentAt(row) {
    return this.#lineOf(this.inputs[row]).querySelector("a").textContent;
  }

  assignmentAt() {
    return document.getElementById("work").textContent.split(",")[0];
  }

  nameOf(cell) {
    return `${this.studentAt(cell.row)}, ${this.assignmentAt()}`;
  }

  isOpen() {
    return true;
  }

  /** Show the text, its status and, where it is not saved, why. */
  paint(cell) {
    const { input, state, reason } = cell;
    const line = this.#lineOf(input);
    if (input.value !== cell.text) input.value = cell.text;
    line.className = LOOKS[state] ?? "";
    line.querySelector(".one__tag").replaceChildren(...this.#tags(cell));
    line.querySelector(".error")?.remove();
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
    if (!LOOKS[state]) return;
    const error = document.createElement("span");
    error.className = "error";
    error.id = `why-${cell.row}`;
    error.textContent = state === "failed" ? this.words.states.failed.replace("{reason}", reason) : reason;
    line.append(error);
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", error.id);
  }

  #tags(cell) {
    const { status, late } = this.read(cell, cell.text, true);
    const tags = [];
    if (TAGS[status]) tags.push(tag(TAGS[status], this.words[`set_${status}`]));
    else if (late) tags.push(tag("late", this.words.late_tag));
    if (cell.by) tags.push(tag("new", this.words.fill("changed_by", { name: cell.by, was: cell.was || this.words.blank })));
    return tags;
  }

  /** The totals stand on other pages. */
  showTotals() {}

  /** How many of the class are entered: what was when the page came, and what changed since. */
  showTally() {
    const [entered, all] = this.total;
    const place = document.querySelector(".one__facts .push");
    const said = this.words.fill("entered", { entered: entered + this.#entered() - this.before, all });
    if (place && said) place.textContent = said;
  }

  #entered() {
    return [...this.#cells.values()].filter((cell) => cell.text && isEntered(this.read(cell, cell.text, true))).length;
  }

  #lineOf(input) {
    return input.closest("li");
  }
}

function tag(kind, text) {
  const made = document.createElement("span");
  made.className = `tag tag--${kind}`;
  made.textContent = text ?? "";
  return made;
}
