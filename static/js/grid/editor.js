// The table as an ARIA grid: one stop for Tab, keys that move, type and edit, a selection. What was typed is handed on.

import * as keys from "../lib/grid-keys.js";
import { trimmed } from "../lib/score-text.js";
import { announce } from "../lib/shell.js";

export class Editor {
  #mode = "moving";
  #place; // of the focused cell
  #anchor; // where the selection began
  #selection = null; // a block of more than one cell
  #before = ""; // the text of the cell when its input opened
  #drag = null;

  /** does: commit(cell, text), commitAll(cells, text), act(name, place), held(name | null) */
  constructor(grid, words, does) {
    this.grid = grid;
    this.words = words;
    this.does = does;
  }

  /** Give the table its role, its one tab stop, its keys. */
  start() {
    const { grid } = this;
    const { table } = grid;
    const box = table.parentElement;
    table.setAttribute("role", "grid");
    table.setAttribute("aria-multiselectable", "true");
    table.setAttribute("aria-colcount", String(grid.heads.length));
    if (grid.page) this.#numberRows(grid.page);
    table.classList.add("grid--keys");
    for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
    for (const inner of table.querySelectorAll("a, button")) inner.tabIndex = -1;
    this.#place = { row: 0, column: Math.min(grid.first, grid.heads.length - 1) };
    this.#anchor = this.#place;
    grid.at(this.#place).tabIndex = 0;
    table.addEventListener("keydown", (event) => this.#key(event));
    table.addEventListener("focusin", (event) => this.#entered(event));
    table.addEventListener("focusout", (event) => this.#left(event));
    table.addEventListener("dblclick", (event) => this.#pressedTwice(event));
    table.addEventListener("pointerdown", (event) => this.#pressed(event));
    table.addEventListener("pointerover", (event) => this.#dragged(event));
    table.addEventListener("click", (event) => this.#tapped(event));
    addEventListener("pointerup", () => {
      this.#drag = null;
    });
  }

  /** A long class is shown in pages: the two lines of heads and the last line count too. */
  #numberRows([count, before]) {
    this.grid.table.setAttribute("aria-rowcount", String(count + 3));
    this.grid.rows.forEach((tr, row) => tr.setAttribute("aria-rowindex", String(before + row + 3)));
  }

  get place() {
    return this.#place;
  }

  get mode() {
    return this.#mode;
  }

  /** The selected block; the one cell in focus where nothing is selected. */
  get block() {
    return this.#selection ?? keys.block(this.#place, this.#place, this.grid.shape);
  }

  get hasSelection() {
    return this.#selection !== null;
  }

  /** The cells of the selection that can be typed into. */
  get cells() {
    if (!this.#selection && this.#place.row < 0) return [];
    return [...keys.placesOf(this.block)].filter((place) => this.grid.isOpen(place)).map((place) => this.#cell(place));
  }

  #cell(place) {
    return this.grid.cellAt(this.grid.at(place));
  }

  // Focus -------------------------------------------------------------------------------------------------------------

  /** Put the focus on a place, and take the selection away. */
  go(place) {
    const there = this.grid.seen(place, this.#place);
    this.#unselect();
    this.#anchor = there;
    this.#focus(there);
  }

  /** Have the cell in sight, without going there. */
  show() {
    this.grid.at(this.#place).scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Back to the cell, with what is selected. */
  back() {
    this.#focus(this.#place);
  }

  #focus(place) {
    const td = this.grid.at(place);
    td.tabIndex = 0;
    td.focus({ preventScroll: true });
    td.scrollIntoView({ block: "nearest", inline: "nearest" }); // focus alone leaves a cell half under what sticks
  }

  #entered(event) {
    const place = this.grid.placeOf(event.target);
    if (!place) return;
    const { grid } = this;
    const was = this.#place;
    const td = grid.at(place);
    if (was.row !== place.row || was.column !== place.column) grid.at(was).tabIndex = -1;
    if (was.column !== place.column) grid.at({ row: -1, column: was.column })?.classList.remove("here");
    if (was.row !== place.row && was.row >= 0) grid.rows[was.row].cells[0].classList.remove("here");
    this.#place = place;
    if (td.tabIndex !== 0) td.tabIndex = 0; // setting it lays out the page
    grid.at({ row: -1, column: place.column }).classList.add("here");
    if (place.row >= 0) grid.rows[place.row].cells[0].classList.add("here");
  }

  /** Whoever goes elsewhere, with the mouse or to another window, has said what was typed. */
  #left(event) {
    if (this.#mode === "moving" || event.relatedTarget === event.target) return;
    if (event.target !== this.#input()) return;
    // Another window: the field stays open.
    if (!document.hasFocus()) return;
    this.#close(true);
  }

  // Keys --------------------------------------------------------------------------------------------------------------

  #key(event) {
    if (event.isComposing && event.key !== "Process") return;
    const place = this.grid.placeOf(event.target);
    if (!place) return;
    const press = { key: event.key, ctrl: event.ctrlKey || event.metaKey, shift: event.shiftKey, alt: event.altKey };
    const action = keys.actionOf(press, this.#mode, this.grid.rightToLeft);
    if (!action) return;
    const done = this[`_${action.act}`]?.(action, place) ?? this.does.act(action.act, place);
    if (done !== false) event.preventDefault();
  }

  _nothing() {}

  _move(action, place) {
    this.go(keys.moved(place, action, this.grid.shape));
  }

  _toBlank(action, place) {
    this.go(keys.nextBlank(place, action, this.grid.shape, (there) => this.grid.isBlank(there)));
  }

  _edge(action, place) {
    this.go(keys.toEdge(place, action, this.grid.shape));
  }

  _page(action, place) {
    this.go(keys.byScreen(place, action, { ...this.grid.shape, screen: this.grid.screen }));
  }

  _extend(action, place) {
    this.#extendTo(keys.moved(place, action, this.grid.shape));
  }

  _selectRow(action, place) {
    if (place.row >= 0) this.select(keys.rowBlock(place, this.grid.shape));
  }

  _selectColumn(action, place) {
    if (place.column >= this.grid.first) this.select(keys.columnBlock(place, this.grid.shape));
  }

  _selectAll() {
    this.select(keys.wholeBlock(this.grid.shape));
  }

  _cancel(action, place) {
    if (this.#selection) {
      this.#unselect();
      return undefined;
    }
    return this.does.act("cancel", place);
  }

  _edit(action, place) {
    if (this.grid.isOpen(place)) {
      if (this.does.act("enter", place) === false) this.open(place, "editing");
      return;
    }
    const th = this.grid.at(place);
    (th.querySelector("button") ?? th.querySelector("a"))?.click(); // the menu of a column, or the link of a student
  }

  _type(action, place) {
    if (!this.grid.isOpen(place)) return;
    if (this.does.act("typing", place) === true) return;
    this.open(place, "typing", "");
    return false; // the browser writes the character into the field that has just opened
  }

  _leave(action, place) {
    this.#close();
    const step = action.key === "Enter" && this.grid.form.dataset.entry === "right" ? { columns: action.rows } : action;
    this.go(keys.moved(place, step, this.grid.shape));
  }

  _next({ step }, place) {
    const { shape } = this.grid;
    this.#close();
    const there = keys.nextOpen(place, step, shape, (one) => this.grid.isOpen(one));
    if (!there) {
      this.go(place);
      return false; // past the last cell the grid is left
    }
    this.go(there);
    this.open(there, "typing");
    return undefined;
  }

  _keep(action, place) {
    const text = trimmed(this.#input().value);
    const { cells, hasSelection } = this;
    this.#close(false, !hasSelection);
    this.#focus(place);
    if (hasSelection) this.does.commitAll(cells, text);
  }

  _restore(action, place) {
    this.#close(false, false);
    this.#focus(place);
  }

  _send(action, place) {
    if (this.#mode !== "moving") {
      this.#close();
      this.#focus(place);
    }
    return this.does.act("send", place);
  }

  // Editing -----------------------------------------------------------------------------------------------------------

  #input() {
    return this.grid.inputOf(this.grid.at(this.#place));
  }

  /** Open the cell's own field in its place, with its text or with `text`. */
  open(place, mode, text) {
    const cell = this.#cell(place);
    const { td } = cell;
    const input = this.grid.inputOf(td);
    this.#place = place;
    this.#before = cell.text;
    this.does.held(cell.name);
    td.classList.remove("m");
    td.classList.add("p");
    td.replaceChildren(input);
    input.value = text ?? cell.text;
    input.removeAttribute("aria-describedby");
    input.toggleAttribute("aria-invalid", false);
    if (cell.reason) {
      input.setAttribute("aria-invalid", "true");
      const why = document.createElement("span");
      why.className = "why";
      why.id = "why-now";
      why.textContent = cell.reason;
      td.append(why);
      input.setAttribute("aria-describedby", why.id);
    }
    this.#mode = mode;
    input.focus({ preventScroll: td === document.activeElement });
    if (text === undefined) input.select();
  }

  /** Put the text back into the cell; what was typed is handed on unless `keep` is false. */
  #close(elsewhere = false, keep = true) {
    if (this.#mode === "moving") return;
    this.#mode = "moving"; // first: taking the field away sends a focusout
    const cell = this.#cell(this.#place);
    const input = this.grid.inputOf(cell.td);
    const text = trimmed(input.value);
    this.does.held(null);
    if (keep && text !== this.#before) this.does.commit(cell, text);
    else this.grid.paint(cell);
    if (elsewhere) cell.td.tabIndex = 0;
  }

  /** Close what is open, as if the person had gone on. */
  finish() {
    const { place } = this;
    if (this.#mode === "moving") return;
    this.#close();
    this.#focus(place);
  }

  /** Whether something is typed that nobody has handed on yet. */
  get hasUnfinished() {
    return this.#mode !== "moving" && trimmed(this.#input().value) !== this.#before;
  }

  // Pointer -----------------------------------------------------------------------------------------------------------

  #pressed(event) {
    if (event.button !== 0 || event.target.closest("a, summary, button, input, details p")) return;
    const place = this.grid.placeOf(event.target);
    if (!place) return;
    event.preventDefault(); // no text is selected, and the focus goes to the cell
    if (event.shiftKey) {
      this.#extendTo(place);
      return;
    }
    this.go(place);
    if (place.row >= 0 && event.pointerType !== "touch") this.#drag = place;
  }

  #dragged(event) {
    if (!this.#drag || event.buttons !== 1) return;
    const place = this.grid.placeOf(event.target);
    if (place && place.row >= 0 && place.column >= this.grid.first) this.#extendTo(place);
  }

  #tapped(event) {
    if (event.pointerType === "touch") this.#pressedTwice(event);
  }

  #pressedTwice(event) {
    const place = this.grid.placeOf(event.target);
    if (!place || event.target.closest("input, a") || !this.grid.isOpen(place) || this.#mode !== "moving") return;
    this._edit(null, place);
  }

  // Selection ---------------------------------------------------------------------------------------------------------

  #extendTo(place) {
    const anchor = this.#anchor;
    const block = keys.block(anchor, place, this.grid.shape);
    if (keys.sizeOf(block) > 1) this.select(block);
    else this.#unselect();
    this.#anchor = anchor;
    if (place.row >= 0) this.#focus(place);
  }

  /** Select a block of scores and say how large it is. */
  select(block) {
    this.#unselect();
    this.#selection = block;
    for (const { row, column } of keys.placesOf(block)) {
      const { classList } = this.grid.at({ row, column });
      classList.add("sel");
      if (row === block.top) classList.add("sel--top");
      if (row === block.bottom) classList.add("sel--bottom");
      if (column === block.start) classList.add("sel--start");
      if (column === block.end) classList.add("sel--end");
      this.grid.at({ row, column }).setAttribute("aria-selected", "true");
    }
    announce(this.words.plural("selected", keys.sizeOf(block)));
  }

  #unselect() {
    if (!this.#selection) return;
    for (const place of keys.placesOf(this.#selection)) {
      const td = this.grid.at(place);
      td.classList.remove("sel", "sel--top", "sel--bottom", "sel--start", "sel--end");
      td.removeAttribute("aria-selected");
    }
    this.#selection = null;
  }
}
