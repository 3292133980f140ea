/**
 * Takes a database's content as SQL, with the pg_dump that ships as WebAssembly, so that no native one has to be
 * installed or to match the server. Nothing of it is loaded before the first call.
 */
import type { Socket } from "node:net";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { FIRST_USER_OID } from "../../catalog/expressions.ts";
import { PINNED } from "../../connections/pinned-settings.ts";
import type { Session } from "../../connections/session.ts";
import { openSocket } from "../../connections/socket.ts";
import { DEADLINE as WAITING_DEADLINE, whenThereIsRoom } from "../../connections/waiting.ts";
import { TestDbError, wordsOf } from "../../errors.ts";
import { ownFile } from "../../own-file.ts";
import { remedyInWords } from "../../sql/failure.ts";
import { conninfoValue, ident } from "../../sql/identifiers.ts";
import { SQLSTATE } from "../../sql/sqlstate.ts";
import { describeTarget, type Target } from "../../target/target.ts";
import { sleep } from "../../timers.ts";
import { AUTHENTICATION, READY, TurnReader } from "./turn-reader.ts";

/** A backstop against a server that stops in mid-reply, in milliseconds. */
const DEADLINE = 120_000;

/** What a dump can be spared: the server is asked for less, and what comes out is the same. */
export interface Dispensable {
  /** Tables without a row: for each of the others, its rows are asked for one table after the other. */
  readonly emptyTables: readonly string[];
  /** Whether nothing of a user's has a comment: else those on everything that came with the server are read, too. */
  readonly uncommented: boolean;
}

/** What a dump of a schema can do without, at the moment. */
export async function readDispensable(session: Session, schema: string): Promise<Dispensable> {
  const [row] = await session.rows<{ empty: string[]; uncommented: boolean }>(
    `select to_jsonb(array(
              select c.relname::text from pg_class c
               where c.relnamespace = n.oid and c.relkind = 'r' and c.relam = (select oid from pg_am where amname = 'heap')
                 and pg_relation_size(c.oid) = 0)) as empty,
            not exists (select from pg_description d where d.objoid >= ${FIRST_USER_OID})
              and coalesce(obj_description(n.oid, 'pg_namespace'), '') in ('', 'standard public schema') as uncommented
       from pg_namespace n where n.nspname = $1::text`,
    [schema],
  );
  return { emptyTables: row?.empty ?? [], uncommented: row?.uncommented ?? false };
}

/** A pg_dump that was started: it takes longer to load than to run, and needs nothing for that. */
export interface PgDump {
  /**
   * One schema of a database, with its rows, as SQL in which every identifier is quoted and qualified. Once.
   *
   * @throws TestDbError `SNAPSHOT_FAILED` with pg_dump's own words, `SERVER_FULL`
   */
  dump(target: Target, schema: string, dispensable: Dispensable): Promise<string>;
  /** A whole database but for schemas that match one of these patterns, with its rows, in the same form. Once. */
  dumpDatabase(target: Target, except?: readonly string[]): Promise<string>;
  /** Ends it, whatever it is doing. Until then its thread stays. */
  discard(): Promise<void>;
}

/**
 * Starts a pg_dump that waits until it is told what to dump.
 *
 * @param deadline - how long to wait where the server has no connection left, in milliseconds
 */
export function startPgDump(deadline: number = WAITING_DEADLINE): PgDump {
  let run: Run | undefined = startRun();
  let isDiscarded = false;
  const endRun = async (): Promise<void> => {
    const ended = run;
    run = undefined;
    await ended?.discard();
  };
  const dump = async (target: Target, what: readonly string[]): Promise<string> => {
    const args = ["-d", connectionString(target), ...FORM, ...what];
    // the waiting is over with the login: a dump may take long
    const connect = (): Promise<{ readonly dump: Promise<string> }> =>
      new Promise((resolve, reject) => {
        if (isDiscarded) throw new Error("pg_dump was given up");
        run ??= startRun();
        const dump = run.dump(target, args, () => resolve({ dump }));
        dump.catch((error) => {
          // a pg_dump whose login was refused has ended
          void endRun();
          reject(error);
        });
      });
    return (await whenThereIsRoom(target, deadline, connect)).dump;
  };
  return {
    dump: (target, schema, dispensable) => dump(target, argumentsFor(schema, dispensable)),
    dumpDatabase: (target, except = []) =>
      dump(
        target,
        except.map((pattern) => `--exclude-schema=${pattern}`),
      ),
    discard() {
      isDiscarded = true;
      return endRun();
    },
  };
}

/** A thread with pg_dump, for one try. */
interface Run {
  dump(target: Target, args: readonly string[], onLogin: () => void): Promise<string>;
  discard(): Promise<void>;
}

