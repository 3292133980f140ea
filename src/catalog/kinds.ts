/**
 * The kinds of objects that a database has, one list for everything that has to know them: the names in a schema, what its
 * objects refer to, what is compared of two schemas, and what is tried where texts differ.
 * A kind that is missing gets an entry here; a test compares the list with the catalogs of the server.
 */
import type { Kind } from "./kind.ts";
import { CLUSTER_KINDS } from "./kinds/cluster.ts";
import { COLUMN_KINDS } from "./kinds/columns.ts";
import { CONSTRAINT_KINDS } from "./kinds/constraints.ts";
import { DATABASE_KINDS } from "./kinds/database.ts";
import { OPERATOR_KINDS } from "./kinds/operators.ts";
import { RELATION_KINDS } from "./kinds/relations.ts";
import { ROUTINE_KINDS } from "./kinds/routines.ts";
import { SCHEMA_KINDS } from "./kinds/schema.ts";
import { TEXT_KINDS } from "./kinds/text.ts";
import { TRIGGER_KINDS } from "./kinds/triggers.ts";
import { TYPE_KINDS } from "./kinds/types.ts";

export const KINDS: readonly Kind[] = [
  ...RELATION_KINDS,
  ...COLUMN_KINDS,
  ...CONSTRAINT_KINDS,
  ...TRIGGER_KINDS,
  ...TYPE_KINDS,
  ...ROUTINE_KINDS,
  ...OPERATOR_KINDS,
  ...TEXT_KINDS,
  ...SCHEMA_KINDS,
  ...DATABASE_KINDS,
  ...CLUSTER_KINDS,
];
