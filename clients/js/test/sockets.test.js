// Over real sockets: npm `ws`, Node's own class, and classes that behave as a browser's does.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { connect } from "confab-client";
import { WebSocket } from "ws";
import { SmallServer } from "./small_server.js";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const BACKOFF = { base: 1, max: 1 };
const GUARDED = { timeout: 60_000 }; // against hanging

function heardFrom(client, type, count) {
  return new Promise((resolve) => {
    const heard = [];
    client.on(type, (event) => heard.push(event) === count && resolve(heard));
  });
}

async function withServer(options, run) {
  const server = await SmallServer.start(options);
  try {
    await run(server);
  } finally {
    await server.stop();
  }
}

test("ws: cookie, token, fields; send, hear, close", GUARDED, () => withServer({}, async (server) => {
  const client = connect(`${server.url}/ws/`, { WebSocket, cookie: "sessionid=abc", token: "t", headers: { Origin: "http://x.example" } });
  const heard = heardFrom(client, "message", 1);
  await client.ready();
  const { id } = await client.chat(1).send("Hello");
  assert.equal((await heard)[0].message.id, id);
  assert.deepEqual(server.handshakes, [{ cookie: "sessionid=abc", offer: "confab.v1", url: "/ws/" }]);
  client.close();
}));

test("ws: connections are cut again and again, every message is stored once and heard once", GUARDED, () => withServer({}, async (server) => {
  const client = connect(`${server.url}/ws/`, { WebSocket, backoff: BACKOFF });
  await client.ready();
  const heard = heardFrom(client, "message", 50);
  const sent = [];
  for (let i = 0; i < 50; i++) {
    const done = client.chat(1).send(`${i}`);
    if (i % 5 === 0) {
      server.cut();
    }
    sent.push((await done).seq);
  }
  assert.deepEqual((await heard).map(({ message }) => message.content), sent.map((_, i) => `${i}`));
  assert.deepEqual(server.log.map(({ seq }) => seq), sent);
  client.close();
}));

test("ws: a server that does not answer the offer", GUARDED, () => withServer({ protocols: [] }, async (server) => {
  const client = connect(`${server.url}/ws/chat/1/`, { WebSocket });
  assert.equal((await client.chat().send("Hello")).id, 1);
  assert.equal(client.isLegacy, true);
  assert.deepEqual(server.handshakes.map(({ offer }) => offer), ["confab.v1", undefined]);
  client.close();
}));

test("ws: the status of a refusal is known", GUARDED, () => withServer({ status: 403 }, async (server) => {
  const client = connect(`${server.url}/ws/chat/1/`, { WebSocket });
  await assert.rejects(client.ready(), { code: "refused", status: 403 });
  assert.equal(server.handshakes.length, 1);
}));

test("nobody listens: it goes on trying", GUARDED, async () => {
  const server = await SmallServer.start();
  await server.stop();
  const client = connect(`${server.url}/ws/`, { WebSocket, backoff: BACKOFF });
  await heardFrom(client, "state", 4);
  client.close();
  await assert.rejects(client.ready(), { code: "closed" });
});

const OWN_CLASS = `
import { connect } from "confab-client";
const client = connect(process.argv[1] + "/ws/chat/1/", { cookie: "sessionid=abc" });
await client.ready();
console.log(client.isLegacy, (await client.chat().send("Hello")).id);
client.close();
`;

for (const protocols of [["confab.v1"], []]) {
  test(`Node's own class sends a cookie, and learns whether the offer is answered: ${protocols}`, GUARDED, (t) => withServer({ protocols }, async (server) => {
    const node = (...options) => promisify(execFile)(process.execPath, ["--input-type=module", ...options, server.url], { cwd: PACKAGE });
    const [flag] = typeof globalThis.WebSocket === "undefined" ? ["--experimental-websocket"] : [];
    try {
      const { stdout } = await node(...(flag ? [flag] : []), "-e", OWN_CLASS);
      assert.equal(stdout, `${protocols.length === 0} 1\n`);
      assert.equal(server.handshakes[0].cookie, "sessionid=abc");
    } catch (error) {
      if (!/bad option/.test(error.stderr)) {
        throw error;
      }
      t.skip("this Node has no class of its own");
    }
  }));
}

test("without any class it says what is missing", { skip: typeof globalThis.WebSocket !== "undefined" }, () => {
  assert.throws(() => connect("ws://127.0.0.1:1/ws/"), /WebSocket/);
});

test("in a page fields of the handshake are refused", () => {
  globalThis.document = {};
  globalThis.WebSocket ??= class {};
  try {
    assert.throws(() => connect("ws://127.0.0.1:1/ws/", { cookie: "a=b" }), /cookies/);
  } finally {
    delete globalThis.document;
  }
});
