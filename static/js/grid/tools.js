// What the grid can do beyond typing: copy, paste, fill, menus, and what needs an answer. Read when it is first used.

import { parseTable, planPaste, wantsIds, writeTable } from "../lib/clipboard.js";
import { placesOf, sizeOf } from "../lib/grid-keys.js";
import { announce } from "../lib/shell.js";
import { toast } from "../lib/toast.js";
import { Averages } from "./averages.js";
import { askStatus, ColumnMenus } from "./columns.js";
import { Comments } from "./comments.js";
import * as dialogs from "./dialogs.js";
import { Drawer } from "./drawer.js";
import { dismissTitles } from "./titles.js";
import { Unsaved } from "./unsaved.js";
import { Widths } from "./widths.js";

const STATUSES = [["m", "set_missing"], ["e", "set_excused"], ["i", "set_incomplete"], ["t", "set_turned_in"]];

export class Tools {
  constructor(parts) {
    Object.assign(this, parts); // form, grid, words, editor, saving, change, said, turn, turned
    const { form, words, grid, saving } = parts;
    grid.averages = new Averages(grid, words);
    grid.widths = new Widths(grid);
    dismissTitles(grid.table.tHead);
    this.unsaved = new Unsaved(parts);
    const signIn = () => (saving.queue.size ? saving.queue.flush() : location.reload()); // either asks to sign in
    this.columns = new ColumnMenus({
      form,
      words,
      signIn,
      tools: this,
      ask: (address, options) => saving.ask(address, options),
      whenSaved: (run) => saving.whenSaved(run),
    });
    this.comments = new Comments(parts, (cell, facts) => this.#said(cell, facts));
    this.drawer = new Drawer({ ...parts, comments: this.comments, choose: () => this.choose() });
  }

  /** What was said about a score is in its history too, and in the drawer. */
  #said(cell, facts) {
    this.said(cell, facts);
    this.drawer.refresh();
  }

  /** The right mouse button. */
  listen() {
    const { table } = this.grid;
    table.addEventListener("contextmenu", (event) => {
      const place = this.grid.placeOf(event.target);
      if (!place || !this.grid.isOpen(place) || event.target.closest("input")) return;
      event.preventDefault();
      if (!this.grid.at(place).classList.contains("sel")) this.editor.go(place);
      this.menu(place);
    });
  }

