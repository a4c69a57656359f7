// Short decisions about the grid: native dialogs with a heading, the words, Cancel and the verb.

import { datePickers } from "../lib/forms.js";
import { announce } from "../lib/shell.js";

/** element("p", { class: "muted" }, "words", child) */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Show a dialog over the page; closing it gives the focus back to where it was. */
export function open(heading, ...children) {
  const back = document.activeElement;
  const dialog = element("dialog", { class: "dialog dialog--grid", "aria-labelledby": "dialog-heading" });
  dialog.append(element("h2", { id: "dialog-heading", tabindex: "-1" }, heading), ...children);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (document.activeElement !== document.body) return;
    const isThere = back?.isConnected && back !== document.body && back.getClientRects().length > 0; // a menu that has closed is not
    (isThere ? back : document.querySelector("table.grid [tabindex='0']"))?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export function press(label, run, kind = "") {
  const button = element("button", { type: "button", class: `btn ${kind}`.trim() }, label);
  button.addEventListener("click", run);
  return button;
}

/** Both values of each cell that two people changed. done(mine): mine(cell) says whose is kept. */
export function choose({ words, grid }, cells, done) {
  const lang = document.documentElement.lang || undefined;
  const when = (at) => new Date(at).toLocaleString(lang, { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const radio = (cell, side, text) => {
    const input = element("input", { type: "radio", name: cell.name, value: side });
    input.checked = side === "theirs";
    const said = element("span", {}, element("b", {}, text || words.blank));
    if (side === "theirs") said.append(element("small", {}, words.fill("theirs_of", { name: cell.theirs.by, when: when(cell.theirs.at) })));
    return element("td", {}, element("label", { class: "choice" }, input, said));
  };
  const rows = cells.map((cell) =>
    element("tr", {}, element("th", { scope: "row" }, grid.studentAt(cell.row)), element("td", {}, grid.assignmentAt(cell.column)), radio(cell, "mine", cell.text), radio(cell, "theirs", cell.theirs.theirs)),
  );
  const head = [words.student, words.assignment, words.yours, words.theirs].map((text) => element("th", { scope: "col" }, text));
  const table = element("table", { class: "table" }, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
  const chosen = (cell) => table.querySelector(`input[name="${cell.name}"]:checked`).value === "mine";
  const finish = (mine) => {
    dialog.close();
    done(mine);
  };
  const dialog = open(
    words.choose_heading,
    element("p", {}, words.choose_words),
    element("div", { class: "dialog__table", tabindex: "0", role: "region", "aria-labelledby": "dialog-heading" }, table),
    element("div", { class: "actions" }, press(words.apply, () => finish(chosen), "btn--primary"), press(words.all_mine, () => finish(() => true)), press(words.all_theirs, () => finish(() => false)), press(words.cancel, () => dialog.close(), "btn--quiet")),
  );
}

/** What does not fit of a paste, and a choice where there is one. done(fits) */
export function review({ words, grid }, plan, done) {
  const selects = [];
  const rows = plan.misfits.map((misfit) => {
    const select = into(words, grid, misfit);
    if (select) selects.push([select, misfit]);
    return element("tr", {}, element("td", { class: "n" }, String(misfit.line)), element("td", {}, element("bdi", {}, misfit.pasted)), element("td", {}, whyNot(words, grid, misfit)), element("td", {}, select ?? words.leave_out));
  });
  const fits = () => [...plan.fits, ...selects.flatMap(([select, misfit]) => chosenFits(grid, misfit, select.value))];
  const head = [words.review_row, words.review_pasted, words.review_why, words.review_into].map((text) => element("th", { scope: "col" }, text));
  const table = element("table", { class: "table" }, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
  const verb = press("", () => {
    dialog.close();
    done(fits());
  }, "btn--primary");
  const count = () => {
    const saved = fits().length;
    const left = plan.misfits.length - selects.filter(([select]) => select.value).length;
    verb.textContent = left ? `${words.plural("save_pasted", saved)}, ${words.plural("left_out", left)}` : words.plural("save_pasted", saved);
    verb.hidden = saved === 0;
  };
  table.addEventListener("change", count);
  const dialog = open(
    words.review_heading,
    element("p", {}, `${words.plural("fitting", plan.fits.length)} ${words.plural("not_fitting", plan.misfits.length)}`),
    element("div", { class: "dialog__table", tabindex: "0", role: "region", "aria-labelledby": "dialog-heading" }, table),
    element("div", { class: "actions" }, verb, press(words.cancel, () => dialog.close(), "btn--quiet")),
  );
  count();
}

function whyNot(words, grid, { why, name, rows, text, column }) {
  if (why === "close") return words.fill("did_you_mean", { name: rows.map((row) => grid.studentAt(row)).join(", ") });
  if (why === "two") return words.fill("two_students", { name });
  if (why === "none") return words.fill("no_student", { name });
  if (why === "no_room" || why === "locked") return words[why];
  if (why === "needs_confirmation") return `${grid.assignmentAt(column)}: ${text} / ${grid.possibleAt(column) / 100}`;
  return words.whyNot(why, text, grid, { column });
}

function into(words, grid, misfit) {
  const choices = misfit.why === "needs_confirmation" ? [["keep", misfit.text]] : (misfit.rows ?? []).map((row) => [String(row), grid.studentAt(row)]);
  if (!choices.length) return null;
  const select = element("select", { class: "select select--sm", "aria-label": `${words.review_into}: ${misfit.pasted}` });
  for (const [value, label] of [["", words.leave_out], ...choices]) select.append(element("option", { value }, label));
  return select;
}

function chosenFits(grid, misfit, value) {
  if (!value) return [];
  if (value === "keep") return [{ row: misfit.row, column: misfit.column, text: misfit.text, keep: true }];
  return misfit.texts
    .map((text, along) => ({ row: Number(value), column: misfit.column + along, text }))
    .filter((fit) => fit.text && grid.isOpen(fit));
}

/** One value for many cells: how many is said first. done(text) */
export function ask({ words, grid }, heading, cells, verbKey, done) {
  const input = element("input", { class: "input input--num", id: "fill-value", autocomplete: "off", autocapitalize: "none", "aria-describedby": "fill-hint" });
  const error = element("p", { class: "error", id: "fill-error" });
  error.hidden = true;
  const form = element("form", { novalidate: "" });
  form.append(
    element("div", { class: "field" }, element("label", { for: "fill-value" }, words.fill_value), element("span", { class: "hint", id: "fill-hint" }, words.fill_hint), error, input),
    element("div", { class: "actions" }, element("button", { class: "btn btn--primary" }, words.plural(verbKey, cells.length)), press(words.cancel, () => dialog.close(), "btn--quiet")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const bad = cells.map((cell) => [cell, grid.read(cell, input.value).problem]).find(([, problem]) => problem);
    if (bad || !input.value.trim()) {
      const [cell, problem] = bad ?? [cells[0], "not_a_score"];
      error.textContent = cell ? words.whyNot(problem, input.value, grid, cell) : words.nothing_to_fill;
      error.hidden = false;
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", "fill-error fill-hint");
      input.focus();
      return;
    }
    dialog.close();
    done(input.value.trim());
  });
  const dialog = open(heading, form);
  input.focus();
}

/** The key map. */
export function help({ words }) {
  const list = element("dl", { class: "keys" });
  for (const [keys, what] of words.help_keys) list.append(element("dt", {}, element("kbd", {}, keys)), element("dd", {}, what));
  const dialog = open(words.help_heading, list, element("div", { class: "actions" }, press(words.close, () => dialog.close(), "btn--primary")));
}

/** The sign-in page's own form over this page; its problems are shown, and what waits is sent after it. */
export function signIn({ words, saving, form: { dataset } }, page) {
  if (document.querySelector("dialog[data-sign-in]")) return;
  const action = page.querySelector("form:has(input[type=password])");
  if (!action) return;
  const field = (name, type, label, autocomplete) => {
    const input = element("input", { class: "input", id: `sign-in-${name}`, name, type, autocomplete });
    return element("div", { class: "field" }, element("label", { for: input.id }, label), input);
  };
  const labelOf = (name) => page.querySelector(`label[for="${action.elements[name].id}"]`).textContent.trim();
  const error = element("p", { class: "error", role: "alert" });
  const form = element("form", { novalidate: "" });
  form.append(
    error,
    field("username", "text", labelOf("username"), "username"),
    field("password", "password", labelOf("password"), "current-password"),
    element("div", { class: "actions" }, element("button", { class: "btn btn--primary" }, words.sign_in), press(words.cancel, () => dialog.close(), "btn--quiet")),
  );
  let token = action.elements.csrf_token.value;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    const body = new URLSearchParams(new FormData(form));
    body.set("csrf_token", token);
    const answer = await fetch(dataset.signIn, { method: "POST", body }).catch(() => null);
    if (!answer) {
      error.textContent = words.reason_away;
      return;
    }
    if (new URL(answer.url).pathname !== new URL(dataset.signIn, location.href).pathname) {
      dialog.close();
      saving.signedInAgain();
      return;
    }
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const again = next.querySelector("form input[type=password]").form;
    token = again.elements.csrf_token.value;
    error.textContent = next.querySelector("[data-error-summary] li")?.textContent.trim() ?? "";
    form.elements.password.value = "";
    form.elements.password.focus();
  });
  const link = element("a", { href: dataset.signIn, target: "_blank", rel: "noopener" }, words.sign_in_page);
  const dialog = open(words.sign_in_heading, element("p", {}, words.sign_in_words), form, element("p", {}, link));
  dialog.dataset.signIn = "";
  form.elements.username.focus();
}

/** A line above the table with one thing to do; said at once. */
export function banner(text, label, run) {
  document.querySelector("[data-grid-banner]")?.remove();
  const button = press(label, () => run(button));
  const line = element("div", { class: "banner is-warn", "data-grid-banner": "" }, element("p", {}, text), button);
  document.querySelector("form#grid").before(line);
  announce(text, { urgent: true });
}

/** One sentence and nothing to choose. */
export function say({ close }, text) {
  const dialog = open(text, element("div", { class: "actions" }, press(close, () => dialog.close(), "btn--primary")));
}

/** A page's own form ([data-dialog]) over this page: the same fields to the same address. What the server finds wrong is
    shown in it; done() when it took the form. */
export async function page({ ask, words, signIn }, address, done) {
  const read = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-dialog]");
  const failed = (answer) => {
    if (answer?.status === 401 && signIn) signIn();
    else say(words, answer ? words.refused : words.reason_away);
  };
  const answer = await ask(address).catch(() => null);
  const found = answer?.ok ? await read(answer) : null;
  if (!found) {
    failed(answer);
    return;
  }
  const heading = found.dataset.dialog;
  const dialog = open(heading, found);
  datePickers(dialog);
  dialog.addEventListener("click", (event) => {
    if (!event.target.closest("[data-cancel]")) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    const form = event.target;
    if (form.dataset.sent) return;
    form.dataset.sent = "true";
    const body = new URLSearchParams(new FormData(form, event.submitter));
    const sent = await ask(form.getAttribute("action") || address, { method: "POST", body }).catch(() => null);
    delete form.dataset.sent;
    const again = sent && !sent.ok && sent.status === 422 ? await read(sent) : null;
    if (again) {
      dialog.querySelector("[data-dialog]").replaceWith(again);
      datePickers(again);
      (again.querySelector("[aria-invalid='true']") ?? dialog.querySelector("h2")).focus();
    } else {
      dialog.close();
      if (sent?.ok) done();
      else failed(sent);
    }
  });
}

/** A menu at a cell: arrows move, Esc closes. items: [label, run or address] */
export function menuAt(td, name, items, closed) {
  document.querySelector(".menu-at")?.remove();
  const box = element("div", { class: "menu__list menu-at", role: "menu", "aria-label": name });
  const close = (isBack) => {
    box.remove();
    document.removeEventListener("pointerdown", outside);
    if (isBack) closed();
  };
  const outside = (event) => {
    if (!box.contains(event.target)) close(false);
  };
  for (const [label, run] of items) {
    const role = { role: "menuitem", tabindex: "-1" };
    const item = typeof run === "string" ? element("a", { href: run, ...role }, label) : element("button", { type: "button", ...role }, label);
    item.addEventListener("click", () => {
      close(true);
      if (typeof run !== "string") run();
    });
    box.append(item);
  }
  box.addEventListener("keydown", (event) => {
    const buttons = [...box.children];
    const here = buttons.indexOf(document.activeElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1 + buttons.length, Home: 0, End: buttons.length - 1 }[event.key];
    if (to !== undefined) buttons[to % buttons.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.querySelector("main").append(box);
  const at = td.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = box;
  const left = document.dir === "rtl" ? at.right - offsetWidth : at.left;
  box.style.insetInlineStart = "auto";
  box.style.left = `${Math.max(4, Math.min(left, innerWidth - offsetWidth - 4))}px`;
  box.style.top = `${at.bottom + offsetHeight > innerHeight ? Math.max(4, at.top - offsetHeight) : at.bottom}px`;
  document.addEventListener("pointerdown", outside);
  box.firstElementChild.focus();
}
