// The result of an act, at the bottom of the page, with one thing to do about it. Only for what can also be reached
// elsewhere: it goes after 10 seconds, but never while someone points at it or is inside it.

import { announce } from "./shell.js";

const STAY = 10_000;
const MOST = 2;

/** Which of the toasts on screen, oldest first, make room for one more. */
export function toMakeRoom(toasts, most = MOST) {
  return toasts.slice(0, Math.max(0, toasts.length - most + 1));
}

/** Show `words`; action, where given, is { label, run } and closes the toast. Returns a function that closes it. */
export function toast(words, action) {
  let box = document.querySelector(".toasts");
  if (!box) {
    box = document.createElement("div");
    box.className = "toasts";
    document.querySelector("main").append(box); // nothing stands outside of the landmarks
  }
  for (const old of toMakeRoom([...box.children])) old.remove();

  const item = document.createElement("div");
  item.className = "toast";
  item.append(words);
  const close = () => item.remove();
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn--sm";
    button.textContent = action.label;
    button.addEventListener("click", () => {
      close();
      action.run();
    });
    item.append(button);
  }

  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(close, STAY);
  };
  for (const stay of ["pointerenter", "focusin"]) item.addEventListener(stay, () => clearTimeout(timer));
  for (const leave of ["pointerleave", "focusout"]) item.addEventListener(leave, wait);
  box.append(item);
  wait();
  announce(words);
  return close;
}
