/** Turns what a failed start left in its log into an error that says why. */
import { TestDbError } from "../errors.ts";

const LINES = 12;

/** What is seen in a log, and what it means. The first that fits is taken. */
const CAUSES: readonly (readonly [RegExp, string, string])[] = [
  [
    /No space left on device|ENOSPC/,
    "the file system of the data directory is full",
    "free some space, or set TMPDIR to a directory with more of it",
  ],
  [
    /error while loading shared libraries: (\S+?):|Library not loaded: (\S+)/,
    "the system lacks a library that Postgres needs",
    "install the system package that has it",
  ],
  [
    /bin.(?:initdb|postgres) ENOENT|GLIBC_\S+' not found|Error relocating/,
    "the binaries are built for glibc, and this system has another libc (Alpine?) or an older one",
    "use a Debian-based image (node:22-slim)",
  ],
  [
    /EACCES|Permission denied/,
    "the binaries may not be run or the directory may not be entered; a file system that is mounted noexec does that",
    "set TMPDIR to a directory where every user may enter and programs may run",
  ],
  [
    /(?:initdb|postgres) (?:EPERM|EINVAL)/,
    "the server may not be run as the user nobody: this container has no other user than root",
    "run the tests as an ordinary user",
  ],
  [
    /could not look up effective user/,
    "the user we run as is a number without an entry in /etc/passwd, which Postgres insists on",
    "run the tests as a user with an entry",
  ],
  [
    /could not create shared memory segment|could not map anonymous shared memory|Cannot allocate memory/,
    "the system grants too little memory",
    "give the machine or the container at least 512 MB",
  ],
];

/** An `EMBEDDED_FAILED` with the likely cause and the log's last lines. */
export function startFailure(major: number, log: string, cause?: unknown): TestDbError {
  const found = CAUSES.find(([seen]) => seen.test(log));
  const last = log
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .slice(-LINES);
  const why = [found?.[1], ...last].filter(Boolean).join("\n");
  return new TestDbError("EMBEDDED_FAILED", {
    what: `The embedded PostgreSQL ${major} did not start`,
    why: why || "it left no word in its log",
    next: `${found?.[2] ?? "run it again"}, or use a server of yours: TEST_DB_URL=postgres://user:password@127.0.0.1:5432/test npm test`,
    cause,
  });
}
