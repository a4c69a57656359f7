// The shorthand typed into a score cell, read as gradebook/grading/typed.py reads it, so that a cell can say at once
// what it understood. The server remains the judge: tests/js/test_javascript.py holds the two together.

const LONGEST = 10; // characters; a class's own labels may be longer
const MOST = 9_999_999; // hundredths
const CODES = { m: "missing", e: "excused", ex: "excused", i: "incomplete", t: "turned_in" };
const NUMBER = "(?:[0-9]+(?:[.,][0-9]+)?|[.,][0-9]+)";
const SCORE = new RegExp(
  `^([-\\u2212])?(${NUMBER})(?: ?(%)| ?/ ?(${NUMBER}))?( ?[lL])?$`,
);
const EDGES = /^[ \t\u00a0]+|[ \t\u00a0]+$/g;

/** Arabic-Indic and Persian digits and the Arabic decimal mark as ASCII. */
export function plainDigits(text) {
  return text.replace(/[٠-٩۰-۹٫]/g, (sign) => {
    if (sign === "٫") return ".";
    const code = sign.codePointAt(0);
    return String(code - (code < 0x6f0 ? 0x660 : 0x6f0));
  });
}

/** The text without spaces around it, as the server compares it. */
export function trimmed(text) {
  return text.replace(EDGES, "");
}

/** What was typed for an assignment of `possible` hundredths:
    { points | percent | letter, status, late } in hundredths, or { problem } with the server's code. */
export function read(text, possible, { letters = [], confirmed = false } = {}) {
  const typed = trimmed(text);
  const longest = Math.max(LONGEST, ...letters.map((letter) => [...letter].length + 2));
  if ([...typed].length > longest) return { problem: "too_long" };
  if (!typed) return { status: "none", late: false };
  return statusOrLetter(typed, letters) ?? number(plainDigits(typed), possible, confirmed);
}

/** Whether the cell counts as dealt with: a score, or missing, excused, incomplete. */
export function isEntered(score) {
  return !score.problem && score.status !== "turned_in" && (score.status !== "none" || isScored(score));
}

/** Whether there is a score, in any of its forms. */
export function isScored(score) {
  return score.points !== undefined || score.percent !== undefined || score.letter !== undefined;
}

/** Whether the score lies above full marks, where that can be told without the class's scale. */
export function isExtra(score, possible) {
  return score.points > possible || score.percent > 10_000;
}

function statusOrLetter(text, letters) {
  if (Object.hasOwn(CODES, text)) return { status: CODES[text], late: false };
  const letter = label(text, letters);
  if (letter !== undefined) return { letter, status: "none", late: false };
  // A phone writes a capital at the beginning: M is m, unless M is a letter of the class.
  if (Object.hasOwn(CODES, text.toLowerCase())) return { status: CODES[text.toLowerCase()], late: false };
  if (!/[lL]$/.test(text)) return undefined;
  const before = label(trimmed(text.slice(0, -1)), letters);
  return before === undefined ? undefined : { letter: before, status: "none", late: true };
}

function label(text, letters) {
  const folded = text.toLowerCase();
  return letters.find((letter) => letter.toLowerCase() === folded);
}

function number(text, possible, confirmed) {
  const match = SCORE.exec(text);
  if (!match) return { problem: "not_a_score" };
  const [, minus, amountText, percent, totalText, late] = match;
  if (minus) return { problem: "negative" };
  const amount = hundredths(amountText);
  if (amount.problem) return amount;
  if (totalText !== undefined) {
    const total = hundredths(totalText);
    if (total.problem) return total;
    if (total.value !== possible) return { problem: "other_total" };
  }
  const full = percent ? 10_000 : possible;
  if (full && amount.value * 2 > full * 3 && !confirmed) return { problem: "needs_confirmation" };
  const score = { status: "none", late: late !== undefined };
  return percent ? { percent: amount.value, ...score } : { points: amount.value, ...score };
}

function hundredths(text) {
  const [whole, decimals = ""] = text.replace(",", ".").split(".");
  if (decimals.length > 2) return { problem: "too_many_decimals" };
  const value = Number(whole || "0") * 100 + Number(decimals.padEnd(2, "0"));
  return value > MOST ? { problem: "too_large" } : { value };
}
