import { customType } from "drizzle-orm/pg-core";

/** Text that compares without regard to case; the extension comes with migration 0001. */
export const citext = customType<{ data: string }>({ dataType: () => "citext" });

export const tsvector = customType<{ data: string }>({ dataType: () => "tsvector" });
