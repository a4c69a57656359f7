// Only the students with something that is not saved: a filter of the page that is open, as the server knows nothing of it.

import { announce } from "../lib/shell.js";

export class Unsaved {
  #line = null;

  constructor({ grid, words, saving, editor }) {
    Object.assign(this, { grid, words, saving, editor });
  }

  /** Show these students, or say that there are none. What is saved meanwhile stays until the filter ends. */
  show() {
    const { grid, words } = this;
    const waiting = this.saving.queue.names.map((name) => grid.placeNamed(name)).filter(Boolean);
    const rows = new Set([...grid.troubled(), ...waiting].map(({ row }) => row));
    if (!rows.size) {
      this.end();
      announce(words.all_saved);
      return;
    }
    grid.rows.forEach((tr, row) => {
      tr.hidden = !rows.has(row);
    });
    const said = words.fill("showing_unsaved", { shown: rows.size, all: grid.rows.length });
    this.#say(said);
    announce(said);
    this.editor.go({ row: Math.min(...rows), column: this.editor.place.column });
  }

  /** All students again. */
  end() {
    for (const tr of this.grid.rows) tr.hidden = false;
    this.#line?.remove();
    this.#line = null;
  }

  #say(said) {
    this.#line?.remove();
    const clear = document.createElement("button");
    clear.type = "button";
    clear.className = "btn btn--sm btn--quiet";
    clear.append(this.words.icon("close"), this.words.clear_filters);
    clear.addEventListener("click", () => {
      this.end();
      this.editor.back();
    });
    this.#line = document.createElement("div");
    this.#line.className = "subline";
    this.#line.append(said, clear);
    document.querySelector(".toolbar").after(this.#line);
  }
}
