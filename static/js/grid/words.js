// What the scripts of the grid say, and where they ask.

/** Where a class's scripts ask lies below one address, which the page says once. */
export function addresses({ dataset }) {
  for (const name of ["changes", "stream", "undo", "redo"]) dataset[name] = `${dataset.base}/${name}`;
}

/** The page's texts, from the catalogue: plain ones, ones by number, and the icons that stand beside them. */
export function textsOf(form) {
  const { lang } = document.documentElement;
  const rules = new Intl.PluralRules(lang);
  const given = JSON.parse(form.dataset.words);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  return {
    ...given.texts,
    /** More texts have arrived. */
    add({ texts, plurals }) {
      Object.assign(this, texts, { hasAll: true });
      Object.assign(given.plurals, plurals);
    },
    fill(key, values) {
      return fill(this[key] ?? "", values);
    },
    plural(key, count, values = {}) {
      const forms = given.plurals[key] ?? { other: "" }; // it has not arrived yet
      return fill(forms[rules.select(count)] ?? forms.other, { num: count, ...values });
    },
    whyNot(problem, text, grid, cell) {
      const typed = [...text].length <= 20 ? text : `${[...text].slice(0, 20).join("")}…`;
      const points = grid.possibleAt(cell.column) / 100;
      return fill(this.why?.[problem] ?? this.why?.not_a_score ?? "", { typed, points, assignment: grid.assignmentAt(cell.column) });
    },
    icon(name, isTurned = false) {
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.setAttribute("class", `icon${isTurned ? " icon--dir" : ""}`);
      svg.setAttribute("aria-hidden", "true");
      const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
      use.setAttribute("href", `${form.dataset.icons}#i-${name}`);
      svg.append(use);
      return svg;
    },
  };
}

/** The texts that the page did not bring: asked for once, and before a session can end. */
export async function moreTexts(form, words, saving) {
  if (words.hasAll) return;
  const answer = await saving.ask(form.dataset.texts);
  if (!answer.ok) throw new Error(`no texts: ${answer.status}`);
  words.add(await answer.json());
  saving.explain();
}
