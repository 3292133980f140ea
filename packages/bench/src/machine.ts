/** What the figures depend on, as far as a reader needs it. */
import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, platform, totalmem } from "node:os";
import { dirname, join } from "node:path";

export function describeMachine(servers: readonly string[]): Record<string, string> {
  return {
    processor: `${cpus()[0]?.model.trim() ?? "?"}, ${availableParallelism()} cores`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    system: `${platform()} ${arch()}`,
    "Node.js": process.versions.node,
    PostgreSQL: servers.join(", "),
    "drizzle-orm": versionOf("drizzle-orm"),
    postgres: versionOf("postgres"),
    vitest: versionOf("vitest"),
  };
}

/** The nearest one; packages don't all let their package.json be imported. */
function versionOf(name: string, from: string = import.meta.dirname): string {
  try {
    const text = readFileSync(join(from, "node_modules", name, "package.json"), "utf8");
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    return dirname(from) === from ? "not found" : versionOf(name, dirname(from));
  }
}
