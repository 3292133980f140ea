/**
 * The configuration that drizzle-kit is given by run-drizzle-kit.ts: the project's own, loaded as drizzle-kit loads it, with
 * some of it replaced. It is told by the environment, since drizzle-kit hands nothing on; a URL there is in no file.
 */
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";

type Config = Readonly<Record<string, unknown>>;

const { WITH_TEST_DB_CONFIG: file, WITH_TEST_DB_OVERRIDES: overrides, WITH_TEST_DB_TELL: tell } = process.env;

const loaded: Config & { readonly default?: Config } = file ? createRequire(file)(file) : {};
const config: Config = loaded.default ?? loaded;
// what can be spread and holds nothing would pass for a configuration without a word
if (typeof config !== "object" || config === null || "then" in config) {
  throw new Error(`${file} exports ${typeof config === "object" ? "a promise" : `a ${typeof config}`}, and no object`);
}
if (tell) writeFileSync(tell, JSON.stringify(config));

const changed: Config = { ...config, ...JSON.parse(overrides ?? "{}") };
export default changed;
