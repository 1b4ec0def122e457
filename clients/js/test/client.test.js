// The client over connections that come and go.
import assert from "node:assert/strict";
import test from "node:test";
import { connect } from "confab-client";
import { HELLO, World, hold, message, settle, stateOf } from "./world.js";

test("it offers confab.v1, and is open with the hello", async () => {
  const world = new World();
  assert.deepEqual([world.server.url, world.server.protocols], ["ws://server.test/ws/chat/7/", ["confab.v1"]]);
  assert.equal(world.client.state, "connecting");
  world.server.accept();
  assert.equal(world.client.state, "connecting");
  assert.equal(await stateOf(world.client.ready()), "pending");
  world.server.say(HELLO);
  world.server.say({ type: "subscribed", chats: [] });
  assert.equal(world.client.state, "open");
  await world.client.ready();
  assert.deepEqual(world.client.hello, HELLO);
  assert.deepEqual(world.heard.map(({ type, state }) => [type, state]), [["state", "open"], ["hello", undefined]]);
});

test("a first frame that is no hello ends the connection", async () => {
  const world = new World();
  world.server.accept();
  world.server.say(message(1, 0));
  assert.equal(world.server.isClosed, true);
  assert.equal(world.client.state, "waiting");
  assert.deepEqual(world.seqs, []);
});

test("a connection that never says hello is given up", async () => {
  const world = new World();
  world.server.accept();
  await world.clock.pass(19_999);
  assert.equal(world.server.isClosed, false);
  await world.clock.pass(1);
  assert.equal(world.server.isClosed, true);
  assert.equal(world.client.state, "waiting");
});

for (const url of ["ws://server.test/ws/chat/abc/", "ws://server.test/ws/chat/7", "ws://server.test/", "nonsense"]) {
  test(`an address that cannot be right: ${url}`, () => {
    assert.throws(() => connect(url, { openSocket: assert.fail }), TypeError);
  });
}

test("send resolves with the ack and not before", async () => {
  const world = await World.live();
  const sent = world.client.chat().send("Hello", { reply_to: 3, thread: 2 });
  assert.equal(await stateOf(sent), "pending");
  const command = world.server.last("send");
  assert.deepEqual({ ...command, ref: 0, nonce: "" }, { type: "send", chat: 7, content: "Hello", reply_to: 3, thread: 2, ref: 0, nonce: "" });
  assert.match(command.nonce, /^[\w-]{1,64}$/);
  await world.server.ack(command, 12);
  const { id, seq } = await sent;
  assert.deepEqual([id, seq], [12, 12]);
});

test("each send has a nonce of its own, or the application's", async () => {
  const world = await World.live("/ws/", { pipeline: 9 });
  const chat = world.client.chat(7);
  const done = [chat.send("a"), chat.send("b"), chat.send("c", { nonce: "mine" })].map(hold);
  const nonces = world.server.all("send").map((command) => command.nonce);
  assert.equal(new Set(nonces).size, 3);
  assert.equal(nonces[2], "mine");
  world.client.close();
  assert.deepEqual(await Promise.all(done.map(stateOf)), ["closed", "closed", "closed"]);
});

test("sends before there is a connection wait for it", async () => {
  const world = new World();
  const sent = world.client.chat(7).send("early");
  await world.server.greet();
  await world.server.ack(world.server.last("send"), 4);
  assert.equal((await sent).id, 4);
});

test("after a lost connection what has no ack is sent again with its nonce, and what has one is not", async () => {
  const world = await World.live();
  const chat = world.client.chat();
  const [a, b] = [chat.send("a"), chat.send("b")];
  await world.server.ack(world.server.last("send"), 1);
  await a;
  const before = world.server.last("send");
  assert.equal(before.content, "b");
  await world.reconnect();
  assert.deepEqual(world.server.all("send"), [before]);
  await world.server.answer(before, { type: "ack", id: 2, seq: 2, duplicate: true });
  assert.deepEqual([(await b).id, (await b).duplicate], [2, true]);
});

