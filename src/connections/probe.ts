/** Asks whether the other side of a socket speaks Postgres at all. Only used where connecting takes long or went wrong. */
import { connect, type NetConnectOpts } from "node:net";
import { partsOf, TestDbError } from "../errors.ts";
import { postgresError } from "../sql/sqlstate.ts";
import { describeServer, namedBy, type Target } from "../target/target.ts";
import { clearTimeout, setImmediate, setTimeout } from "../timers.ts";

/** Length 8 and the code 80877103: every Postgres since 7.1 answers this with one byte, S or N (or E when it cannot fork). */
export const SSL_REQUEST: Buffer = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
/** How long the answer may take, in milliseconds: a server whose processors are taken by tests is still one. */
const PATIENCE = 7_000;

/** Where the server listens, for node:net. */
export const socketAddress = ({ host, port }: Target): NetConnectOpts =>
  host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };

/**
 * Resolves when the peer speaks Postgres, when there is no telling, and when `signal` aborts.
 *
 * @throws TestDbError `SERVER_NOT_POSTGRES` when something else answers, or nothing within seven seconds
 */
export function probe(target: Target, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketAddress(target));
    signal?.addEventListener("abort", () => {
      socket.removeAllListeners("close").destroy();
      resolve();
    });
    const notPostgres = (why: string): void => {
      socket.destroy();
      reject(notPostgresError(target, why));
    };
    // a process that did not get to run finds timers due before it has read what came meanwhile
    socket.setTimeout(PATIENCE, () =>
      setImmediate(() => notPostgres("it accepts connections, but does not answer a Postgres greeting")),
    );
    let connected = false;
    socket.once("connect", () => {
      connected = true;
      socket.write(SSL_REQUEST);
    });
    // a peer may have hung up before we hear that it had accepted
    socket.once("error", ({ code }: NodeJS.ErrnoException) =>
      connected || code === "ECONNRESET" ? notPostgres(HUNG_UP) : resolve(),
    );
    socket.once("close", () => notPostgres(HUNG_UP));
    socket.once("data", (bytes) => {
      const first = String.fromCharCode(bytes[0] ?? 0);
      if (!/[SNE]/.test(first)) return notPostgres(answered(bytes));
      socket.removeAllListeners("close");
      socket.destroy();
      resolve();
    });
  });
}

const HUNG_UP = "it hung up on a Postgres greeting";
/** Whether the peer answered nothing: a container's port is open before the server in the container listens. */
export const hasHungUp = (error: TestDbError): boolean => partsOf.get(error)?.why === HUNG_UP;
export const answered = (bytes: Buffer): string =>
  `it answered ${JSON.stringify(bytes.toString("latin1").slice(0, 40))}`;

export const notPostgresError = (target: Target, why: string): TestDbError =>
  new TestDbError("SERVER_NOT_POSTGRES", {
    what: `What answers at ${describeServer(target)} is not Postgres`,
    why,
    next: `check the host and the port of ${namedBy(target)}`,
  });

/** After how many milliseconds without an answer the peer is asked whether it is Postgres at all. */
const PROBE_AFTER = 1_000;

/**
 * Waits for the first answer on a connection, and fails early where the peer turns out not to be Postgres. Where connecting
 * fails the peer is asked once more: a server that is being restarted hangs up, too, but not twice.
 *
 * @throws TestDbError `SERVER_NOT_POSTGRES`; errors of `work` as they are
 */
export async function unlessNotPostgres<T>(target: Target, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let probing: AbortController | undefined;
  const notPostgres = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      probing = new AbortController();
      probe(target, probing.signal).catch(reject);
    }, PROBE_AFTER);
  });
  try {
    return await Promise.race([work, notPostgres]);
  } catch (error) {
    if (!postgresError(error) && !(error instanceof TestDbError)) await probe(target);
    throw error;
  } finally {
    clearTimeout(timer);
    probing?.abort();
    work.catch(() => {});
  }
}
