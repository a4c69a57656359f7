// The number beside the word Messages in the header. It is always asked for, never counted here: it is the same in every
// window because it comes from one place.

let mark = "";
let asking = null;
let isAskedAgain = false;

/** Ask how many messages are not read, and show it. Resolves to whether anything changed since it was last asked;
    to null without an answer. Who asks while an answer is under way gets the one after it: that one may be older than
    what made them ask. */
export function refresh(link) {
  isAskedAgain = true;
  asking ??= askUntilStill(link).finally(() => {
    asking = null;
  });
  return asking;
}

async function askUntilStill(link) {
  let changed = null;
  while (isAskedAgain) {
    isAskedAgain = false;
    const answer = await ask(link);
    changed = answer === null ? changed : changed || answer;
  }
  return changed;
}

async function ask(link) {
  const headers = { Accept: "application/json", "X-Requested-With": "fetch" };
  const address = `${link.href}unread?mark=${mark}`;
  const answer = await fetch(address, { headers, signal: AbortSignal.timeout(30_000) }).catch(() => null);
  if (answer?.status === 204) return false;
  const facts = answer?.ok && (await answer.json().catch(() => null));
  if (!facts) return null;
  mark = facts.mark;
  show(link, facts.badge);
  return true;
}

function show(link, badge) {
  for (const old of link.querySelectorAll(":scope > .count, :scope > .vh")) old.remove();
  link.insertAdjacentHTML("beforeend", badge);
}
