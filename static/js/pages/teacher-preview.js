// T3 and T4: what the form would do, worked out by the server while one types. Without script the Preview button does it.

const WAIT = 500; // ms after the last key
const PATIENCE = 400; // ms before "Working out…" is shown

/** What the server is asked: the form as it stands, with its Preview button pressed. */
export function question(form, button) {
  const data = new FormData(form);
  data.set(button.name, button.value);
  return new URLSearchParams([...data].filter(([, value]) => typeof value === "string"));
}

/** The new words for the result, or null where the page has none. */
export function answer(page) {
  return new DOMParser().parseFromString(page, "text/html").querySelector("[data-preview-result]");
}

export function preview(root) {
  const form = root.querySelector("form[data-preview]");
  const button = form?.querySelector("[data-preview-button]");
  const result = form?.querySelector("[data-preview-result]");
  if (!form || !button || !result) return;
  let timer = 0;
  let asked = 0;

  const ask = async () => {
    const mine = ++asked;
    const slow = setTimeout(() => mine === asked && say(result.dataset.working), PATIENCE);
    const before = result.innerHTML;
    try {
      const reply = await fetch(form.action || location.href, { method: "POST", body: question(form, button) });
      const found = reply.ok ? answer(await reply.text()) : null;
      clearTimeout(slow);
      if (mine !== asked) return;
      result.innerHTML = found ? found.innerHTML : before; // half-typed numbers keep the last answer
    } catch {
      clearTimeout(slow);
      if (mine === asked) result.innerHTML = before;
    }
  };
  const say = (words) => {
    const line = document.createElement("p");
    line.className = "muted";
    line.textContent = words;
    result.replaceChildren(line);
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
}

if (typeof document !== "undefined") preview(document);
