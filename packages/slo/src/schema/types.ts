import { customType } from "drizzle-orm/pg-core";

/** Text that compares without regard to case; the extension comes with migration 0001. */
export const citext = customType<{ data: string }>({ dataType: () => "citext" });

/** The domain of migration 0001. Comes as text, like every numeric. */
export const percentage = customType<{ data: string }>({ dataType: () => "percentage" });

/** Half open, `[from, to)`; an upper bound of null is infinity. Comes as text. */
export const tstzrange = customType<{ data: string }>({ dataType: () => "tstzrange" });
