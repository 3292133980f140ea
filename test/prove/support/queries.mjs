/** Queries of an application, by one driver or the other; prints what they gave, and what the session has in the end. */
import { createRequire } from "node:module";

const [, , url, driver] = process.argv;
const require = createRequire(new URL("../../../package.json", import.meta.url));

/** [texts with their parameters] of one transaction after the other; what fails is undone to the savepoint before. */
const STEPS = [
  [["select id, name from notes where name = $1 order by id", ["a"]]],
  [["insert into notes (name) values ($1) returning id, name", ["c"]]],
  [
    ["update notes set name = $1 where id > $2", ["b", 1]],
    ["insert into notes (id, name) values ($1, $2)", [1, "twice"]],
    ["insert into notes (name) values ($1) on conflict do nothing", ["d"]],
    ["select count(*)::int as count from notes", []],
  ],
  [["delete from notes where name = $1 returning id", ["d"]]],
  [["select dice() < 2 as is_small, dice() as value from notes where id < $1", [3]]],
  [["select name from notes where id = any($1) or name = $2", [[1, 2], 'it\'s "\\quoted"']]],
  [["select id from notes where made_at < $1 and flags = $2", [new Date("2100-01-01"), [true, null]]]],
  [["select id from notes for update", []]],
];
const LAST = `select (select last_value from notes_id_seq)::int as last, current_setting('statement_timeout') as timeout,
  current_setting('lock_timeout') as lock, (select count(*)::int from pg_prepared_statements where name like 'with_test_db%') as prepared`;

const shown = (rows) => rows.map((row) => ("value" in row ? { ...row, value: 0 } : row));

const results = driver === "pg" ? await byNodePostgres() : await byPostgresJs();
process.stdout.write(JSON.stringify(results));

async function byPostgresJs() {
  const sql = require("postgres")(url, { max: 1, onnotice: () => {} });
  const results = [];
  for (const step of STEPS) {
    await sql.begin(async (tx) => {
      for (const [text, values] of step) {
        const ran = tx.savepoint(async (inner) => shown([...(await inner.unsafe(text, values))]));
        results.push(await ran.catch(({ code }) => code));
      }
    });
  }
  const [first] = STEPS[0];
  // not in a transaction, and several at once
  results.push(...(await Promise.all([1, 2, 3].map(async () => [...(await sql.unsafe(...first))]))));
  results.push([...(await sql.unsafe(LAST))]);
  await sql.end();
  return results;
}

async function byNodePostgres() {
  const { Client } = require("pg");
  const client = new Client(url);
  await client.connect();
  const results = [];
  for (const step of STEPS) {
    await client.query("begin");
    for (const [text, values] of step) {
      await client.query("savepoint here");
      try {
        results.push(shown((await client.query(text, values)).rows));
      } catch ({ code }) {
        results.push(code);
        await client.query("rollback to here");
      }
    }
    await client.query("commit");
  }
  const [first] = STEPS[0];
  const several = await Promise.all(
    [1, 2, 3].map(() => client.query({ name: "by_name", text: first[0], values: first[1] })),
  );
  results.push(...several.map(({ rows }) => rows), (await client.query(LAST)).rows);
  await client.end();
  return results;
}
