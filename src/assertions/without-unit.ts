/** A unit's name is random, and nobody's business in what is compared or read. */

/** `it_<label>_` and 14 letters or digits, before the name of what is in the unit. */
const UNIT = /(["']?)\bit_(?:[a-z0-9]+_)*[a-z0-9]{14}\b\1\./g;

/** A text in which no name of a unit stands before the names of what is in it. */
export const withoutUnit = (text: string): string => text.replace(UNIT, "");
