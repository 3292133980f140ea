/**
 * Postgres prints some expressions in another way once they were read back: `IN` over varchars gains casts, for one. So
 * where texts differ, the blueprint's own definition is made once more beside the unit's, in a transaction that is
 * rolled back: only if it settles on the very text that the unit has are the two the same.
 */

import { type Retargeting, retargetDefinition } from "../blueprint/retarget.ts";
import type { CatalogObject } from "../catalog/read-catalog.ts";
import type { Session } from "../connections/session.ts";
import { ident } from "../sql/identifiers.ts";
import { identifierName, tokenize } from "../sql/lexer.ts";
import { postgresError } from "../sql/sqlstate.ts";
import { type Fields, namesRealObject } from "./definitions.ts";

/** A pair of objects whose definitions differ in text. */
export interface Suspect {
  readonly object: CatalogObject;
  readonly blueprint: Fields;
  readonly unit: Fields;
  /** The fields that differ. */
  readonly fields: readonly string[];
}

/** What makes the blueprint's definition again, and what reads it back: one row with the fields as columns. */
interface Trial {
  readonly make: string;
  readonly read: string;
  readonly parameters: readonly string[];
}

/** What a SAVEPOINT outside of a transaction is refused with. */
const NO_ACTIVE_TRANSACTION = "25P01";
const SCRATCH = ident("it_settle");

/** The suspects that are the same after all. Works inside the session's transaction if it has one. */
export async function settle(unit: Session, suspects: readonly Suspect[], names: Retargeting): Promise<Set<Suspect>> {
  const same = new Set<Suspect>();
  const trials = suspects.flatMap((suspect) => {
    const trial = trialOf(suspect, names);
    return trial ? [{ suspect, trial }] : [];
  });
  if (trials.length === 0) return same;
  const undo = await begin(unit);
  try {
    await unit.script("set local check_function_bodies = off; set local client_min_messages = error");
    for (const { suspect, trial } of trials) {
      await unit.script("savepoint it_settle_one");
      if (await settlesAlike(unit, suspect, trial, names)) same.add(suspect);
      await unit.script("rollback to savepoint it_settle_one");
    }
  } finally {
    await unit.script(undo);
  }
  return same;
}

/** Begins what is to be undone, and returns what undoes it. */
async function begin(unit: Session): Promise<string> {
  try {
    await unit.script("savepoint it_settle");
    return "rollback to savepoint it_settle; release savepoint it_settle";
  } catch (error) {
    if (postgresError(error)?.code !== NO_ACTIVE_TRANSACTION) throw error;
    await unit.script("begin");
    return "rollback";
  }
}

async function settlesAlike(unit: Session, suspect: Suspect, trial: Trial, names: Retargeting): Promise<boolean> {
  try {
    await unit.script(trial.make);
    const [settled] = await unit.rows(trial.read, trial.parameters);
    return suspect.fields.every((field) => {
      const text = suspect.unit[field];
      return typeof text === "string" && settled?.[field] === text && !namesRealObject(text, names);
    });
  } catch {
    // it can't even be made there: that is a difference, and reported as one
    return false;
  }
}

/** How to try it, where Postgres may print the fields that differ in more than one way. */
function trialOf({ object, blueprint, unit, fields }: Suspect, names: Retargeting): Trial | undefined {
  const settles = SETTLING[object.kind];
  if (!settles || !fields.every((field) => settles.fields.includes(field))) return undefined;
  const definition = (field: string): string => retargetDefinition(String(blueprint[field]), names);
  if (fields.some((field) => typeof blueprint[field] !== "string" || typeof unit[field] !== "string")) return undefined;
  const [whole = "", part = ""] = nameParts(object.name);
  const schema = ident(names.to);
  return settles.trial({
    schema,
    whole: `${schema}.${whole}`,
    part,
    has: (field) => fields.includes(field),
    definition,
    parent: typeof unit["parent"] === "string" ? unit["parent"] : undefined,
    text: (field) => (typeof blueprint[field] === "string" ? definition(field) : undefined),
  });
}

interface Parts {
  /** The unit, quoted. */
  readonly schema: string;
  /** The relation or type that it is or belongs to, qualified. */
  readonly whole: string;
  /** Its own name, quoted, where it belongs to something. */
  readonly part: string;
  /** The same on the table that this one is a partition of. */
  readonly parent: string | undefined;
  has(field: string): boolean;
  definition(field: string): string;
  text(field: string): string | undefined;
}

const constraintTrial = (what: "table" | "domain") => {
  const [column, catalog] = what === "table" ? ["conrelid", "regclass"] : ["contypid", "regtype"];
  return ({ whole, definition }: Parts): Trial | undefined => {
    const text = definition("definition");
    if (!/^(CHECK|EXCLUDE)/.test(text)) return undefined;
    // rows need no look; and a domain inside of a composite type can't be looked at
    const unlooked = text.startsWith("CHECK") && !text.endsWith(" NOT VALID");
    const read = "pg_get_constraintdef(oid)";
    return {
      make: `alter ${what} ${whole} add constraint ${SCRATCH} ${text}${unlooked ? " not valid" : ""}`,
      read: `select ${unlooked ? `regexp_replace(${read}, ' NOT VALID$', '')` : read} as definition from pg_constraint where ${column} = $1::text::${catalog} and conname = 'it_settle'`,
      parameters: [whole],
    };
  };
};

const viewTrial = ({ schema, definition }: Parts): Trial => ({
  make: `create view ${schema}.${SCRATCH} as ${definition("query")}`,
  read: "select pg_get_viewdef($1::text::regclass) as query",
  parameters: [`${schema}.${SCRATCH}`],
});

