// The last row of a grid, worked out exactly and rounded once, half up, as gradebook/grading/averages.py does it:
// tests/js/test_averages.py holds the two together.

const PARTS = 10_000n; // of a hundredth of a point: a percentage with 2 decimals of whole hundredths comes out even

/** A score in such parts: points as typed, or what a percentage or a letter is worth; null where there is none.
    `worth` says by letter its percentage in hundredths; amounts are hundredths. */
export function amountOf({ points, percent, letter }, possible, worth = {}) {
  if (points !== undefined) return BigInt(points) * PARTS;
  const share = percent ?? worth[letter];
  return share === undefined ? null : BigInt(share) * BigInt(possible);
}

/** The mean of amounts in hundredths of a point; null of none. */
export function meanPoints(amounts) {
  return mean(amounts, PARTS);
}

/** The mean of printed totals, which are hundredths of a percent; null of none. */
export function meanPercent(percents) {
  return mean(percents.map(BigInt), 1n);
}

function mean(amounts, parts) {
  if (!amounts.length) return null;
  const whole = BigInt(amounts.length) * parts;
  const sum = amounts.reduce((before, amount) => before + amount, 0n);
  return Number((2n * sum + whole) / (2n * whole));
}

/** Hundredths as they are printed, without trailing zeros; – for none. */
export function numberText(hundredths, decimalMark = ".") {
  if (hundredths === null) return "–";
  const decimals = String(hundredths % 100).padStart(2, "0").replace(/0+$/, "");
  return `${Math.floor(hundredths / 100)}${decimals && decimalMark}${decimals}`;
}

/** The percentage that a text begins with, in hundredths; null where it begins with none. `pattern` is how percentages
    are written, as {number}%. */
export function percentIn(text, pattern, decimalMark = ".") {
  const [before, after] = pattern.split("{number}").map(escaped);
  const found = new RegExp(`^${before}(\\d+)(?:${escaped(decimalMark)}(\\d{1,2}))?${after}`).exec(text.trim());
  return found ? Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0")) : null;
}

/** An amount as a share of full marks, in whole percent, half up; null of nothing. */
export function shareOf(amount, possible) {
  if (amount === null || !possible) return null;
  const whole = BigInt(possible) * 100n;
  return Number((2n * amount + whole) / (2n * whole));
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
