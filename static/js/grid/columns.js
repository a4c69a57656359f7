// The menu of each column, made in one place: the page itself has only the links of the heads. Everything here is also
// on the assignment's page and on the page "Columns". Read when a menu is first opened.

import * as dialogs from "./dialogs.js";

const STATUSES = ["m", "e", "i", "t"];
const NOBODY = "000000000000"; // stands for a key in an address

export class ColumnMenus {
  /** parts: { form, words, ask(address, options), whenSaved(run), tools }; without `tools` the fields are plain. */
  constructor(parts) {
    Object.assign(this, parts);
    this.heads = [...this.form.querySelector("table").tHead.rows[1].cells];
    this.shown = JSON.parse(this.form.dataset.columns).shown;
  }

  /** Open the menu of the column with this head; `back` takes the focus afterwards. */
  open(th, back) {
    const at = this.heads.indexOf(th);
    dialogs.menuAt(th, this.words.fill("column_menu", { assignment: this.#title(at) }), this.#items(at), back);
  }

  #title(at) {
    return this.#link(at).firstChild.textContent;
  }

  #link(at) {
    return this.heads[at].querySelector("a");
  }

  #key(at) {
    return this.#link(at).pathname.split("/").pop();
  }

  #items(at) {
    const { words, form } = this;
    const { base, families } = form.dataset;
    const page = this.#link(at).pathname;
    const key = this.#key(at);
    const isLocked = this.shown[at] === "k";
    const posting = { h: words.post_scores, p: words.hide_scores, l: words.posting }[this.shown[at]];
    return [
      [words.edit_assignment, page],
      ...(posting ? [[posting, () => this.post(page)]] : []),
      ...(isLocked ? [] : [[words.enter_one, `${page}/scores`]]),
      ...(this.tools && !isLocked ? this.#filling(at) : []),
      [words.sort_by, this.#sorted(key)],
      ...(families ? [[words.message_families, `${families.replace(NOBODY, key)}?who=missing`]] : []),
      ...this.#moves(at, key),
      [words.history, `${base}/history?assignment=${key}`],
      [words.export_column, `${page}/scores.csv`],
      [words.hide_column, () => this.#send(`${base}/columns`, { hide: key })],
    ];
  }

  #filling(at) {
    const column = this.tools.grid.first + at;
    return [
      [this.words.fill_blanks, () => this.tools.fillBlanks(column)],
      [this.words.status_blanks, () => this.tools.setStatus(column)],
    ];
  }

  /** This page, sorted by the column; once more turns the order round. */
  #sorted(key) {
    const asked = new URLSearchParams(location.search);
    asked.set("sort", asked.get("sort") === key ? `-${key}` : key);
    asked.delete("page");
    return `${location.pathname}?${asked}`;
  }

  /** A column goes past its neighbour of the same category. */
  #moves(at, key) {
    const begins = (th) => !th || th.classList.contains("first");
    const past = (other) => () => this.#send(`${this.form.dataset.base}/columns`, { move: `${key}.${this.#key(other)}` }, at + Math.sign(other - at));
    const [before, after] = document.dir === "rtl" ? ["move_right", "move_left"] : ["move_left", "move_right"];
    return [
      ...(at > 0 && !begins(this.heads[at]) ? [[this.words[before], past(at - 1)]] : []),
      ...(begins(this.heads[at + 1]) ? [] : [[this.words[after], past(at + 1)]]),
    ];
  }

  /** Send an act of this page's, and show the page anew at the column; the result says what was done, with Undo. */
  #send(address, fields, at) {
    this.whenSaved(async () => {
      const body = new URLSearchParams({ csrf_token: this.form.elements.csrf_token.value, ...fields });
      const answer = await this.ask(address, { method: "POST", body }).catch(() => null);
      if (answer?.ok) this.#anew(at);
      else dialogs.say(this.words, answer ? this.words.refused : this.words.reason_away);
    });
  }

  #anew(at) {
    const id = at === undefined ? "" : this.#link(at).id;
    if (id) history.replaceState(null, "", `#${id}`);
    location.reload();
  }

  /** The posting page's own form over this page. */
  post(page) {
    const at = this.heads.findIndex((th) => th.querySelector("a").pathname === page);
    dialogs.page(this, `${page}/posting`, () => this.whenSaved(() => this.#anew(at)));
  }
}

/** One status for every blank cell of a column. done(text) */
export function askStatus({ words }, heading, cells, done) {
  const { element, press } = dialogs;
  const names = { m: words.set_missing, e: words.set_excused, i: words.set_incomplete, t: words.set_turned_in };
  const radios = STATUSES.map((text, place) => {
    const input = element("input", { type: "radio", name: "status", value: text });
    input.checked = place === 0;
    return element("label", { class: "choice" }, input, element("span", {}, names[text]));
  });
  const list = element("fieldset", { class: "field field--choices" }, element("legend", {}, words.status_which), ...radios);
  const chosen = () => list.querySelector("input:checked").value;
  const verb = press("", () => {
    dialog.close();
    done(chosen());
  }, "btn--primary");
  const say = () => {
    verb.textContent = words.plural(`put_${chosen()}`, cells.length);
  };
  list.addEventListener("change", say);
  say();
  const dialog = dialogs.open(heading, list, element("div", { class: "actions" }, verb, press(words.cancel, () => dialog.close(), "btn--quiet")));
}