const COMMANDS = [
  ["edit", (chat) => chat.edit(5, "x", { revision: 1 }), { id: 5, content: "x", revision: 1 }],
  ["delete", (chat) => chat.delete(5), { id: 5 }],
  ["react", (chat) => chat.react(5, "👍"), { id: 5, emoji: "👍" }],
  ["unreact", (chat) => chat.unreact(5, "👍"), { id: 5, emoji: "👍" }],
  ["pin", (chat) => chat.pin(5), { id: 5 }],
  ["unpin", (chat) => chat.unpin(5), { id: 5 }],
  ["history", (chat) => chat.history({ before: 9, limit: 2, thread: 1 }), { before: 9, limit: 2, thread: 1 }],
];
for (const [type, run, fields] of COMMANDS) {
  test(`${type}: its frame, its answer, its refusal`, async () => {
    const world = await World.live();
    const [done, refused] = [run(world.client.chat()), run(world.client.chat())].map(hold);
    const [first, second] = world.server.all(type);
    assert.deepEqual(first, { type, chat: 7, ...fields, ref: first.ref });
    await world.server.answer(second, { type: "error", code: "forbidden", message: "No" });
    await world.server.answer(first, { type: type === "history" ? "history" : "ack", seq: 44 });
    assert.equal((await done).seq, 44);
    await assert.rejects(refused, { code: "forbidden", message: "No" });
    assert.deepEqual(world.heardOf("error"), [], "a refusal is told once");
  });
}

test("chats: a window of the list", async () => {
  const world = await World.live("/ws/");
  const window = world.client.chats({ offset: 20, limit: 10 });
  const command = world.server.last("chats");
  assert.deepEqual(command, { type: "chats", offset: 20, limit: 10, ref: command.ref });
  await world.server.answer(command, { type: "chats", total: 134, chats: [] });
  assert.equal((await window).total, 134);
});

test("events come in the order of the chain, each once", async () => {
  const world = await World.live("/ws/chat/7/", { after: { 7: 10 }, epoch: "e1" });
  assert.equal(world.server.url, "ws://server.test/ws/chat/7/?after=10&epoch=e1");
  for (const event of [message(10, 9), message(11, 10), message(11, 10), message(14, 11), message(12, 11), message(15, 14)]) {
    world.server.say(event);
  }
  assert.deepEqual(world.seqs, [11, 14, 15]);
  assert.deepEqual(world.client.position, { after: { 7: 15 }, epoch: "e1" });
});

test("an event whose prev is not known: nothing is delivered, and it comes again over a new connection", async () => {
  const world = await World.live("/ws/chat/7/", { after: { 7: 10 }, epoch: "e1" });
  world.server.say(message(13, 12));
  assert.deepEqual(world.seqs, []);
  assert.deepEqual(world.heardOf("error"), [{ type: "error", code: "chain_broken" }]);
  assert.equal(world.server.isClosed, true);
  world.server.say(message(14, 13));
  await world.clock.pass(1000);
  assert.equal(world.sockets.length, 2);
  assert.match(world.server.url, /after=10/);
  await world.server.greet();
  for (const event of [message(12, 10), message(13, 12)]) {
    world.server.say(event);
  }
  assert.deepEqual(world.seqs, [12, 13]);
});

test("after a gap the chain goes on behind it", async () => {
  const world = await World.live("/ws/chat/7/", { after: { 7: 10 }, epoch: "e1" });
  world.server.say({ type: "gap", chat: 7, after: 10, seq: 100, reason: "too_far" });
  world.server.say(message(101, 100));
  assert.equal(world.heardOf("gap")[0].reason, "too_far");
  assert.deepEqual(world.seqs, [101]);
});

test("a connection for one chat that was lost before the first event is continued all the same", async () => {
  const world = new World();
  world.server.accept();
  world.server.say(HELLO);
  assert.equal(await stateOf(world.client.ready()), "pending");
  world.server.say({ type: "subscribed", chats: [{ chat: 7, seq: 20 }] });
  await world.client.ready();
  await world.reconnect();
  assert.match(world.server.url, /after=20/);
  world.server.say(message(21, 20));
  assert.deepEqual(world.seqs, [21]);
});

