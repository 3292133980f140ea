/** Constraints and indexes. */
import { comment, exists, FIRST_USER_OID, flag, isMember, partName, role, tablespace } from "../expressions.ts";
import { inRelation, type Kind, none } from "../kind.ts";
import { SCRATCH, type Settling } from "../settling.ts";

const expressionOf = (what: "table" | "domain", column: string, type: string): Settling => ({
  fields: ["definition"],
  trial({ whole, definition }) {
    const text = definition("definition");
    if (!/^(CHECK|EXCLUDE)/.test(text)) return undefined;
    // rows need no look; and a domain inside of a composite type can't be looked at
    const unlooked = text.startsWith("CHECK") && !text.endsWith(" NOT VALID");
    const read = "pg_get_constraintdef(oid)";
    return {
      make: `alter ${what} ${whole} add constraint ${SCRATCH} ${text}${unlooked ? " not valid" : ""}`,
      read: `select ${unlooked ? `regexp_replace(${read}, ' NOT VALID$', '')` : read} as definition from pg_constraint where ${column} = $1::text::${type} and conname = '${SCRATCH}'`,
      parameters: [whole],
    };
  },
});

const constraint: Kind = {
  ...inRelation("pg_constraint", { name: "conname", relation: "conrelid" }, "'constraint'", {
    fields: {
      definition: "pg_get_constraintdef(x.oid)",
      validated: "x.convalidated",
      deferrable: flag("x.condeferrable"),
      deferred: flag("x.condeferred"),
      noInherit: "case when x.contype in ('c', 'n') then nullif(x.connoinherit, false) end",
      inherited: "case when x.coninhcount > 0 then jsonb_build_array(x.conislocal, x.coninhcount) end",
      index: "case when x.contype in ('p', 'u', 'x') then nullif(x.conindid, 0)::regclass::text end",
      // Postgres' own triggers are no objects, but that somebody switched them off is part of their constraint
      triggers: `(select jsonb_agg(s order by s) from (select distinct t.tgrelid::regclass::text || ' ' || t.tgenabled::text as s
    from pg_trigger t where x.contype = 'f' and t.tgrelid in (x.conrelid, x.confrelid) and t.tgconstraint = x.oid
      and t.tgenabled <> 'O') states)`,
    },
    // a foreign key to a partitioned table has a clone for each partition, named as it happens, which follow from the
    // first; that its parent is 0 goes without saying, but the planner takes this for an anti join of one row otherwise
    where: `x.contype <> 't'
  and (x.conparentid = 0 or not exists (select from pg_constraint p where p.oid = x.conparentid and p.conrelid = x.conrelid))`,
    there: exists("pg_class"),
    also: [
      {
        object: ["n.nspname", "'domain constraint'", partName("t.typname", "x.conname")],
        fields: { definition: "pg_get_constraintdef(x.oid)", validated: "x.convalidated" },
        data: { comment: comment("pg_constraint", "x.oid") },
        from: `pg_constraint x join pg_type t on t.oid = x.contypid join ns n on n.oid = t.typnamespace
where t.oid >= ${FIRST_USER_OID} and not ${isMember("pg_type", "t.oid")}`,
        there: exists("pg_constraint", `oid >= ${FIRST_USER_OID} and contypid <> 0`),
      },
    ],
    settling: {
      constraint: expressionOf("table", "conrelid", "regclass"),
      "domain constraint": expressionOf("domain", "contypid", "regtype"),
    },
  }),
  place: { partOf: { pg_class: "conrelid", pg_type: "contypid" } },
};

const index: Kind = {
  catalog: "pg_index",
  place: none("its name and its dependencies are its relation's, in pg_class"),
  definitions: [
    {
      object: ["c.nspname", "'index'", "quote_ident(i.relname)"],
      fields: {
        definition: "pg_get_indexdef(x.indexrelid)",
        primary: flag("x.indisprimary"),
        invalid: flag("not (x.indisvalid and x.indisready and x.indislive)"),
        deferrable: flag("not x.indimmediate"),
        clustered: flag("x.indisclustered"),
        replicaIdentity: flag("x.indisreplident"),
        parent: "(select h.inhparent::regclass::text from pg_inherits h where h.inhrelid = i.oid)",
        statistics: `(select jsonb_object_agg(a.attnum, a.attstattarget) from pg_attribute a
    where a.attrelid = i.oid and a.attnum > 0 and a.attstattarget >= 0)`,
      },
      data: {
        owner: role("i.relowner"),
        tablespace: tablespace("i.reltablespace"),
        comment: comment("pg_class", "i.oid"),
      },
      from: "rel c join pg_index x on x.indrelid = c.oid join pg_class i on i.oid = x.indexrelid",
      there: exists("pg_class"),
    },
  ],
  settling: {
    index: {
      fields: ["definition"],
      trial: ({ whole, definition }) => ({
        make: `alter index ${whole} rename to ${SCRATCH}; ${definition("definition")}`,
        read: "select pg_get_indexdef($1::text::regclass) as definition",
        parameters: [whole],
      }),
    },
  },
};

export const CONSTRAINT_KINDS: readonly Kind[] = [constraint, index];
