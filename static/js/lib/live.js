// Told by the server that something has a new number, for as long as the page is seen. What changed is asked for
// elsewhere; where there is no stream, or one too many, the page asks from time to time.

/** Follow the stream at this address while the page is visible.
    seen(): the newest number that the page knows; mark(): what else it shows (gradebook/live/stream.py); changed(): there
    is more; live(is): whether the stream is open. */
export function follow(address, { seen, mark = () => "", changed, live }) {
  let stream = null;
  let isOver = false; // the right has ended, or this person has as many streams as one may have

  const close = () => {
    stream?.close();
    stream = null;
    live(false);
  };
  const end = () => {
    isOver = true;
    close();
  };
  const open = () => {
    if (stream || isOver) return;
    stream = new EventSource(`${address}?after=${seen()}${mark() && `&mark=${mark()}`}`);
    stream.addEventListener("open", () => live(true));
    stream.addEventListener("message", changed);
    stream.addEventListener("error", () => live(false)); // the browser tries again by itself, or has given up
    stream.addEventListener("full", end);
    stream.addEventListener("end", () => {
      end();
      changed(); // the answer says what has ended
    });
  };
  // A browser has six connections to one site: a page that nobody sees leaves its own to the others.
  const turn = () => (document.visibilityState === "visible" ? open() : close());

  document.addEventListener("visibilitychange", turn);
  addEventListener("pagehide", close);
  addEventListener("pageshow", turn);
  turn();
}
