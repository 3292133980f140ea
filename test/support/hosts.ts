/**
 * Several hosts on one machine: network namespaces behind a bridge, each with an address of its own and a link that can
 * be cut. They end with the test, and at the latest with the process, with whatever runs in them.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";

export interface Host {
  readonly address: string;
  /** Runs a program there. It ends with the network. */
  run(program: string, args: readonly string[], environment?: Readonly<Record<string, string>>): ChildProcess;
  /** From one moment to the next, no packet gets through; nobody is told. */
  cut(): void;
  restore(): void;
}

export interface Network {
  /** Where this machine is to be reached from the hosts. */
  readonly address: string;
  readonly hosts: readonly Host[];
  remove(): Promise<void>;
}

const ip = (...words: string[]): string =>
  execFileSync("ip", words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Why there can be no such network here; undefined where there can. */
export function hostsMissing(): string | undefined {
  if (process.platform !== "linux") return "network namespaces are Linux'";
  if (process.getuid?.() !== 0) return "making network namespaces takes root";
  const name = `wtdb${randomInt(1e6)}`;
  try {
    ip("netns", "add", name);
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: string };
    return code === "ENOENT" ? "there is no ip (Debian's iproute2)" : `no namespace can be made: ${stderr?.trim()}`;
  }
  try {
    ip("link", "add", "name", name, "type", "bridge");
    ip("link", "del", name);
    return undefined;
  } catch (error) {
    return `no bridge can be made: ${(error as { stderr?: string }).stderr?.trim()}`;
  } finally {
    ip("netns", "del", name);
  }
}

const undo = new Set<() => void>();
process.once("exit", () => {
  for (const remove of undo) remove();
});

/** Makes `count` hosts that reach this machine and one another. */
export function makeNetwork(count: number): Network {
  const id = randomInt(2 ** 16)
    .toString(16)
    .padStart(4, "0");
  // of the addresses that are set aside for tests of networks (RFC 2544)
  const subnet = `198.${18 + randomInt(2)}.${randomInt(256)}`;
  const bridge = `wtdb${id}`;
  const [spaces, links]: [string[], string[]] = [[], []];
  const children = new Set<ChildProcess>();
  const remove = (): void => {
    for (const child of children) child.kill("SIGKILL");
    for (const link of links.splice(0)) attempt("link", "del", link);
    for (const space of spaces.splice(0)) attempt("netns", "del", space);
    attempt("link", "del", bridge);
    undo.delete(remove);
  };
  undo.add(remove);
  try {
    ip("link", "add", "name", bridge, "type", "bridge", "stp_state", "0");
    ip("address", "add", `${subnet}.1/24`, "dev", bridge);
    ip("link", "set", bridge, "up");
    const hosts = Array.from({ length: count }, (_, index): Host => {
      const [space, link, address] = [`${bridge}-${index}`, `${bridge}v${index}`, `${subnet}.${10 + index}`];
      ip("netns", "add", space);
      spaces.push(space);
      links.push(link);
      ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space);
      ip("link", "set", link, "master", bridge, "up");
      ip("-n", space, "address", "add", `${address}/24`, "dev", "eth0");
      ip("-n", space, "link", "set", "eth0", "up");
      ip("-n", space, "link", "set", "lo", "up");
      return {
        address,
        run(program, args, environment = {}) {
          const child = spawn("ip", ["netns", "exec", space, program, ...args], {
            stdio: ["pipe", "pipe", "inherit"],
            env: { ...process.env, ...environment },
          });
          children.add(child);
          child.once("exit", () => children.delete(child));
          return child;
        },
        cut: () => void ip("link", "set", link, "down"),
        restore: () => void ip("link", "set", link, "up"),
      };
    });
    return {
      address: `${subnet}.1`,
      hosts,
      async remove() {
        const ended = [...children].map((child) => once(child, "exit"));
        remove();
        await Promise.all(ended);
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function attempt(...words: string[]): void {
  try {
    ip(...words);
  } catch {
    // it was never made, or is gone
  }
}
