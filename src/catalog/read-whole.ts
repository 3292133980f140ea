/** All that a database consists of, in a form in which it can be compared with another database. */
import type { Session } from "../connections/session.ts";
import { CLUSTER_WIDE } from "./parts.ts";
import { type CatalogObject, readCatalog } from "./read-catalog.ts";

/** All objects, rows and sequences but what belongs to the server, the database's name, and the comment on it. */
export async function readWhole(session: Session): Promise<CatalogObject[]> {
  const objects = await readCatalog(session, { outside: "" });
  return objects.flatMap((object) => {
    if (CLUSTER_WIDE.has(object.kind)) return [];
    if (object.kind !== "database") return [object];
    const { comment, ...rest } = JSON.parse(object.definition) as Record<string, unknown>;
    return [{ ...object, name: "itself", definition: JSON.stringify(rest) }];
  });
}
