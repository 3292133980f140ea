/** How node-postgres logs in, and what it takes for a server that may be trusted. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodePostgres } from "../../src/drivers/node-postgres.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/pg.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import type { Target } from "../../src/target/target.ts";
import { createAuthority, hasOpenssl } from "../support/certificates.ts";
import { journalFolder } from "../support/migrations.ts";
import { findBinaries, startServer, type TestServer } from "../support/servers.ts";

const missing = hasOpenssl ? undefined : "there is no openssl";
const binaries = findBinaries(18);
const reason = missing ?? ("missing" in binaries ? binaries.missing : undefined);

const ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
const PASSWORD = `q'u"o t\\e$$ %41 ü€ {x} #?&=:@/`;

describe.skipIf(!isIntegrationEnabled() || reason)(`node-postgres logs in${reason ? ` (${reason})` : ""}`, () => {
  let encrypted: TestServer;
  let plain: TestServer;
  const ours = reason ? undefined : createAuthority();
  const other = reason ? undefined : createAuthority();
  beforeAll(async () => {
    [encrypted, plain] = await Promise.all([
      startServer({ major: 18, ...(ours && { tls: ours.issue("DNS:localhost") }) }),
      startServer({ major: 18 }),
    ]);
    for (const { admin } of [encrypted, plain]) {
      await admin.script(`alter role postgres password E'${PASSWORD.replace(/['\\]/g, "\\$&")}'`);
    }
  });
  afterAll(() => Promise.all([encrypted?.stop(), plain?.stop()]));

  /** Whether the connection is encrypted; an error where there is none. */
  async function ask(server: TestServer, target: Partial<Target>): Promise<unknown> {
    const wanted = { ...server.target, password: PASSWORD, ...target };
    const connection = await nodePostgres({}).connect(wanted, { application_name: "logins" });
    try {
      return (await connection.context().client.query({ text: ENCRYPTED, rowMode: "array" })).rows[0]?.[0];
    } finally {
      await connection.close(1000);
    }
  }

  it.each([
    ["disable", {}, false],
    ["allow", {}, false],
    ["prefer", {}, true],
    ["require", {}, true],
    ["require", { tlsRootCert: "ours" }, true],
    ["verify-ca", { tlsRootCert: "ours" }, true],
    ["verify-ca", { tlsRootCert: "ours", host: "127.0.0.1" }, true],
    ["verify-full", { tlsRootCert: "ours", host: "localhost" }, true],
    ["verify-full", { tlsRootCert: "ours", host: "127.0.0.1" }, /altnames/],
    ["verify-full", { tlsRootCert: "other", host: "localhost" }, /certificate/],
    ["verify-ca", { tlsRootCert: "other", host: "localhost" }, /certificate/],
    ["require", { tlsRootCert: "other", host: "localhost" }, /certificate/],
    ["verify-full", { host: "localhost" }, /certificate/],
  ] as const)("as sslmode=%s says, with %j", async (tls, { tlsRootCert, ...where }: Partial<Target>, expected) => {
    const file = tlsRootCert && { tlsRootCert: (tlsRootCert === "ours" ? ours : other)?.file };
    const answer = ask(encrypted, { tls, ...where, ...file });
    if (expected instanceof RegExp) await expect(answer).rejects.toThrow(expected);
    else expect(await answer).toBe(expected);
  });

  it("where a server has no TLS, if that is not asked for", async () => {
    expect(await ask(plain, { tls: "prefer" })).toBe(false);
    await expect(ask(plain, { tls: "require" })).rejects.toThrow(/does not support SSL/);
  });

  it("over a Unix socket", async () => {
    expect(await ask(encrypted, { tls: "disable", host: encrypted.socketFolder })).toBe(false);
  });

  it("for a whole unit, its url included", async () => {
    const target: Target = {
      ...encrypted.target,
      host: "localhost",
      password: PASSWORD,
      tls: "verify-full",
      tlsRootCert: ours?.file,
    };
    const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer)" });
    for (const isolation of ["schema", "database"] as const) {
      await withTestDb({ migrationsFolder, isolation, url: targetUrl(target) }, async ({ client }) => {
        expect((await client.query(`${ENCRYPTED} and 0 = (select count(*) from t)`)).rows).toEqual([{ ssl: true }]);
      });
    }
  });
});
