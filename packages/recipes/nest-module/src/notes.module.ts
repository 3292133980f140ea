import { Inject, Injectable, Module } from "@nestjs/common";
import { eq } from "drizzle-orm";
import * as schema from "../../schema.ts";
import { DATABASE, type Database, DatabaseModule } from "./database.module.ts";

@Injectable()
export class NotesService {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  async add(name: string, text: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      const [notebook] = await tx.select().from(schema.notebooks).where(eq(schema.notebooks.name, name));
      if (!notebook) throw new Error(`There is no notebook ${name}`);
      await tx.insert(schema.notes).values({ notebookId: notebook.id, text });
    });
  }

  async list(): Promise<string[]> {
    const notes = await this.db.select().from(schema.notes).orderBy(schema.notes.id);
    return notes.map(({ text }) => text);
  }
}

@Module({ imports: [DatabaseModule], providers: [NotesService], exports: [NotesService] })
export class NotesModule {}
