// The comments of a score, over the grid: the form of their own page in a dialog. The server says who can see what.

import { KeyOfContent } from "../lib/comment-bank.js";
import { newKey } from "../lib/save-queue.js";
import { announce } from "../lib/shell.js";
import { bank } from "./bank.js";
import { element, open, press } from "./dialogs.js";

export class Comments {
  /** parts: { grid, words, saving }; saved(cell | null, facts) runs when something was written. */
  constructor(parts, saved) {
    Object.assign(this, parts);
    this.saved = saved;
  }

  /** Shift F2 on a cell. */
  openCell(place) {
    const { grid } = this;
    if (place.row < 0 || place.column < grid.first) return;
    const work = grid.heads[place.column].querySelector("a").pathname;
    const student = grid.rows[place.row].querySelector("th a").pathname.split("/").pop();
    const name = this.words.fill("cell_name", { student: grid.studentAt(place.row), assignment: grid.assignmentAt(place.column) });
    this.open(`${work}/students/${student}/comments`, name, grid.cell(grid.nameAt(place)));
  }

  /** The comments at an address of the server; `cell` is their place in the grid, or null where it is not shown. */
  async open(address, name, cell = null) {
    const asked = new URL(address, location.href);
    asked.searchParams.set("back", "grid");
    const answer = await this.#ask(asked);
    const form = answer?.ok ? formOf(await answer.text()) : null;
    if (form) this.#show(form, name, cell);
    else if (answer?.ok) this.saving.whenSaved(() => location.assign(asked)); // locked: the page shows what was said
    else this.#away(answer);
  }

  #ask(address, options) {
    return this.saving.ask(address, options).catch(() => null);
  }

  #away(answer) {
    announce(this.#why(answer), { urgent: true });
  }

  #why(answer) {
    const { words } = this;
    if (answer?.status === 401) return words.comments_signed_out;
    if (answer?.status === 403 || answer?.status === 404) return words.reason_lost;
    return answer && answer.status < 500 ? words.refused : words.reason_away;
  }

  // The dialog --------------------------------------------------------------------------------------------------------

  #show(form, name, cell) {
    const { words } = this;
    const dialog = open(words.fill("comments_of", { cell: name }), form);
    const sheet = { dialog, form, cell, before: "", keys: new KeyOfContent(newKey), isSending: false };
    const leaves = (event) => {
      if (isChanged(sheet)) event.preventDefault();
    };
    dialog.classList.add("dialog--comments");
    // Not "cancel": a browser lets nobody refuse it twice.
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      this.#leave(sheet);
    });
    addEventListener("beforeunload", leaves);
    dialog.addEventListener("close", () => removeEventListener("beforeunload", leaves));
    this.#start(sheet);
    sheet.before = contentOf(form);
    const { comment } = form.elements;
    comment.focus();
    comment.setSelectionRange(comment.value.length, comment.value.length);
  }

  #start(sheet) {
    const { form } = sheet;
    bank(form);
    form.querySelector("[data-cancel]").addEventListener("click", (event) => {
      event.preventDefault();
      this.#leave(sheet);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.#send(sheet, event.submitter);
    });
    form.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || !["s", "Enter"].includes(event.key)) return;
      event.preventDefault();
      form.requestSubmit(form.querySelector(".btn--primary"));
    });
  }

  /** Close, unless that would lose what was typed: then ask first. */
  #leave(sheet) {
    const { dialog, form } = sheet;
    const { words } = this;
    if (!isChanged(sheet)) {
      dialog.close();
      return;
    }
    if (dialog.querySelector(".leaving")) return;
    const back = document.activeElement;
    const keep = press(words.keep_editing, () => {
      question.remove();
      (form.contains(back) ? back : form.elements.comment).focus();
    }, "btn--primary");
    const question = element("div", { class: "leaving", role: "alert" }, element("p", {}, words.comments_unsaved), element("div", { class: "actions" }, keep, press(words.leave_unsaved, () => dialog.close())));
    dialog.append(question);
    keep.focus();
  }

  // The server --------------------------------------------------------------------------------------------------------

  async #send(sheet, submitter, isAgain = false) {
    const { form } = sheet;
    if (sheet.isSending && !isAgain) return;
    sheet.isSending = true;
    const body = new URLSearchParams(new FormData(form, submitter));
    if (!submitter?.name) body.set("request", sheet.keys.of(contentOf(form)));
    let answer = await this.#ask(form.action, { method: "POST", body });
    if (answer?.status === 400 && !isAgain) {
      answer = await this.#renew(form);
      if (answer?.ok) {
        await this.#send(sheet, submitter, true);
        return;
      }
    }
    sheet.isSending = false;
    const isWords = answer?.headers.get("Content-Type")?.includes("json");
    if (answer?.ok && isWords) this.#done(sheet, await answer.json());
    else if (answer && !isWords && [200, 409, 422].includes(answer.status)) this.#replace(sheet, formOf(await answer.text()));
    else this.#problem(form, this.#why(answer));
  }

  /** The session is another one: the form of today has its token, or the answer says that there is no session. */
  async #renew(form) {
    const answer = await this.#ask(form.action);
    const fresh = answer?.ok ? formOf(await answer.text()) : null;
    if (fresh && fresh.dataset.person !== form.dataset.person) return { status: 403 }; // nobody writes in another's name
    if (fresh) form.elements.csrf_token.value = fresh.elements.csrf_token.value;
    return answer;
  }

  #done({ dialog, cell }, facts) {
    dialog.close();
    announce(facts.words);
    const { queue } = this.saving;
    if (queue.reached(facts.number, Boolean(facts.seq))) this.saving.askOthers();
    if (cell) this.grid.remark(cell, facts);
    if (facts.seq) this.saved(cell, facts);
  }

  /** The server has something to say about it: its form, with what was typed. */
  #replace(sheet, form) {
    if (!form) return;
    sheet.form.replaceWith(form);
    sheet.form = form;
    this.#start(sheet);
    const wrong = form.querySelector("[aria-invalid=true]");
    const said = form.querySelector(".note, [role=status]")?.textContent.trim();
    (wrong ?? form.elements.comment).focus();
    if (said) announce(said);
  }

  #problem(form, words) {
    form.querySelector("[data-problem]")?.remove();
    form.querySelector(".actions").before(element("p", { class: "error", role: "alert", "data-problem": "" }, words));
  }
}

const contentOf = (form) => JSON.stringify([form.elements.comment.value, form.elements.note.value]);
const isChanged = ({ dialog, form, before }) => dialog.isConnected && contentOf(form) !== before;

function formOf(html) {
  const form = new DOMParser().parseFromString(html, "text/html").querySelector("form[data-comments]");
  return form && document.adoptNode(form);
}
