/** The first thing that a client sends: who it is, and what settings it wants. */
import { literal } from "../sql/identifiers.ts";

const PROTOCOL_3 = 196_608;
/** Settings that are another unit's each time. */
const OWN = new Set(["application_name", "search_path"]);

/** A startup packet, taken apart. */
export interface Login {
  /** Makes the settings that are the unit's own. */
  readonly query: string;
  /** All others: `DISCARD ALL` goes back to those of the login that was really made, so they have to be the same. */
  readonly lasting: string;
}

/** Whether all of it is there. */
export const isComplete = (packet: Buffer): boolean => packet.length >= 8 && packet.length >= packet.readInt32BE(0);

/** Whether it asks for a session; a request to cancel doesn't. */
export const isLogin = (packet: Buffer): boolean => packet.length >= 8 && packet.readInt32BE(4) === PROTOCOL_3;

/** What a login asks for, in its order. */
export function parametersOf(packet: Buffer): (readonly [name: string, value: string])[] {
  const words = packet.toString("utf8", 8, packet.readInt32BE(0)).split("\0");
  const parameters: [string, string][] = [];
  for (let at = 0; at + 1 < words.length && words[at]; at += 2) parameters.push([words[at] ?? "", words[at + 1] ?? ""]);
  return parameters;
}

/** A login that asks for these. */
export function startupPacket(parameters: readonly (readonly [name: string, value: string])[]): Buffer {
  const body = Buffer.from(`${parameters.flat().join("\0")}\0\0`);
  const header = Buffer.alloc(8);
  header.writeInt32BE(8 + body.length, 0);
  header.writeInt32BE(PROTOCOL_3, 4);
  return Buffer.concat([header, body]);
}

/** A query that makes settings in a session that is logged in. */
export const settingsQuery = (settings: readonly (readonly [name: string, value: string])[]): string =>
  `select ${settings.map(([name, value]) => `pg_catalog.set_config(${literal(name)}, ${literal(value)}, false)`).join(", ") || "1"}`;

/** Undefined for what is no login, and where settings can't be made afterwards. */
export function loginOf(packet: Buffer): Login | undefined {
  if (!isLogin(packet)) return undefined;
  const parameters = parametersOf(packet);
  if (parameters.some(([name]) => name === "options" || name === "replication")) return undefined;
  return {
    query: settingsQuery(parameters.filter(([name]) => OWN.has(name))),
    lasting: JSON.stringify(parameters.filter(([name]) => !OWN.has(name))),
  };
}
