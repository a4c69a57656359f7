// The last row of the grid after a save or somebody else's change: worked out from what the page shows.

import { amountOf, meanPercent, meanPoints, numberText, percentIn } from "../lib/averages.js";

export class Averages {
  constructor(grid, words) {
    this.grid = grid;
    this.words = words;
    this.foot = grid.table.tFoot?.rows[0];
  }

  /** The mean of a column. */
  show(column) {
    const { grid } = this;
    const amounts = [];
    for (let row = 0; row < grid.rows.length; row += 1) {
      const text = grid.countedAt({ row, column });
      const amount = text ? amountOf(grid.read({ column }, text, true), grid.possibleAt(column), grid.worth) : null;
      if (amount !== null) amounts.push(amount);
    }
    this.#write(column, numberText(meanPoints(amounts), this.words.decimal_mark));
  }

  /** The mean of the overall grades. */
  showOverall() {
    const { percent_pattern: pattern, decimal_mark: mark } = this.words;
    const percents = this.grid.rows.map((tr) => percentIn(tr.cells[1].textContent, pattern, mark)).filter((one) => one !== null);
    const mean = meanPercent(percents);
    this.#write(1, mean === null ? numberText(null) : pattern.replace("{number}", numberText(mean, mark)));
  }

  #write(column, text) {
    const td = this.foot?.cells[column];
    if (!td) return;
    if (td.firstChild?.nodeType === Node.TEXT_NODE) td.firstChild.data = column === 1 ? text : `${text} `;
    else td.prepend(text);
  }
}
