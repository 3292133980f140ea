/** What postgres.js makes of our sockets, with a server that resets connections when a test wants that. */
import { expect, it } from "vitest";
import { connectionOptions, createClient } from "../../src/connections/client.ts";
import { Sockets } from "../../src/connections/sockets.ts";
import { complete, openScriptedServer, READY } from "../counted-on/scripted-server.ts";

it("a reset fails the query that waits, and one that is asked at once after it is answered over a new connection", async () => {
  const server = await openScriptedServer({
    query: ({ socket, say, queries }) => (queries.length > 1 ? socket.resetAndDestroy() : say(complete(), READY)),
  });
  const nobody = { user: "me", database: "mine", password: undefined, tls: "disable", tlsRootCert: undefined } as const;
  const target = { ...server.address, ...nobody, origin: "option url" } as const;
  const client = createClient({
    ...connectionOptions(target, new Sockets()),
    max: 1,
    fetch_types: false,
  });
  try {
    const ask = () => client`select`.simple();
    await ask();
    const lost = ask();
    const after = lost.catch(ask);
    await expect(lost).rejects.toMatchObject({ code: "ECONNRESET" });
    await after;
    expect(server.logins.map(({ queries }) => queries.length)).toEqual([2, 1]);
  } finally {
    await client.end({ timeout: 0 });
    await server.close();
  }
});
