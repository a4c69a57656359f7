// The teacher's own comments beside a comment: type to find, Enter or a press to put one in. Without scripts each is a
// button of the form, and the server puts it in.

import { hasWords, inserted, opensBank } from "../lib/comment-bank.js";

/** Start the bank of a form with comments. */
export function bank(form) {
  const box = form.querySelector("[data-bank]");
  const list = box?.querySelector("[data-bank-list]");
  if (!list) return;
  const field = form.elements.comment;
  const picks = [...list.querySelectorAll("button")];
  const find = finder(list);
  const none = document.createElement("p");
  none.setAttribute("role", "status");
  none.className = "muted sm";
  list.before(find, none);

  const shown = () => picks.filter((pick) => !pick.parentElement.hidden);
  const narrow = () => {
    for (const pick of picks) pick.parentElement.hidden = !hasWords(pick.textContent, find.value);
    none.textContent = shown().length ? "" : list.dataset.none;
  };
  const put = (pick) => {
    const { text, caret } = inserted(field.value, field.selectionStart, field.selectionEnd, pick.textContent);
    field.value = text;
    field.focus();
    field.setSelectionRange(caret, caret);
    find.value = "";
    narrow();
  };
  const along = (from, step) => {
    const choices = shown();
    const to = choices.indexOf(from) + step;
    (to < 0 ? find : choices[Math.min(to, choices.length - 1)])?.focus();
  };

  find.addEventListener("input", narrow);
  for (const pick of picks) {
    pick.addEventListener("click", (event) => {
      event.preventDefault();
      put(pick);
    });
  }
  box.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (key === "ArrowDown") along(target, 1);
    else if (key === "ArrowUp" && target !== find) along(target, -1);
    else if (key === "Enter" && target === find) {
      if (shown()[0]) put(shown()[0]);
    } else if (key === "Escape" && box.open) {
      box.open = false;
      field.focus();
      event.stopPropagation();
    } else return;
    event.preventDefault();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (!opensBank(field.value, field.selectionStart)) return;
    event.preventDefault();
    box.open = true;
    find.focus();
  });
}

function finder(list) {
  const find = document.createElement("input");
  find.type = "search";
  find.className = "input bank__find";
  find.autocomplete = "off";
  find.placeholder = list.dataset.find;
  find.setAttribute("aria-label", list.dataset.find);
  return find;
}
