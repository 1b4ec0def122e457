// The README's example runs, and its tables name what there is.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Chat } from "../dist/chat.js";
import { Client } from "../dist/client.js";
import { SmallServer } from "./small_server.js";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("the example does what it says", { timeout: 60_000 }, async () => {
  const server = await SmallServer.start();
  try {
    const [, example] = /```js\n(.*?)```/s.exec(README);
    const code = example.replace("ws://127.0.0.1:8000", server.url);
    assert.notEqual(code, example);
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code],
      { cwd: fileURLToPath(new URL(".", import.meta.url)), env: { ...process.env, SESSION: "abc" } });
    assert.equal(server.handshakes[0].cookie, "sessionid=abc");
    assert.deepEqual(stdout.trim().split("\n").sort(), ["alice: Hello", "stored as 1, the last of 1"]);
  } finally {
    await server.stop();
  }
});

test("every command that it names exists, and every command is named", () => {
  for (const [holder, Class] of [["client", Client], ["chat", Chat]]) {
    const named = new Set([...README.matchAll(new RegExp(`\\b${holder}\\.(\\w+)`, "g"))].map(([, name]) => name));
    const there = Object.getOwnPropertyNames(Class.prototype).filter((name) => name !== "constructor");
    for (const name of named) {
      assert.ok(name in Class.prototype || name === "on" || name === "position", `${holder}.${name}`);
    }
    for (const name of there) {
      assert.ok(README.includes(name), `${holder}.${name} is not in the README`);
    }
  }
});
