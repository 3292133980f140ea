/**
 * The same as drizzle-kit.config.ts for drizzle-kit 1.0, which loads TypeScript for its configuration alone: only what a
 * configuration in TypeScript imports is loaded in the same way. It is copied, as it is, to where it is loaded.
 */
import { writeFileSync } from "node:fs";

type Config = Readonly<Record<string, unknown>>;

const { WITH_TEST_DB_CONFIG: file, WITH_TEST_DB_OVERRIDES: overrides, WITH_TEST_DB_TELL: tell } = process.env;

const loaded: Config & { readonly default?: Config } = file ? await import(file) : {};
// 1.0 awaits one that is a promise
const config: Config = await (loaded.default ?? loaded);
// what can be spread and holds nothing would pass for a configuration without a word
if (typeof config !== "object" || config === null) throw new Error(`${file} exports a ${typeof config}, and no object`);
if (tell) writeFileSync(tell, JSON.stringify(config));

const changed: Config = { ...config, ...JSON.parse(overrides ?? "{}") };
export default changed;
