// One announcement: when it is taken back, or something else becomes of it, the page that shows it says so at once; and
// when the office stops messages or lets them go on, as a guardian can answer here.
// Without scripts it says so when it is loaded again.

import { announce, tellOthers } from "../lib/shell.js";

const ASK = 10_000; // ms between two questions without a stream
const SETTLED = 3_000; // ms after which the page has everything that it needs first
const LONGEST = 30_000; // ms without an answer: as if there were no network

const main = document.querySelector("[data-announcement]");
let box = main;
let isLive = false;
let isAsking = false;

function number() {
  return Number(box.dataset.number);
}

/** The page as it is now takes the place of what is shown. */
async function look() {
  if (isAsking) return;
  isAsking = true;
  const answer = await fetch(box.dataset.announcement, { signal: AbortSignal.timeout(LONGEST) }).catch(() => null);
  isAsking = false;
  if (answer?.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  else if (answer?.status === 404 || answer?.status === 403) end();
}

function show(page) {
  const fresh = page.querySelector("[data-announcement]");
  const { mark } = box.dataset;
  const isSame = fresh && Number(fresh.dataset.number) === number();
  if (!fresh || (isSame && fresh.dataset.mark === mark)) return;
  box.replaceWith(fresh);
  box = fresh;
  document.title = page.title;
  if (fresh.dataset.mark !== mark) showStops(page);
  if (isSame) return;
  announce(fresh.querySelector("h1")?.textContent ?? fresh.dataset.changed, { urgent: true });
  tellOthers();
}

/** What the office has stopped stands above it, and is said. */
function showStops(page) {
  const [here, there] = [document, page].map((one) => one.querySelector("[data-stops]"));
  if (!here || !there) return;
  here.replaceWith(there);
  announce(there.querySelector("h2")?.textContent.trim() ?? box.dataset.goesOn, { urgent: true });
}

/** The right to read it has ended: nothing of it stays on the page. */
function end() {
  const heading = document.createElement("h1");
  heading.textContent = box.dataset.ended;
  box.replaceChildren(heading);
  document.title = box.dataset.ended;
  announce(box.dataset.ended, { urgent: true });
}

/** What can be done for a minute is not offered longer. */
function recallEnds() {
  const { left } = box.dataset; // seconds, by the server's clock: this one may be wrong
  if (left) setTimeout(() => document.querySelector("[data-recall]")?.remove(), Number(left) * 1000);
}

/** Read once the page stands. What changed before the stream is open is the first thing that it tells. */
async function begin() {
  const { follow } = await import("../lib/live.js");
  follow(`${main.dataset.announcement}/stream`, {
    seen: number,
    mark: () => box.dataset.mark,
    changed: look,
    live: (is) => {
      isLive = is;
    },
  });
  setInterval(() => {
    if (!isLive && document.visibilityState === "visible") look();
  }, ASK);
  tellOthers(); // opening it has changed how many are unread
}

recallEnds();
setTimeout(begin, SETTLED);
