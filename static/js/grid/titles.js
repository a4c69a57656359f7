// Titles that do not fit into two lines end in an ellipsis; the whole title shows where the head is focused or pointed at.

const AFTER = 200; // ms after the last change of the window's size

/** Mark what is cut, now and when the letters have another size. */
export function markCut(grid) {
  const links = grid.heads.slice(grid.first).map((th) => th.querySelector("a"));
  const mark = () => {
    const cut = links.map((link) => link.scrollHeight > link.clientHeight + 1); // reading all before writing any
    links.forEach((link, place) => link.classList.toggle("cut", cut[place]));
  };
  let timer = null;
  addEventListener("resize", () => {
    clearTimeout(timer);
    timer = setTimeout(mark, AFTER);
  });
  mark();
  dismiss(grid.table.tHead);
}

/** Esc takes the whole title away, as it covers what is below, until the focus or the pointer is elsewhere. */
function dismiss(head) {
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") head.querySelector("th:is(:focus, :focus-within, :hover) > a.cut")?.parentElement.classList.add("plain");
  });
  const back = ({ target }) => target.closest?.("th.plain")?.classList.remove("plain");
  head.addEventListener("focusout", back);
  head.addEventListener("pointerout", back);
}
