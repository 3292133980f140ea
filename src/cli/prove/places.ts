/** Where the drivers of a project are. */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { glob } from "tinyglobby";

/** Packages of the project that name a driver: in a monorepo, each may have its own. */
export async function placesOfDrivers(): Promise<string[]> {
  const files = await glob("**/package.json", {
    ignore: ["**/node_modules/**"],
    expandDirectories: false,
    absolute: true,
  });
  return [process.cwd(), ...files.filter(namesDriver).map((file) => dirname(file))];
}

function namesDriver(file: string): boolean {
  try {
    const { dependencies, devDependencies, peerDependencies } = JSON.parse(readFileSync(file, "utf8"));
    const all = { ...dependencies, ...devDependencies, ...peerDependencies };
    return "postgres" in all || "pg" in all;
  } catch {
    // of a template, or a test's
    return false;
  }
}
