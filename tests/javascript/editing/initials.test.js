/** Letters that stand for a person. */

import assert from "node:assert/strict";
import test from "node:test";

import { initials } from "../../../archive/web/static/js/editing/initials.js";

test("the first and the last part of a name, whole Vietnamese letters", () => {
  for (const [name, letters] of [
    ["Nguyễn Thị Lan", "NL"],
    ["Cleo", "C"],
    ["  đặng   ấn ", "ĐẤ"],
    ["Ẩn", "Ẩ"],
    ["", ""],
    ["𝒜 b", "𝒜B"],
    ["Bà Lan", "BL"],
    ["Văn Kiên (mẫu)", "VK"],
    ["(mẫu)", ""],
  ])
    assert.equal(initials(name), letters);
});
