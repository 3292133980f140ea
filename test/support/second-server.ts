/**
 * A global setup: the server of the second worker. Suites look at all that is on their server, and so two of them may run at
 * once only on two servers. worker-server.mjs leads the second worker there.
 */
import { targetUrl } from "../../src/target/connection-url.ts";
import { startServer } from "./servers.ts";

/** Each project calls it; the first one starts the server, and stops it at the end. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env["TEST_DB_URL"] || process.env["SECOND_SERVER_URL"]) return undefined;
  // as large as the embedded one
  const server = await startServer({ major: 18, settings: { max_connections: "200", shared_buffers: "128MB" } });
  // without TLS, as the embedded one: node-postgres takes sslmode=prefer for a demand
  process.env["SECOND_SERVER_URL"] = targetUrl({ ...server.target, tls: "disable" });
  return () => server.stop();
}
