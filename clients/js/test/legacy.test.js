// Against a server that does not answer the offer of confab.v1.
import assert from "node:assert/strict";
import test from "node:test";
import { World, hold, settle, stateOf } from "./world.js";

function said(id, content, sender = 1) {
  return { type: "message", message: { id, chat: 7, sender: { id: sender, username: "x" }, content, timestamp: "2026-01-01T00:00:00Z" } };
}

async function legacy(options) {
  const world = new World("/ws/chat/7/", options);
  world.server.accept("");
  await settle();
  return world;
}

test("a handshake that fails with the offer is tried once more without", async () => {
  const world = new World();
  world.server.end();
  assert.equal(world.sockets.length, 2);
  assert.deepEqual([world.server.protocols, world.server.url], [[], "ws://server.test/ws/chat/7/"]);
  world.server.accept("");
  await world.client.ready();
  assert.deepEqual([world.client.state, world.client.isLegacy, world.client.hello], ["open", true, undefined]);
});

test("with neither it waits, and then offers again", async () => {
  const world = new World();
  world.server.end();
  world.server.end();
  assert.equal(world.client.state, "waiting");
  await world.clock.pass(1000);
  assert.deepEqual(world.sockets.map(({ protocols }) => protocols.length), [1, 0, 1]);
});

test("an answer without a subprotocol is legacy at once", async () => {
  const world = await legacy();
  assert.equal(world.client.isLegacy, true);
  assert.equal(world.sockets.length, 1);
});

test("who has spoken confab.v1 is not taken for legacy later", async () => {
  const world = await World.live();
  world.server.end();
  await world.clock.pass(1000);
  world.server.end();
  assert.equal(world.client.state, "waiting");
  assert.equal(world.sockets.length, 2);
});

test("on /ws/ there is no legacy", async () => {
  const world = new World("/ws/");
  world.server.end();
  assert.equal(world.sockets.length, 1, "no second try");
  await world.clock.pass(1000);
  world.server.accept("");
  await assert.rejects(world.client.ready(), { code: "not_supported" });
  assert.equal(world.client.state, "closed");
});

test("a send resolves when its message comes back", async () => {
  const world = await legacy();
  const sent = world.client.chat().send("hi");
  assert.deepEqual(world.server.sent, [{ content: "hi" }]);
  world.server.say(said(4, "other", 2));
  assert.equal(await stateOf(sent), "pending");
  world.server.say(said(5, "hi"));
  const { id, seq, chat } = await sent;
  assert.deepEqual([id, seq, chat], [5, 5, 7]);
  assert.deepEqual(world.heardOf("message").map(({ message }) => message.id), [4, 5]);
});

test("sends go one at a time, equal ones too", async () => {
  const world = await legacy();
  const [a, b] = [world.client.chat().send("hi"), world.client.chat().send("hi")];
  assert.equal(world.server.sent.length, 1);
  world.server.say(said(5, "hi"));
  assert.equal(world.server.sent.length, 2);
  world.server.say(said(6, "hi"));
  assert.deepEqual([(await a).id, (await b).id], [5, 6]);
});

for (const [text, code] of [
  ["Content cannot be empty", "content_empty"],
  ["Content is too long (at most 262144 bytes)", "too_large"],
  ["Invalid JSON", "invalid_json"],
  ["NULL constraint failed", "refused"],
]) {
  test(`the error "${text}" is ${code}`, async () => {
    const world = await legacy();
    const sent = world.client.chat().send("x");
    world.server.say({ type: "error", message: text });
    await assert.rejects(sent, { code, message: text });
    assert.deepEqual(world.heardOf("error"), []);
    world.server.say({ type: "error", message: text });
    assert.deepEqual(world.heardOf("error"), [{ type: "error", code }], "nobody waits for it");
  });
}

test("too fast: tried again after a second", async () => {
  const world = await legacy();
  const sent = world.client.chat().send("x");
  world.server.say({ type: "error", message: "Too many messages, please slow down" });
  assert.equal(await stateOf(sent), "pending");
  await world.clock.pass(1000);
  assert.deepEqual(world.server.sent, [{ content: "x" }, { content: "x" }]);
});

test("what legacy lacks is rejected, also when it was said before that was known", async () => {
  const world = new World();
  const chat = world.client.chat();
  const early = [chat.send("x", { reply_to: 1 }), world.client.watch([1])].map(hold);
  world.server.end();
  world.server.accept("");
  const late = [chat.send("x", { thread: 1 }), chat.edit(1, "x"), chat.delete(1), chat.react(1, "x"), chat.unreact(1, "x"), chat.pin(1),
    chat.unpin(1), chat.history(), world.client.chats(), world.client.watch([1]), world.client.subscribe([7])].map(hold);
  for (const lacking of [...early, ...late]) {
    await assert.rejects(lacking, { code: "not_supported" });
  }
  chat.typing();
  chat.read(3);
  assert.deepEqual(world.server.sent, []);
});

test("what was under way at the end is not repeated: it could be stored twice", async () => {
  const world = await legacy();
  const [a, b] = [world.client.chat().send("a"), world.client.chat().send("b")].map(hold);
  await settle();
  world.server.end();
  assert.equal(await stateOf(a), "connection_lost");
  await world.clock.pass(1000);
  world.server.accept("");
  assert.deepEqual(world.server.sent, [{ content: "b" }]);
  assert.equal(await stateOf(b), "pending");
});

test("each new connection may have missed something, and says so", async () => {
  const world = await legacy();
  assert.deepEqual(world.heardOf("gap"), []);
  world.server.say(said(5, "hi", 2));
  world.server.end();
  await world.clock.pass(1000);
  world.server.accept("");
  assert.deepEqual(world.heardOf("gap"), [{ type: "gap", chat: 7, after: 5, seq: null, reason: "legacy" }]);
});

test("it says so without having heard anything too", async () => {
  const world = await legacy();
  world.server.end();
  await world.clock.pass(1000);
  world.server.accept("");
  assert.deepEqual(world.heardOf("gap"), [{ type: "gap", chat: 7, after: null, seq: null, reason: "legacy" }]);
});

test("what the application has and a legacy server cannot continue is a gap too", async () => {
  const world = await legacy({ after: { 7: 3 } });
  assert.equal(world.heardOf("gap").length, 1);
});

test("a server that has learned confab.v1 meanwhile goes on behind the last message", async () => {
  const world = await legacy();
  world.server.say(said(5, "hi", 2));
  await world.reconnect();
  assert.equal(world.server.url, "ws://server.test/ws/chat/7/?after=5");
  assert.equal(world.client.isLegacy, false);
});