function startRun(): Run {
  const { port1: port, port2 } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(ownFile("pg-dump-worker.mjs", "SNAPSHOT_FAILED"), {
    workerData: { signal, port: port2 },
    transferList: [port2],
    // the process may have been started with loaders or flags that fit its own entry only
    execArgv: [],
    // descriptors belong to the process: one that was closed in the worker may be another connection's by now
    trackUnmanagedFds: false,
    stdout: true,
    stderr: true,
  });
  const result = new Promise<string>((resolve, reject) => {
    worker.on("message", ({ dump, failure }: { dump?: string; failure?: string }) =>
      dump === undefined ? reject(new Error(failure)) : resolve(dump),
    );
    worker.on("error", reject);
    worker.on("exit", () => reject(new Error("pg_dump ended without a word")));
  });
  // it may fail before anybody waits for it
  result.catch(() => {});
  return {
    async dump(target, args, onLogin) {
      let socket: Socket | undefined;
      let last: Buffer = Buffer.alloc(0);
      let refused: string | undefined;
      try {
        socket = await openSocket(target);
        const onRefused = (code: string | undefined): void => {
          refused = code;
        };
        connectThread(socket, port, signal, onLogin, onRefused, (bytes) => {
          last = bytes;
        });
        worker.postMessage(args);
        const late = sleep(DEADLINE, { lingers: true }).then(() => {
          throw new Error(`no end after ${DEADLINE / 1000} s`);
        });
        return await Promise.race([result, late]);
      } catch (cause) {
        if (last.includes(`C${SQLSTATE.tooManyConnections}\0`)) {
          throw Object.assign(new Error("sorry, too many clients already"), { code: SQLSTATE.tooManyConnections });
        }
        // pg_dump passes the server's words on, without the SQLSTATE
        if (refused && cause instanceof Error) Object.assign(cause, { code: refused });
        throw new TestDbError("SNAPSHOT_FAILED", {
          what: `The database ${describeTarget(target)} could not be dumped`,
          why: wordsOf(cause),
          next:
            remedyInWords(wordsOf(cause)) ?? "run it again; if it stays, report it with the migrations that show it",
          cause,
        });
      } finally {
        socket?.destroy();
      }
    },
    async discard() {
      port.close();
      await worker.terminate();
    },
  };
}

/** How many names a pattern holds at the most: it becomes a regular expression, and Postgres refuses very large ones. */
const NAMES_IN_PATTERN = 50;

const FORM = ["--quote-all-identifiers", "--encoding=UTF8", "--rows-per-insert=500", "--no-subscriptions"];

function argumentsFor(schema: string, { emptyTables, uncommented }: Dispensable): string[] {
  const args = [`--schema=${ident(schema)}`, "--no-publications", "--no-security-labels"];
  if (uncommented) args.push("--no-comments");
  for (let at = 0; at < emptyTables.length; at += NAMES_IN_PATTERN) {
    const names = emptyTables.slice(at, at + NAMES_IN_PATTERN).map(ident);
    args.push(`--exclude-table-data=${ident(schema)}.(${names.join("|")})`);
  }
  return args;
}

/**
 * Carries the bytes between the thread, which sleeps until the server's turn is over, and the server.
 *
 * @param onReady - called when the server is ready for a query
 * @param onRefused - called with the SQLSTATE of what the server refused
 * @param onClose - called with what the server said last
 */
function connectThread(
  socket: Socket,
  port: MessagePort,
  signal: Int32Array,
  onReady: () => void,
  onRefused: (code: string | undefined) => void,
  onClose: (last: Buffer) => void,
): void {
  const reader = new TurnReader();
  let waiting = false;
  const deliver = (turn: Buffer): void => {
    if (!waiting) return;
    waiting = false;
    port.postMessage(turn);
    Atomics.store(signal, 0, 1);
    Atomics.notify(signal, 0);
  };
  port.on("message", (bytes: Uint8Array) => {
    waiting = true;
    if (socket.destroyed || bytes[0] === TERMINATE) deliver(Buffer.alloc(0));
    else socket.write(bytes);
  });
  socket.on("data", (chunk: Buffer) => {
    const turn = reader.push(chunk);
    if (turn?.at(-READY_LENGTH) === READY) onReady();
    if (turn?.[0] === ERROR) onRefused(/\0C([0-9A-Z]{5})\0/.exec(turn.toString("latin1"))?.[1]);
    if (turn) deliver(withoutChannelBinding(turn));
  });
  // a login that is refused ends without ReadyForQuery: what came is the server's reason
  socket.on("close", () => {
    const last = reader.take();
    onClose(last);
    deliver(last);
  });
  socket.on("error", () => {});
}

const SASL = 10;
/** The first byte of an error. */
const ERROR = 0x45;
/** How many bytes ReadyForQuery has. */
const READY_LENGTH = 6;
/** The first byte of a client's last message. */
const TERMINATE = 0x58;

/**
 * A server's offer of SCRAM without the kind that is bound to TLS, which it makes on encrypted connections only: the
 * encryption is ours, libpq knows nothing of it, and takes the offer for an attack.
 */
function withoutChannelBinding(turn: Buffer): Buffer {
  if (turn[0] !== AUTHENTICATION || turn.readInt32BE(5) !== SASL) return turn;
  const offers = turn.toString("latin1", 9).split("\0").filter(Boolean);
  const kept = offers.filter((offer) => !offer.endsWith("-PLUS"));
  const list = Buffer.from(`${kept.join("\0")}\0\0`, "latin1");
  const header = Buffer.from(turn.subarray(0, 9));
  header.writeInt32BE(8 + list.length, 1);
  return Buffer.concat([header, list]);
}

/** The wrapper adds `-U postgres`; user and password in a connection string outrank it. The socket is ours, so TLS is too. */
const connectionString = (target: Target): string =>
  Object.entries({
    dbname: target.database,
    user: target.user,
    ...(target.password === undefined ? {} : { password: target.password }),
    sslmode: "disable",
    gssencmode: "disable",
    application_name: "with-test-db snapshot",
    // it prints literals as the server's defaults want them, which the replay does not know
    options: Object.entries(PINNED)
      .map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, "\\$&")}`)
      .join(" "),
  })
    .map(([name, value]) => `${name}=${conninfoValue(value)}`)
    .join(" ");
