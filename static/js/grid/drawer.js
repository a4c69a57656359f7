// A student beside the grid: the server's own page of the student, in part. It covers no cell, and the grid goes on.

import { DrawerFields } from "./drawer-fields.js";

const AFTER = 300; // ms: what is saved in quick succession is fetched once

export class Drawer {
  #box = null;
  #address = "";
  #asked = 0; // the newest question: an answer to an older one is not shown
  #timer = null;
  #isStale = false; // parts of it, as somebody types into the others

  /** parts: { form, grid, words, editor, saving, comments, change, choose() } */
  constructor(parts) {
    Object.assign(this, parts);
    this.fields = new DrawerFields(parts, () => this.#isStale && this.refresh());
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
    this.fields.forget();
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
    this.#isStale = this.fields.isActive;
    if (this.#isStale) {
      this.#putOverall(parts);
      return;
    }
    const focused = this.#box.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    this.#box.replaceChildren(...parts);
    this.fields.put(this.#box, this.#student());
    if (focused) [...this.#box.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
  }

  /** While somebody types among the scores only the grade above them is new; the rest follows when the focus leaves. */
  #putOverall(parts) {
    const fresh = [...parts].map((part) => part.querySelector("[data-overall]")).find(Boolean);
    if (fresh) this.#box.querySelector("[data-overall]")?.replaceWith(fresh);
  }

  /** The key of the student who is shown; "" for one who is not on this page of the class. */
  #student() {
    const row = this.grid.rows.findIndex((tr) => tr.querySelector("th a").href === this.#address);
    return row < 0 ? "" : this.form.elements.rows.value.split(",")[row];
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
    const cell = this.grid.cell(`${this.#student()}.${link.dataset.comment}`);
    const student = this.#box.querySelector("#drawer-heading").textContent;
    const assignment = link.closest("li").querySelector(".rows__main a").textContent;
    this.comments.open(link.href, this.words.fill("cell_name", { student, assignment }), cell);
  }

  #isShown(key) {
    return key === this.#student();
  }
}

const isPlain = (event) => !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
