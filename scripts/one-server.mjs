/**
 * How many units a second one server gives to 1, 2, 4 … processes, and what it waits for meanwhile: each process leases,
 * asks one query and disposes, without a pause. `npm run build` first; TEST_DB_URL names the server, which should be idle.
 *
 *   node scripts/one-server.mjs [--processes 1,2,4,8,16,32] [--seconds 6] [--rounds 3] [--folder packages/catalog/drizzle]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import postgres from "postgres";
import { withTestDb } from "with-test-db";

const { values } = parseArgs({
  options: {
    processes: { type: "string", default: "1,2,4,8,16,32" },
    seconds: { type: "string", default: "6" },
    rounds: { type: "string", default: "3" },
    folder: { type: "string", default: "packages/catalog/drizzle" },
    child: { type: "boolean", default: false },
  },
});
process.env.TEST_DB_IT = "1";
const options = { schema: {}, migrationsFolder: resolve(values.folder) };
const oneLife = () => withTestDb(options, ({ client }) => client`select current_schema()`);

if (values.child) await live();
else await measure();

/** Says that it is warm, lives from a word on until another, and tells how often, and what it took of the processor. */
async function live() {
  process.on("disconnect", () => process.exit()).on("error", () => process.exit());
  for (let n = 0; n < 5; n++) await oneLife();
  let stopped = false;
  process.on("message", (word) => {
    stopped = word === "stop";
  });
  process.send("warm");
  await once(process, "message");
  const before = process.cpuUsage();
  const lives = [];
  while (!stopped) {
    const began = performance.now();
    await oneLife();
    lives.push(performance.now() - began);
  }
  const { user, system } = process.cpuUsage(before);
  process.send({ lives, cpu: (user + system) / 1e6 });
  process.disconnect();
}

async function measure() {
  await withTestDb(options, async (unit) => {
    const sql = postgres(unit.url, { max: 1, connection: { application_name: "one-server" } });
    console.log(`${(await sql`select version()`)[0].version.split(" on ")[0]}; ${cpus().length} × ${cpus()[0]?.model}`);
    console.log(
      "processes | units/s: median (least to most) | a life, ms: median, p95 | cores: processes + server | of a processor for a unit, ms | connections | waits",
    );
    for (const count of values.processes.split(",").map(Number)) {
      const rounds = [];
      for (let n = 0; n < Number(values.rounds); n++) rounds.push(await round(sql, count));
      const rates = rounds.map(({ rate }) => rate).sort((a, b) => a - b);
      const lives = rounds.flatMap(({ lives }) => lives).sort((a, b) => a - b);
      const mean = (key) => rounds.reduce((sum, found) => sum + found[key], 0) / rounds.length;
      const perUnit = (key) => ((1000 * mean(key)) / mean("rate")).toFixed(1);
      const waits = new Map();
      for (const found of rounds) for (const [name, n] of found.waits) waits.set(name, (waits.get(name) ?? 0) + n);
      const samples = rounds.reduce((sum, { samples }) => sum + samples, 0);
      const top = [...waits].sort(([, a], [, b]) => b - a).slice(0, 5);
      console.log(
        [
          count,
          `${at(rates, 0.5).toFixed(0)} (${at(rates, 0).toFixed(0)} to ${at(rates, 1).toFixed(0)})`,
          `${at(lives, 0.5).toFixed(1)}, ${at(lives, 0.95).toFixed(1)}`,
          `${mean("ours").toFixed(2)} + ${mean("server").toFixed(2)}`,
          `${perUnit("ours")} + ${perUnit("server")}`,
          Math.max(...rounds.map(({ connections }) => connections)),
          top.map(([name, n]) => `${name} ${(n / samples).toFixed(1)}`).join(", "),
        ].join(" | "),
      );
    }
    await sql.end();
  });
}

async function round(sql, count) {
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, [fileURLToPath(import.meta.url), "--child", "--folder", values.folder], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    }),
  );
  for (const child of children) {
    child.once("exit", (code) => {
      if (code) process.exit(1);
    });
  }
  try {
    await Promise.all(children.map((child) => once(child, "message")));
    const [{ pid }] = await sql`select pg_backend_pid() as pid`;
    const before = serverSeconds(pid);
    const began = performance.now();
    for (const child of children) child.send("go");
    const waits = new Map();
    let [samples, connections] = [0, 0];
    while (performance.now() - began < Number(values.seconds) * 1000) {
      await sleep(50);
      const rows =
        await sql`select state, coalesce(wait_event_type || ':' || wait_event, 'on a processor, or waiting for one') as event
        from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`;
      samples++;
      connections = Math.max(connections, rows.length);
      for (const { state, event } of rows) if (state === "active") waits.set(event, (waits.get(event) ?? 0) + 1);
    }
    const results = children.map((child) => once(child, "message"));
    for (const child of children) child.send("stop");
    const seconds = (performance.now() - began) / 1000;
    const server = (serverSeconds(pid) - before) / seconds;
    const told = (await Promise.all(results)).map(([result]) => result);
    const lives = told.flatMap((result) => result.lives);
    const ours = told.reduce((sum, { cpu }) => sum + cpu, 0) / seconds;
    return { rate: lives.length / seconds, lives, ours, server, waits, samples, connections };
  } finally {
    for (const child of children) child.kill();
  }
}

/**
 * What a server on this machine has taken of the processors, in seconds: its postmaster with all that it has waited for,
 * and its processes that are alive. NaN where it can't be seen.
 */
function serverSeconds(backend) {
  try {
    const stat = (pid) =>
      readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ")
        .map(Number);
    const [, postmaster] = stat(backend);
    const alive = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, "utf8").split(" ").filter(Boolean);
    const ofChild = (pid) => {
      try {
        const [utime, stime] = stat(pid).slice(11);
        return utime + stime;
      } catch {
        return 0; // it has just ended
      }
    };
    const [utime, stime, cutime, cstime] = stat(postmaster).slice(11);
    const TICKS = 100;
    return alive.map(ofChild).reduce((sum, ticks) => sum + ticks, utime + stime + cutime + cstime) / TICKS;
  } catch {
    return Number.NaN;
  }
}

function at(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
