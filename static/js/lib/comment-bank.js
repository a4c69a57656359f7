// Picking from a teacher's own comments, and knowing what was sent before. No page is needed here.

const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();

/** Whether the text has all the words that were typed, in any order, without regard to case and accents. */
export function hasWords(text, typed) {
  const inside = folded(text);
  return folded(typed).split(/\s+/).every((word) => inside.includes(word));
}

/** Words put into a text in place of what is selected, with a space where they would stick to others:
    { text, caret }. */
export function inserted(text, start, end, words) {
  const before = text.slice(0, start);
  const after = text.slice(end);
  const put = `${/\S$/.test(before) ? " " : ""}${words}${/^\S/.test(after) ? " " : ""}`;
  return { text: before + put + after, caret: start + put.length };
}

/** Whether "/" typed here asks for the bank: at the start of a word, so that 1/2 and and/or can be written. */
export function opensBank(text, caret) {
  return caret === 0 || /\s/.test(text[caret - 1]);
}

/** The same content has the same key for as long as nobody changed it: sent again, it is written once. */
export class KeyOfContent {
  #content = null;
  #key = "";
  #newKey;

  constructor(newKey) {
    this.#newKey = newKey;
  }

  of(content) {
    if (content !== this.#content) {
      this.#content = content;
      this.#key = this.#newKey();
    }
    return this.#key;
  }
}
