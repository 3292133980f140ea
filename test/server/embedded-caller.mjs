/**
 * A process that asks for the embedded server, and prints the port or the error. Node 20 cannot run the sources, so the caller
 * takes the chunk of the built library.
 *
 * Arguments: the directories in which home directories may be.
 */
import { readdirSync } from "node:fs";

const dist = new URL("../../dist/", import.meta.url);
const chunks = readdirSync(dist).filter((name) => /^ensure-embedded-.*\.mjs$/.test(name));
const modules = await Promise.all(chunks.map((name) => import(new URL(name, dist).href)));
const { ensureEmbedded } = modules.find((module) => "ensureEmbedded" in module);

try {
  const { port } = await ensureEmbedded(process.argv.slice(2));
  process.stdout.write(String(port));
} catch (error) {
  process.stdout.write(error.message);
  process.exitCode = 1;
}
