// T2: the grid of a class with scripts. The form below it works without any of this, and stays where something is
// missing: a page that came back with errors, or someone who asked for plain fields.

import { Editor } from "../grid/editor.js";
import { Saving } from "../grid/saving.js";
import { GridTable } from "../grid/table.js";
import { addresses, moreTexts, textsOf } from "../grid/words.js";
import { announce } from "../lib/shell.js";
import { Step, UndoStack, toward } from "../lib/undo-stack.js";

const HAS_ROOM = matchMedia("(min-width: 56.25rem)"); // for a student beside the grid
const MODIFIER = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";

function start(form) {
  addresses(form);
  const words = textsOf(form);
  const grid = new GridTable(form, words);
  const stack = new UndoStack();
  const hinted = new Set(); // "zero", and the columns of which was said that they are posted
  let turning = Promise.resolve(); // undo and redo, one after the other
  let tools = null; // copying, pasting, filling, dialogs: read when the grid is first used
  let loaded = null; // the same when it has arrived

  const saving = new Saving(form, grid, words, {
    choose: () => use((it) => it.choose()),
    goTo: (cell) => editor.go({ row: cell.row, column: cell.column }),
    signIn: (page) => use((it) => it.signIn(page)),
    lost: () => use((it) => it.lost()),
    stale: () => use((it) => it.stale()),
    isTyping: () => editor.hasUnfinished || Boolean(loaded?.drawer.fields.hasUnfinished),
  });

  const editor = new Editor(grid, words, {
    held: (name) => saving.hold(name),
    commit: (cell, text) => change([[cell, text]]),
    commitAll: (cells, text) => change(cells.map((cell) => [cell, text]), { how: "fill", said: "filled" }),
    act: (name, place) => acts[name]?.(place),
  });

  /** Put texts into cells as one step that can be taken back. */
  function change(pairs, { how = "", said = "", isStep = true } = {}) {
    const step = new Step();
    for (const [cell, text, keep = false] of pairs) {
      const before = cell.text;
      if (before === text && cell.state === "saved") continue;
      saving.commit(cell, text, { how, keep, step });
      step.changes.push({ name: cell.name, before, after: cell.text });
      if (isStep) hint(cell, before);
    }
    const count = step.changes.length;
    if (isStep) stack.push(step);
    if (said && count) use((it) => it.told(words.plural(said, count)));
    return count;
  }

  /** A comment was saved: a step that the server alone takes back. */
  function said(cell, { seq }) {
    const step = new Step();
    step.isSaid = true;
    step.changes.push({ name: cell?.name ?? "", before: cell?.text ?? "", after: cell?.text ?? "" });
    step.written(cell?.name ?? "", seq, 1);
    stack.push(step);
  }

  /** What a teacher may not expect is said once for each load of the page, and holds nothing up. */
  function hint(cell, before) {
    const { points, percent } = grid.read(cell);
    const about = points === 0 || percent === 0 ? "zero" : before && grid.isPosted(cell.column) ? cell.column : null;
    if (about === null || hinted.has(about)) return;
    hinted.add(about);
    use((it) => (about === "zero" ? it.hintZero(cell) : it.hintPosted()));
  }

  /** Take the newest step back ("before"), or do the last one taken back again ("after"); one after the other. */
  function turn(side) {
    turning = turning.then(() => turnNow(side));
  }

  async function turnNow(side) {
    const step = side === "before" ? stack.undo() : stack.redo();
    if (!step) await turnEarlier(side);
    else if (step.number && !step.isTyped && (step.isSaid || saving.queue.size === 0)) await turnThere(side, step);
    else turnHere(side, step);
  }

  /** Before this page was loaded there was more: the server knows it. */
  async function turnEarlier(side) {
    if (saving.queue.size === 0) await use((it) => it.turnEarlier(side));
    else announce(side === "before" ? words.nothing_to_undo : words.nothing_to_redo);
  }

  /** The server's own undo: the history says what it was, and what others changed since is left. */
  async function turnThere(side, step) {
    const facts = await saving.turn(side === "before" ? "undo" : "redo", step.number);
    if (facts?.saved) {
      turned(side, Object.keys(facts.saved), Object.keys(facts.clashes ?? {}).length);
      return;
    }
    if (side === "before") stack.redo();
    else stack.undo();
    announce(facts ? words.refused : words.reason_away, { urgent: true });
  }

  /** A part of what was saved together, or something not saved yet: typed again as it was. */
  function turnHere(side, step) {
    step.isTyped = true;
    const { wanted, clashes } = toward(step, side, (name) => grid.cell(name)?.text);
    change([...wanted].map(([name, text]) => [grid.cell(name), text]), { isStep: false });
    turned(side, [...wanted.keys()], clashes.length);
  }

  function turned(side, names, left) {
    const place = grid.placeNamed(names[0] ?? "");
    if (place) editor.go(place);
    const said = words.plural(side === "before" ? "undone" : "redone", names.length);
    announce(left ? `${said} ${words.plural("clashed", left)}` : said);
  }

  const acts = {
    undo: () => turn("before"),
    redo: () => turn("after"),
    send: () => saving.sendNow(),
    clear: () => change(editor.cells.map((cell) => [cell, ""]), { said: editor.hasSelection ? "cleared" : "" }),
    fillDown: () => use((it) => it.fillDown()),
    menu: (place) => use((it) => it.menu(place)),
    help: () => use((it) => it.help()),
    comment: (place) => use((it) => it.comments.openCell(place)),
    /** Enter on a cell: what waits for an answer gets one; false opens the field. */
    enter: (place) => answered(place),
    /** A character on a cell: two versions are chosen from, not typed over. */
    typing: (place) => isChoice(place) && answered(place),
    cancel(place) {
      const cell = cellAt(place);
      if (cell && ["check", "wrong"].includes(cell.state)) saving.restore(cell);
    },
  };

  const cellAt = (place) => (grid.isOpen(place) ? grid.cellAt(grid.at(place)) : null);
  const isChoice = (place) => cellAt(place)?.state === "choose";

  function answered(place) {
    const cell = cellAt(place);
    if (cell?.state === "choose") use((it) => it.choose());
    else if (cell?.state === "check") {
      saving.commit(cell, cell.text, { keep: true });
      editor.go({ row: Math.min(place.row + 1, grid.rows.length - 1), column: place.column });
    } else return false;
    return true;
  }

  /** The name of a student opens what the page of the student says, beside the grid. */
  function openStudent(event) {
    const link = event.target.closest("tbody th a");
    if (!link || !HAS_ROOM.matches || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    use((it) => it.drawer.open(link.href));
  }

  /** Read the rest of the grid's scripts once, and use it. */
  function use(run) {
    tools ??= Promise.all([import("../grid/tools.js"), moreTexts(form, words, saving)]).then(([{ Tools }]) => {
      const made = new Tools({ form, grid, words, editor, saving, change, said, turn, turned });
      made.listen();
      loaded = made;
      return made;
    });
    const asked = tools;
    return asked.then(run).catch((problem) => {
      tools = null; // without a network they are asked for again
      console.warn(problem);
    });
  }

  /** Copy, cut and paste come from the browser, which lets the clipboard be read and written only at once. */
  function clipboard(event) {
    if (editor.mode !== "moving" || !grid.table.contains(document.activeElement)) return;
    if (event.type === "paste") {
      const text = event.clipboardData.getData("text/plain");
      event.preventDefault();
      use((it) => it.paste(text));
    } else {
      loaded?.copy(event);
    }
  }

  /** After an act on a column the page was loaded anew: its head comes into view, and takes the focus if nothing else has. */
  function backTo(hash) {
    const place = hash && [...grid.heads].findIndex((th) => `#${th.querySelector("a")?.id}` === hash);
    if (!place || place < 0) return;
    history.replaceState(null, "", location.pathname + location.search);
    if (document.querySelector("[data-result]")) grid.heads[place].scrollIntoView({ block: "nearest", inline: "nearest" });
    else editor.go({ row: -1, column: place });
  }

  /** The buttons that need scripts stand beside the filters. */
  function addButtons() {
    const gap = document.querySelector(".toolbar .gap");
    for (const [name, run] of [["undo", acts.undo], ["redo", acts.redo]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = `btn btn--sm btn--tool${name === "redo" ? " is-extra" : ""}`;
      const said = document.createElement("span"); // one of the two has to do without: the line is full at 1280
      if (name === "redo") said.className = "vh";
      said.textContent = words[name];
      button.append(words.icon(name, true), said);
      button.setAttribute("aria-keyshortcuts", name === "undo" ? "Control+Z" : "Control+Y");
      button.title = `${MODIFIER} ${name === "undo" ? "Z" : "Y"}`;
      button.addEventListener("click", run);
      gap?.before(button);
    }
  }

  /** One filter is known to this page alone. */
  function addFilter() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn--sm";
    button.textContent = words.only_unsaved;
    button.addEventListener("click", () => {
      button.closest("details").open = false;
      use((it) => it.unsaved.show());
    });
    document.querySelector(".toolbar .filters")?.append(button);
  }

  grid.takeOver();
  if (grid.percent) grid.showPercent();
  addMenus(form, (th) => use((it) => it.columns.open(th, () => editor.go(grid.placeOf(th)))), (page) => use((it) => it.columns.post(page)));
  editor.start();
  backTo(location.hash);
  saving.start(document.querySelector("main"));
  form.querySelector(".grid-save")?.remove();
  form.addEventListener("submit", (event) => event.preventDefault());
  addButtons();
  addFilter();
  grid.table.addEventListener("click", openStudent);
  for (const kind of ["copy", "cut", "paste"]) document.addEventListener(kind, clipboard);
  moreTexts(form, words, saving).catch(() => {}); // asked again when they are needed
  requestAnimationFrame(() => setTimeout(() => grid.markCut())); // the first frame is there
  grid.table.addEventListener("focusin", () => use(() => {}), { once: true });
  grid.table.addEventListener("focusin", () => announce(words.keys_on), { once: true });
}

/** A button for the menu of each column. Post, beside Hidden, opens its page over this one. */
function addMenus(form, open, post) {
  const head = form.querySelector("table").tHead;
  for (const th of head.rows[1].cells) {
    const title = th.querySelector("a");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "gh__menu";
    button.setAttribute("aria-haspopup", "menu");
    button.setAttribute("aria-labelledby", `cm ${title.id}`);
    title.after(button);
  }
  head.addEventListener("click", (event) => {
    const { target } = event;
    if (target.matches(".gh__menu")) open(target.parentElement);
    if (!target.matches("b.hidden > a") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    post(target.closest("th").querySelector("a").pathname);
  });
}

/** The menus alone: the fields stay as they are. */
function startPlain(form) {
  const words = textsOf(form);
  const ask = (address, options) => fetch(address, { headers: { "X-Requested-With": "fetch" }, ...options });
  const texts = () => moreTexts(form, words, { ask, explain() {} });
  const menus = async () => {
    const [{ ColumnMenus }] = await Promise.all([import("../grid/columns.js"), texts()]);
    return new ColumnMenus({ form, words, ask, whenSaved: (run) => run() });
  };
  addMenus(
    form,
    async (th) => (await menus()).open(th, () => th.querySelector("button").focus()),
    async (page) => (await menus()).post(page),
  );
}

const form = document.querySelector("form#grid[data-words]");
const cameBack = document.querySelector("[data-error-summary]"); // its cells hold what was typed, its links lead there
const asked = form?.dataset.entry !== "fields"; // an account may ask for plain fields
if (form && asked && form.elements.columns.value && !cameBack) start(form);
else if (form) startPlain(form);
