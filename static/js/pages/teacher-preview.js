// T3 and T4: what the form would do, worked out by the server while one types. Without script the Preview button does it.

const WAIT = 400; // ms after the last key
const PATIENCE = 400; // ms before "Working out…" is shown

/** What the server is asked: the form as it stands, with its Preview button pressed. */
export function question(form, button) {
  const data = new FormData(form);
  data.set(button.name, button.value);
  return new URLSearchParams([...data].filter(([, value]) => typeof value === "string"));
}

/** The page of the answer; its parts take the places of those shown. */
export function answer(page) {
  return new DOMParser().parseFromString(page, "text/html");
}

/** Put the parts of the answer in their places: the result, and what stands beside the fields. */
export function show(form, page) {
  for (const part of form.querySelectorAll("[data-preview-part]")) {
    const found = page.getElementById(part.id);
    if (found && !part.contains(document.activeElement)) part.innerHTML = found.innerHTML;
  }
}

export function preview(root) {
  const form = root.querySelector("form[data-preview]");
  const button = form?.querySelector("[data-preview-button]");
  const result = form?.querySelector("[data-preview-result]");
  if (!form || !button || !result) return;
  let timer = 0;
  let asked = 0;
  let last = result.innerHTML;

  const ask = async () => {
    const mine = ++asked;
    const slow = setTimeout(() => mine === asked && say(result.dataset.working), PATIENCE);
    try {
      const reply = await fetch(form.action || location.href, { method: "POST", body: question(form, button) });
      const page = reply.ok ? answer(await reply.text()) : null;
      const found = page?.querySelector("[data-preview-result]");
      clearTimeout(slow);
      if (mine !== asked) return;
      if (found) {
        last = found.innerHTML;
        show(form, page);
      }
      result.innerHTML = last; // half-typed numbers keep the last answer
    } catch {
      clearTimeout(slow);
      if (mine === asked) result.innerHTML = last;
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
