// The table of the grid as rows and columns, and how each cell looks. It knows nothing of keys or of the server.
//
// A cell is an object made when it is first needed: { name, row, column, td, text, saved, state, reason, theirs }.
// `text` is what stands in it, `saved` what the server has.

import { isEntered, isExtra, isScored, read } from "../lib/score-text.js";

export const MARKS = { failed: "▲", wrong: "▲", check: "?", choose: "◧", saving: "○" };
export const LOOKS = { failed: "cell--failed", wrong: "cell--failed", check: "cell--check", choose: "cell--choose" };

export class GridTable {
  #cells = new Map(); // name -> cell
  #inputs = new Map(); // td -> its own input
  #places = new Map(); // name -> { row, column }
  #names; // row -> column -> name, "" where it is locked

  constructor(form, words) {
    const { points, letters, rows, shown, worth, percent } = JSON.parse(form.dataset.columns);
    this.words = words;
    this.form = form;
    this.table = form.querySelector("table");
    this.letters = letters;
    this.rows = [...this.table.tBodies[0].rows];
    this.heads = headsOf(this.table);
    this.first = this.heads.length - points.length;
    this.points = points;
    this.shown = shown; // by column: posted, later, hidden, k for locked
    this.worth = worth; // by letter, in hundredths of a percent
    this.percent = percent; // how percentages are written, where they stand beside points
    this.averages = null; // what keeps the last row, when it has been read
    this.painted = null; // what shows the cell elsewhere too
    this.widths = null; // what keeps the columns as wide as they are
    this.page = rows; // of a long class: [how many students, how many before this page]
    this.rightToLeft = document.dir === "rtl";
    this.#name(form);
  }

  /** { rows, columns, first } as the moves need it. */
  get shape() {
    return { rows: this.rows.length, columns: this.heads.length, first: this.first };
  }

  /** How many rows one screen holds. Asking makes the browser lay out the page, so only where it is needed. */
  get screen() {
    const box = this.table.parentElement;
    return Math.floor(box.clientHeight / (this.rows[0]?.offsetHeight || 32)) - 4; // heads and foot cover four
  }

  /** Every input gives way to its text; what has a status is shown with its mark and its words. */
  takeOver() {
    for (const tr of this.rows) {
      for (let column = this.first; column < tr.cells.length; column += 1) {
        const td = tr.cells[column];
        const input = td.querySelector("input");
        if (!input) continue;
        this.#inputs.set(td, input);
        if (td.childNodes.length > 1) this.paint(this.cellAt(td));
        else input.replaceWith(input.defaultValue);
      }
    }
  }

