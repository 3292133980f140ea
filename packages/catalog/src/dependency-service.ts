import { and, asc, eq, sql } from "drizzle-orm";
import type { CatalogDatabase } from "./database.ts";
import { dependencies, interfaces, systems } from "./schema/index.ts";

export interface Dependent {
  systemId: string;
  name: string;
  /** How many steps away: 1 depends on the system itself. */
  depth: number;
}

export class DependencyService {
  readonly #db: CatalogDatabase;

  constructor(db: CatalogDatabase) {
    this.#db = db;
  }

  async declare(dependency: typeof dependencies.$inferInsert): Promise<void> {
    await this.#db
      .insert(dependencies)
      .values(dependency)
      .onConflictDoUpdate({
        target: [dependencies.systemId, dependencies.dependsOnId, dependencies.kind],
        set: { isCritical: sql`excluded.is_critical`, interfaceId: sql`excluded.interface_id` },
      });
  }

  /** Every system that fails when this one does: critical runtime dependencies, followed to the end, nearest first. */
  async listDependents(systemId: string): Promise<Dependent[]> {
    const reached = sql`dependents_of(${systemId})`;
    return await this.#db
      .select({ systemId: systems.id, name: systems.name, depth: sql<number>`reached.depth` })
      .from(sql`${reached} reached`)
      .innerJoin(systems, sql`${systems.id} = reached.system_id`)
      .orderBy(sql`reached.depth`, asc(systems.id));
  }

  /** Who uses one interface. Scoped by id AND system, as all that managers ask is. */
  async listConsumers({ systemId, interfaceId }: { systemId: string; interfaceId: number }): Promise<string[]> {
    const rows = await this.#db
      .selectDistinct({ id: dependencies.systemId })
      .from(dependencies)
      .innerJoin(interfaces, eq(interfaces.id, dependencies.interfaceId))
      .where(and(eq(interfaces.id, interfaceId), eq(interfaces.systemId, systemId)))
      .orderBy(asc(dependencies.systemId));
    return rows.map((row) => row.id);
  }
}
