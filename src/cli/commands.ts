/** The commands, by group. Only the module of the command that is called is loaded; for the help, all are. */
import type { Command } from "commander";

/** Adds a command to the program. */
export type Add = (program: Command) => void;

export const GROUPS: Readonly<Record<string, Readonly<Record<string, () => Promise<Add>>>>> = {
  "Begin:": {
    init: async () => (await import("./init.ts")).addInit,
  },
  "Run:": {
    run: async () => (await import("./run.ts")).addRun,
    prove: async () => (await import("./prove.ts")).addProve,
  },
  "Look in:": {
    status: async () => (await import("./status.ts")).addStatus,
    psql: async () => (await import("./psql.ts")).addPsql,
    studio: async () => (await import("./studio.ts")).addStudio,
    url: async () => (await import("./url.ts")).addUrl,
    keep: async () => (await import("./keep.ts")).addKeep,
    drop: async () => (await import("./drop.ts")).addDrop,
    sweep: async () => (await import("./sweep.ts")).addSweep,
    doctor: async () => (await import("./doctor.ts")).addDoctor,
  },
  "Migrations:": {
    check: async () => (await import("./check.ts")).addCheck,
    lint: async () => (await import("./lint.ts")).addLint,
    rehearse: async () => (await import("./rehearse.ts")).addRehearse,
  },
  "A standing test database:": {
    database: async () => (await import("./database.ts")).addDatabase,
  },
  "Homes as files:": {
    home: async () => (await import("./home.ts")).addHome,
  },
};
