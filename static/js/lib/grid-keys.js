// T2's key map and the moves of a grid: what a key means, where it leads, what is selected. No page is needed here.
//
// A place is { row, column }. Row -1 is the heads; the columns before shape.first are the student and the grades.
// A shape is { rows, columns, first, screen }: `screen` is how many rows one screen holds.

const NOTHING = { act: "nothing" };

/** What a key press means: { act, … } for the grid, or null where the browser should do what it always does.
    mode: "moving" (focus on the cell), "typing" (a first character opened it), "editing" (Enter, F2 or two clicks did). */
export function actionOf(press, mode, rightToLeft = false) {
  return mode === "moving" ? whenMoving(press, rightToLeft) : whenInside(press, mode, rightToLeft);
}

/** Whether the key writes a character. AltGr comes as Ctrl and Alt together. */
export function writes({ key, ctrl, alt }) {
  if (key === "Process" || key === "Unidentified") return true; // an input method, or a phone's keyboard
  return [...key].length === 1 && key !== " " && (!ctrl || alt);
}

function whenMoving(press, rightToLeft) {
  const { key, ctrl, shift, alt } = press;
  const step = arrow(key, rightToLeft);
  if (step && !alt) return { act: ctrl ? "toBlank" : shift ? "extend" : "move", ...step };
  if (writes(press)) return { act: "type" };
  if (alt) return null;
  if (ctrl) return withCtrl(key.toLowerCase(), shift);
  switch (key) {
    case "Enter":
      return { act: "edit" };
    case "F2":
      return shift ? { act: "comment" } : { act: "edit" };
    case "Escape":
      return { act: "cancel" };
    case "Home":
      return { act: "edge", column: -1 };
    case "End":
      return { act: "edge", column: 1 };
    case "PageUp":
      return { act: "page", rows: -1 };
    case "PageDown":
      return { act: "page", rows: 1 };
    case "Delete":
    case "Backspace":
      return { act: "clear" };
    case " ":
      return shift ? { act: "selectRow" } : NOTHING; // a space would scroll the page
    case "F10":
      return shift ? { act: "menu" } : null;
    case "ContextMenu":
      return { act: "menu" };
    default:
      return null;
  }
}

function withCtrl(key, shift) {
  switch (key) {
    case "home":
      return { act: "edge", row: -1, column: -1 };
    case "end":
      return { act: "edge", row: 1, column: 1 };
    case " ":
      return { act: "selectColumn" };
    case "a":
      return { act: "selectAll" };
    case "d":
      return { act: "fillDown" };
    case "z":
      return { act: shift ? "redo" : "undo" };
    case "y":
      return { act: "redo" };
    case "s":
      return { act: "send" };
    case "/":
      return { act: "help" };
    case "enter":
      return NOTHING;
    default:
      return null; // copy, cut and paste come as events of their own
  }
}

function whenInside({ key, ctrl, shift, alt }, mode, rightToLeft) {
  if (alt) return null;
  if (key === "Enter") return ctrl ? { act: "keep" } : { act: "leave", key, rows: shift ? -1 : 1, columns: 0 };
  if (key === "Tab") return ctrl ? null : { act: "next", step: shift ? -1 : 1 };
  if (key === "Escape") return { act: "restore" };
  if (ctrl) return key.toLowerCase() === "s" ? { act: "send" } : key === "/" ? { act: "help" } : null;
  const step = arrow(key, rightToLeft);
  if (!step || shift || (mode === "editing" && step.columns)) return null;
  return { act: "leave", ...step };
}

/** The step of an arrow: left and right follow the screen. */
function arrow(key, rightToLeft) {
  const ahead = rightToLeft ? -1 : 1;
  switch (key) {
    case "ArrowUp":
      return { rows: -1, columns: 0 };
    case "ArrowDown":
      return { rows: 1, columns: 0 };
    case "ArrowLeft":
      return { rows: 0, columns: -ahead };
    case "ArrowRight":
      return { rows: 0, columns: ahead };
    default:
      return null;
  }
}

// Moves -------------------------------------------------------------------------------------------------------------

const within = (number, least, most) => Math.min(Math.max(number, least), most);

/** One step; at an edge nothing happens. From the first row upwards lie the heads. */
export function moved({ row, column }, { rows = 0, columns = 0 }, shape) {
  return { row: within(row + rows, -1, shape.rows - 1), column: within(column + columns, 0, shape.columns - 1) };
}

/** The start or end of the row; with a row given, of the grid. Starts are the first score. */
export function toEdge(place, { row, column }, shape) {
  const target = column < 0 ? Math.min(shape.first, shape.columns - 1) : shape.columns - 1;
  return { row: row === undefined ? place.row : row < 0 ? 0 : shape.rows - 1, column: target };
}

/** One screen of rows. */
export function byScreen(place, { rows }, shape) {
  return { row: within(place.row + rows * Math.max(1, shape.screen), 0, shape.rows - 1), column: place.column };
}

/** The next blank cell in a direction, or the place itself where there is none. */
export function nextBlank(place, { rows = 0, columns = 0 }, shape, isBlank) {
  let { row, column } = place;
  for (;;) {
    row += rows;
    column += columns;
    if (row < 0 || row >= shape.rows || column < shape.first || column >= shape.columns) return place;
    if (isBlank({ row, column })) return { row, column };
  }
}

/** The cell after (1) or before (-1) this one that can be typed into, row by row; null past the last. */
export function nextOpen(place, step, shape, isOpen) {
  let { row, column } = place;
  for (;;) {
    column += step;
    if (column >= shape.columns) [row, column] = [row + 1, shape.first];
    if (column < shape.first) [row, column] = [row - 1, shape.columns - 1];
    if (row < 0 || row >= shape.rows) return null;
    if (isOpen({ row, column })) return { row, column };
  }
}

// Selection ---------------------------------------------------------------------------------------------------------

/** The block between two places, among scores: { top, bottom, start, end }, both ends within. */
export function block(one, other, shape) {
  const rows = [Math.max(0, one.row), Math.max(0, other.row)];
  const columns = [Math.max(shape.first, one.column), Math.max(shape.first, other.column)];
  return { top: Math.min(...rows), bottom: Math.max(...rows), start: Math.min(...columns), end: Math.max(...columns) };
}

export const rowBlock = ({ row }, shape) => ({ top: row, bottom: row, start: shape.first, end: shape.columns - 1 });
export const columnBlock = ({ column }, shape) => ({ top: 0, bottom: shape.rows - 1, start: column, end: column });
export const wholeBlock = (shape) => ({ top: 0, bottom: shape.rows - 1, start: shape.first, end: shape.columns - 1 });

/** How many cells a block holds. */
export function sizeOf({ top, bottom, start, end }) {
  return (bottom - top + 1) * (end - start + 1);
}

/** The places of a block, row by row. */
export function* placesOf({ top, bottom, start, end }) {
  for (let row = top; row <= bottom; row += 1) for (let column = start; column <= end; column += 1) yield { row, column };
}
