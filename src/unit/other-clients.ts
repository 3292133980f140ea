/** Clients beside a unit's own: each has connections that see what others committed, and wait for locks, as another process' do. */
import type { Connection, Context, Driver } from "../drivers/driver.ts";
import type { Unit } from "./unit.ts";

/** A client beside the unit's own. */
export interface OtherClient<Db, Client> extends Context<Db, Client>, AsyncDisposable {
  /** Closes its connections; queries under way fail. */
  close(): Promise<void>;
}

export class OtherClients<Db, Client> {
  readonly #unit: Unit;
  readonly #driver: Driver<Context<Db, Client>>;
  readonly #open = new Set<Connection<Context<Db, Client>>>();

  constructor(unit: Unit, driver: Driver<Context<Db, Client>>) {
    this.#unit = unit;
    this.#driver = driver;
  }

  async connect(): Promise<OtherClient<Db, Client>> {
    const { target, settings } = this.#unit;
    const connection = await this.#driver.connect(target, settings);
    this.#open.add(connection);
    const close = async (): Promise<void> => {
      this.#open.delete(connection);
      await connection.close();
    };
    return { ...connection.context(), close, [Symbol.asyncDispose]: close };
  }

  /** After a unit was made anew: what these clients know of its types is of the one before. */
  async renew(): Promise<void> {
    await Promise.all([...this.#open].map((connection) => connection.renew()));
  }

  async close(): Promise<void> {
    const all = [...this.#open];
    this.#open.clear();
    await Promise.all(all.map((connection) => connection.close().catch(() => {})));
  }
}
