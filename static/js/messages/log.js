// The messages of an open conversation as they stand on the page: each in its place by its number, once. Nobody's
// place is moved, except that who stands at the end stays at the end.

const AT_END = 40; // px from the newest message that still count as being there

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export class Log {
  #box;
  #inside;
  #more = null;
  #words;
  #reached;

  /** reached(): the person has come to the newest message. */
  constructor(main, words, reached) {
    this.#box = main.querySelector(".log");
    this.#inside = main.querySelector(".log__in");
    this.#words = words;
    this.#reached = reached;
    this.#box.setAttribute("aria-live", "off"); // said by #status, and not more often than people can bear
    /** What is not sent yet stands below the rest. */
    this.letters = this.#inside.appendChild(element("div", { class: "log__mine", hidden: "" }));
    this.#box.addEventListener("scroll", reached, { passive: true });
  }

  get isAtEnd() {
    return Math.abs(this.#box.scrollTop) < AT_END; // the log is reversed: its end is at 0
  }

  toEnd() {
    this.#box.scrollTop = 0;
  }

  /** What a person reads stays where it is on the screen. */
  keepPlace(change) {
    const wasAtEnd = this.isAtEnd;
    const top = this.#box.getBoundingClientRect().top;
    const read = [...this.#inside.children].find((one) => one.getBoundingClientRect().bottom > top);
    const before = read?.getBoundingClientRect().top;
    change();
    if (wasAtEnd) this.toEnd();
    else if (read?.isConnected) this.#box.scrollTop += read.getBoundingClientRect().top - before;
  }

  /** Show these messages, each in its place. One that stands there already gets its new look. */
  show(messages) {
    this.keepPlace(() => {
      for (const one of messages) this.#put(one);
    });
  }

  #put({ seq, day, day_mark, message }) {
    const shown = [...this.#inside.querySelectorAll("[data-seq]")];
    const old = shown.find((one) => Number(one.dataset.seq) === seq);
    if (old) {
      this.#replace(old, message);
      return;
    }
    if (shown.length && seq < Number(shown[0].dataset.seq)) return; // older than what this page shows
    const next = this.#placeBefore(shown.find((one) => Number(one.dataset.seq) > seq), day);
    const marks = [...this.#inside.querySelectorAll("[data-day]")];
    const above = marks.filter((mark) => mark.compareDocumentPosition(next) & Node.DOCUMENT_POSITION_FOLLOWING).at(-1);
    if (above?.dataset.day !== day) next.insertAdjacentHTML("beforebegin", day_mark);
    next.insertAdjacentHTML("beforebegin", message);
  }

  /** A message that came after a later one (it was edited meanwhile) stands above that one's day. */
  #placeBefore(later, day) {
    const mark = later?.previousElementSibling;
    return mark?.dataset.day && mark.dataset.day !== day ? mark : (later ?? this.letters);
  }

  #replace(old, message) {
    const held = old.contains(document.activeElement);
    const isNewest = old.querySelector("#newest") !== null;
    old.insertAdjacentHTML("afterend", message);
    const made = old.nextElementSibling;
    old.remove();
    if (isNewest) made.querySelector(".msg__by").id = "newest";
    if (held) (made.querySelector("a, button") ?? this.#box).focus({ preventScroll: true });
  }

  /** A button to the newest message, for who reads above. */
  offerNewest() {
    if (this.#more) return;
    this.#more = element("button", { type: "button", class: "btn btn--sm log__more" }, this.#words.new_several);
    this.#more.addEventListener("click", () => {
      this.toEnd();
      this.#box.focus({ preventScroll: true });
      this.#reached();
    });
    this.#box.after(this.#more);
  }

  newestIsSeen() {
    this.#more?.remove();
    this.#more = null;
  }
}
