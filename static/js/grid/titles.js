// Titles that are cut (GridTable.markCut): Esc takes the whole title away again.

/** The whole title covers what is below: after Esc it stays away until the focus or the pointer is elsewhere. */
export function dismissTitles(head) {
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") head.querySelector("th:is(:focus, :focus-within, :hover) > a.cut")?.parentElement.classList.add("plain");
  });
  const back = ({ target }) => target.closest?.("th.plain")?.classList.remove("plain");
  head.addEventListener("focusout", back);
  head.addEventListener("pointerout", back);
}
