/** Room for others on a server that is full: connections of this process that nobody uses are given back. */
import type { Target } from "../target/target.ts";

/** Holds connections that may idle. */
export interface Idler {
  /** Whether it has a connection that nobody has used for `time` milliseconds, and that nobody would miss. */
  idles(time: number): boolean;
  /** Gives such connections back. */
  giveWay(time: number): void;
}

/** How long nobody must have used a connection that is given back, in milliseconds. */
const IDLE = 1_000;

const idlers = new Map<string, Set<Idler>>();

/** What has a number of connections in common. */
export const serverOf = ({ host, port }: Target): string => `${host}:${port}`;

/** Has an idler asked to give way, until the returned function is called. */
export function mayGiveWay(target: Target, idler: Idler): () => void {
  const server = serverOf(target);
  const known = idlers.get(server) ?? new Set();
  idlers.set(server, known.add(idler));
  return () => {
    known.delete(idler);
    if (known.size === 0 && idlers.get(server) === known) idlers.delete(server);
  };
}

/** Gives back what idles. */
export function makeRoom(target: Target): void {
  for (const idler of idlers.get(serverOf(target)) ?? []) idler.giveWay(IDLE);
}

/** Whether there is anything to give back. */
export const hasRoom = (target: Target): boolean =>
  [...(idlers.get(serverOf(target)) ?? [])].some((idler) => idler.idles(IDLE));
