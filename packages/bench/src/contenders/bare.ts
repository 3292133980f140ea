/** The limit: a client is opened, asks and is closed. Nothing is made and nothing is isolated. */
import postgres from "postgres";
import type { Contender } from "../contender.ts";

export const bare: Contender = {
  async live({ url }, use) {
    const client = postgres(url.shared);
    await use((query) => client.unsafe(query));
    await client.end();
  },
};

/** The same, told to do without what a single query doesn't need. */
export const bareTuned: Contender = {
  async live({ url }, use) {
    const client = postgres(url.shared, { max: 1, fetch_types: false });
    await use((query) => client.unsafe(query));
    await client.end();
  },
};
