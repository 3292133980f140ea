/** A file system of a test's own, as small as it likes. Mounting takes root. It goes with the test, and at the latest with the process. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SmallDisk {
  readonly path: string;
  /** Takes all of its room but so many bytes. */
  fillUpTo(bytes: number): void;
  /** Gives back what was taken. */
  empty(): void;
  /** From now on nothing can be written to it, not by root either. */
  makeReadOnly(): void;
  unmount(): void;
}

const mounted = new Set<() => void>();
process.once("exit", () => {
  for (const unmount of mounted) unmount();
});

/** Why none can be mounted here; undefined where one can. It is tried. */
export function whyNoSmallDisk(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "mounting takes root, on Linux";
  try {
    mountSmallDisk(1).unmount();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Mounts one. */
export function mountSmallDisk(megabytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), "with-test-db-disk-"));
  const { status, stderr, error } = spawnSync(
    "mount",
    ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=755`, "with-test-db", path],
    { encoding: "utf8" },
  );
  if (status !== 0) {
    rmdirSync(path);
    throw new Error(`no mount: ${(error?.message ?? stderr).trim()}`);
  }
  chmodSync(path, 0o755);
  const ballast = join(path, "ballast");
  const unmount = (): void => {
    // lazily, should somebody still be in it: it is gone then for everybody else
    const { status } = spawnSync("umount", [path]);
    if (status !== 0) spawnSync("umount", ["--lazy", path]);
    rmSync(path, { recursive: true, force: true });
    mounted.delete(unmount);
  };
  mounted.add(unmount);
  return {
    path,
    fillUpTo(bytes) {
      // a server that writes meanwhile may take what was counted as free
      for (let attempt = 1; ; attempt++) {
        rmSync(ballast, { force: true });
        const { bavail, bsize } = statfsSync(path);
        try {
          return writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - bytes)));
        } catch (error) {
          if (attempt === 10 || (error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        }
      }
    },
    empty: () => rmSync(ballast, { force: true }),
    makeReadOnly: () => void execFileSync("mount", ["-o", "remount,ro", path]),
    unmount,
  };
}
