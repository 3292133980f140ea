/** What a developer should know though nothing failed: one line on stderr, once per process. */
import { printable } from "./errors.ts";

const said = new Set<string>();

export function noticeOnce(text: string): void {
  if (said.has(text)) return;
  said.add(text);
  notice(text);
}

/** The same, as often as it is called. */
export function notice(text: string): void {
  process.stderr.write(`with-test-db: ${printable(text)}\n`);
}
