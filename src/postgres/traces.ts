/** What a client's statements leave in its session, as far as their text tells. */

/**
 * Statements that leave something behind in a session that `DISCARD ALL` does not take back: settings of a made-up name
 * stay known, the seed of random() stays, loaded code stays loaded.
 */
export const STAINS: RegExp =
  /set_config|setseed|\bload\b|\bset\s+(?:local\s+|session\s+)?"?\w+"?\s*\.|\bset\s+seed\b/i;
/**
 * Statements that leave something in a session that its user may come back to, so that it is not given back to others:
 * a setting, a prepared statement, a temporary table, a channel that is listened to, a lock, a cursor.
 */
const LASTS =
  /(?:\0[\s\S]{0,3}|;|\*\/|\n)\s*(?:set\s+(?!local\b|transaction\b|constraints\b)|prepare\s|listen\s)|\btemp(?:orary)?\s|\bpg_temp\b|advisory_lock|\bwith\s+hold\b/i;
/** A statement after which a connection is waited on though it has nothing to answer. */
const LISTENS = /\blisten\b/i;
/** How much of a message's end is looked at again with the next: a statement may come in pieces. */
const OVERLAP = 64;

export class Traces {
  /** The session can't be made as good as new. */
  stained = false;
  /** The session holds what its user may come back to. */
  lasts = false;
  /** Something may come on the connection that was not asked for. */
  listens = false;
  #tail = "";
  readonly #isForOthers: boolean;

  /** @param isForOthers - whether somebody else may have the session; else it does not matter what is left in it */
  constructor(isForOthers: boolean) {
    this.#isForOthers = isForOthers;
  }

  hear(chunk: Buffer): void {
    const text = this.#tail + chunk.toString("latin1");
    this.stained ||= this.#isForOthers && STAINS.test(text);
    this.lasts ||= this.#isForOthers && LASTS.test(text);
    this.listens ||= LISTENS.test(text);
    this.#tail = text.slice(-OVERLAP);
  }
}
