// A block of cells as spreadsheets put it on the clipboard, and where each of its texts belongs in the grid.

// Reading and writing -----------------------------------------------------------------------------------------------

/** Rows of texts. Excel, Sheets, LibreOffice and Numbers part cells by tabs, rows by line ends, and put a cell that
    holds either, or a quote, into quotes. */
export function parseTable(text) {
  const rows = [[]];
  let at = 0;
  while (at < text.length) {
    const { cell, next } = text[at] === '"' ? quoted(text, at) : plain(text, at);
    rows.at(-1).push(cell);
    at = next;
    if (text[at] === "\t") {
      at += 1;
      if (at === text.length || /[\r\n]/.test(text[at])) rows.at(-1).push("");
    }
    if (at < text.length && /[\r\n]/.test(text[at])) {
      at += text.startsWith("\r\n", at) ? 2 : 1;
      if (at < text.length) rows.push([]);
    }
  }
  return rows.map((row) => (row.length ? row : [""]).map((cell) => cell.replace(/^[\s\u00a0]+|[\s\u00a0]+$/g, "")));
}

function plain(text, start) {
  let next = start;
  while (next < text.length && !/[\t\r\n]/.test(text[next])) next += 1;
  return { cell: text.slice(start, next), next };
}

function quoted(text, start) {
  const match = /"((?:[^"]|"")*)"(?=[\t\r\n]|$)/y;
  match.lastIndex = start;
  const found = match.exec(text);
  // A quote that nothing closes is a text that begins with one.
  return found ? { cell: found[1].replaceAll('""', '"'), next: match.lastIndex } : plain(text, start);
}

/** Rows of texts as a spreadsheet takes them. */
export function writeTable(rows) {
  const cell = (text) => (/[\t\r\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((row) => row.map(cell).join("\t")).join("\n");
}

// Names -------------------------------------------------------------------------------------------------------------

const SAME = { ø: "o", ł: "l", đ: "d", ß: "ss", æ: "ae", œ: "oe", ı: "i", ð: "d", þ: "th" };

/** A name without case, accents, order and punctuation: "Okafor, Ben" and "ben  OKAFOR" are one. */
export function nameKey(name) {
  const bare = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[øłđßæœıðþ]/g, (letter) => SAME[letter]);
  return bare.split(/[^\p{L}\p{N}]+/u).filter(Boolean).sort().join(" ");
}

/** How many letters one would have to change, add, leave out or swap. */
export function distance(one, other) {
  let before = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (swapped) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[other.length];
}

/** An id as it is compared: "ana.gomez" and "Ana.Gomez ", but never "gomez.ana". */
const idKey = (id) => id.trim().toLowerCase();

/** students: [{ row, name, ids }]. Returns find(text) -> { row } | { rows, why: "two" | "close" | "none" }. */
export function studentFinder(students) {
  const byName = rowsBy(students, ({ name }) => [nameKey(name)]);
  const byId = rowsBy(students, ({ ids = [] }) => ids.map(idKey));
  return (text) => {
    const key = nameKey(text);
    const rows = byId.get(idKey(text)) ?? byName.get(key) ?? [];
    if (rows.length === 1) return { row: rows[0] };
    if (rows.length > 1) return { rows, why: "two" };
    const close = key ? closeTo(key, students) : [];
    return { rows: close, why: close.length ? "close" : "none" };
  };
}

function rowsBy(students, keysOf) {
  const found = new Map();
  for (const student of students) {
    for (const key of new Set(keysOf(student).filter(Boolean))) found.set(key, [...(found.get(key) ?? []), student.row]);
  }
  return found;
}

function closeTo(key, students) {
  const most = Math.max(1, Math.floor(key.length / 5));
  return students
    .map(({ row, name }) => ({ row, far: distance(key, nameKey(name)) }))
    .filter(({ far }) => far <= most)
    .sort((one, other) => one.far - other.far)
    .slice(0, 3)
    .map(({ row }) => row);
}

// Where it belongs --------------------------------------------------------------------------------------------------

/** What a paste would do: { fits: [{ row, column, text }], misfits: [{ line, pasted, why, … }] }, nothing of it done.

    place: where it begins; view: { rows, columns, students, isOpen(place), problemOf(place, text) }; a problem is the
    parser's code. A blank text leaves what is there. */
export function planPaste(rows, place, view) {
  const find = studentFinder(view.students);
  return isByName(rows, find, view, place) ? byName(rows, place, view, find) : byPlace(rows, place, view);
}

/** Two columns or more, and most of the first are names or ids of students, or nearly names; or none of them is a
    score, and what stands beside them is. */
function isByName(rows, find, view, place) {
  const first = firstOf(rows);
  // A text that is a score here is never taken for a name; nor for an id, unless others beside it can be no scores.
  const named = first.filter((text) => view.problemOf(place, text));
  if (!named.length) return false;
  const known = first.filter((text) => find(text).why !== "none");
  if (named.some((text) => known.includes(text)) && known.length * 2 >= first.length - 1) return true;
  return named.length === first.length && rows.some(([, ...texts]) => texts.some((text) => text && !view.problemOf(place, text)));
}

/** What may be names or ids: the first column of two or more. */
const firstOf = (rows) => rows.filter((row) => row.length > 1).map(([name]) => name).filter(Boolean);

/** Whether ids would help: the first of several columns has texts that are no scores and no names. */
export function wantsIds(rows, place, view) {
  const find = studentFinder(view.students);
  return firstOf(rows).some((text) => view.problemOf(place, text) && find(text).row === undefined);
}

function byPlace(rows, place, view) {
  const plan = { fits: [], misfits: [] };
  rows.forEach((row, down) => {
    row.forEach((text, along) => put(plan, view, { row: place.row + down, column: place.column + along }, text, down + 1));
  });
  return plan;
}

function byName(rows, place, view, find) {
  const plan = { fits: [], misfits: [], byName: true };
  rows.forEach(([name, ...texts], index) => {
    if (!name && texts.every((text) => !text)) return;
    const found = find(name);
    if (found.row !== undefined) {
      texts.forEach((text, along) => put(plan, view, { row: found.row, column: place.column + along }, text, index + 1));
    } else if (!(index === 0 && isHeading(texts, place, view))) {
      plan.misfits.push({ line: index + 1, pasted: [name, ...texts].join(" · "), why: found.why, name, rows: found.rows, texts, column: place.column });
    }
  });
  return plan;
}

/** The first line of a copied table often says what stands in its columns. */
function isHeading(texts, place, view) {
  return texts.some(Boolean) && texts.every((text) => !text || ["not_a_score", "too_long"].includes(view.problemOf(place, text)));
}

function put(plan, view, there, text, line) {
  if (!text) return;
  const { row, column } = there;
  const isHere = row < view.rows && column < view.columns;
  const why = !isHere ? "no_room" : view.isOpen(there) ? view.problemOf(there, text) : "locked";
  if (why) plan.misfits.push({ line, pasted: text, why, row, column, text });
  else plan.fits.push({ row, column, text });
}
