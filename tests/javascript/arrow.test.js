// The first page's picture says of each place what its text promises.
import { match, ok } from "node:assert/strict";
import test from "node:test";
import { IMAGES, lengthAt, verdictAt } from "../../helpers/widgets/arrow.js";

test("at every training image the arrow is short", () => {
  for (const image of IMAGES) {
    ok(lengthAt(image) < 0.6, `${image}: ${lengthAt(image)}`);
    match(verdictAt(image), /^Short.*Right: it is a training image/);
  }
});
test("far from them it is long", () => match(verdictAt([0.28, 0.14]), /^Long.*Right: no training image/));
test("at the mean of some it is short, wrongly", () => match(verdictAt([-0.75, 0.3]), /^Short.*Wrong.*false alarm/));
