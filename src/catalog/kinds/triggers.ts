/** What hangs on a table and acts or decides by itself: triggers, rules, policies; and extended statistics. */
import { comment, exists, existsAny, FIRST_USER_OID, isMember, partName, role } from "../expressions.ts";
import { type Definition, type Kind, plain } from "../kind.ts";
import { MEMBER_TABLE, MEMBER_TABLES_THERE } from "./borrowed.ts";

const trigger: Kind = {
  catalog: "pg_trigger",
  // those of foreign keys that come in from elsewhere carry the dependencies of those
  place: { partOf: { pg_class: "tgrelid" }, borrowed: "x.tgisinternal" },
  definitions: () => [
    {
      schema: "c.nspname",
      kind: "'trigger'",
      name: partName("c.relname", "t.tgname"),
      fields: {
        definition: "pg_get_triggerdef(t.oid)",
        enabled: "t.tgenabled",
        parent: "(select p.tgrelid::regclass::text from pg_trigger p where p.oid = t.tgparentid)",
      },
      data: {
        comment: comment("pg_trigger", "t.oid"),
      },
      from: "rel c join pg_trigger t on t.tgrelid = c.oid where not t.tgisinternal",
      there: existsAny("pg_trigger"),
    },
    {
      only: "outside",
      schema: "''",
      kind: "'trigger on'",
      name: "quote_ident(t.tgname) || ' on ' || c.oid::regclass::text",
      fields: { definition: "pg_get_triggerdef(t.oid)" },
      from: `pg_trigger t, pg_class c
where ${MEMBER_TABLE} and t.tgrelid = c.oid and not t.tgisinternal and not ${isMember("pg_trigger", "t.oid")}`,
      there: MEMBER_TABLES_THERE,
    },
  ],
  settling: {
    trigger: {
      fields: ["definition"],
      trial: ({ whole, part, parent, definition }) => ({
        // a partition's trigger comes and goes with its parent's
        make: `${parent === undefined ? `drop trigger ${part} on ${whole}` : `alter table ${parent} detach partition ${whole}`}; ${definition("definition")}`,
        read: "select pg_get_triggerdef(oid) as definition from pg_trigger where tgrelid = $1::text::regclass and quote_ident(tgname) = $2::text",
        parameters: [whole, part],
      }),
    },
  },
  proof: [{ column: "tgrelid", of: "relations" }],
};

const rule: Kind = {
  catalog: "pg_rewrite",
  place: { partOf: { pg_class: "ev_class" } },
  definitions: () => [
    {
      schema: "c.nspname",
      kind: "'rule'",
      name: partName("c.relname", "r.rulename"),
      fields: {
        definition: "pg_get_ruledef(r.oid)",
        enabled: "r.ev_enabled",
      },
      data: {
        comment: comment("pg_rewrite", "r.oid"),
      },
      from: "rel c join pg_rewrite r on r.ev_class = c.oid where r.rulename <> '_RETURN'",
      there: exists("pg_rewrite", `oid >= ${FIRST_USER_OID} and rulename <> '_RETURN'`),
    },
  ],
  settling: {
    rule: {
      fields: ["definition"],
      trial: ({ whole, part, definition }) => ({
        make: `drop rule ${part} on ${whole}; ${definition("definition")}`,
        read: "select pg_get_ruledef(oid) as definition from pg_rewrite where ev_class = $1::text::regclass and quote_ident(rulename) = $2::text",
        parameters: [whole, part],
      }),
    },
  },
  proof: [{ column: "ev_class", of: "relations" }],
};

/** The same wherever its table is. */
const policyFields = (): Pick<Definition, "fields" | "data"> => ({
  fields: {
    command: "p.polcmd",
    permissive: "p.polpermissive",
    using: "pg_get_expr(p.polqual, p.polrelid)",
    check: "pg_get_expr(p.polwithcheck, p.polrelid)",
  },
  data: {
    roles: `(select jsonb_agg(case o when 0 then 'PUBLIC' else quote_ident(${role("o")}) end order by case o when 0 then '' else ${role("o")} end collate "C")
    from unnest(p.polroles) o)`,
    comment: comment("pg_policy", "p.oid"),
  },
});

const policy: Kind = {
  catalog: "pg_policy",
  place: { partOf: { pg_class: "polrelid" } },
  definitions: () => [
    {
      schema: "c.nspname",
      kind: "'policy'",
      name: partName("c.relname", "p.polname"),
      ...policyFields(),
      from: "rel c join pg_policy p on p.polrelid = c.oid",
      there: existsAny("pg_policy"),
    },
    {
      only: "outside",
      schema: "''",
      kind: "'policy on'",
      name: "quote_ident(p.polname) || ' on ' || c.oid::regclass::text",
      ...policyFields(),
      from: `pg_policy p, pg_class c where ${MEMBER_TABLE} and p.polrelid = c.oid and not ${isMember("pg_policy", "p.oid")}`,
      there: MEMBER_TABLES_THERE,
    },
  ],
  settling: {
    policy: {
      fields: ["using", "check"],
      trial: ({ whole, part, has, definition }) => ({
        make: `alter policy ${part} on ${whole}${has("using") ? ` using (${definition("using")})` : ""}${has("check") ? ` with check (${definition("check")})` : ""}`,
        read: `select pg_get_expr(polqual, polrelid) as "using", pg_get_expr(polwithcheck, polrelid) as "check"
        from pg_policy where polrelid = $1::text::regclass and quote_ident(polname) = $2::text`,
        parameters: [whole, part],
      }),
    },
  },
  proof: [{ column: "polrelid", of: "relations" }],
};

const statistics: Kind = {
  ...plain("pg_statistic_ext", { name: "stxname", schema: "stxnamespace" }, () => ({
    kind: "'statistics'",
    fields: { definition: "pg_get_statisticsobjdef(x.oid)", target: "nullif(x.stxstattarget, -1)" },
    data: { owner: role("x.stxowner") },
  })),
  settling: {
    statistics: {
      fields: ["definition"],
      trial: ({ schema, whole, definition }) => ({
        make: `drop statistics ${whole}; ${definition("definition")}`,
        read: `select pg_get_statisticsobjdef(oid) as definition from pg_statistic_ext
        where stxnamespace = $1::text::regnamespace and quote_ident(stxname) = $2::text`,
        parameters: [schema, whole.slice(schema.length + 1)],
      }),
    },
  },
  proof: [{ column: "stxrelid", of: "relations" }],
};

export const TRIGGER_KINDS: readonly Kind[] = [trigger, rule, policy, statistics];
