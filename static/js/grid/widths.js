// The columns keep the widths that the automatic layout of the table gave them: it would ask every cell at each key.

const AFTER = 300; // ms: what changes in quick succession is looked at once, when the page is laid out anyway

export class Widths {
  #grid;
  #columns; // a <col> for each column
  #changed = new Set(); // cells whose content is new
  #timer = null;
  #resized = null;

  constructor(grid) {
    this.#grid = grid;
    this.#columns = columnsOf(grid);
    sayRoles(grid);
    this.keep();
    addEventListener("resize", () => {
      clearTimeout(this.#resized);
      this.#resized = setTimeout(() => this.#anew(), AFTER);
    });
  }

  /** Keep the widths of now. They follow the size of the letters. */
  keep() {
    const { heads, table } = this.#grid;
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const widths = heads.map((th) => th.getBoundingClientRect().width / rem); // all are read before any is written
    this.#columns.forEach((col, place) => col.style.setProperty("--kept", `${widths[place]}rem`));
    table.style.setProperty("--columns", widths.map((width) => `${width}rem`).join(" "));
    table.style.setProperty("--across", `${widths.reduce((sum, width) => sum + width, 0)}rem`);
    table.classList.add("grid--kept");
  }

  /** The cell says something else, which may need a wider column. */
  changed(td) {
    this.#changed.add(td);
    this.#timer ??= setTimeout(() => this.#look(), AFTER);
  }

  #look() {
    this.#timer = null;
    const isWider = [...this.#changed].some((td) => td.scrollWidth > td.clientWidth && !td.querySelector("input"));
    this.#changed.clear();
    if (isWider) this.#anew();
  }

  /** Which titles are cut depends on the widths, so it is looked at after them. */
  #anew() {
    this.#grid.table.classList.remove("grid--kept");
    this.keep();
    this.#grid.markCut();
  }
}

/** Rows that are laid out by themselves (.grid--kept) stay rows to browsers that go by how they are laid out. */
function sayRoles({ table, rows }) {
  table.tBodies[0].setAttribute("role", "rowgroup");
  for (const tr of rows) {
    tr.setAttribute("role", "row");
    for (const cell of tr.cells) cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "gridcell");
  }
}

/** The page has one <col> for all scores. */
function columnsOf({ table, heads }) {
  const last = table.querySelector("col:last-of-type");
  const first = table.querySelectorAll("col").length - 1;
  last.removeAttribute("span");
  for (let place = first + 1; place < heads.length; place += 1) last.after(last.cloneNode());
  return [...table.querySelectorAll("col")];
}
