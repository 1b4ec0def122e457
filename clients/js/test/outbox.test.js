// Commands that wait for their answer: order, limit, repetition, refusals.
import assert from "node:assert/strict";
import test from "node:test";
import { Outbox } from "../dist/outbox.js";
import { FakeClock, hold, settle, stateOf } from "./world.js";

function make({ limit = 10, pipeline = 1, refusal = () => undefined, nonceMs = undefined } = {}) {
  const clock = new FakeClock();
  const outbox = new Outbox(clock, limit);
  const sent = [];
  const open = () => outbox.open({ refusal, transmit: (command) => sent.push(command), pipeline, nonceMs });
  const contents = () => sent.splice(0).map((command) => command.content ?? command.type);
  return { clock, outbox, sent, open, contents };
}

const send = (content, chat = 7) => ({ type: "send", chat, content, nonce: `n-${content}` });

test("sends of a chat go one after the other, other chats and commands do not wait", async () => {
  const { outbox, sent, open, contents } = make();
  open();
  for (const command of [send("a"), send("b"), send("A", 8), { type: "history", chat: 7 }]) {
    outbox.add(command);
  }
  const [a] = sent;
  assert.deepEqual(contents(), ["a", "A", "history"]);
  outbox.answer({ type: "ack", ref: a.ref });
  assert.deepEqual(contents(), ["b"]);
});

test("a wider pipeline", () => {
  const { outbox, open, contents } = make({ pipeline: 2 });
  open();
  ["a", "b", "c"].forEach((content) => outbox.add(send(content)));
  assert.deepEqual(contents(), ["a", "b"]);
});

test("what has no answer is sent again in its order, with its nonce", async () => {
  const { outbox, sent, open } = make({ pipeline: 3 });
  open();
  const done = ["a", "b", "c"].map((content) => outbox.add(send(content)));
  const first = sent.splice(0);
  outbox.answer({ type: "ack", ref: first[1].ref, id: 5 });
  outbox.lost();
  open();
  assert.deepEqual(sent, [first[0], first[2]]);
  assert.equal((await done[1]).id, 5);
});

test("what the server may not know any more is not sent again", async () => {
  const { clock, outbox, open, contents } = make({ nonceMs: 7000, pipeline: 3 });
  open();
  const [a] = ["a"].map((content) => hold(outbox.add(send(content))));
  await clock.pass(1);
  const b = hold(outbox.add(send("b")));
  const page = hold(outbox.add({ type: "history", chat: 7 }));
  outbox.lost();
  const late = hold(outbox.add(send("late")));
  contents();
  await clock.pass(6999);
  open();
  assert.deepEqual(contents(), ["b", "history", "late"]);
  assert.equal(await stateOf(a), "unconfirmed");
  for (const waiting of [b, page, late]) {
    assert.equal(await stateOf(waiting), "pending");
  }
});

test("an answer is found by its nonce too", async () => {
  const { outbox, open } = make();
  open();
  const done = outbox.add(send("a"));
  assert.equal(outbox.answer({ type: "ack", nonce: "n-other" }), false);
  assert.equal(outbox.answer({ type: "message", nonce: "n-a" }), false);
  assert.equal(outbox.answer({ type: "ack", nonce: "n-a", id: 3 }), true);
  assert.equal((await done).id, 3);
  assert.equal(outbox.answer({ type: "ack", nonce: "n-a", id: 3 }), false, "a second answer is nobody's");
});

const FINAL = ["content_empty", "invalid_json", "invalid_frame", "unknown_type", "not_found", "not_participant", "forbidden", "read_only", "muted",
  "too_large", "nonce_conflict", "conflict", "internal", "a_code_of_later"];
for (const code of FINAL) {
  test(`${code} is final`, async () => {
    const { clock, outbox, sent, open, contents } = make();
    open();
    const done = outbox.add(send("a"));
    outbox.add(send("b"));
    outbox.answer({ type: "error", ref: sent[0].ref, code, message: "no" });
    await assert.rejects(done, { name: "ConfabError", code, message: "no" });
    await clock.pass(1000);
    assert.deepEqual(contents(), ["a", "b"]);
  });
}

for (const code of ["rate_limited", "unavailable"]) {
  test(`${code} is tried again after the pause, before what came later`, async () => {
    const { clock, outbox, sent, open, contents } = make();
    open();
    const done = outbox.add(send("a"));
    const [a] = sent;
    contents();
    outbox.answer({ type: "error", ref: a.ref, code, retry_after: 2.5 });
    outbox.add(send("b"));
    outbox.add({ type: "history", chat: 8 });
    await clock.pass(2499);
    assert.deepEqual(contents(), []);
    await clock.pass(1);
    assert.deepEqual(sent[0], a);
    assert.deepEqual(contents(), ["a", "history"]);
    outbox.answer({ type: "ack", ref: a.ref, id: 1 });
    assert.equal((await done).id, 1);
    assert.deepEqual(contents(), ["b"]);
  });
}

test("a pause outlives its connection", async () => {
  const { clock, outbox, sent, open, contents } = make();
  open();
  outbox.add(send("a"));
  outbox.answer({ type: "error", ref: sent[0].ref, code: "unavailable", retry_after: 5 });
  contents();
  outbox.lost();
  open();
  assert.deepEqual(contents(), []);
  await clock.pass(5000);
  assert.deepEqual(contents(), ["a"]);
});

test("as many as the limit wait, one more is rejected at once", async () => {
  const { outbox, open, contents } = make({ limit: 2 });
  const [a, b, c] = ["a", "b", "c"].map((content) => hold(outbox.add(send(content))));
  assert.equal(await stateOf(c), "queue_full");
  assert.equal(await stateOf(a), "pending");
  assert.equal(await stateOf(b), "pending");
  assert.equal(await stateOf(outbox.addOnce({ type: "subscribe" })), "pending", "what a connection must be told has room of its own");
  open();
  assert.deepEqual(contents(), ["a", "subscribe"]);
});

test("what a connection was told is not told to the next one", async () => {
  const { outbox, open, contents } = make();
  open();
  const told = outbox.addOnce({ type: "subscribe" });
  outbox.lost();
  assert.equal(await stateOf(told), "connection_lost");
  contents();
  open();
  assert.deepEqual(contents(), []);
});

test("where a repeat would be stored twice, what is under way fails and the rest waits", async () => {
  const { outbox, open, contents } = make();
  open();
  const [a, b] = ["a", "b"].map((content) => outbox.add(send(content)));
  contents();
  outbox.lost(Object.assign(new Error(), { code: "connection_lost" }));
  assert.equal(await stateOf(a), "connection_lost");
  assert.equal(await stateOf(b), "pending");
  open();
  assert.deepEqual(contents(), ["b"]);
});

test("what can never be sent is refused, and what comes behind it is sent", async () => {
  const error = Object.assign(new Error("no"), { code: "too_large" });
  const { outbox, open, contents } = make({ refusal: (command) => (command.content === "a" ? error : undefined) });
  const [a] = ["a", "b"].map((content) => outbox.add(send(content)));
  open();
  assert.equal(await stateOf(a), "too_large");
  assert.deepEqual(contents(), ["b"]);
});

test("at the end everything that waits fails, also in a pause", async () => {
  const { clock, outbox, sent, open } = make();
  open();
  const a = outbox.add(send("a"));
  outbox.answer({ type: "error", ref: sent[0].ref, code: "unavailable" });
  outbox.fail(Object.assign(new Error(), { code: "closed" }));
  assert.equal(await stateOf(a), "closed");
  assert.equal(clock.waiting, 0);
  await settle();
});
