/**
 * What happens to units on the server, in functions there: each is one round trip and one transaction, so a unit's
 * record and the unit itself never disagree, whoever dies in between.
 */
import { CATALOG_STATE } from "./catalog-state.ts";
import { POOL_UNIT, RESET_UNIT, TAKE_BACK_UNIT, UNIT_IS_BUSY, UNIT_IS_LOCKED } from "./pool-functions.ts";
import { MEASURE_UNIT, RESTORE_UNIT } from "./pristine-functions.ts";
import {
  ARRAY_TYPES,
  BUILT_IN_TYPES,
  CREATE_UNIT,
  CROWDED_SCHEMAS,
  DROP_UNIT,
  ENVIRONMENT,
  LEASE_UNIT,
  SWEEP_UNIT,
} from "./unit-functions.ts";

/** All of them, in an order in which each finds what it needs. */
export const FUNCTIONS: string = [
  ENVIRONMENT,
  CROWDED_SCHEMAS,
  CREATE_UNIT,
  ARRAY_TYPES,
  BUILT_IN_TYPES,
  LEASE_UNIT,
  CATALOG_STATE,
  MEASURE_UNIT,
  DROP_UNIT,
  RESTORE_UNIT,
  UNIT_IS_LOCKED,
  UNIT_IS_BUSY,
  TAKE_BACK_UNIT,
  POOL_UNIT,
  RESET_UNIT,
  SWEEP_UNIT,
].join(";\n");
