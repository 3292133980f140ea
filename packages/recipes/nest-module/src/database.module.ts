import { Inject, Module, type OnModuleDestroy } from "@nestjs/common";
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres, { type Sql } from "postgres";
import * as schema from "../../schema.ts";

export const CLIENT = Symbol("CLIENT");
export const DATABASE = Symbol("DATABASE");
export type Database = PostgresJsDatabase<typeof schema>;

@Module({
  providers: [
    { provide: CLIENT, useFactory: () => postgres(process.env["DATABASE_URL"] ?? "") },
    { provide: DATABASE, inject: [CLIENT], useFactory: (client: Sql) => drizzle(client, { schema }) },
  ],
  exports: [DATABASE],
})
export class DatabaseModule implements OnModuleDestroy {
  constructor(@Inject(CLIENT) private readonly client: Sql) {}

  async onModuleDestroy(): Promise<void> {
    await this.client.end();
  }
}