test("what made a connection too large is not sent again", async () => {
  const world = await World.live();
  const sent = hold(world.client.chat().send("x"));
  await settle();
  world.server.end(1009);
  assert.equal(await stateOf(sent), "too_large");
  await world.clock.pass(1000);
  await world.server.greet();
  assert.deepEqual(world.server.all("send"), []);
});

test("another epoch: the gap is told, and old positions are not used", async () => {
  const world = await World.live("/ws/", { after: { 7: 10, 8: 20 }, epoch: "e0" });
  assert.deepEqual(world.heardOf("gap"), [
    { type: "gap", chat: 7, after: 10, seq: null, reason: "epoch" },
    { type: "gap", chat: 8, after: 20, seq: null, reason: "epoch" },
  ]);
  const command = world.server.last("subscribe");
  assert.deepEqual(command, { type: "subscribe", ref: command.ref, chats: "all", after: {}, epoch: "e1" });
  await world.server.answer(command, { type: "subscribed", chats: [{ chat: 7, seq: 3 }] });
  world.server.say(message(4, 3));
  assert.deepEqual(world.seqs, [4]);
});

test("on /ws/ it follows all chats, and is ready when the server has taken that", async () => {
  const world = await World.live("/ws/", { events: ["message", "typing"] });
  const command = world.server.last("subscribe");
  assert.deepEqual(command, { type: "subscribe", ref: command.ref, chats: "all", after: {}, epoch: "e1", events: ["message", "typing"] });
  assert.equal(await stateOf(world.client.ready()), "pending");
  await world.server.answer(command, { type: "subscribed", chats: [{ chat: 7, seq: 5 }, { chat: 8, seq: 0 }] });
  await world.client.ready();
  world.server.say(message(6, 5));
  await world.reconnect();
  assert.deepEqual(world.server.last("subscribe").after, { 7: 6, 8: 0 });
});

test("on /ws/ it follows some chats, more, and fewer, over every connection", async () => {
  const world = await World.live("/ws/", { subscribe: [7] });
  const first = world.server.last("subscribe");
  assert.deepEqual(first.chats, [{ chat: 7 }]);
  await world.server.answer(first, { type: "subscribed", chats: [{ chat: 7, seq: 5 }] });

  const more = world.client.subscribe([8]);
  await settle();
  assert.deepEqual(world.server.last("subscribe").chats, [{ chat: 8 }]);
  await world.server.answer(world.server.last("subscribe"), { type: "subscribed", chats: [{ chat: 8, seq: 9 }] });
  await more;

  const fewer = world.client.unsubscribe([7]);
  await settle();
  assert.deepEqual(world.server.last("unsubscribe").chats, [7]);
  world.server.say(message(6, 5));
  assert.deepEqual(world.seqs, [], "it was still on its way");
  await world.reconnect();
  assert.equal(await stateOf(fewer), "pending");
  assert.deepEqual(world.server.last("subscribe").chats, [{ chat: 8, after: 9 }]);
  await world.server.answer(world.server.last("subscribe"), { type: "subscribed", chats: [{ chat: 8, seq: 9 }] });
  await fewer;
});

test("all chats but one", async () => {
  const world = await World.live("/ws/");
  world.client.unsubscribe([9]);
  await settle();
  await world.reconnect();
  assert.deepEqual(world.server.sent.slice(-2).map(({ type, chats }) => [type, chats]), [["subscribe", "all"], ["unsubscribe", [9]]]);
});

test("a chat that is wanted again is followed again", async () => {
  for (const wanted of ["all", [9]]) {
    const world = await World.live("/ws/");
    world.client.unsubscribe([9]);
    world.client.subscribe(wanted);
    await settle();
    await world.reconnect();
    assert.deepEqual(world.server.all("unsubscribe"), []);
    world.server.say(message(4, 3, "hi", 9));
    assert.deepEqual(world.seqs, [4]);
  }
});

test("a subscription that is refused rejects ready(), and is an error", async () => {
  const world = await World.live("/ws/", { subscribe: [7] });
  await world.server.answer(world.server.last("subscribe"), { type: "error", code: "invalid_frame" });
  assert.equal(await stateOf(world.client.ready()), "invalid_frame");
  assert.deepEqual(world.heardOf("error"), [{ type: "error", code: "invalid_frame" }]);
});

