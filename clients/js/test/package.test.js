// What npm would publish: everything that is needed, typed, and nothing else.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const TSC = fileURLToPath(new URL("../../../node_modules/.bin/tsc", import.meta.url));

const PROGRAM = `
import { connect, ConfabError, type Ack, type Client, type Message } from "confab-client";

const client: Client = connect("ws://127.0.0.1:1/ws/", { cookie: "a=b", subscribe: [7], backoff: { base: 1 } });
client.on("message", ({ message }) => { const m: Message = message; void m.content.length; });
client.on("state", ({ state }) => { const s: "connecting" | "open" | "waiting" | "closed" = state; void s; });
client.on("gap", ({ after, reason }) => { const a: number | null = after; void [a, reason]; });
client.on("notice", ({ code, message, at }) => { const n: [string, string, string | undefined] = [code, message, at]; void n; });
client.on("of_later", (event: { what: string }) => void event.what);
client.chat(7).on("typing", (event) => void event.expires_in);
const ack: Promise<Ack> = client.chat(7).send("x", { reply_to: 1 });
ack.catch((error: unknown) => error instanceof ConfabError && error.code);
// @ts-expect-error the content is text
client.chat(7).send(5);
// @ts-expect-error there is no such option
connect("ws://127.0.0.1:1/ws/", { colour: "red" });
// @ts-expect-error messages have no such field
client.on("message", ({ message }) => message.text);
// @ts-expect-error chats are numbers
client.subscribe("some");
`;

test("a program in another folder installs the package and is checked against its types", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "confab-client-"));
  try {
    const packed = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder, PACKAGE]);
    const [{ filename, files }] = JSON.parse(packed.stdout);
    const names = files.map(({ path }) => path);
    assert.ok(["package.json", "README.md", "dist/index.js", "dist/index.d.ts"].every((name) => names.includes(name)), names.join(" "));
    assert.deepEqual(names.filter((name) => !/^(package\.json|README\.md|dist\/\w+\.(js|d\.ts))$/.test(name)), []);

    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    await run("npm", ["install", "--offline", "--no-audit", "--no-fund", join(folder, filename)], { cwd: folder });
    const { stdout } = await run(process.execPath, ["-e", "import('confab-client').then((m) => console.log(Object.keys(m).sort().join()))"], { cwd: folder });
    assert.equal(stdout, "Client,ConfabError,connect\n");

    writeFileSync(join(folder, "program.ts"), PROGRAM);
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "program.ts"];
    await run(TSC, options, { cwd: folder }).catch(({ stdout: faults }) => assert.fail(faults));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