  /** Where the story of a column is told, or of one cell in it. */
  #history(column, row) {
    const key = (link) => link.pathname.split("/").pop();
    const asked = new URLSearchParams({ assignment: key(this.grid.heads[column].querySelector("a")) });
    if (row !== undefined) asked.set("student", key(this.grid.rows[row].querySelector("a")));
    return `${this.form.dataset.base}/history?${asked}`;
  }

  /** Said once: what a 0 means, with the other thing that may be meant. */
  hintZero(cell) {
    toast(this.words.zero_counts, { label: this.words.set_missing, run: () => this.change([[cell, "m"]]) });
  }

  /** Said once for a column: who sees at once what is changed there. */
  hintPosted() {
    toast(this.words.is_posted);
  }

  /** Say what was done to many cells, with a way back. */
  told(said) {
    toast(said, { label: this.words.undo, run: () => this.turn("before") });
  }

  // Clipboard ---------------------------------------------------------------------------------------------------------

  /** Put the selected cells on the clipboard, and clear them after a cut. */
  copy(event) {
    const { editor } = this;
    event.preventDefault();
    event.clipboardData.setData("text/plain", this.#asText());
    if (event.type === "cut") this.change(editor.cells.map((cell) => [cell, ""]), { said: "cleared" });
    else announce(this.words.plural("copied", sizeOf(editor.block)));
  }

  #asText() {
    const { block } = this.editor;
    const rows = new Map();
    const shown = [...placesOf(block)].filter(({ row }) => !this.grid.rows[row].hidden);
    for (const place of shown) rows.set(place.row, [...(rows.get(place.row) ?? []), this.grid.textAt(place)]);
    return writeTable([...rows.values()]);
  }

  /** Put a copied block into the grid. What does not fit is reviewed first, and nothing is saved before. */
  async paste(text) {
    const { editor, grid, words } = this;
    const rows = parseTable(text);
    if (!text.trim()) {
      announce(words.nothing_pasted);
      return;
    }
    if (rows.length === 1 && rows[0].length === 1 && editor.hasSelection) {
      this.change(editor.cells.map((cell) => [cell, rows[0][0]]), { how: "paste", said: "filled" });
      return;
    }
    const { top, start } = editor.block;
    if (!editor.hasSelection && (editor.place.row < 0 || editor.place.column < grid.first)) {
      announce(words.paste_outside);
      return;
    }
    const place = { row: top, column: start };
    const view = this.#view();
    if (wantsIds(rows, place, view)) await this.#addIds(view.students);
    const plan = planPaste(rows, place, view);
    if (plan.misfits.length) dialogs.review(this, plan, (fits) => this.#put(fits));
    else this.#put(plan.fits);
  }

  #view() {
    const { grid } = this;
    return {
      rows: grid.rows.length,
      columns: grid.heads.length,
      students: grid.rows.map((tr, row) => ({ row, name: grid.studentAt(row), key: tr.querySelector("th a").pathname.split("/").pop() })),
      isOpen: (place) => grid.isOpen(place),
      problemOf: (place, text) => grid.read({ column: place.column }, text).problem,
    };
  }

  /** Usernames and the numbers of the school's rosters, which the page does not hold. Without them names must do. */
  async #addIds(students) {
    try {
      const answer = await this.saving.ask(`${this.form.dataset.base}/student-ids`);
      if (answer.ok) {
        const ids = await answer.json();
        for (const student of students) student.ids = ids[student.key];
      }
    } catch {
      // No connection: the review says which lines have no student.
    }
  }

  #put(fits) {
    const { grid, words } = this;
    const pairs = fits.map((fit) => [grid.cellAt(grid.at(fit)), fit.text, fit.keep]);
    const replaced = pairs.filter(([cell, text]) => cell.text && cell.text !== text).length;
    const count = this.change(pairs, { how: "paste" });
    const said = [words.plural("pasted", pairs.length), ...(replaced ? [words.plural("replaced", replaced)] : [])].join(", ");
    if (count) this.told(said);
    else announce(said);
  }

  // Filling -----------------------------------------------------------------------------------------------------------

  /** The first row of the selection goes into the others. */
  fillDown() {
    const { editor, grid, words } = this;
    const { block } = editor;
    if (!editor.hasSelection || block.top === block.bottom) {
      announce(words.nothing_to_fill);
      return;
    }
    const pairs = editor.cells
      .filter((cell) => cell.row > block.top)
      .map((cell) => [cell, grid.textAt({ row: block.top, column: cell.column })]);
    this.change(pairs, { how: "fill", said: "filled" });
  }

  /** A value or a status into every blank cell of a column. */
  fillBlanks(column) {
    this.#intoBlanks(column, "fill_heading", (heading, cells, put) => dialogs.ask(this, heading, cells, "put_in", put));
  }

  /** A status, chosen from a list. */
  setStatus(column) {
    this.#intoBlanks(column, "status_heading", (heading, cells, put) => askStatus(this, heading, cells, put));
  }

  #intoBlanks(column, key, ask) {
    const { grid, words } = this;
    const assignment = grid.assignmentAt(column);
    const cells = grid.rows
      .map((_tr, row) => ({ row, column }))
      .filter((place) => grid.isBlank(place))
      .map((place) => grid.cellAt(grid.at(place)));
    if (cells.length) ask(words.fill(key, { assignment }), cells, (text) => this.change(cells.map((cell) => [cell, text]), { how: "fill", said: "filled" }));
    else dialogs.say(words, words.fill("no_blanks", { assignment }));
  }

  /** A value or a status into every selected cell. */
  setValue() {
    const { cells } = this.editor;
    dialogs.ask(this, this.words.set_value.replace("…", ""), cells, "put_selected", (text) =>
      this.change(cells.map((cell) => [cell, text]), { how: "fill", said: "filled" }),
    );
  }

  // Menu of a cell ----------------------------------------------------------------------------------------------------

  /** Shift F10, the menu key or the right mouse button. */
  menu(place) {
    const { grid, words, editor } = this;
    if (!grid.isOpen(place)) return;
    const cell = grid.cellAt(grid.at(place));
    const set = (text) => this.change(editor.cells.map((one) => [one, text]), { how: editor.hasSelection ? "fill" : "", said: editor.hasSelection ? "filled" : "" });
    const items = [
      ...(cell.state === "failed" ? [[words.retry, () => this.saving.queue.flush()]] : []),
      ...(cell.state === "choose" ? [[words.choose, () => this.choose()]] : []),
      ...STATUSES.map(([code, key]) => [words[key], () => set(code)]),
      [words.clear, () => set("")],
      ...(editor.hasSelection ? [[words.fill_down, () => this.fillDown()], [words.set_value, () => this.setValue()]] : []),
      [words.comments, () => this.comments.openCell(place)],
      [words.history, () => this.#open(this.#history(cell.column, cell.row))],
      [words.open_student, () => grid.rows[place.row].querySelector("th a").click()],
    ];
    dialogs.menuAt(grid.at(place), words.cell_menu, items, () => editor.back());
  }

  /** Go to a page of this class once everything is saved. */
  #open(address) {
    this.saving.whenSaved(() => location.assign(address));
  }

  // What needs an answer ----------------------------------------------------------------------------------------------

  choose() {
    const cells = this.grid.troubled().filter(({ state }) => state === "choose");
    if (!cells.length) return;
    dialogs.choose(this, cells, (mine) => {
      for (const cell of cells) this.saving.choose(cell, mine(cell));
      this.editor.go({ row: cells[0].row, column: cells[0].column });
    });
  }

  help() {
    dialogs.help(this);
  }

  /** The session has ended: the sign-in page's form, over this page. */
  signIn(page) {
    dialogs.signIn(this, page);
  }

  /** The class may no longer be changed: what was not saved can be copied. */
  lost() {
    const { queue } = this.saving;
    const lines = () => [...queue.entries].map(([name, { text }]) => {
      const cell = this.grid.cell(name);
      return [this.grid.studentAt(cell.row), this.grid.assignmentAt(cell.column), text];
    });
    dialogs.banner(`${this.words.lost_words} ${this.words.plural("lost", queue.size)}`, this.words.lost_copy, async (button) => {
      await navigator.clipboard.writeText(writeTable(lines()));
      button.textContent = this.words.lost_copied;
    });
  }

  /** Students or assignments have changed: the page does not show them. */
  stale() {
    dialogs.banner(this.words.stale, this.words.reload, () => this.saving.whenSaved(() => location.reload()));
  }

  // Undo after a reload -----------------------------------------------------------------------------------------------

  /** Take back the newest change that this person made before the page was loaded, or do the last one taken back again.
      `side` is "before" or "after". */
  async turnEarlier(side) {
    const { form, saving, words } = this;
    const kind = side === "before" ? "undo" : "redo";
    const list = await this.#asked(`${form.dataset.base}/undoable`);
    const [newest] = list?.[kind] ?? [];
    if (!newest) {
      announce(words[`nothing_to_${kind}`]);
      return;
    }
    const facts = await saving.turn(kind, newest.seq);
    if (facts?.saved) this.turned(side, Object.keys(facts.saved), Object.keys(facts.clashes ?? {}).length);
    else announce(facts ? words.refused : words.reason_away, { urgent: true });
  }

  /** What the server answers; null without an answer. */
  async #asked(address, options) {
    const answer = await this.saving.ask(address, options).catch(() => null);
    return answer ? answer.json().catch(() => ({})) : null;
  }
}