test("a chat that is gone does not keep the others from being followed", async () => {
  const world = await World.live("/ws/", { subscribe: [7, 8], after: { 7: 3, 8: 4 }, epoch: "e1" });
  await world.server.answer(world.server.last("subscribe"), { type: "error", code: "not_found" });
  const [of7, of8] = world.server.all("subscribe").slice(-2);
  assert.deepEqual([of7.chats, of8.chats], [[{ chat: 7, after: 3 }], [{ chat: 8, after: 4 }]]);
  await world.server.answer(of7, { type: "error", code: "not_found" });
  await world.server.answer(of8, { type: "subscribed", chats: [{ chat: 8, seq: 4 }] });
  await world.client.ready();
  assert.deepEqual(world.heardOf("error"), [{ type: "error", code: "not_found" }]);
  await world.reconnect();
  assert.deepEqual(world.server.last("subscribe").chats, [{ chat: 8, after: 4 }]);
});

test("when all chats are gone there is nothing to be ready for", async () => {
  const world = await World.live("/ws/", { subscribe: [7] });
  await world.server.answer(world.server.last("subscribe"), { type: "error", code: "not_found" });
  await world.server.answer(world.server.last("subscribe"), { type: "error", code: "not_found" });
  assert.equal(await stateOf(world.client.ready()), "not_found");
});

test("a chat that could not be subscribed to is not asked for again", async () => {
  const world = await World.live("/ws/", { subscribe: [7] });
  await world.server.answer(world.server.last("subscribe"), { type: "subscribed", chats: [{ chat: 7, seq: 5 }] });
  const more = hold(world.client.subscribe([7, 8]));
  await settle();
  await world.server.answer(world.server.last("subscribe"), { type: "error", code: "not_found" });
  assert.equal(await stateOf(more), "not_found");
  await world.reconnect();
  assert.deepEqual(world.server.last("subscribe").chats, [{ chat: 7, after: 5 }]);
});

test("a chat that is joined is followed from where it stands, one that is left is forgotten", async () => {
  const world = await World.live("/ws/");
  await world.server.answer(world.server.last("subscribe"), { type: "subscribed", chats: [] });
  world.server.say({ type: "chat_joined", chat: { id: 12, name: "Choir", kind: "group", seq: 40 } });
  world.server.say(message(41, 40, "hi", 12));
  assert.deepEqual(world.client.position.after, { 12: 41 });
  world.server.say({ type: "chat_left", chat: 12, reason: "removed" });
  assert.deepEqual(world.client.position.after, {});
  assert.equal(world.heardOf("chat_joined").length + world.heardOf("chat_left").length, 2);
});

test("a chat that is joined before the answer to subscribe begins where the answer says", async () => {
  const world = await World.live("/ws/");
  world.server.say({ type: "chat_joined", chat: { id: 12, name: "Choir", kind: "group", seq: 40 } });
  assert.equal(world.heardOf("chat_joined").length, 1);
  assert.deepEqual(world.client.position.after, {});
  await world.server.answer(world.server.last("subscribe"), { type: "subscribed", chats: [{ chat: 12, seq: 43 }] });
  world.server.say(message(44, 43, "hi", 12));
  assert.deepEqual(world.heardOf("error"), []);
  assert.deepEqual(world.client.position.after, { 12: 44 });
});

