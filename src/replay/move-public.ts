import type { Session } from "../connections/session.ts";
export async function movePublic(session: Session, origin: string): Promise<string | undefined> {
  await session.script(`begin; alter schema public rename to ${origin}; create schema public; grant usage on schema public to public`);
  for (const { name } of await session.rows<{ name: string }>(`select extname as name from pg_extension where extnamespace = '${origin}'::regnamespace`))
    await session.script(`alter extension "${name}" set schema public`);
  await session.script("commit");
  return undefined;
}