  /** Put the percentage beside points. */
  async showPercent() {
    const { amountOf, shareOf } = await import("../lib/averages.js");
    this.shareOf = ({ points }, possible) => (points === undefined ? null : shareOf(amountOf({ points }, possible), possible));
    for (const td of this.#inputs.keys()) if (!td.querySelector("input")) this.paint(this.cellAt(td));
  }

  /** Titles that do not fit into two lines end in an ellipsis. */
  markCut() {
    const links = this.heads.slice(this.first).map((th) => th.querySelector("a"));
    const cut = links.map((link) => link.scrollHeight > link.clientHeight + 1); // all are read before any is written
    links.forEach((link, place) => link.classList.toggle("cut", cut[place]));
  }

  // Where things are --------------------------------------------------------------------------------------------------

  /** The td or th at a place. */
  at({ row, column }) {
    return row < 0 ? this.heads[column] : this.rows[row].cells[column];
  }

  /** The place of a td or th, or of something in it; null outside. */
  placeOf(node) {
    const td = node.closest?.("td, th");
    if (!td || !this.table.contains(td)) return null;
    if (td.closest("thead")) {
      const column = this.heads.indexOf(td);
      return column < 0 ? null : { row: -1, column };
    }
    const row = this.rows.indexOf(td.parentElement);
    return row < 0 ? null : { row, column: td.cellIndex };
  }

  /** Whether the place holds a score that can be typed, and is seen. */
  isOpen({ row, column }) {
    return row >= 0 && column >= this.first && Boolean(this.#names[row][column]) && !this.rows[row].hidden;
  }

  /** The place, or where its row is hidden the next that is seen in the direction of the move, or else the last one. */
  seen(place, from) {
    const isSeen = (row) => this.rows[row] && !this.rows[row].hidden;
    if (place.row < 0 || isSeen(place.row)) return place;
    for (const step of place.row >= from.row ? [1, -1] : [-1, 1]) {
      for (let row = place.row; row >= 0 && row < this.rows.length; row += step) if (isSeen(row)) return { ...place, row };
    }
    return place;
  }

  isBlank(place) {
    return this.isOpen(place) && this.textAt(place) === "";
  }

  nameAt({ row, column }) {
    return this.#names[row]?.[column] ?? "";
  }

  placeNamed(name) {
    return this.#places.get(name) ?? null;
  }

  /** What stands at a place, locked ones too. */
  textAt(place) {
    const name = this.nameAt(place);
    const cell = this.#cells.get(name);
    if (cell) return cell.text;
    const td = this.at(place);
    return this.#inputs.get(td)?.defaultValue ?? td.textContent.trim();
  }

  /** What the last row counts at a place: what is stored where that which is typed cannot be, or has to be chosen. */
  countedAt(place) {
    const cell = this.#cells.get(this.nameAt(place));
    return ["check", "wrong", "choose"].includes(cell?.state) ? cell.saved : this.textAt(place);
  }

  /** The cell with this name; null when it is not on the page. */
  cell(name) {
    const place = this.#places.get(name);
    return place ? this.cellAt(this.at(place)) : null;
  }

  cellAt(td) {
    const { row, column } = this.placeOf(td);
    const name = this.#names[row][column];
    let cell = this.#cells.get(name);
    if (!cell) {
      const text = this.#inputs.get(td).defaultValue;
      const comment = td.querySelector(":scope > b.c") !== null || this.#inputs.get(td).matches("[aria-describedby~=wc]");
      const note = td.querySelector(":scope > b.n") !== null || this.#inputs.get(td).matches("[aria-describedby~=wn]");
      cell = { name, row, column, td, text, saved: text, state: "saved", reason: "", comment, note };
      this.#cells.set(name, cell);
    }
    return cell;
  }

  inputOf(td) {
    return this.#inputs.get(td);
  }

  /** Every cell that is not as it should be. */
  troubled() {
    return [...this.#cells.values()].filter(({ state }) => LOOKS[state]);
  }

  /** "Okafor, Ben, Quiz 2" */
  nameOf(cell) {
    return `${this.studentAt(cell.row)}, ${this.assignmentAt(cell.column)}`;
  }

  studentAt(row) {
    return this.rows[row].cells[0].firstElementChild.firstChild.textContent;
  }

  assignmentAt(column) {
    return this.heads[column].querySelector("a").firstChild.textContent;
  }

  /** Whether families see the scores of the column. */
  isPosted(column) {
    return this.shown[column - this.first] === "p";
  }

  possibleAt(column) {
    return this.points[column - this.first];
  }

  /** What the text says in this cell. */
  read(cell, text = cell.text, confirmed = false) {
    return read(text, this.possibleAt(cell.column), { letters: this.letters, confirmed });
  }

  #name(form) {
    const keys = (field) => (field.value ? field.value.split(",") : []);
    const students = keys(form.elements.rows);
    const assignments = keys(form.elements.columns);
    this.#names = this.rows.map((tr, row) => {
      let open = 0;
      return [...tr.cells].map((td, column) => {
        if (column < this.first || !td.querySelector("input")) return "";
        const name = `${students[row]}.${assignments[open]}`;
        open += 1;
        this.#places.set(name, { row, column });
        return name;
      });
    });
  }

  // How a cell looks --------------------------------------------------------------------------------------------------

  /** Show the cell's text with its status, its state and the words for both. */
  paint(cell) {
    const { td } = cell;
    const shown = this.read(cell, cell.text, true);
    const kinds = [];
    const parts = LOOKS[cell.state] && shown.problem ? [cell.text] : this.#content(cell, shown, kinds);
    const marks = this.#marks(cell, shown);
    if (kinds.length || marks.length || parts.length > 1) kinds.push("p"); // of a place of its own: marks stand in it
    if (td.matches(".f")) kinds.push("f");
    if (LOOKS[cell.state]) kinds.push(LOOKS[cell.state]);
    if (cell.by) kinds.push("cell--theirs");
    for (const kept of ["sel", "sel--top", "sel--bottom", "sel--start", "sel--end"]) {
      if (td.classList.contains(kept)) kinds.push(kept);
    }
    td.replaceChildren(...parts, ...marks); // first: taking a field away lays out what was changed before
    td.className = kinds.join(" ");
    if (cell.reason) td.parentElement.classList.add("told");
    this.widths?.changed(td);
    this.painted?.(cell);
  }

