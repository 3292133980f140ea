/** What libpq tries by itself when a login was refused, and neither driver does. */
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import type { Target } from "../target/target.ts";

/** Runs an attempt, and once more in the way that its refusal suggests, if there is one. Of two refusals the first is thrown. */
export async function withSecondChance<T>(target: Target, attempt: (target: Target) => Promise<T>): Promise<T> {
  try {
    return await attempt(target);
  } catch (error) {
    const other = secondChance(target, error);
    if (!other) throw error;
    return attempt(other).catch((second) => {
      throw postgresError(second)?.code.startsWith("28") ? error : second;
    });
  }
}

function secondChance(target: Target, error: unknown): Target | undefined {
  const refused = postgresError(error);
  // there is no telling in which language the server says that it takes no encrypted connection, or no other
  if (refused?.code === SQLSTATE.invalidAuthorization) {
    if (target.tls === "prefer") return { ...target, tls: "disable" };
    if (target.tls === "allow") return { ...target, tls: "prefer" };
  }
  const prepared = target.password && preparedPassword(target.password);
  if (refused?.code === SQLSTATE.invalidPassword && prepared && prepared !== target.password) {
    return { ...target, password: prepared };
  }
  return undefined;
}

/** A password as SCRAM wants it (RFC 4013), and as the server has stored it; md5 takes it as it is. */
const preparedPassword = (password: string): string =>
  password
    .replace(/\u00ad|\u034f|\u1806|[\u180b-\u180d]|[\u200b-\u200d]|\u2060|[\ufe00-\ufe0f]|\ufeff/g, "")
    .replace(/[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g, " ")
    .normalize("NFKC");
