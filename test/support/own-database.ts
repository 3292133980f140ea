/** A database of a test's own, on the server that the suites run on: others' units are not in it. */
import { openSession, type Session } from "../../src/connections/session.ts";
import { dropDatabase } from "../../src/control/databases.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import { testTarget } from "./target.ts";

export interface OwnDatabase {
  /** On the server, outside of it. */
  readonly server: Session;
  readonly session: Session;
  readonly target: Target;
  readonly url: string;
  /** Drops it. Its homes stay for the sweep that follows the file's tests. */
  drop(): Promise<void>;
}

/** Makes one, and opens a session in it. */
export async function openOwnDatabase(
  name: string,
  open: (target: Target) => Promise<Session> = openSession,
): Promise<OwnDatabase> {
  const server = await openSession(await testTarget());
  const target = onDatabase(server.target, name);
  await server.script(`create database ${name}`);
  const session = await open(target);
  return {
    ...{ server, session, target, url: targetUrl(target) },
    async drop() {
      await session.close();
      await dropDatabase(server, name);
      await server.close();
    },
  };
}