  #content(cell, shown, kinds) {
    const { words } = this;
    if (shown.status === "missing") {
      kinds.push("m");
      return [words.missing];
    }
    const tags = { excused: ["e", words.exc, words.excused], incomplete: ["i", words.inc, words.incomplete], turned_in: ["t", words.in, words.turned_in] };
    if (tags[shown.status]) {
      const [kind, short, long] = tags[shown.status];
      kinds.push("w");
      return [mark(kind, short), heard(long)];
    }
    const text = shown.late ? cell.text.replace(/ ?[lL]$/, "") : cell.text;
    const number = document.createElement("span");
    number.className = "v";
    number.textContent = text;
    const share = this.shareOf?.(shown, this.possibleAt(cell.column)) ?? null;
    if (share !== null) number.append(small(` (${this.percent.replace("{number}", share)})`));
    const extra = cell.state !== "check" && isScored(shown) && isExtra(shown, this.possibleAt(cell.column));
    return extra ? [mark("x", words.extra), heard(`${words.extra_credit},`), number] : text ? [number] : [];
  }

  #marks(cell, shown) {
    const { words } = this;
    const parts = [];
    if (MARKS[cell.state]) {
      parts.push(mark("c", MARKS[cell.state]), heard(words.states[cell.state].replace("{reason}", cell.reason)));
      if (cell.reason) parts.push(why(cell.reason));
    } else if (shown.late) {
      parts.push(mark("l", words.l), heard(words.late));
    }
    if (cell.comment) {
      if (parts.length === 0) parts.push(mark("c", "❞"));
      parts.push(heard(words.has_comment));
    }
    if (cell.note) {
      if (parts.length === 0) parts.push(mark("n", ""));
      parts.push(heard(document.getElementById("wn")?.textContent ?? words.has_note)); // the page has it where a cell had one
    }
    if (cell.by) parts.push(heard(words.fill("changed_by", { name: cell.by, was: cell.was || words.blank })));
    return parts;
  }

  /** Something else is said about the cell: { comment, note } say whether there is any. */
  remark(cell, { comment, note }) {
    Object.assign(cell, { comment, note });
    this.paint(cell);
  }

  // Totals ------------------------------------------------------------------------------------------------------------

  /** The new overall grades that the server worked out, by the key of the student. */
  showTotals(students) {
    for (const [key, total] of Object.entries(students)) {
      const row = this.#rowOf(key);
      if (row < 0) continue;
      const [, overall, hidden] = this.rows[row].cells;
      // A grade set by the teacher keeps its mark: only the computed ones change with a score.
      if (overall.querySelector("b.o")) continue;
      overall.textContent = [total.overall === "–" && total.letter ? "" : total.overall, total.letter].filter(Boolean).join(" ");
      this.widths?.changed(overall);
      if (this.first === 3) hidden.replaceChildren(...(total.hidden ? [total.hidden, heard(` ${this.words.with_hidden}`)] : []));
    }
    this.averages?.showOverall();
    this.form.dispatchEvent(new CustomEvent("students-changed", { detail: Object.keys(students) }));
  }

  /** How many are entered in a column, in the last row. */
  showTally(column) {
    const foot = this.table.tFoot?.rows[0].cells[column]?.querySelector("small");
    if (!foot) return;
    let entered = 0;
    for (let row = 0; row < this.rows.length; row += 1) {
      const text = this.countedAt({ row, column });
      if (text && isEntered(read(text, this.possibleAt(column), { letters: this.letters, confirmed: true }))) entered += 1;
    }
    foot.textContent = `${entered}/${this.rows.length}`;
    this.averages?.show(column);
    this.widths?.changed(foot.parentElement);
  }

  #rowOf(key) {
    return this.form.elements.rows.value.split(",").indexOf(key);
  }
}

function headsOf(table) {
  const [first, second] = table.tHead.rows;
  return [...[...first.cells].filter(({ rowSpan }) => rowSpan === 2), ...second.cells];
}

function mark(kind, text) {
  const b = document.createElement("b");
  b.className = kind;
  b.setAttribute("aria-hidden", "true");
  b.textContent = text;
  return b;
}

function small(text) {
  const made = document.createElement("small");
  made.textContent = text;
  return made;
}

function heard(words) {
  const i = document.createElement("i");
  i.textContent = ` ${words}`;
  return i;
}

function why(reason) {
  const span = document.createElement("span");
  span.className = "why";
  span.setAttribute("aria-hidden", "true"); // its words are in the cell already
  span.textContent = reason;
  return span;
}
