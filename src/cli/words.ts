/** Times and sizes as people read them. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `12 s`, `90 min`, `5 h`, `9 d`: hours and days from two on. */
export function timeInWords(seconds: number): string {
  if (seconds < MINUTE) return `${Math.floor(seconds)} s`;
  if (seconds < 2 * HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} d`;
}

/** `812 kB`, `14 MB`; in the units of 1024 that Postgres has. */
export function sizeInWords(bytes: number): string {
  const [kilobytes, megabytes] = [bytes / 1024, bytes / 1024 ** 2];
  if (megabytes >= 1024) return `${(megabytes / 1024).toFixed(1)} GB`;
  return megabytes >= 1 ? `${megabytes.toFixed(megabytes < 10 ? 1 : 0)} MB` : `${Math.ceil(kilobytes)} kB`;
}
