// The list of conversations follows what happens, while someone looks at the page.

import { refresh } from "../lib/unread.js";

const ASK = 10_000; // ms between two questions

/** box[data-inbox] holds the list; there it is asked for anew. */
export function keep(box) {
  const link = document.querySelector("a[data-messages]");
  const look = async () => {
    if (document.visibilityState === "visible" && (await refresh(link))) await renew(box);
  };
  setInterval(look, ASK);
  document.addEventListener("unread", () => renew(box));
  look();
}

async function renew(box) {
  const headers = { "X-Requested-With": "fetch" };
  const answer = await fetch(box.dataset.inbox, { headers, signal: AbortSignal.timeout(30_000) }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const isWhole = page.querySelector("[data-inbox]") !== null;
  const fresh = isWhole ? page.querySelector("[data-inbox]") : page.body;
  const old = isWhole ? box : box.querySelector(".talk__list .threads");
  const parts = isWhole ? [...fresh.childNodes] : [...fresh.querySelector(".threads").childNodes];
  if (!old || fresh.textContent.replace(/\s+/g, " ").trim() === old.textContent.replace(/\s+/g, " ").trim()) return;
  const held = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  old.replaceChildren(...parts);
  if (held) old.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
}
