// Titles that are cut (GridTable.markCut): marked anew in another window, and Esc takes the whole title away again.

const AFTER = 200; // ms after the last change of the window's size

export function watchTitles(grid) {
  let timer = null;
  addEventListener("resize", () => {
    clearTimeout(timer);
    timer = setTimeout(() => grid.markCut(), AFTER);
  });
  dismiss(grid.table.tHead);
}

/** The whole title covers what is below: after Esc it stays away until the focus or the pointer is elsewhere. */
function dismiss(head) {
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") head.querySelector("th:is(:focus, :focus-within, :hover) > a.cut")?.parentElement.classList.add("plain");
  });
  const back = ({ target }) => target.closest?.("th.plain")?.classList.remove("plain");
  head.addEventListener("focusout", back);
  head.addEventListener("pointerout", back);
}
