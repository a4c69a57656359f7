// The page of one score's comments: its bank can be searched.

import { bank } from "../grid/bank.js";

const form = document.querySelector("form[data-comments]");
if (form) bank(form);
