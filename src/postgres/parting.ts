/**
 * When to tell a client that its connection has closed: not when it is just about to send something. postgres.js would
 * hold that back for ever, and with it all that it is to send on any connection that takes this one's place.
 */

/** How many turns of the event loop clients get to send what they were about to. */
const ROUNDS = 100;

/** One wait for all who part: each for itself would wait for the others. */
const waiting = new Set<() => void>();

/** Calls `close` in one of the next turns, when nothing is about to be sent; its caller may do so before. */
export function whenNothingIsAboutToBeSent(close: () => void): void {
  waiting.add(close);
  if (waiting.size === 1) wait(ROUNDS);
}

function wait(rounds: number): void {
  setImmediate(() => {
    // what is about to be sent is sent by an immediate
    if (rounds > 0 && process.getActiveResourcesInfo().includes("Immediate")) {
      wait(rounds - 1);
      return;
    }
    const all = [...waiting];
    waiting.clear();
    for (const close of all) close();
  });
}
