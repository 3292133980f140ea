/** The user that Postgres runs as: Postgres refuses to run as root, so root runs it as nobody. */
import { readFileSync } from "node:fs";
import { TestDbError } from "../errors.ts";

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

export const isRoot = (): boolean => process.getuid?.() === 0;

/** Null for the user of this process. Throws `EMBEDDED_FAILED` for root where there is no other user. */
export function serverUser(passwd: string = "/etc/passwd"): ServerUser | null {
  if (!isRoot()) return null;
  // initdb looks its user up, so a number without an entry won't do
  const entry = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync(passwd, "utf8"));
  if (entry) return { uid: Number(entry[1]), gid: Number(entry[2]) };
  throw new TestDbError("EMBEDDED_FAILED", {
    what: "The embedded server cannot run as root",
    why: `Postgres refuses to, and ${passwd} has no user "nobody" to run it as`,
    next: "useradd --system nobody",
  });
}
