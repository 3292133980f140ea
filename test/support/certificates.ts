/** Certificates for a TLS server of a test's own, made with openssl where there is one. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./migrations.ts";

export const hasOpenssl: boolean = spawnSync("openssl", ["version"]).status === 0;

export interface Certificate {
  readonly key: string;
  readonly certificate: string;
}

export interface Authority {
  /** Its own certificate, a PEM file. */
  readonly file: string;
  /** A server's certificate for these names, such as `DNS:localhost`; one that has expired where `days` is negative. */
  issue(names: string, days?: number): Certificate;
}

/** A certificate authority that nobody knows. */
export function createAuthority(): Authority {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => void execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=an authority");
  let serial = 0;
  return {
    file: at("ca.crt"),
    issue(names, days = 2) {
      const name = `server${++serial}`;
      openssl("req", "-new", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", "/CN=a server");
      writeFileSync(at(`${name}.ext`), `subjectAltName=${names}\n`);
      const signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", `${name}.ext`];
      openssl("x509", "-req", "-in", `${name}.csr`, ...signed, "-out", `${name}.crt`, "-days", String(days));
      return { key: readFileSync(at(`${name}.key`), "utf8"), certificate: readFileSync(at(`${name}.crt`), "utf8") };
    },
  };
}
