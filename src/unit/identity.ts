/** Whom an application acts as, as `as()` is told it: checked once, so that a part that is misspelt is not left out in silence. */
import { TestDbError, wordsOf } from "../errors.ts";
import { nearest } from "../nearest.ts";

/** A role, claims and settings, for the length of a transaction. */
export interface Identity {
  /** A role: its name, or what Drizzle's `pgRole()` made. `@default` the one that the connection has */
  readonly role?: string | { readonly name: string };
  /**
   * The claims of a JSON Web Token, which `auth.uid()` and its like read: the setting `request.jwt.claims`, as JSON. Where they say no
   * `role`, the role's name is added, as in the tokens of Supabase and Neon. `@default` none
   */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Settings by their names, such as `app.tenant_id`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
}

/** The same, with a role's name. */
export interface CheckedIdentity {
  readonly role: string | undefined;
  readonly claims: Identity["claims"] | undefined;
  readonly settings: NonNullable<Identity["settings"]>;
}

const PARTS = ["role", "claims", "settings"];

/** @throws TestDbError `OPTION_INVALID`, `ROLE_MISSING` */
export function checkedIdentity(given: Identity): CheckedIdentity {
  if (!isObject(given)) throw invalid("as() takes { role, claims, settings }, and a function");
  for (const name of Object.keys(given)) {
    if (PARTS.includes(name)) continue;
    const meant = nearest(name, PARTS);
    const why = meant ? `did you mean ${JSON.stringify(meant)}?` : `it takes ${PARTS.join(", ")}`;
    throw invalid(`as() takes no ${JSON.stringify(name)}`, why);
  }
  const { claims, settings = {} } = given;
  for (const [name, part] of Object.entries({ claims, settings })) {
    if (part !== undefined && !isObject(part)) throw invalid(`${name} of as() must be an object`);
  }
  for (const [name, value] of Object.entries(settings)) {
    if (!["string", "number", "boolean"].includes(typeof value))
      throw invalid(`The setting ${JSON.stringify(name)} of as() must be a string, a number or a boolean`);
  }
  try {
    JSON.stringify(claims);
  } catch (error) {
    throw invalid("claims of as() must be what JSON can hold", wordsOf(error));
  }
  return { role: roleName(given.role), claims, settings };
}

function roleName(role: unknown): string | undefined {
  if (role === undefined) return undefined;
  const name = isObject(role) ? (role as { readonly name?: unknown }).name : role;
  if (typeof name !== "string" || name === "")
    throw invalid("role of as() must be a role's name, or what pgRole() made");
  if (name !== "none") return name;
  throw new TestDbError("ROLE_MISSING", {
    what: "as() can't take the role none",
    why: "no role can have that name: for Postgres it says that the connection's own role is meant, to which policies may not apply",
    next: 'leave role out; or as({ role: "…" }, …), with the role that the application has',
  });
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

const invalid = (what: string, why?: string): TestDbError => new TestDbError("OPTION_INVALID", { what, why });
