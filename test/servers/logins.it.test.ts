import { randomBytes } from "node:crypto";
import { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openSocket } from "../../src/connections/socket.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { ident, literal } from "../../src/sql/identifiers.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import type { Target } from "../../src/target/target.ts";
import { type Authority, createAuthority, hasOpenssl } from "../support/certificates.ts";
import { findBinaries, LONG_RUN_MAJORS, startServer, type TestServer } from "../support/servers.ts";
import { SOON } from "../support/soon.ts";
import { conforms, migrationsFolder } from "./conformance.ts";

/** The certificate that the server shows, as PEM; undefined while it shows none. */
async function presented(target: Target): Promise<string | undefined> {
  const socket = await openSocket({ ...target, tls: "require" }).catch(() => undefined);
  const shown = socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.toString() : undefined;
  socket?.destroy();
  return shown;
}

const HOSTILE = `q'u"o t\\e$$ %41 ü€ {x} #?&=:@/`;

describe.skipIf(!isIntegrationEnabled()).each(LONG_RUN_MAJORS)("logins on PostgreSQL %s", (major) => {
  const binaries = findBinaries(major);
  if ("missing" in binaries) {
    it.skip(`are not tried: ${binaries.missing}`);
    return;
  }
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({
      major,
      hba: [
        "host all +md5_users all md5",
        "host all +clear_users all password",
        "host all +trusted_users all trust",
        "hostssl all +tls_users all scram-sha-256",
        "hostnossl all +tls_users all reject",
        "hostnossl all +plain_users all scram-sha-256",
        "hostssl all +plain_users all reject",
      ],
    });
    await server.admin.script(
      ["md5_users", "clear_users", "trusted_users", "tls_users", "plain_users"]
        .map((r) => `create role ${r};`)
        .join(""),
    );
  });
  afterAll(() => server?.stop());

  let made = 0;
  /** A user who may make databases, and schemas in a database of that name. */
  async function login(
    password: string | undefined,
    { user = `user_${++made}`, database = `base_${++made}`, group = "", encryption = "scram-sha-256" } = {},
  ): Promise<Target> {
    const { admin } = server;
    await admin.script(`set password_encryption = ${literal(encryption)}`);
    await admin.script(
      `create role ${ident(user)} login createdb ${password === undefined ? "" : `password ${literal(password)}`} ${group && `in role ${group}`}`,
    );
    await admin.script(`create database ${ident(database)}`);
    await admin.script(`grant create on database ${ident(database)} to ${ident(user)}`);
    return { ...server.target, user, password, database };
  }

  const failure = (target: Target, isolation: "schema" | "database" = "schema"): Promise<unknown> =>
    withTestDb({ schema: {}, migrationsFolder, url: targetUrl(target), isolation }).then(
      (testDb) => testDb.dispose().then(() => "it did not fail"),
      (error: unknown) => error,
    );

  describe("passwords", () => {
    it.each(["scram-sha-256", "md5"])("hold any character, with %s", async (encryption) => {
      const group = encryption === "md5" ? "md5_users" : "";
      await conforms(server.admin, await login(HOSTILE, { encryption, group }));
    });

    it("travel in clear text where the server asks for that", async () => {
      await conforms(server.admin, await login(HOSTILE, { group: "clear_users" }), { isolations: ["schema"] });
    });

    it("are normalised as the server has normalised them", async () => {
      // a ligature, a no-break space, a letter with its accent apart, and a soft hyphen
      const password = "\ufb01sh\u00a0soup a\u0308 so\u00adft";
      await conforms(server.admin, await login(password), { isolations: ["schema"] });
    });

    it("are not needed where the server trusts", async () => {
      await conforms(server.admin, await login(undefined, { group: "trusted_users" }), { isolations: ["schema"] });
    });

    it.each(["scram-sha-256", "md5"])("that are wrong are said to be, with %s, and never shown", async (encryption) => {
      const target = await login("right", { encryption, group: encryption === "md5" ? "md5_users" : "" });
      const wrong = `wrong-${randomBytes(8).toString("hex")}\ufb01`;
      const error = await failure({ ...target, password: wrong });
      expect(error).toMatchObject({ code: "SERVER_AUTH_FAILED", cause: { code: "28P01" } });
      expect(String((error as Error).stack)).not.toContain(wrong);
      expect(await failure({ ...target, password: undefined })).toMatchObject({ code: "SERVER_AUTH_FAILED" });
    });
  });

  it("names of users and databases hold any character", async () => {
    const target = await login(HOSTILE, { user: `Us'er "ü" \\x %20`, database: `Da'ta "bäse" \\x %20 $$ {}` });
    await conforms(server.admin, target);
  });

  it("a Unix socket is a directory", async () => {
    const target = await login("secret");
    await conforms(server.admin, { ...target, host: server.socketFolder, tls: "disable" });
  });

  it("an IPv6 address is an address, or said not to be there", async () => {
    const error = await failure({ ...server.target, host: "::1" });
    expect(error).toMatchObject({
      code: "SERVER_UNREACHABLE",
      message: expect.stringContaining(`postgres@[::1]:${server.port} (`),
    });
  });

  it("PG* variables do not matter", async () => {
    const target = await login("secret");
    const traps: Record<string, string> = {
      PGHOST: "trap.example",
      PGHOSTADDR: "203.0.113.1",
      PGPORT: "1",
      PGUSER: "trap",
      PGUSERNAME: "trap",
      PGPASSWORD: "trap",
      PGPASSFILE: "/trap",
      PGDATABASE: "trap",
      PGSERVICE: "trap",
      PGOPTIONS: "-c search_path=trap -c default_transaction_read_only=on",
      PGSSLMODE: "verify-full",
      PGSSLNEGOTIATION: "direct",
      PGSSLROOTCERT: "/trap",
      PGTARGETSESSIONATTRS: "standby",
      PGTARGET_SESSION_ATTRS: "standby",
      PGAPPNAME: "trap",
      PGCLIENTENCODING: "LATIN1",
      PGDATESTYLE: "German",
      PGTZ: "Asia/Tokyo",
      PGMAX: "0",
      PGMAX_PIPELINE: "0",
      PGIDLE_TIMEOUT: "1",
      PGCONNECT_TIMEOUT: "1",
      PGFETCH_TYPES: "",
      PGPREPARE: "",
      PGBACKOFF: "99",
    };
    Object.assign(process.env, traps);
    try {
      await conforms(server.admin, target);
      for (const [name, value] of Object.entries(traps)) expect(process.env[name]).toBe(value);
    } finally {
      for (const name of Object.keys(traps)) delete process.env[name];
    }
  });

  describe("without TLS on the server", () => {
    it.each(["allow", "prefer"] as const)("%s goes on without", async (tls) => {
      await conforms(server.admin, { ...(await login("secret")), tls }, { isolations: ["schema"] });
    });

    it.each(["allow", "prefer"] as const)("%s tells what the server has said of a login, not of TLS", async (tls) => {
      expect(await failure({ ...server.target, user: "nobody_there", password: "x", tls })).toMatchObject({
        code: "SERVER_AUTH_FAILED",
        cause: expect.objectContaining({ code: expect.stringMatching(/^28/) }),
      });
    });

    it.each(["require", "verify-ca", "verify-full"] as const)("%s is refused, and says why", async (tls) => {
      expect(await failure({ ...server.target, tls })).toMatchObject({
        code: "SERVER_UNREACHABLE",
        message: expect.stringMatching(
          `No encrypted connection to postgres@127.0.0.1.*\n.*the server does not offer TLS and sslmode=${tls} asks for it`,
        ),
        cause: expect.any(Error),
      });
    });
  });

  describe.skipIf(!hasOpenssl)(`with TLS${hasOpenssl ? "" : " (skipped: there is no openssl)"}`, () => {
    let authority: Authority;
    let stranger: Authority;
    const present = async (names: string, days?: number): Promise<void> => {
      const { key, certificate } = authority.issue(names, days);
      const { admin } = server;
      await admin.script(`alter system set ssl_key_file = ${literal(server.writeFile("server.key", key))}`);
      await admin.script(`alter system set ssl_cert_file = ${literal(server.writeFile("server.crt", certificate))}`);
      await admin.script("alter system set ssl = on");
      await admin.script("select pg_reload_conf()");
      // the postmaster reads its files when it gets to it
      await vi.waitFor(async () => expect(await presented(server.target)).toBe(certificate), SOON);
    };
    beforeAll(async () => {
      authority = createAuthority();
      stranger = createAuthority();
      await present("DNS:localhost,IP:127.0.0.1");
    });

    it.each(["allow", "prefer", "require", "verify-ca", "verify-full"] as const)(
      "%s is encrypted where nothing else is let in",
      async (tls) => {
        const target = await login(HOSTILE, { group: "tls_users" });
        const tlsRootCert = tls.startsWith("verify") ? authority.file : undefined;
        await conforms(server.admin, { ...target, tls, tlsRootCert });
      },
    );

    it("a name is verified like an address", async () => {
      const target = await login("secret", { group: "tls_users" });
      const verified = { ...target, host: "localhost", tls: "verify-full", tlsRootCert: authority.file } as const;
      await conforms(server.admin, verified, { isolations: ["schema"] });
    });

    it("md5 works under it", async () => {
      const target = await login(HOSTILE, { encryption: "md5", group: "md5_users" });
      await conforms(server.admin, { ...target, tls: "require" }, { isolations: ["schema"] });
    });

    it("prefer goes on without where only that is let in, as libpq does", async () => {
      const target = await login("secret", { group: "plain_users" });
      await conforms(server.admin, { ...target, tls: "prefer" }, { isolations: ["schema"] });
    });

    it("disable is refused where the server wants it, with its words", async () => {
      const target = await login("secret", { group: "tls_users" });
      expect(await failure({ ...target, tls: "disable" })).toMatchObject({
        code: "SERVER_AUTH_FAILED",
        message: expect.stringMatching(/pg_hba\.conf rejects connection.*no encryption[\s\S]*change sslmode/),
      });
    });

    const refusal = async (target: Partial<Target>, code: string): Promise<void> => {
      const error = await failure({ ...server.target, ...target });
      expect(error).toMatchObject({
        code: "SERVER_UNREACHABLE",
        message: expect.stringContaining(`(${code})`),
        cause: { code },
      });
    };

    it.each(["verify-ca", "verify-full"] as const)("%s refuses an authority that nobody knows", async (tls) => {
      await refusal({ tls, tlsRootCert: stranger.file }, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
      await refusal({ tls }, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
      await refusal({ tls, tlsRootCert: "system" }, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    });

    it("certificates to trust that cannot be read are named", async () => {
      const error = await failure({ ...server.target, tls: "verify-full", tlsRootCert: "/nowhere/ca.pem" });
      expect(error).toMatchObject({ code: "TARGET_INVALID", message: expect.stringContaining("/nowhere/ca.pem") });
    });

    describe("and a certificate for somebody else", () => {
      beforeAll(() => present("DNS:other.example"));
      it("verify-full refuses it, verify-ca takes it", async () => {
        await refusal({ tls: "verify-full", tlsRootCert: authority.file }, "ERR_TLS_CERT_ALTNAME_INVALID");
        const target = { ...(await login("secret")), tls: "verify-ca", tlsRootCert: authority.file } as const;
        await conforms(server.admin, target, { isolations: ["schema"] });
      });
    });

    describe("and a certificate that has expired", () => {
      beforeAll(() => present("DNS:localhost,IP:127.0.0.1", -1));
      it("those that verify refuse it, the others take it", async () => {
        await refusal({ tls: "verify-full", tlsRootCert: authority.file }, "CERT_HAS_EXPIRED");
        await refusal({ tls: "verify-ca", tlsRootCert: authority.file }, "CERT_HAS_EXPIRED");
        await conforms(server.admin, { ...(await login("secret")), tls: "require" }, { isolations: ["schema"] });
      });
    });
  });

  describe("least privilege", () => {
    it("a user who may make databases needs nothing else but to make schemas", async () => {
      await conforms(server.admin, await login("secret"));
    });
  });
});
