// One message in a dialog over the conversation: the server's own page of it, in part. Its forms are sent without
// leaving the page; what was removed can be brought back for a moment, where it stood.

import { announce } from "../lib/shell.js";
import { element } from "./log.js";

const UNDO = 10_000; // ms for which the server takes a removal back (gradebook/policy/own_messages.py)

/** Links to a message ([data-message]) open it here; without an answer the page opens. */
export function changing(talk, main) {
  main.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-message]");
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(talk, link.href);
  });
  endUndo(main);
  main.addEventListener("submit", (event) => {
    if (!event.target.querySelector("[data-bring-back]")) return;
    event.preventDefault();
    bringBack(talk, event.target);
  });
}

async function open(talk, address) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(30_000) }).catch(() => null);
  const page = new DOMParser().parseFromString((await answer?.text()) ?? "", "text/html");
  const part = answer?.ok && page.querySelector("[data-part]");
  if (!part) {
    location.assign(address); // the page says what is wrong
    return;
  }
  const back = document.activeElement?.closest("[data-seq]")?.dataset.seq;
  const close = element("button", { type: "button", class: "btn btn--quiet" }, talk.words.cancel);
  const dialog = element("dialog", { class: "dialog dialog--message", "aria-labelledby": "dialog-heading" }, part, close);
  const heading = dialog.querySelector("h1");
  heading.replaceWith(element("h2", { id: "dialog-heading", tabindex: "-1" }, ...heading.childNodes));
  (dialog.querySelector(".actions") ?? dialog).append(close);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    const link = back && document.querySelector(`[data-seq="${back}"] a[data-message]`);
    if (document.activeElement === document.body) link?.focus({ preventScroll: true });
  });
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    act(talk, dialog, event.target);
  });
  document.body.append(dialog);
  dialog.showModal();
  (dialog.querySelector("textarea") ?? dialog.querySelector("h2")).focus();
}

async function act(talk, dialog, form) {
  if (form.ariaBusy) return;
  form.ariaBusy = "true";
  const headers = { Accept: "application/json", "X-Requested-With": "fetch" };
  const options = { method: "POST", body: new URLSearchParams(new FormData(form)), headers, signal: AbortSignal.timeout(30_000) };
  const answer = await fetch(form.action, options).catch(() => null);
  form.ariaBusy = null;
  if (answer?.ok) {
    dialog.close();
    await talk.ask();
    if (form.matches("[data-removal]")) {
      announce(talk.words.removed);
      undoOf(form.action)?.focus({ preventScroll: true });
    }
    return;
  }
  const facts = await answer?.json().catch(() => null);
  say(form, facts?.problem ?? talk.words.not_saved);
}

/** Why nothing happened, beside the form; what was typed stays. */
function say(form, words) {
  form.querySelector(".error")?.remove();
  form.prepend(element("span", { class: "error" }, words));
  announce(words, { urgent: true });
}

const undoOf = (removal) => document.querySelector(`form[action="${new URL(removal).pathname.replace(/removal$/, "return")}"] button`);

async function bringBack(talk, form) {
  const answer = await talk.post(/messages\/\d+\/return$/.exec(form.action)[0], {});
  if (!answer?.ok) announce(talk.words.too_late, { urgent: true });
  await talk.ask();
}

/** Undo is offered for as long as it works. */
export function endUndo(main) {
  for (const button of main.querySelectorAll("[data-bring-back]:not([data-ends])")) {
    button.dataset.ends = "";
    setTimeout(() => {
      if (button === document.activeElement) main.querySelector(".log")?.focus({ preventScroll: true });
      button.form?.remove();
    }, UNDO);
  }
}
