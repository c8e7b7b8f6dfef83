// The OpenAPI document is what linters and generators of clients take: it is linted, a client is
// generated from it, type-checked, and used.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Dormouse, keys } from "./dormouse.js";

const here = path.dirname(fileURLToPath(import.meta.url));
const document = path.resolve(here, "../../pkg/httpapi/openapi.json");

function run(program, ...args) {
  try {
    return execFileSync(path.join(here, "node_modules/.bin", program), args, {
      cwd: here, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
    });
  } catch (error) {
    assert.fail(`${program}: ${error.stdout}${error.stderr}`);
  }
}

let dormouse;
before(async () => (dormouse = await Dormouse.start({ withKeys: true })));
after(() => dormouse.stop());

test("the document has no findings of a linter", () => {
  run("redocly", "lint", "--config", "redocly.yaml", document);
});

test("a generated client passes the type checker and works", async () => {
  const generated = path.join(here, "generated");
  rmSync(generated, { recursive: true, force: true });
  mkdirSync(generated);
  run("openapi-typescript", document, "-o", "generated/api.ts");
  run("tsc", "-p", "tsconfig.json");
  const { life } = await import("./generated/use.js");
  assert.deepEqual(await life(dormouse.origin, keys.ops), [
    "started typed",
    "again: 409",
    "raised: delivered",
    'No orchestration with instance ID "nobody" found.',
    'Completed: "spent 7.00", 4 rows, custom status null',
    "listed: typed",
    "purged: 1",
  ]);
});

test("the document is served as it is", async () => {
  const served = await (await fetch(dormouse.origin + "/openapi.json")).json();
  const { readFileSync } = await import("node:fs");
  assert.deepEqual(served, JSON.parse(readFileSync(document, "utf8")));
});
