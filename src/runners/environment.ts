/** Environment variables that lead an application to a unit, and back to what they were. */
import { TestDbError } from "../errors.ts";

/** A part of a connection URL. */
export type UrlPart = "url" | "host" | "port" | "user" | "password" | "database";

/** A variable that gets the URL, or variables with the part that each of them gets. */
export type Environment = string | Readonly<Record<string, UrlPart>>;

const PARTS: Readonly<Record<UrlPart, (url: URL, href: string) => string>> = {
  url: (_, href) => href,
  // the directory of a Unix socket is a parameter
  host: (url) => url.searchParams.get("host") ?? url.hostname.replace(/^\[|\]$/g, ""),
  port: (url) => url.port || "5432",
  user: (url) => decodeURIComponent(url.username),
  password: (url) => decodeURIComponent(url.password),
  database: (url) => decodeURIComponent(url.pathname.slice(1)),
};

/** Whether a text is the name of a part. */
export const isUrlPart = (text: string): text is UrlPart => Object.hasOwn(PARTS, text);

/** @throws TestDbError `OPTION_INVALID` */
export function environmentOf(env: Environment | undefined): Readonly<Record<string, UrlPart>> {
  if (env === undefined) return {};
  if (typeof env === "string" && env !== "") return { [env]: "url" };
  const isMap =
    typeof env === "object" && env !== null && Object.values(env).every((part) => Object.hasOwn(PARTS, part));
  if (isMap) return env;
  throw new TestDbError("OPTION_INVALID", {
    what: `env must be a variable's name, or { NAME: ${Object.keys(PARTS)
      .map((part) => JSON.stringify(part))
      .join(" | ")} }`,
  });
}

/**
 * Sets the variables. Returns what puts them back.
 *
 * @param environment - the application's: jest gives each file of tests one of its own
 */
export function setEnvironment(
  environment: NodeJS.ProcessEnv,
  variables: Readonly<Record<string, UrlPart>>,
  href: string,
): () => void {
  const url = new URL(href);
  const before = Object.keys(variables).map((name) => [name, environment[name]] as const);
  for (const [name, part] of Object.entries(variables)) environment[name] = PARTS[part](url, href);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete environment[name];
      else environment[name] = value;
    }
  };
}
