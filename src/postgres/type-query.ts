/**
 * What postgres.js asks when it connects: the arrays of every type in the database. With a thousand units in it that is
 * a thousand times what a client will need, so it is told of the types that its connection sees; and where these are
 * known already, it is told without asking the server.
 */
import { frame, wholeFrames } from "./frames.ts";
import { FROM_CLIENT, FROM_SERVER, READY_FOR_QUERY, SYNC } from "./messages.ts";

/** Types with their arrays, as oids: `16:1000 17:1001`. */
export type ArrayTypes = string;

const TYPE_QUERY = Buffer.from(`select b.oid, b.typarray
      from pg_catalog.pg_type a
      left join pg_catalog.pg_type b on b.oid = a.typelem
      where a.typcategory = 'A'
`);
/**
 * Postgres' own types but for the rows of its catalogs, and those of the schemas in the search_path; by index, since
 * pg_type may be large. All of them where the connection is not in the schema whose name it bears.
 */
const NARROWED = Buffer.from(`select b.oid, b.typarray
      from (
        select t.oid, t.typarray from pg_catalog.pg_type t
         where pg_catalog.current_schema() is distinct from pg_catalog.current_setting('application_name')
        union all
        select t.oid, t.typarray from pg_catalog.pg_type t
         where pg_catalog.current_schema() = pg_catalog.current_setting('application_name') and (t.oid < 16384 and t.typtype <> 'c' or t.oid in (
           select case d.classid when 'pg_catalog.pg_class'::pg_catalog.regclass
                    then (select c.reltype from pg_catalog.pg_class c where c.oid = d.objid) else d.objid end
             from pg_catalog.pg_depend d
            where d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
              and d.classid in ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass)
              and d.refobjid in (select n.oid from pg_catalog.pg_namespace n where n.nspname = any (pg_catalog.current_schemas(false)))))
      ) b
      where b.typarray <> 0
`);

/** Whether a chunk of what a client sends, seen from a message's start, begins with that query. */
export function isTypeQuery(chunk: Buffer): boolean {
  if (chunk[0] !== FROM_CLIENT.parse) return false;
  const found = chunk.indexOf(TYPE_QUERY);
  return found >= 0 && found + TYPE_QUERY.length <= chunk.readInt32BE(1);
}

/** The same messages with the query for what the connection sees. */
export function narrowed(chunk: Buffer): Buffer {
  const found = chunk.indexOf(TYPE_QUERY);
  const result = Buffer.concat([chunk.subarray(0, found), NARROWED, chunk.subarray(found + TYPE_QUERY.length)]);
  result.writeInt32BE(chunk.readInt32BE(1) + NARROWED.length - TYPE_QUERY.length, 1);
  return result;
}

/** Whether the chunk is all of the question. */
export const isWhole = (chunk: Buffer): boolean => chunk.subarray(-SYNC.length).equals(SYNC);

/**
 * The server's answer, or only its end where it is a refusal, such as the last word of a server that is shut down: the
 * client asks by itself, nobody handles the rejection, and that would end the process.
 */
export function withoutRefusal(answer: Buffer): Buffer {
  const { frames } = wholeFrames(answer);
  return frames.some(([type]) => type === FROM_SERVER.error) ? (frames.at(-1) ?? answer) : answer;
}

/** The server's answer, as it would be; undefined where the chunk is not all of the question. */
export function answerTo(chunk: Buffer, types: ArrayTypes): Buffer | undefined {
  if (!isWhole(chunk)) return undefined;
  const rows = types === "" ? [] : types.split(" ").map(dataRow);
  return Buffer.concat([BEFORE_ROWS, ...rows, frame("C", Buffer.from(`SELECT ${rows.length}\0`)), READY_FOR_QUERY]);
}

function dataRow(pair: string): Buffer {
  const colon = pair.indexOf(":");
  const row = Buffer.alloc(15 + pair.length - 1);
  row[0] = FROM_SERVER.row;
  row.writeInt32BE(row.length - 1, 1);
  row.writeInt16BE(2, 5);
  row.writeInt32BE(colon, 7);
  row.write(pair.slice(0, colon), 11, "latin1");
  row.writeInt32BE(pair.length - colon - 1, 11 + colon);
  row.write(pair.slice(colon + 1), 15 + colon, "latin1");
  return row;
}

/** The description of a column that is an oid: of no table, four bytes long, sent as text. */
function oidColumn(name: string): Buffer {
  const rest = Buffer.alloc(18);
  rest.writeInt32BE(26, 6);
  rest.writeInt16BE(4, 10);
  rest.writeInt32BE(-1, 12);
  return Buffer.concat([Buffer.from(`${name}\0`), rest]);
}

const BEFORE_ROWS = Buffer.concat([
  frame("1", Buffer.alloc(0)),
  frame("t", Buffer.from([0, 0])),
  frame("T", Buffer.concat([Buffer.from([0, 2]), oidColumn("oid"), oidColumn("typarray")])),
  frame("2", Buffer.alloc(0)),
]);
