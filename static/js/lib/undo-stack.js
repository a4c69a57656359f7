// What a person did in this page, to be taken back and done again, step by step.

const MOST = 200; // steps: more than anyone goes back, and a page may stay open for a day

/** A step is made of changes: [{ name, before, after }]. */
export class Step {
  changes = [];
  /** It was taken back or done again by typing: the server knows nothing of that, and has nothing to do again. */
  isTyped = false;
  /** A comment was changed, and no text: the server takes it back, whatever else waits to be saved. */
  isSaid = false;
  #numbers = new Map(); // name -> the number under which the server wrote it
  #sizes = new Map(); // number -> how many cells were written under it

  /** The server wrote this cell of the step under a number, with so many cells in all. */
  written(name, number, size) {
    this.#numbers.set(name, number);
    this.#sizes.set(number, size);
  }

  /** The number of the server's change that is this step and nothing else; null where quick typing put several into
      one, or one into several. */
  get number() {
    const [[number, size] = []] = this.#sizes;
    const isWhole = this.#sizes.size === 1 && size === this.changes.length && this.#numbers.size === size;
    return isWhole ? number : null;
  }
}

export class UndoStack {
  #done = [];
  #undone = [];

  /** Remember a step; what had been taken back cannot be done again after it. */
  push(step) {
    if (!step.changes.length) return;
    this.#done.push(step);
    if (this.#done.length > MOST) this.#done.shift();
    this.#undone = [];
  }

  /** The newest step, now among those taken back; undefined when there is none. */
  undo() {
    return pass(this.#done, this.#undone);
  }

  /** The step last taken back, now done again; undefined when there is none. */
  redo() {
    return pass(this.#undone, this.#done);
  }

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }
}

function pass(from, to) {
  const step = from.pop();
  if (step) to.push(step);
  return step;
}

/** What to type to take a step back ("before") or do it again ("after"), and the cells that someone changed since:
    those no longer say what the step left there. */
export function toward(step, side, textOf) {
  const left = side === "before" ? "after" : "before";
  const wanted = new Map();
  const clashes = [];
  for (const change of step.changes) {
    if (textOf(change.name) === change[left]) wanted.set(change.name, change[side]);
    else clashes.push(change.name);
  }
  return { wanted, clashes };
}