const routineTrial = (what: "function" | "procedure") => {
  return ({ schema, definition, text }: Parts): Trial => {
    const returns = what === "function" ? `returns ${definition("returns")}` : "";
    const body = text("sqlBody");
    return {
      make: `create ${what} ${schema}.${SCRATCH}(${definition("arguments")}) ${returns} language ${
        body === undefined ? "plpgsql as 'begin end'" : `sql ${body}`
      }`,
      read: `select pg_get_function_arguments(oid) as arguments, pg_get_function_sqlbody(oid) as "sqlBody"
        from pg_proc where pronamespace = $1::text::regnamespace and proname = 'it_settle'`,
      parameters: [schema],
    };
  };
};

const columnTrial = ({ schema, whole, part, has, definition }: Parts): Trial => {
  if (has("default")) {
    return {
      make: `alter table ${whole} alter column ${part} set default ${definition("default")}`,
      read: `select pg_get_expr(d.adbin, d.adrelid) as default from pg_attrdef d
        join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
        where d.adrelid = $1::text::regclass and quote_ident(a.attname) = $2::text`,
      parameters: [whole, part],
    };
  }
  const kind = definition("generatedAs") === "v" ? "virtual" : "stored";
  return {
    make: `create table ${schema}.${SCRATCH} (like ${whole});
      alter table ${schema}.${SCRATCH} drop column ${part};
      alter table ${schema}.${SCRATCH} add column ${part} ${definition("type")} generated always as (${definition("generated")}) ${kind}`,
    read: "select pg_get_expr(adbin, adrelid) as generated from pg_attrdef where adrelid = $1::text::regclass",
    parameters: [`${schema}.${SCRATCH}`],
  };
};

/** Kinds with expressions in them: which fields hold those, and how to try one. */
const SETTLING: Readonly<
  Record<string, { readonly fields: readonly string[]; readonly trial: (parts: Parts) => Trial | undefined }>
> = {
  column: { fields: ["default", "generated"], trial: columnTrial },
  constraint: { fields: ["definition"], trial: constraintTrial("table") },
  "domain constraint": { fields: ["definition"], trial: constraintTrial("domain") },
  domain: {
    fields: ["default"],
    trial: ({ whole, definition }) => ({
      make: `alter domain ${whole} set default ${definition("default")}`,
      read: "select pg_get_expr(typdefaultbin, 'pg_type'::regclass) as default from pg_type where oid = $1::text::regtype",
      parameters: [whole],
    }),
  },
  view: { fields: ["query"], trial: viewTrial },
  "materialized view": { fields: ["query"], trial: viewTrial },
  function: { fields: ["arguments", "sqlBody"], trial: routineTrial("function") },
  procedure: { fields: ["arguments", "sqlBody"], trial: routineTrial("procedure") },
  index: {
    fields: ["definition"],
    trial: ({ whole, definition }) => ({
      make: `alter index ${whole} rename to ${SCRATCH}; ${definition("definition")}`,
      read: "select pg_get_indexdef($1::text::regclass) as definition",
      parameters: [whole],
    }),
  },
  trigger: {
    fields: ["definition"],
    trial: ({ whole, part, parent, definition }) => ({
      // a partition's trigger comes and goes with its parent's
      make: `${parent === undefined ? `drop trigger ${part} on ${whole}` : `alter table ${parent} detach partition ${whole}`}; ${definition("definition")}`,
      read: "select pg_get_triggerdef(oid) as definition from pg_trigger where tgrelid = $1::text::regclass and quote_ident(tgname) = $2::text",
      parameters: [whole, part],
    }),
  },
  rule: {
    fields: ["definition"],
    trial: ({ whole, part, definition }) => ({
      make: `drop rule ${part} on ${whole}; ${definition("definition")}`,
      read: "select pg_get_ruledef(oid) as definition from pg_rewrite where ev_class = $1::text::regclass and quote_ident(rulename) = $2::text",
      parameters: [whole, part],
    }),
  },
  policy: {
    fields: ["using", "check"],
    trial: ({ whole, part, has, definition }) => ({
      make: `alter policy ${part} on ${whole}${has("using") ? ` using (${definition("using")})` : ""}${has("check") ? ` with check (${definition("check")})` : ""}`,
      read: `select pg_get_expr(polqual, polrelid) as "using", pg_get_expr(polwithcheck, polrelid) as "check"
        from pg_policy where polrelid = $1::text::regclass and quote_ident(polname) = $2::text`,
      parameters: [whole, part],
    }),
  },
  "partitioned table": {
    fields: ["partitionKey"],
    trial: ({ schema, whole, definition }) => ({
      make: `create table ${schema}.${SCRATCH} (like ${whole}) partition by ${definition("partitionKey")}`,
      read: `select pg_get_partkeydef($1::text::regclass) as "partitionKey"`,
      parameters: [`${schema}.${SCRATCH}`],
    }),
  },
  statistics: {
    fields: ["definition"],
    trial: ({ schema, whole, definition }) => ({
      make: `drop statistics ${whole}; ${definition("definition")}`,
      read: `select pg_get_statisticsobjdef(oid) as definition from pg_statistic_ext
        where stxnamespace = $1::text::regnamespace and quote_ident(stxname) = $2::text`,
      parameters: [schema, whole.slice(schema.length + 1)],
    }),
  },
};

/** `users.email` as its quoted identifiers. */
export function nameParts(name: string): string[] {
  return tokenize(name)
    .filter((token) => identifierName(token) !== undefined)
    .map(({ text }) => text);
}
