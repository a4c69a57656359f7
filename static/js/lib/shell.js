// The frame of the page: menus, the bar at the bottom of phones, the privacy cover, where focus goes after a form.

// Thinking ----------------------------------------------------------------------------------------------------------

/** Does this element take text, so that a phone's keyboard comes up? */
export function takesText({ tagName, type }) {
  if (tagName === "TEXTAREA" || tagName === "SELECT") return true;
  return tagName === "INPUT" && !["checkbox", "radio", "button", "submit", "file", "hidden", "range"].includes(type);
}

/** Alt Shift H, by the place of the key: with Alt held, layouts give other letters. */
export function isCoverKey({ altKey, shiftKey, ctrlKey, metaKey, code }) {
  return altKey && shiftKey && !ctrlKey && !metaKey && code === "KeyH";
}

// Doing -------------------------------------------------------------------------------------------------------------

/** details.menu: Esc closes and goes back to the button, a press outside closes, and only one is open. */
export function menus(root) {
  const open = () => [...root.querySelectorAll("details.menu[open]")];
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest?.("details.menu[open]") ?? open()[0];
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
    event.stopPropagation();
  });
  root.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  root.addEventListener("focusin", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
}

/** The bottom bar leaves while a text field has focus, so that it never covers the field. */
export function barHidesWhileTyping(root) {
  const main = root.querySelector("main");
  if (!main) return;
  main.addEventListener("focusin", (event) => root.body.classList.toggle("is-typing", takesText(event.target)));
  main.addEventListener("focusout", () => root.body.classList.remove("is-typing"));
}

/** [data-cover-parts]: the button in the header, and the panel that hides names and numbers at once. */
export function privacyCover(root) {
  const parts = root.querySelector("[data-cover-parts]");
  if (!parts) return;
  const pieces = parts.content.cloneNode(true);
  const button = pieces.querySelector("[data-cover-button]");
  const panel = pieces.querySelector("[data-cover]");
  const { title } = root;
  let before = null;

  const cover = () => {
    before = root.activeElement;
    root.documentElement.classList.add("is-covered");
    root.title = panel.querySelector("h2").textContent; // the tab may hold a name
    root.body.append(panel);
    panel.querySelector("[data-uncover]").focus();
  };
  const uncover = () => {
    root.documentElement.classList.remove("is-covered");
    panel.remove();
    root.title = title;
    before?.focus?.({ preventScroll: true });
  };
  const turn = () => (panel.isConnected ? uncover() : cover());

  button.addEventListener("click", turn);
  panel.querySelector("[data-uncover]").addEventListener("click", uncover);
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Tab") event.preventDefault(); // one button, and nothing else may be reached
  });
  root.addEventListener("keydown", (event) => {
    if (!isCoverKey(event)) return;
    event.preventDefault();
    turn();
  });
  parts.replaceWith(button);
}

/** The error summary, or else the result of the last form, takes focus once, so that it is read out. */
export function focusResult(root) {
  (root.querySelector("[data-error-summary]") ?? root.querySelector("[data-result]"))?.focus();
}

/** Say something through a live region that stands in the page from the start. */
export function announce(words, { urgent = false } = {}) {
  const region = document.getElementById(urgent ? "alert" : "status");
  if (!region) return;
  region.textContent = "";
  // A region that changes from a text to the same text stays silent; a moment of emptiness makes it speak.
  setTimeout(() => {
    region.textContent = words;
  }, 50);
}

const CHANGED = "gradebook-unread";

/** a[data-messages]: the count beside it is asked for when the page is looked at again, or another window says that it
    changed. */
export function unread(root) {
  const link = root.querySelector("a[data-messages]");
  if (!link || !("BroadcastChannel" in window)) return;
  const ask = async () => {
    if (root.visibilityState !== "visible") return;
    const { refresh } = await import("./unread.js");
    if (await refresh(link)) root.dispatchEvent(new Event("unread"));
  };
  new BroadcastChannel(CHANGED).addEventListener("message", ask);
  root.addEventListener("visibilitychange", ask);
  addEventListener("pageshow", ({ persisted }) => persisted && ask());
}

/** Every window of this browser, this one too, asks anew how many messages are not read. */
export function tellOthers() {
  if (!("BroadcastChannel" in window)) return;
  const channel = new BroadcastChannel(CHANGED);
  channel.postMessage(""); // says that, never how many: the next person at this browser may be another one
  channel.close();
}
