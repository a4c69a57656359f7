// S3: arrow keys move from day to day in the month's table, Home and End to the ends of the week, Page Up and Page Down
// to the months beside it. Without this the days that have work are reached by Tab, as links.

const WEEK = 7;

/** Where a key leads from day number `at` of `count` in the table: a number, "before" or "after" the month, or null. */
export function moved(key, at, count, rightToLeft = false) {
  const forward = rightToLeft ? "ArrowLeft" : "ArrowRight";
  const back = rightToLeft ? "ArrowRight" : "ArrowLeft";
  const to = {
    [forward]: at + 1,
    [back]: at - 1,
    ArrowDown: at + WEEK,
    ArrowUp: at - WEEK,
    Home: at - (at % WEEK),
    End: at - (at % WEEK) + WEEK - 1,
    PageUp: -1,
    PageDown: count,
  }[key];
  if (to === undefined) return null;
  if (to < 0) return "before";
  return to < count ? to : "after";
}

const HERE = "#days"; // after an address: the keys are in the table

function start(root) {
  const table = root.querySelector("table.month");
  if (!table) return;
  const days = [...table.querySelectorAll("tbody td")];
  table.setAttribute("role", "grid");
  for (const day of days) {
    day.setAttribute("role", "gridcell");
    day.tabIndex = -1;
  }
  let at = Math.max(
    days.findIndex((day) => day.matches(".is-today")),
    days.findIndex((day) => !day.matches(".is-outside")),
  );

  const go = (to, focus = true) => {
    days[at].tabIndex = -1;
    at = to;
    days[at].tabIndex = 0;
    if (focus) days[at].focus();
  };

  table.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("td") !== event.target) return;
    const to = moved(event.key, at, days.length, getComputedStyle(table).direction === "rtl");
    if (event.key === "Enter") days[at].querySelector("a")?.click();
    if (to === null) return;
    event.preventDefault();
    if (typeof to === "number") go(to);
    else {
      const link = root.querySelector(`.months [rel=${to === "before" ? "prev" : "next"}]`);
      if (link) root.location.assign(link.href + HERE);
    }
  });
  table.addEventListener("focusin", ({ target }) => {
    const day = target.closest("td");
    if (day && day === target && day !== days[at]) go(days.indexOf(day), false);
  });
  go(at, root.location.hash === HERE);
}

if (globalThis.document) start(document);
