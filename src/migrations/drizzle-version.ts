import { npmVersion } from "drizzle-orm/version";

/** The version of drizzle-orm that is installed beside us, whose migrator runs the migrations. */
export const drizzleVersion: string = npmVersion;
