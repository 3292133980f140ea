/**
 * All checks, one after another: of what a suite needs, whether it is there. Each works where anything else is missing, so that
 * what needs a package of the project's is loaded only when it is asked for.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Session } from "../connections/session.ts";
import { loadDriver } from "../drivers/load-driver.ts";
import type { Migrations } from "../migrations/read-migrations.ts";
import { namedTarget, type ServerChoice } from "../server/resolve-server.ts";
import type { Target } from "../target/target.ts";
import { checkEmbedded } from "./embedded.ts";
import { checkEnvironment, namesInEnvFile } from "./environment.ts";
import { type Finding, problemOf, unfinished } from "./finding.ts";
import { checkFlag } from "./flag.ts";
import { checkMigrations } from "./migrations.ts";
import { checkPackages } from "./packages.ts";
import { checkTurbo } from "./turbo.ts";

export interface Subject {
  /** The project's. */
  readonly folder: string;
  readonly server: ServerChoice;
  readonly environment: NodeJS.ProcessEnv;
  /** Finds the folder of the migrations. */
  findMigrations(): Promise<string>;
  /** Whether a server may be started, and a home built. */
  readonly build: boolean;
}

export interface Section {
  readonly about: string;
  readonly findings: readonly Finding[];
}

/** @param now - is told what is looked at */
export async function examine(subject: Subject, now: (doing: string) => void): Promise<readonly Section[]> {
  const { folder, environment, build } = subject;
  const sections: Section[] = [];
  const look = async (about: string, check: () => Finding[] | Promise<readonly Finding[]>): Promise<void> => {
    now(`looking at ${about}`);
    const findings = await Promise.resolve()
      .then(check)
      .catch((error: unknown) => [unfinished(error)]);
    // what stands in the way of several checks is said once
    const isNew = ({ what }: Finding): boolean =>
      !sections.some((said) => said.findings.some((other) => other.what === what));
    const news = findings.filter(isNew);
    if (news.length > 0) sections.push({ about, findings: news });
  };
  let migrations: Migrations | undefined;
  let session: Session | undefined;
  try {
    await look("the flag", () => checkFlag(environment, scriptsOf(folder), namesInEnvFile(folder)));
    await look("the environment", () => checkEnvironment(folder, environment));
    await look("turbo", () => checkTurbo(folder, environment));
    await look("packages", () => checkPackages(folder));
    await look("migrations", async () => {
      const checked = await checkMigrations(() => subject.findMigrations());
      migrations = checked.migrations;
      return checked.findings;
    });
    await look("the server", async () => {
      const { findings, target } = await findServer(subject);
      if (!target) return findings;
      session = await openSession(target);
      const { checkServer } = await import("./server.ts");
      return [...findings, ...(await checkServer(session, availableParallelism(), relationsOf(migrations)))];
    });
    const [open, known] = [session, migrations] as [Session | undefined, Migrations | undefined];
    if (open && known) {
      await look("schemas or databases", async () => {
        const { buildHomeOf, checkIsolation } = await loadDriver(() => import("./isolation.ts"));
        if (build) await buildHomeOf(open, known);
        return checkIsolation(open, known);
      });
    }
    if (open) await look("what is left behind", async () => (await import("./left-behind.ts")).checkLeftBehind(open));
    return sections;
  } finally {
    await session?.close();
  }
}

interface FoundServer {
  readonly findings: readonly Finding[];
  readonly target?: Target | undefined;
}

async function findServer({ server, build }: Subject): Promise<FoundServer> {
  try {
    const named = namedTarget(server);
    if (named) return { findings: [], target: named };
  } catch (error) {
    return { findings: [problemOf(error)] };
  }
  const checked = await loadDriver(checkEmbedded);
  if (checked.target || !build || checked.findings.some(({ level }) => level === "problem")) return checked;
  const { ensureEmbedded } = await import("../server/ensure-embedded.ts");
  return { findings: checked.findings.slice(1), target: await ensureEmbedded() };
}

const openSession = (target: Target): Promise<Session> =>
  loadDriver(async () => (await import("../connections/session.ts")).openSession(target, {}, { deadline: 0 }));

function scriptsOf(folder: string): Readonly<Record<string, string>> {
  try {
    return (
      (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { scripts?: Record<string, string> })
        .scripts ?? {}
    );
  } catch {
    return {}; // there is none; or the package manager says what is wrong with it
  }
}

/** A table comes with a TOAST table, its index and most often a primary key's; a serial column with a sequence. */
function relationsOf(migrations: Migrations | undefined): number {
  const text = migrations?.list.map((migration) => migration.text).join("\n") ?? "";
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  return (
    4 * count(/\bcreate\s+table\b/gi) + count(/\bcreate\s+(unique\s+)?index\b|\bserial\b|\bas identity\b|\bunique\b/gi)
  );
}
