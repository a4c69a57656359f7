// Started on every page. Each behaviour looks for its own data attribute and does nothing where there is none;
// one that fails leaves the page as the server made it, which works.

import * as forms from "./lib/forms.js";
import * as shell from "./lib/shell.js";

const behaviours = [
  shell.menus,
  shell.barHidesWhileTyping,
  shell.privacyCover,
  shell.unread,
  forms.passwords,
  forms.datePickers,
  forms.errorLinks,
  forms.warnUnsaved, // before busyButtons: both listen to submit
  forms.busyButtons,
  shell.focusResult, // last, when everything stands in its place
];

for (const start of behaviours) {
  try {
    start(document);
  } catch (problem) {
    console.warn(problem);
  }
}
