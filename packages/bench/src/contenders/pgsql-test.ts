/** The npm package pgsql-test, in its fastest way: `getConnections()` from a template that holds the project. */
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Contender, Row } from "../contender.ts";
import { peersFolder } from "../peers.ts";

interface Connections {
  readonly pg: { query(text: string): Promise<{ rows: Row[] }> };
  teardown(): Promise<void>;
}
interface PgsqlTest {
  getConnections(options: object, seeds: readonly never[]): Promise<Connections>;
}

let found: PgsqlTest | undefined;

export const pgsqlTest: Contender = {
  async open() {
    found = createRequire(join(peersFolder(), "package.json"))("pgsql-test") as PgsqlTest;
  },
  async live({ url }, use) {
    const { hostname, port, username, password, pathname } = new URL(url.template);
    const connections = await found?.getConnections(
      {
        pg: { host: hostname, port: Number(port), user: username, password: decodeURIComponent(password) },
        db: { template: pathname.slice(1), rootDb: "postgres" },
      },
      [],
    );
    if (!connections) throw new Error("pgsql-test is not installed");
    await use(async (query) => (await connections.pg.query(query)).rows);
    await connections.teardown();
  },
};
