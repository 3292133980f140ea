/** What hangs on a table and acts or decides by itself: triggers, rules, policies; and extended statistics. */
import { comment, exists, FIRST_USER_OID, role } from "../expressions.ts";
import { type Definition, inRelation, inSchema, type Kind } from "../kind.ts";
import { onMemberTable } from "./borrowed.ts";

const TRIGGER = { name: "tgname", relation: "tgrelid" };

const trigger: Kind = inRelation("pg_trigger", TRIGGER, "'trigger'", {
  fields: {
    definition: "pg_get_triggerdef(x.oid)",
    enabled: "x.tgenabled",
    parent: "(select p.tgrelid::regclass::text from pg_trigger p where p.oid = x.tgparentid)",
  },
  where: "not x.tgisinternal",
  // those of foreign keys that come in from elsewhere carry the dependencies of those
  borrowed: "x.tgisinternal",
  also: [
    onMemberTable("pg_trigger", TRIGGER, "'trigger on'", {
      fields: { definition: "pg_get_triggerdef(x.oid)" },
      where: "not x.tgisinternal",
    }),
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
});

const rule: Kind = inRelation("pg_rewrite", { name: "rulename", relation: "ev_class" }, "'rule'", {
  fields: { definition: "pg_get_ruledef(x.oid)", enabled: "x.ev_enabled" },
  where: "x.rulename <> '_RETURN'",
  there: exists("pg_rewrite", `oid >= ${FIRST_USER_OID} and rulename <> '_RETURN'`),
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
});

const POLICY = { name: "polname", relation: "polrelid" };

const policyDetails: Pick<Definition, "fields" | "data"> = {
  fields: {
    command: "x.polcmd",
    permissive: "x.polpermissive",
    using: "pg_get_expr(x.polqual, x.polrelid)",
    check: "pg_get_expr(x.polwithcheck, x.polrelid)",
  },
  data: {
    roles: `(select jsonb_agg(case o when 0 then 'PUBLIC' else quote_ident(${role("o")}) end order by case o when 0 then '' else ${role("o")} end collate "C")
    from unnest(x.polroles) o)`,
    comment: comment("pg_policy", "x.oid"),
  },
};

const policy: Kind = inRelation("pg_policy", POLICY, "'policy'", {
  ...policyDetails,
  also: [onMemberTable("pg_policy", POLICY, "'policy on'", policyDetails)],
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
});

const statistics: Kind = inSchema("pg_statistic_ext", { name: "stxname", schema: "stxnamespace" }, "'statistics'", {
  fields: { definition: "pg_get_statisticsobjdef(x.oid)", target: "nullif(x.stxstattarget, -1)" },
  data: { owner: role("x.stxowner") },
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
});

export const TRIGGER_KINDS: readonly Kind[] = [trigger, rule, policy, statistics];
