import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type StableOptions, serializer, stable } from "../../src/assertions.ts";

const A = "0b0e0f9c-3c39-4b7e-8d8e-5c1a1f6b0001";
const B = "0b0e0f9c-3c39-4b7e-8d8e-5c1a1f6b0002";
const NOON = "2026-11-27T12:00:00.123Z";

describe("stable()", () => {
  it("gives a UUID one name wherever it is, also in text, in the order of the fields", () => {
    expect(
      stable({ orders: [{ id: B, by: A }], lines: [{ id: A, order_id: B, says: `order ${B.toUpperCase()} of ${A}` }] }),
    ).toEqual({
      orders: [{ id: "uuid#2", by: "uuid#1" }],
      lines: [{ id: "uuid#1", order_id: "uuid#2", says: "order uuid#2 of uuid#1" }],
    });
  });

  it("calls every moment a date, and numbers them where that is asked for", () => {
    const value = [new Date(NOON), NOON, "2026-11-27 12:00:00.123+00", "at 2026-11-27T12:00:01Z.", "2026-11-27"];
    expect(stable(value)).toEqual(["date", "date", "date", "at date.", "2026-11-27"]);
    expect(stable(value, { dates: "numbered" })).toEqual(["date#1", "date#1", "date#1", "at date#2.", "2026-11-27"]);
    expect(stable(runInNewContext("[new Date(0)]"))).toEqual(["date"]);
    const invalid = new Date(Number.NaN);
    expect(stable({ invalid })).toEqual({ invalid });
  });

  it("names ids that are numbers where they are said to be some, and tells those of one table from those of another", () => {
    const ids = { "rooms.id": "room", room_id: "room", "bookings.id": "booking" };
    const value = {
      rooms: { inserted: [{ id: 7, floor: 7 }] },
      bookings: { inserted: [{ id: "7", room_id: 7n, id_text: "7" }], deleted: [{ id: null, room_id: 8 }] },
    };
    expect(stable(value, { ids })).toEqual({
      rooms: { inserted: [{ id: "room#2", floor: 7 }] },
      bookings: {
        inserted: [{ id: "booking#1", room_id: "room#2", id_text: "7" }],
        deleted: [{ id: null, room_id: "room#1" }],
      },
    });
    expect(stable(value)).toEqual(value);
  });

  it("leaves all else as it is: what is of a class, and what holds itself", () => {
    class Point {
      readonly id = A;
    }
    const value = {
      point: new Point(),
      map: new Map([[A, NOON]]),
      none: null,
      nothing: undefined,
      bytes: Buffer.from("a"),
    };
    expect(stable(value)).toStrictEqual(value);
    const circle: Record<string, unknown> = { id: A };
    circle["self"] = circle;
    expect(stable(circle)).toEqual({ id: "uuid#1", self: circle });
  });

  it("has nothing more to name in what it made, and changes no value that it was given", () => {
    const text = fc.oneof(
      fc.uuid(),
      fc.string(),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    );
    const leaf = fc.oneof(text, fc.integer(), fc.date({ noInvalidDate: true }), fc.constant(null));
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof({ depthSize: "small" }, leaf, fc.array(tie("tree")), fc.dictionary(fc.string(), tie("tree"))),
    }));
    const options = fc.constantFrom<StableOptions>({}, { dates: "numbered" }, { ids: { id: "row" } });
    fc.assert(
      fc.property(tree, options, (value, options) => {
        const before = structuredClone(value);
        const once = stable(value, options);
        expect(value).toEqual(before);
        expect(stable(once, options)).toEqual(once);
      }),
    );
  });
});

describe("serializer()", () => {
  it("shows snapshots with names, each from the beginning", () => {
    expect.addSnapshotSerializer(serializer());
    expect({ users: [{ id: A, at: new Date(NOON) }], by: A }).toMatchInlineSnapshot(`
      {
        "by": "uuid#1",
        "users": [
          {
            "at": "date",
            "id": "uuid#1",
          },
        ],
      }
    `);
    expect(B).toMatchInlineSnapshot(`"uuid#1"`);
    expect(new Date(NOON)).toMatchInlineSnapshot(`"date"`);
    expect(new Map([["first", { id: B }]])).toMatchInlineSnapshot(`
      Map {
        "first" => {
          "id": "uuid#1",
        },
      }
    `);
  });
});
