/** A raw connection to a target, encrypted as it asks for, before any Postgres message but the request for TLS. */
import { readFileSync } from "node:fs";
import { connect, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { TestDbError, wordsOf } from "../errors.ts";
import { describeServer, type Target } from "../target/target.ts";
import { clearTimeout, setTimeout } from "../timers.ts";
import { KEEPALIVE_AFTER } from "./keepalive.ts";
import { answered, notPostgresError, SSL_REQUEST, socketAddress } from "./probe.ts";
import type { Sockets } from "./sockets.ts";

/** How long connecting may take before the server is called unreachable, in milliseconds. */
export const CONNECT_DEADLINE = 10_000;

/**
 * Connects.
 *
 * @param sockets - has the socket from its birth: a connection that was given up must not keep the process from ending
 * @throws Error when the connection fails or takes too long, and TestDbError `SERVER_UNREACHABLE` when its encryption fails
 */
export async function openSocket(target: Target, sockets?: Sockets): Promise<Socket> {
  const tls = tlsOptions(target);
  const socket = connect(socketAddress(target));
  sockets?.add(socket);
  // between one listener and the next, an error would end the process
  socket
    .on("error", () => {})
    .setNoDelay(true)
    .setKeepAlive(true, KEEPALIVE_AFTER);
  let isLate = false;
  const deadline = setTimeout(() => {
    isLate = true;
    socket.destroy();
  }, CONNECT_DEADLINE);
  try {
    await once(socket, "connect");
    return tls ? await encrypted(target, socket, tls) : socket;
  } catch (error) {
    throw isLate ? tookTooLong() : error;
  } finally {
    clearTimeout(deadline);
  }
}

async function encrypted(target: Target, socket: Socket, options: ConnectionOptions): Promise<Socket> {
  socket.write(SSL_REQUEST);
  const [answer] = (await once(socket, "data")) as [Buffer];
  if (answer.toString("latin1") !== "S") {
    // more than one byte was not encrypted, and so may be anybody's
    if (target.tls === "prefer" && answer.toString("latin1") === "N") return socket;
    socket.destroy();
    if (!/^[NE]/.test(answer.toString("latin1"))) throw notPostgresError(target, answered(answer));
    throw tlsError(target, new Error("the server does not offer TLS"), `and sslmode=${target.tls} asks for it`);
  }
  const secure = connectTls({ socket, ...options });
  secure.on("error", () => {});
  try {
    await once(secure, "secureConnect");
  } catch (error) {
    socket.destroy();
    throw tlsError(target, error);
  }
  return secure;
}

/**
 * How a target's connections are encrypted; undefined where they are not. As in libpq, a certificate is looked at only
 * where `sslmode` or `sslrootcert` asks for that.
 *
 * @throws TestDbError `TARGET_INVALID` where `sslrootcert` can't be read
 */
export function tlsOptions(target: Target): ConnectionOptions | undefined {
  const { tls, host, tlsRootCert } = target;
  if (tls === "disable" || tls === "allow" || host.startsWith("/")) return undefined;
  const verified = tls === "verify-ca" || tls === "verify-full" || (tls === "require" && tlsRootCert !== undefined);
  return {
    // whom a certificate has to name; an address is no name that TLS can ask for
    host,
    ...(isIP(host) ? {} : { servername: host }),
    ...(verified && tlsRootCert && tlsRootCert !== "system" ? { ca: readCertificates(target, tlsRootCert) } : {}),
    rejectUnauthorized: verified,
    ...(tls === "verify-full" ? {} : { checkServerIdentity: () => undefined }),
  };
}

function readCertificates(target: Target, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new TestDbError("TARGET_INVALID", {
      what: `The certificates to trust for ${describeServer(target)} cannot be read`,
      why: `sslrootcert=${file}: ${wordsOf(cause)}`,
      next: `name a PEM file with certificate authorities, or sslrootcert=system for the authorities that Node knows`,
      cause,
    });
  }
}

function tlsError(target: Target, cause: unknown, why?: string): TestDbError {
  const { code } = cause as { code?: string };
  return new TestDbError("SERVER_UNREACHABLE", {
    what: `No encrypted connection to ${describeServer(target)}`,
    why: [wordsOf(cause), why, code && `(${code})`].filter(Boolean).join(" "),
    next: `check the server's certificate and sslrootcert, or ask for less: sslmode=${target.tls === "require" ? "prefer" : "require"}`,
    cause,
  });
}

const tookTooLong = (): Error =>
  Object.assign(new Error(`no connection within ${CONNECT_DEADLINE / 1000} seconds`), { code: "CONNECT_TIMEOUT" });
export const closedError = (): Error =>
  Object.assign(new Error("the server closed the connection"), { code: "ECONNRESET" });

function once(socket: Socket, event: string): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      socket.off(event, onEvent).off("error", onError).off("close", onClose);
      act();
    };
    const onEvent = (...values: unknown[]): void => settle(() => resolve(values));
    const onError = (error: Error): void => settle(() => reject(error));
    const onClose = (): void => settle(() => reject(closedError()));
    socket.on(event, onEvent).on("error", onError).on("close", onClose);
  });
}
