import { describe, expect, it } from "vitest";
import {
  ALL,
  type Answer,
  askTests,
  NOTHING,
  type Question,
  type Runner,
  type TestRun,
} from "../../src/prove/ask-tests.ts";
import { withFallback } from "../../src/prove/with-fallback.ts";
import { now } from "../../src/timers.ts";

const question = (of: string, ...files: string[]): Question<string> => ({
  of,
  tries: files.map((file) => ({ replacement: { id: of, text: "select 1", sql: `select ${of}` }, file })),
});

const PASSED: TestRun = { hasPassed: true, isMet: true, ms: 1 };
const FAILED: TestRun = { hasPassed: false, isMet: true, ms: 1 };

/** Runners that note what runs when, and what each run gives. */
function runners(count: number, give: (file: string, id: string) => TestRun = () => PASSED) {
  const ran: string[] = [];
  const running = new Set<string>();
  const overlaps: string[] = [];
  const runner: Runner = {
    async run(file, { id }) {
      if (running.has(file) || (file === ALL ? running.size > 0 : running.has(ALL))) overlaps.push(file);
      running.add(file);
      ran.push(`${id} in ${file || "all"}`);
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(file);
      return give(file, id);
    },
    close: async () => {},
  };
  return { list: Array.from({ length: count }, () => runner), ran, overlaps };
}

async function ask(
  questions: readonly Question<string>[],
  list: readonly Runner[],
  deadline = Number.POSITIVE_INFINITY,
) {
  const answers: Record<string, Answer> = {};
  await askTests(questions, list, deadline, (of, answer) => {
    answers[of] = answer;
  });
  return answers;
}

describe("askTests()", () => {
  it("asks until a file notices, each file once without an alteration before", async () => {
    const { list, ran } = runners(1, (file, id) => (file === "b" && id === "x" ? FAILED : PASSED));
    expect(await ask([question("x", "a", "b", "c"), question("y", "a")], list)).toEqual({
      x: { fate: "noticed", by: "b" },
      y: { fate: "unasserted" },
    });
    expect(ran).toEqual(["none in a", "x in a", "none in b", "x in b", "y in a"]);
  });

  it("never runs a file twice at once, nor anything beside all tests, and leaves nothing unanswered", async () => {
    const { list, ran, overlaps } = runners(4);
    const files = ["a", "b", "c", ALL];
    const questions = Array.from({ length: 40 }, (_, index) =>
      question(`${index}`, files[index % 4] ?? "", files[(index * 7) % 4] ?? ""),
    );
    const answers = await ask(questions, list);
    expect(Object.keys(answers)).toHaveLength(40);
    expect(overlaps).toEqual([]);
    expect(ran).toHaveLength(4 + 80);
  });

  it("decides nothing by files that fail anyway, or do not send the query again", async () => {
    const { list } = runners(2, (file, id) => (file === "broken" ? FAILED : { ...PASSED, isMet: id === NOTHING.id }));
    const answers = await ask(
      [question("x", "broken"), question("y", "other"), question("z", "broken", "other")],
      list,
    );
    expect(answers).toEqual({
      x: { fate: "undecided", why: "broken fails when it is run again, without any alteration" },
      y: { fate: "undecided", why: "other did not send the query when it was run again" },
      z: { fate: "undecided", why: "other did not send the query when it was run again" },
    });
  });

  it("does not take a failure for noticing where the altered query was not sent", async () => {
    const { list } = runners(1, (_, id) => (id === NOTHING.id ? PASSED : { ...FAILED, isMet: false }));
    expect(await ask([question("x", "a")], list)).toMatchObject({ x: { fate: "undecided" } });
  });

  it("stops when the time is up", async () => {
    const { list, ran } = runners(1);
    expect(await ask([question("x", "a")], list, now() - 1)).toEqual({
      x: { fate: "undecided", why: "the time of --budget was up" },
    });
    expect(ran).toEqual([]);
  });

  it("fails where tests cannot be run", async () => {
    const broken: Runner = { run: () => Promise.reject(new Error("no such program")), close: async () => {} };
    await expect(ask([question("x", "a")], [broken])).rejects.toThrow("no such program");
  });
});

describe("withFallback()", () => {
  const counting = (run: () => Promise<TestRun>): Runner & { count: number } => ({
    count: 0,
    run() {
      this.count++;
      return run();
    },
    close: async () => {},
  });
  const { replacement } = question("x", "a").tries[0] as Question<string>["tries"][number];

  it("goes to the command where the quick runner cannot start", async () => {
    const [quick, command] = [counting(() => Promise.reject(new Error("no"))), counting(async () => PASSED)];
    const runner = withFallback(quick, command);
    expect(await runner.run("a", NOTHING, 1)).toBe(PASSED);
    expect(await runner.run("a", replacement, 1)).toBe(PASSED);
    expect([quick.count, command.count]).toEqual([1, 2]);
  });

  it("and where a file fails there without an alteration, but not where one with an alteration does", async () => {
    const [quick, command] = [counting(async () => FAILED), counting(async () => PASSED)];
    const runner = withFallback(quick, command);
    expect(await runner.run("a", replacement, 1)).toBe(FAILED);
    expect(await runner.run("a", NOTHING, 1)).toBe(PASSED);
    expect([quick.count, command.count]).toEqual([2, 1]);
  });

  it("fails as the command does", async () => {
    const broken = (): Runner => counting(() => Promise.reject(new Error("no")));
    await expect(withFallback(broken(), broken()).run("a", NOTHING, 1)).rejects.toThrow("no");
  });
});
