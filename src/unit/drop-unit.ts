/** Drops a unit with its record, whichever kind it is. */
import type { Session } from "../connections/session.ts";
import { dropDatabaseUnit } from "./database-unit.ts";
import { dropSchema } from "./drop-schema.ts";
import type { Unit } from "./unit.ts";

/** False where it was gone. */
export const dropUnit = (session: Session, { name, isolation }: Pick<Unit, "name" | "isolation">): Promise<boolean> =>
  isolation === "schema" ? dropSchema(session, name) : dropDatabaseUnit(session, name);
