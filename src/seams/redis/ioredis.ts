/** The project's ioredis, in a module of its own: what `require()` loads has no `import()`, which Jest does not do. */
export { Cluster, Redis } from "ioredis";
