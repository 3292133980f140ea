/** Sets a stage: a server with a project's databases on it, in the state in which every contender finds what it expects. */
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import type { Place } from "./contender.ts";
import type { Project } from "./project.ts";
import { explore } from "./real-project.ts";
import type { Server } from "./server.ts";

export interface Stage {
  readonly server: Server;
  readonly place: Place;
}

export async function setStage(server: Server, project: Project, label: string = project.name): Promise<Stage> {
  server.uses(project.migrationsFolder);
  const ours = await server.createDatabase(`${label}_ours`);
  const schemas = await server.createDatabase(`${label}_schemas`);
  const template = await server.createDatabase(`${label}_template`);
  const client = postgres(server.url(template), { max: 1, onnotice() {} });
  await migrate(drizzle({ client }), { migrationsFolder: project.migrationsFolder });
  const explored = project.tables > 0 ? project : await explore(project, client);
  await client.end();
  const shared = await server.createDatabase(`${label}_shared`, template);
  return {
    server,
    place: {
      project: explored,
      url: {
        admin: server.url(server.admin.options.database),
        ours: server.url(ours),
        schemas: server.url(schemas),
        shared: server.url(shared),
        template: server.url(template),
      },
    },
  };
}

/** An empty database as the place of ours, for one life; dropped by the returned function. */
export async function emptyPlace({ server, place }: Stage, label: string): Promise<[Place, () => Promise<void>]> {
  const name = await server.createDatabase(label);
  return [{ ...place, url: { ...place.url, ours: server.url(name) } }, () => server.dropDatabase(name)];
}
