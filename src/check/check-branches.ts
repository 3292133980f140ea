/** Are two branches' migrations in conflict: in the chain of the snapshots, in drizzle-kit's own eyes, against the base? */
import type { Finding } from "../findings/finding.ts";
import type { NoBase } from "../git/find-base.ts";
import { type Against, againstBase, theirsOnly } from "./against-base.ts";
import { type Answer, answered, failed } from "./answer.ts";
import { inCopy } from "./kit-in-copy.ts";
import type { MigrationsFolder } from "./read-folder.ts";
import { NONE, readSnapshots, type Snapshot } from "./read-snapshots.ts";

/**
 * @param against - the folder on the base, or why that is not known
 * @param kit - whether the project has a drizzle-kit, and its configuration
 */
export async function checkBranches(
  folder: MigrationsFolder,
  against: Against | NoBase,
  kit: { readonly isThere: boolean; readonly config: string | undefined },
): Promise<Answer> {
  const untold: string[] = [];
  const findings = inChain(folder, readSnapshots(folder));
  if ("why" in against) untold.push(`nothing was compared with a base branch: ${against.why}`);
  else {
    const compared = await againstBase(folder, against);
    findings.push(...compared.findings);
    untold.push(...compared.untold);
  }
  if (!kit.isThere)
    untold.push("drizzle-kit, which is not installed, was not asked: npm install --save-dev drizzle-kit");
  else if (!findings.some(({ rule }) => rule === SAME_PARENT)) {
    const said = await askKit(folder, against, kit.config);
    if (said?.rule === "failed") return failed("branches", said.message, "npx drizzle-kit check");
    if (said) findings.push(said);
  }
  return answered("branches", findings, untold.join("\n"));
}

const SAME_PARENT = "same-parent";

/** Since 1.0, several may follow one: whether they are in each other's way, drizzle-kit knows. */
function inChain({ layout, list }: MigrationsFolder, snapshots: readonly Snapshot[]): Finding[] {
  const known = new Set([NONE, ...snapshots.map(({ id }) => id)]);
  const isWhole = list.every(({ hasSnapshot }) => hasSnapshot);
  return snapshots.flatMap(({ file, id, parents }, index): Finding[] => {
    const earlier = snapshots.slice(0, index);
    const twin = earlier.find((other) => other.id === id);
    const rival = earlier.find((other) => parents.some((parent) => other.parents.includes(parent)));
    if (layout === "journal" && rival && !twin) return [sameParent(file, rival.file)];
    if (twin) return [sameSnapshot(file, twin.file)];
    const isLost = isWhole && parents.some((parent) => !known.has(parent));
    return isLost ? [parentMissing(file)] : [];
  });
}

const sameParent = (file: string, rival: string): Finding => ({
  ...{ level: "error", rule: SAME_PARENT, file },
  message: `${file} and ${rival} follow the same snapshot: two branches each made a migration, and neither knows of the other`,
  help: "delete the younger one with its snapshot and its entry in the journal, and make it anew: npx drizzle-kit generate",
});

const sameSnapshot = (file: string, twin: string): Finding => ({
  ...{ level: "warning", rule: "same-snapshot", file },
  message: `${file} has the id of ${twin}: it is a copy`,
});

const parentMissing = (file: string): Finding => ({
  ...{ level: "warning", rule: "parent-missing", file },
  message: `${file} follows a snapshot that is not there`,
  help: "a migration before it was deleted, or its snapshot was not committed",
});

/** What drizzle-kit's check says of migrations, and not of a configuration that it can't load. */
const CONFLICT = /collision|conflict/i;
const REFUSAL = /collision|conflict|malformed|latest version|unsupported/i;

/** What drizzle-kit's own check says; since 1.0, also of what the base has and this branch has not. */
const askKit = (
  folder: MigrationsFolder,
  against: Against | NoBase,
  config: string | undefined,
): Promise<Finding | undefined> =>
  inCopy(folder.folder, config, async (copy) => {
    const added = "why" in against || folder.layout === "journal" ? [] : await theirsOnly(folder, against, copy.folder);
    const { code, words } = await copy.run("check", { dialect: "postgresql" });
    if (code === 0) return undefined;
    if (!REFUSAL.test(words))
      return { level: "error", rule: "failed", message: words || `drizzle-kit check ended with ${code}` };
    const isConflict = CONFLICT.test(words);
    const withTheirs = added.length > 0 ? `, with ${added.join(", ")} of the base` : "";
    return {
      ...{ level: "error", rule: "drizzle-kit-check" },
      message: isConflict
        ? `drizzle-kit check finds migrations in conflict${withTheirs}:`
        : "drizzle-kit check does not take the snapshots:",
      detail: words,
    };
  });
