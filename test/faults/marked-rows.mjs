/**
 * One process of many: takes units, writes rows with a mark of its own into every table of each, over several
 * connections, by every way that a schema offers, and says what it found at first and in the end.
 */
import assert from "node:assert/strict";
import postgres from "postgres";
import { withTestDb } from "with-test-db";

const [url, migrationsFolder, who, count, width, kind] = process.argv.slice(2);
const TABLES = ["notes", "entries", "audit", "tags"];
const SEED = "seed";

/** Every mark in the unit, table by table; what a view and functions say of them must be the same. */
async function marksIn(sql) {
  const found = {};
  for (const table of TABLES) {
    found[table] = (await sql`select mark from ${sql(table)} order by id`).map(({ mark }) => mark);
  }
  const viewed = await sql`select count(*)::int as n from everything`;
  const counted = await sql`select count_everything() as n, count_notes_atomic() as notes`;
  const total = Object.values(found).flat().length;
  assert.deepEqual([viewed[0].n, counted[0].n, counted[0].notes], [total, total, found.notes.length]);
  return found;
}

const pristine = { notes: [SEED, SEED], entries: [], audit: [], tags: [SEED] };

async function write(sql, mark) {
  const [note] = await sql`insert into notes (mark, kind) values (${mark}, 'fresh') returning id, kind, ticket`;
  assert.equal(note.kind, "fresh");
  await sql`select add_entry(${mark})`;
  await sql.begin(async (transaction) => {
    await transaction`insert into tags (mark, name) values (${mark}, ${`tag of ${mark}, ${note.id}`})`;
    await transaction`update notes set kind = 'stale' where id = ${note.id}`;
    await transaction`select add_entry_dynamically(${mark})`;
  });
  return note;
}

async function writeAll(writers, mark) {
  const notes = await Promise.all(writers.map((sql) => write(sql, mark)));
  // two were the migrations'; a number too many would be a neighbour's
  assert.deepEqual(notes.map(({ id }) => id).sort(), [3, 4, 5]);
  assert.deepEqual(notes.map(({ ticket }) => Number(ticket)).sort(), [102, 103, 104]);
  return {
    notes: [...pristine.notes, mark, mark, mark],
    entries: Array(6).fill(mark),
    // each insert and each update of a note
    audit: Array(6).fill(mark),
    tags: [SEED, mark, mark, mark],
  };
}

/** Where the migrations left no rows: a database can be used again then. */
async function writeEntries(writers, mark) {
  const rows = await Promise.all(writers.map((sql) => sql`insert into entries (mark) values (${mark}) returning id`));
  assert.deepEqual(rows.map(([{ id }]) => id).sort(), [1, 2, 3]);
  return { ...pristine, entries: Array(3).fill(mark) };
}

async function useUnit(index) {
  const mark = `${who}.${index}`;
  const isolation = kind === "databases" || index === Number(count) - 1 ? "database" : "schema";
  const unit = await withTestDb({ schema: {}, url, migrationsFolder, isolation, client: { max: 2 } });
  // as an application under test would connect
  const application = postgres(unit.url, { max: 1, onnotice: () => {} });
  try {
    assert.deepEqual(await marksIn(application), pristine, "at first");
    const writers = [unit.client, unit.client, application];
    const expected = await (isolation === "schema" || index % 2 === 0 ? writeAll : writeEntries)(writers, mark);
    assert.deepEqual(await marksIn(unit.client), expected, "in the end");
    assert.deepEqual(await marksIn(application), expected, "over another connection");
    const [place] = await (isolation === "schema"
      ? unit.client`select to_regclass('notes')::oid as number`
      : unit.client`select oid as number from pg_database where datname = current_database()`);
    return { name: unit.schemaName ?? unit.databaseName, isolation, number: place.number };
  } finally {
    await application.end();
    await unit.dispose();
  }
}

const used = [];
let next = 0;
const lane = async () => {
  while (next < Number(count)) used.push(await useUnit(next++));
};
await Promise.all(Array.from({ length: Number(width) }, lane));
process.stdout.write(JSON.stringify(used));
