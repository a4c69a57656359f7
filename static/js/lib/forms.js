// What forms gain from script. The plain form works without any of it.

// Thinking ----------------------------------------------------------------------------------------------------------

/** What a form holds, as text that can be compared. Files count by name and size. */
export function snapshot(entries) {
  return JSON.stringify(
    [...entries]
      .filter(([name]) => name !== "csrf_token")
      .map(([name, value]) => [name, typeof value === "string" ? value : `${value.name}:${value.size}`]),
  );
}

/** "2026-11-20" as the three texts of a date field; null for anything else. */
export function splitDate(iso) {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(iso);
  return parts && { year: parts[1], month: String(Number(parts[2])), day: String(Number(parts[3])) };
}

/** The three texts as "2026-11-20"; "" unless they are a real date. */
export function joinDate({ day, month, year }) {
  const [d, m, y] = [day, month, year].map((text) => (/^\d+$/.test(text.trim()) ? Number(text) : NaN));
  const date = new Date(Date.UTC(y, m - 1, d));
  const real = date.getUTCFullYear() === y && date.getUTCMonth() === m - 1 && date.getUTCDate() === d && y > 999;
  return real ? date.toISOString().slice(0, 10) : "";
}

// Doing -------------------------------------------------------------------------------------------------------------

/** [data-password]: a button beside the field that shows what was typed, with its state in its name. */
export function passwords(root) {
  for (const box of root.querySelectorAll("[data-password]")) {
    const input = box.querySelector("input");
    if (!input) continue;
    const { show, hide, showName, hideName } = box.dataset;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    const say = () => {
      const hidden = input.type === "password";
      button.textContent = hidden ? show : hide;
      button.setAttribute("aria-label", hidden ? showName : hideName);
    };
    button.addEventListener("click", () => {
      input.type = input.type === "password" ? "text" : "password";
      say();
    });
    // Hidden again before it is sent, or the browser would keep the word among ordinary texts.
    input.form?.addEventListener("submit", () => {
      input.type = "password";
      say();
    });
    say();
    box.append(button);
  }
}

/** [data-date]: a calendar button beside the three fields, where the browser has a picker. */
export function datePickers(root) {
  if (!("showPicker" in HTMLInputElement.prototype)) return;
  for (const box of root.querySelectorAll("[data-date]")) {
    const parts = Object.fromEntries([...box.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
    if (!parts.day || !parts.month || !parts.year) continue;
    const picker = document.createElement("input");
    picker.type = "date";
    picker.tabIndex = -1;
    picker.className = "date__picker";
    picker.setAttribute("aria-hidden", "true");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn--quiet";
    button.textContent = box.dataset.dateText;
    button.setAttribute("aria-label", box.dataset.dateName);
    button.addEventListener("click", () => {
      picker.value = joinDate({ day: parts.day.value, month: parts.month.value, year: parts.year.value });
      try {
        picker.showPicker();
      } catch {
        parts.day.focus();
      }
    });
    picker.addEventListener("change", () => {
      const chosen = splitDate(picker.value);
      if (!chosen) return;
      for (const name of Object.keys(chosen)) parts[name].value = chosen[name];
      parts.day.dispatchEvent(new Event("input", { bubbles: true }));
      button.focus();
    });
    const place = document.createElement("span");
    place.className = "date__place";
    place.append(button, picker);
    box.append(place);
  }
}

/** [data-error-summary] a: to the field, with its label in view. */
export function errorLinks(root) {
  for (const link of root.querySelectorAll("[data-error-summary] a[href^='#']")) {
    link.addEventListener("click", (event) => {
      const input = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (!input) return;
      event.preventDefault();
      (input.closest(".field") ?? input).scrollIntoView({ block: "start" });
      input.focus({ preventScroll: true });
    });
  }
}

/** form[data-warn-unsaved]: the browser asks before the page is left with changes; [data-unsaved] says so inside it. */
export function warnUnsaved(root) {
  for (const form of root.querySelectorAll("form[data-warn-unsaved]")) {
    const saved = snapshot(new FormData(form));
    // A form that came back with errors holds what nobody has saved.
    const cameBack = form.querySelector("[aria-invalid='true']") !== null;
    const line = form.querySelector("[data-unsaved]");
    let leaving = false;
    // The attribute goes where another script takes over the saving.
    const changed = () =>
      form.hasAttribute("data-warn-unsaved") && (cameBack || snapshot(new FormData(form)) !== saved);
    form.addEventListener("input", () => {
      if (line) line.hidden = !changed();
    });
    form.addEventListener("submit", (event) => {
      leaving = !event.defaultPrevented;
    });
    addEventListener("pageshow", () => {
      leaving = false;
    });
    addEventListener("beforeunload", (event) => {
      if (!leaving && changed()) event.preventDefault();
    });
  }
}

const PATIENCE = 400; // below this a person sees the answer as instant; a flicker would only disturb
const GIVEN_UP = 30_000; // no answer, or the person chose to stay: the form may be sent again
const words = new WeakMap(); // button -> its own content while it is busy

/** Every form: a second press is ignored, and after a moment the button says what it is doing (data-busy).
    form[data-no-busy] is for downloads, after which the page stays. */
export function busyButtons(root) {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.matches("[data-no-busy]") || form.target === "_blank") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "true";
    const { submitter } = event;
    const timers = [setTimeout(() => submitter && busy(submitter), PATIENCE), setTimeout(() => ready(), GIVEN_UP)];
    const ready = () => {
      timers.forEach(clearTimeout);
      delete form.dataset.sent;
      if (submitter) rest(submitter);
    };
    // Back from the next page: the form is as it was left.
    addEventListener("pageshow", ready, { once: true });
  });
}

/** Say what the button is doing and keep its width. Also for scripts that send a form themselves. */
export function busy(button) {
  if (!button.dataset.busy || words.has(button)) return;
  button.style.minInlineSize = `${button.offsetWidth}px`;
  words.set(button, [...button.childNodes]);
  button.replaceChildren(button.dataset.busy);
  button.setAttribute("aria-disabled", "true");
}

/** The button as it was. */
export function rest(button) {
  if (!words.has(button)) return;
  button.replaceChildren(...words.get(button));
  words.delete(button);
  button.removeAttribute("aria-disabled");
  button.style.minInlineSize = "";
}
