/** The lines of drizzle-orm that are supported: the last version of each. */
export const LINES: readonly string[] = [
  ...["0.36.4", "0.37.0", "0.38.4", "0.39.3", "0.40.1", "0.41.0", "0.42.0", "0.43.1", "0.44.7", "0.45.4"],
  "1.0.0-rc.5",
];

/** What npm installs where no version is named. */
export const CURRENT = "0.45.4";
