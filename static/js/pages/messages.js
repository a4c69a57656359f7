// P3, T10 with scripts. The page works without them; what follows others is read once the page stands, or as soon as
// someone begins to write.

const SETTLED = 3_000; // ms after which the page has everything that it needs first

const main = document.querySelector("[data-talk]");
const box = document.querySelector("[data-inbox]");
let begun = false;

async function begin() {
  if (begun) return;
  begun = true;
  if (main) {
    const { Talk } = await import("../messages/talk.js");
    new Talk(main).start();
  }
  if (box) (await import("../messages/inbox.js")).keep(box);
}

main?.addEventListener("focusin", begin);
setTimeout(begin, SETTLED);