test("pauses between attempts grow, and a connection that lived makes them short again", async () => {
  const world = await World.live();
  const pauses = () => world.heardOf("state").filter(({ state }) => state === "waiting").map(({ pause }) => pause);
  world.server.end();
  for (let i = 0; i < 7; i++) {
    await world.clock.pass(pauses().at(-1));
    world.server.end();
  }
  assert.deepEqual(pauses(), [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  await world.clock.pass(30_000);
  await world.server.greet();
  world.server.end();
  assert.equal(pauses().at(-1), 30_000, "it lived too short");
  await world.clock.pass(30_000);
  await world.server.greet();
  await world.clock.pass(10_000);
  world.server.end();
  assert.equal(pauses().at(-1), 500);
});

test("retry does not wait for the end of a pause, and makes no second connection", async () => {
  const world = await World.live();
  world.client.retry();
  assert.equal(world.sockets.length, 1);
  world.server.end();
  world.client.retry();
  assert.equal(world.sockets.length, 2);
  await world.server.greet();
  await world.clock.pass(5000);
  assert.equal(world.sockets.length, 2);
});

test("whom the server does not let watch is told, and hears messages all the same", async () => {
  const world = new World();
  const watching = hold(world.client.watch([2]));
  await world.server.greet();
  await world.server.answer(world.server.last("watch"), { type: "error", code: "unknown_type" });
  assert.equal(await stateOf(watching), "unknown_type");
  await world.client.ready();
  assert.deepEqual(world.heardOf("error"), [{ type: "error", code: "unknown_type" }]);
});

test("goodbye says when to come again, within bounds", async () => {
  const world = await World.live();
  world.server.say({ type: "goodbye", reason: "restart", reconnect_after: 2.4 });
  assert.equal(world.server.isClosed, false, "answers may still come");
  world.server.end(1012);
  assert.equal(world.heardOf("state").at(-1).pause, 2400);
  await world.clock.pass(2400);
  await world.server.greet();
  world.server.end();
  assert.notEqual(world.heardOf("state").at(-1).pause, 2400, "it holds once");
});

for (const [code, name] of [[1002, "protocol_error"], [1007, "protocol_error"], [4400, "bad_frame"], [4401, "session_ended"], [4403, "removed"], [4404, "chat_not_found"]]) {
  test(`after close code ${code} it stays closed`, async () => {
    const world = await World.live();
    const sent = hold(world.client.chat().send("x"));
    await settle();
    world.server.end(code);
    assert.equal(await stateOf(sent), name);
    assert.equal(await stateOf(world.client.chat().send("y")), "closed");
    await world.clock.pass(100_000);
    assert.equal(world.sockets.length, 1);
    const { state, error } = world.heardOf("state").at(-1);
    assert.deepEqual([state, error.code, error.status], ["closed", name, code]);
    assert.equal(world.clock.waiting, 0);
  });
}

for (const code of [1000, 1001, 1006, 1009, 1011, 1012, 1013, 4408, 4429]) {
  test(`after close code ${code} it connects again`, async () => {
    const world = await World.live();
    world.server.end(code);
    await world.clock.pass(1000);
    assert.equal(world.sockets.length, 2);
  });
}

test("a handshake that is refused with 403 is final", async () => {
  const world = new World();
  world.server.end(1006, 403);
  await assert.rejects(world.client.ready(), { code: "refused", status: 403 });
  assert.equal(world.sockets.length, 1);
});

test("a server that is not there yet is waited for", async () => {
  const world = await World.live();
  await world.reconnect();
  world.server.end();
  for (let attempt = 0; attempt < 5; attempt++) {
    await world.clock.pass(world.heardOf("state").at(-1).pause);
    world.server.end(1006, 503);
  }
  await world.clock.pass(world.heardOf("state").at(-1).pause);
  await world.server.greet();
  assert.equal(world.client.state, "open");
});

test("it asks when nothing is heard, and connects again when nothing is answered", async () => {
  const world = await World.live("/ws/chat/7/", { after: { 7: 1 }, epoch: "e1" });
  await world.clock.pass(29_000);
  world.server.say(message(2, 1));
  await world.clock.pass(29_999);
  assert.equal(world.server.last("ping"), undefined);
  await world.clock.pass(1);
  const ping = world.server.last("ping");
  await world.server.answer(ping, { type: "pong" });
  await world.clock.pass(59_999);
  assert.equal(world.server.isClosed, false);
  await world.clock.pass(1);
  assert.equal(world.server.all("ping").length, 2);
  assert.equal(world.server.isClosed, true);
  await world.clock.pass(1000);
  assert.match(world.server.url, /after=2/);
});

test("rate_limited: sent again after the pause, with its nonce", async () => {
  const world = await World.live();
  const sent = world.client.chat().send("x");
  await settle();
  const command = world.server.last("send");
  await world.server.answer(command, { type: "error", code: "rate_limited", nonce: command.nonce, retry_after: 0.5 });
  assert.equal(await stateOf(sent), "pending");
  await world.clock.pass(500);
  assert.deepEqual(world.server.all("send"), [command, command]);
  assert.deepEqual(world.heardOf("error"), []);
});

test("a send above the queue's limit is rejected at once", async () => {
  const world = new World("/ws/", { queue: 2 });
  const chat = world.client.chat(7);
  const [a, b, c] = [chat.send("a"), chat.send("b"), chat.send("c")].map(hold);
  assert.equal(await stateOf(c), "queue_full");
  assert.deepEqual([await stateOf(a), await stateOf(b)], ["pending", "pending"]);
  world.client.close();
  await Promise.allSettled([a, b]);
});

test("content above the server's limit is refused without being sent", async () => {
  const world = await World.live();
  const chat = world.client.chat();
  const [long, fits] = [chat.send("x".repeat(1001)), chat.send("x".repeat(1000))].map(hold);
  assert.equal(await stateOf(long), "too_large");
  await world.server.ack(world.server.last("send"), 1);
  assert.equal((await fits).id, 1);
  assert.equal(world.server.all("send").length, 1);
});

test("typing is passed on once in three seconds and chat, and only while connected", async () => {
  const world = new World("/ws/");
  const type = (chat) => world.client.chat(chat).typing();
  type(7);
  await world.server.greet();
  type(7);
  type(7);
  type(8);
  await world.clock.pass(2999);
  type(7);
  assert.deepEqual(world.server.all("typing").map(({ chat }) => chat), [7, 8]);
  await world.clock.pass(1);
  type(7);
  assert.equal(world.server.all("typing").length, 3);
});

test("read marks move forward, and are told again until the server has them", async () => {
  const world = new World("/ws/");
  world.client.chat(7).read(4);
  await world.server.greet();
  const marks = () => world.server.all("read").map(({ chat, seq }) => [chat, seq]);
  assert.deepEqual(marks(), [[7, 4]], "it was set before there was a connection");
  await world.server.answer(world.server.last("read"), { type: "ack", chat: 7, seq: 4 });
  world.client.chat(7).read(3);
  world.client.chat(7).read(6);
  assert.deepEqual(marks().at(-1), [7, 6]);
  await world.reconnect();
  assert.deepEqual(marks(), [[7, 6]], "it may not have arrived");
  await world.server.answer(world.server.last("subscribe"), { type: "subscribed", chats: [] });
  const window = world.client.chats();
  await settle();
  await world.server.answer(world.server.last("chats"), { type: "chats", chats: [] });
  await window;
  await world.reconnect();
  assert.deepEqual(marks(), [], "a later command was answered");
});

test("that the user is away is told to every connection, until they are back", async () => {
  const world = await World.live("/ws/");
  const away = hold(world.client.presence("away"));
  await world.server.answer(world.server.last("presence"), { type: "ack" });
  await away;
  assert.equal(world.server.last("presence").status, "away");
  await world.reconnect();
  assert.equal(world.server.last("presence").status, "away");
  const back = hold(world.client.presence("online"));
  assert.equal(world.server.last("presence").status, "online");
  await world.reconnect();
  assert.equal(world.server.last("presence").status, "online");
  await world.server.answer(world.server.last("presence"), { type: "ack" });
  await back;
});

test("who is watched is told to every connection", async () => {
  const world = await World.live("/ws/");
  world.client.watch([2, 3]);
  await settle();
  assert.deepEqual(world.server.last("watch").users, [2, 3]);
  await world.reconnect();
  const command = world.server.last("watch");
  assert.deepEqual(command.users, [2, 3]);
  await world.server.answer(command, { type: "presence", users: [{ id: 2, status: "online" }] });
  assert.equal(world.heardOf("presence").length, 1, "the answer is an event too");
});

test("a notice is told on every connection, and disturbs nothing", async () => {
  const world = await World.live("/ws/chat/7/", { after: { 7: 1 }, epoch: "e1" });
  const notice = { type: "notice", code: "maintenance", message: "Restart at <18:00>", at: "2026-11-22T18:00:00Z" };
  world.server.say(notice);
  world.server.say(message(2, 1));
  assert.deepEqual(world.heardOf("notice"), [notice]);
  world.server.end();
  await world.clock.pass(world.heardOf("state").at(-1).pause);
  world.server.accept();
  world.server.say(HELLO);
  world.server.say(notice); // right behind hello, before the client has asked for anything
  await settle();
  assert.equal(world.client.state, "open");
  world.server.say(message(3, 2));
  assert.deepEqual(world.heardOf("notice"), [notice, notice]);
  assert.deepEqual(world.seqs, [2, 3]);
  assert.deepEqual(world.heardOf("error"), []);
});

test("an event of a type that is not known is passed on, and kept in the chain", async () => {
  const world = await World.live("/ws/chat/7/", { after: { 7: 1 }, epoch: "e1" });
  world.server.say({ type: "news", seq: 2, prev: 1, chat: 7, what: "later" });
  world.server.say(message(3, 2));
  assert.equal(world.heardOf("news")[0].what, "later");
  assert.deepEqual(world.seqs, [2, 3]);
});

for (const [what, frame] of [
  ["a gap without numbers", { type: "gap" }],
  ["a subscription without chats", { type: "subscribed" }],
  ["a joined chat that is none", { type: "chat_joined", chat: null }],
]) {
  test(`${what} is an error, and another connection is tried`, async () => {
    const world = await World.live("/ws/", { after: { 7: 1 }, epoch: "e1" });
    await world.server.answer(world.server.last("subscribe"), { type: "subscribed", chats: [] });
    world.server.say(frame);
    world.server.say(message(2, 1));
    assert.deepEqual(world.heardOf("error"), [{ type: "error", code: "invalid_frame" }]);
    assert.equal(world.client.state, "waiting");
    assert.deepEqual(world.client.position.after, { 7: 1 });
  });
}

test("errors that answer nothing are told, frames that are none are not", async () => {
  const world = await World.live();
  for (const text of ["", "[]", "null", "5", "{", '{"type":5}']) {
    world.server.events.text(text);
  }
  world.server.say({ type: "error", code: "invalid_json", message: "Invalid JSON" });
  assert.deepEqual(world.heardOf("error"), [{ type: "error", code: "invalid_json" }]);
  assert.equal(world.client.state, "open");
});

test("a chat hears its own events, until it does not want to", async () => {
  const world = await World.live("/ws/", { after: { 7: 1, 8: 1 }, epoch: "e1" });
  const heard = [];
  const off = world.client.chat(8).on("message", (event) => heard.push(event.message.content));
  world.client.chat(8).on("chat_left", (event) => heard.push(event.type));
  world.server.say(message(2, 1, "of 7", 7));
  world.server.say(message(3, 1, "of 8", 8));
  off();
  world.server.say(message(4, 3, "of 8 again", 8));
  world.server.say({ type: "chat_left", chat: 8, reason: "removed" });
  assert.deepEqual(heard, ["of 8", "chat_left"]);
});

test("a connection for one chat has no other", async () => {
  const world = await World.live();
  assert.throws(() => world.client.chat(8), TypeError);
  assert.equal(world.client.chat().id, 7);
  const all = await World.live("/ws/");
  assert.throws(() => all.client.chat(), TypeError);
});

test("close is the end of everything", async () => {
  const world = await World.live();
  const sent = hold(world.client.chat().send("x"));
  world.client.close();
  assert.equal(await stateOf(sent), "closed");
  assert.equal(world.server.isClosed, true);
  assert.deepEqual(world.heardOf("state").at(-1), { type: "state", state: "closed" });
  assert.equal(world.clock.waiting, 0);
  world.client.close();
  assert.equal(await stateOf(world.client.chats()), "closed");
  assert.equal(await stateOf(world.client.subscribe([1])), "closed");
});

test("close while it waits, and in a listener", async () => {
  const waiting = await World.live();
  waiting.server.end();
  waiting.client.close();
  assert.equal(waiting.clock.waiting, 0);
  const listening = new World("/ws/");
  listening.client.on("hello", () => listening.client.close());
  await listening.server.greet();
  assert.deepEqual(listening.server.sent, []);
  assert.equal(listening.client.state, "closed");
});
