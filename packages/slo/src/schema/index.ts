export * from "./downtime.ts";
export * from "./incidents.ts";
export * from "./objectives.ts";
export * from "./services.ts";
export * from "./views.ts";
