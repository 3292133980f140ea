import { defineRelations } from "drizzle-orm";
import * as schema from "./schema.ts";

export const relations = defineRelations(schema, (r) => ({
  rotations: {
    shifts: r.many.shifts(),
    fallback: r.one.engineers({ from: r.rotations.fallbackId, to: r.engineers.id }),
  },
  shifts: {
    rotation: r.one.rotations({ from: r.shifts.rotationId, to: r.rotations.id, optional: false }),
    engineer: r.one.engineers({ from: r.shifts.engineerId, to: r.engineers.id, optional: false }),
  },
  engineers: {
    shifts: r.many.shifts(),
  },
}));
