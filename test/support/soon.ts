/**
 * How long something may take that ends by itself, such as the session of a process that has just gone: some milliseconds,
 * and seconds on a machine that is busy with other things. For `vi.waitFor` and `expect.poll`, whose own second is too short.
 */
export const SOON: { readonly timeout: number; readonly interval: number } = { timeout: 15_000, interval: 25 };
