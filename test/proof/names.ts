/** The names of a blueprint in `public` and a unit, with an extension's members in another schema and in `public`. */
import { type Names, namesOf } from "../../src/proof/names.ts";

export const NAMES: Names = namesOf({
  from: "public",
  to: "it_unit",
  own: new Set(["users", "users_id_seq", "notes", "mood"]),
  members: new Map([
    ["citext", "shared"],
    ["similarity", "shared"],
    ["uuid_generate_v4", "public"],
  ]),
  owner: "me",
});
