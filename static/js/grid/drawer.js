// A student beside the grid: the server's own page of the student, in part. It covers no cell, and the grid goes on.

const AFTER = 300; // ms: what is saved in quick succession is fetched once

export class Drawer {
  #box = null;
  #address = "";
  #asked = 0; // the newest question: an answer to an older one is not shown
  #timer = null;

  /** parts: { form, grid, words, editor, saving, comments } */
  constructor(parts) {
    Object.assign(this, parts);
    this.form.addEventListener("students-changed", ({ detail }) => {
      if (this.#box && detail.some((key) => this.#isShown(key))) this.refresh();
    });
  }

  /** Show the student of this address, and go there. */
  async open(address) {
    if (!(await this.#load(address))) {
      this.saving.whenSaved(() => location.assign(address)); // the page says what is wrong
      return;
    }
    this.#box.scrollTop = 0;
    this.#box.querySelector("#drawer-heading").focus();
    this.editor.show();
  }

  /** Once more what is shown, where something was saved. */
  refresh() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#box && this.#load(this.#address), AFTER);
  }

  close() {
    this.#asked += 1;
    this.#box.remove();
    this.#box = null;
    this.editor.back();
  }

  async #load(address) {
    this.#asked += 1;
    const asked = this.#asked;
    const answer = await this.saving.ask(address).catch(() => null);
    const html = answer?.ok ? await answer.text() : "";
    if (asked !== this.#asked) return true;
    const parts = new DOMParser().parseFromString(html, "text/html").body;
    if (!parts.querySelector("#drawer-heading")) return false;
    this.#address = address;
    this.#put(parts.children);
    return true;
  }

  #put(parts) {
    this.#box ??= this.#make();
    const focused = this.#box.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    this.#box.replaceChildren(...parts);
    if (focused) [...this.#box.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
  }

  /** The box stands beside the form: both are put into one that holds them side by side, once. */
  #make() {
    const { form } = this;
    const box = document.createElement("section");
    box.className = "drawer";
    box.setAttribute("aria-labelledby", "drawer-heading");
    box.addEventListener("click", (event) => this.#pressed(event));
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
    if (!form.parentElement.matches(".grid-and-drawer")) this.#embrace();
    form.after(box);
    return box;
  }

  #embrace() {
    const { form, grid } = this;
    const scroller = grid.table.parentElement;
    const { scrollLeft, scrollTop } = scroller;
    const focused = document.activeElement;
    const both = document.createElement("div");
    both.className = "grid-and-drawer";
    form.before(both);
    both.append(form);
    Object.assign(scroller, { scrollLeft, scrollTop });
    if (form.contains(focused)) focused.focus({ preventScroll: true });
  }

  #pressed(event) {
    if (event.target.closest("[data-close]")) {
      this.close();
      return;
    }
    const link = event.target.closest("a[data-student], a[data-comment]");
    if (!link || !isPlain(event)) return;
    event.preventDefault();
    if (link.matches("[data-student]")) this.open(link.href);
    else this.#comment(link);
  }

  #comment(link) {
    const row = this.grid.rows.findIndex((tr) => tr.querySelector("th a").href === this.#address);
    const students = this.form.elements.rows.value.split(",");
    const cell = row < 0 ? null : this.grid.cell(`${students[row]}.${link.dataset.comment}`);
    const student = this.#box.querySelector("#drawer-heading").textContent;
    const assignment = link.closest("li").querySelector(".rows__main a").textContent;
    this.comments.open(link.href, this.words.fill("cell_name", { student, assignment }), cell);
  }

  #isShown(key) {
    const row = this.form.elements.rows.value.split(",").indexOf(key);
    return row >= 0 && this.grid.rows[row].querySelector("th a").href === this.#address;
  }
}

const isPlain = (event) => !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
