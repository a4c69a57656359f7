// T2 on a phone: one assignment's scores, saved one by one, with keys for what a number pad does not have.

import { ScoreList } from "../grid/list.js";
import { Saving } from "../grid/saving.js";
import { addresses, moreTexts, textsOf } from "../grid/words.js";

function start(form) {
  addresses(form);
  const words = textsOf(form);
  const list = new ScoreList(form, words);
  let here = null; // the field that was used last
  const dialogs = async (run) => {
    const [module] = await Promise.all([import("../grid/dialogs.js"), moreTexts(form, words, saving)]);
    run(module);
  };
  const parts = () => ({ form, words, grid: list, saving });

  const saving = new Saving(form, list, words, {
    choose: () => dialogs((it) => it.choose(parts(), choices(), (mine) => choices().forEach((cell) => saving.choose(cell, mine(cell))))),
    goTo: (cell) => go(cell.row),
    signIn: (page) => dialogs((it) => it.signIn(parts(), page)),
    lost: () => dialogs((it) => it.banner(words.lost_words, words.reload, () => location.reload())),
    stale: () => dialogs((it) => it.banner(words.stale, words.reload, () => saving.whenSaved(() => location.reload()))),
    isTyping: () => here !== null && here.value.trim() !== list.cell(here.name).text,
  });

  const choices = () => list.troubled().filter(({ state }) => state === "choose");

  function go(row) {
    const input = list.inputs[Math.min(Math.max(row, 0), list.inputs.length - 1)];
    input.focus();
    input.select();
  }

  /** What stands in the field is saved; Enter on a score far above full marks keeps it. */
  function commit(input, isEnter = false) {
    const cell = list.cell(input.name);
    const text = input.value.trim();
    if (cell.state === "choose") return;
    if (text !== cell.text) saving.commit(cell, text);
    else if (isEnter && cell.state === "check") saving.commit(cell, text, { keep: true });
    else return;
    list.paint(cell);
  }

  form.addEventListener("focusin", ({ target }) => {
    if (!list.cell(target.name)) return;
    here = target;
    saving.hold(target.name);
  });
  form.addEventListener("focusout", ({ target }) => {
    if (!list.cell(target.name)) return;
    commit(target);
    saving.hold(null);
    list.paint(list.cell(target.name));
  });
  form.addEventListener("keydown", (event) => {
    const cell = list.cell(event.target.name);
    if (!cell || event.isComposing) return;
    const step = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      saving.restore(cell);
      list.paint(cell);
    } else if (step) {
      commit(event.target, event.key === "Enter");
      if (cell.state === "choose" && event.key === "Enter") saving.shows.choose();
      else go(cell.row + step);
    } else return;
    event.preventDefault();
  });
  form.addEventListener("submit", (event) => event.preventDefault());

  /** A key of the bar: what it makes of the field's text, and whether the next field is opened. */
  function press(change, isLast) {
    const input = here ?? list.inputs[0];
    input.value = change(input.value.trim());
    commit(input);
    if (isLast) go(list.inputs.indexOf(input) + 1);
    else input.focus();
  }

  function bar() {
    const row = document.createElement("div");
    row.className = "keys__row";
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", words.status_keys);
    const late = (text) => (/^[\d٠-٩۰-۹.,٫]+%?$/.test(text) ? `${text}l` : text.replace(/ ?l$/i, ""));
    const keys = [
      [words.set_missing, () => "m", true],
      [words.set_excused, () => "e", true],
      [words.late_tag, late, false],
      [words.next, (text) => text, true],
    ];
    for (const [label, change, isLast] of keys) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("pointerdown", (event) => event.preventDefault()); // the phone's keyboard stays
      button.addEventListener("click", () => press(change, isLast));
      row.append(button);
    }
    row.lastElementChild.className = "next";
    return row;
  }

  /** The keys stand above the phone's keyboard, not behind it. */
  function aboveKeyboard(box) {
    const view = window.visualViewport;
    if (!view) return;
    const place = () => {
      const hidden = innerHeight - view.height - view.offsetTop;
      box.style.translate = hidden > 80 ? `0 ${-hidden}px` : ""; // less is a browser's own bar
    };
    view.addEventListener("resize", place);
    view.addEventListener("scroll", place);
  }

  const box = document.createElement("div");
  box.className = "keys";
  form.querySelector("[data-save-bar]").replaceWith(box);
  saving.start(box);
  moreTexts(form, words, saving).then(() => box.append(bar()), () => {});
  aboveKeyboard(box);
}

const form = document.querySelector("form#one[data-words]");
const cameBack = document.querySelector("[data-error-summary]"); // its fields hold what was typed, its links lead there
if (form && form.dataset.entry !== "fields" && !cameBack) start(form);
