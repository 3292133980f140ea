/** Makes a session as good as new, for the next unit. */
import type { Target } from "../target/target.ts";
import { rawQueries } from "./raw-query.ts";
import { type LoggedIn, shelveConnection } from "./shelf.ts";

export const DISCARD = "discard all";

/** Discards what the session was left with, takes its old name off it, and keeps it. */
export async function retire(target: Target, connection: LoggedIn): Promise<void> {
  const { socket } = connection;
  const replies = await Promise.all(rawQueries(socket, [DISCARD, "set application_name to 'with-test-db idle'"]));
  if (replies.some(({ error }) => error)) return void socket.destroy();
  shelveConnection(target, connection);
}
