// The parts that know no connection: backoff, heartbeat, positions, marks, limits.
import assert from "node:assert/strict";
import test from "node:test";
import { BACKOFF, backoffMs } from "../dist/backoff.js";
import { Emitter } from "../dist/emitter.js";
import { finalError, pauseMs } from "../dist/errors.js";
import { Heartbeat } from "../dist/heartbeat.js";
import { sizeRefusal } from "../dist/limits.js";
import { Marks } from "../dist/marks.js";
import { Positions } from "../dist/positions.js";
import { FakeClock } from "./world.js";

test("a pause is anywhere below a bound that doubles up to a maximum", () => {
  const bounds = [0, 1, 2, 3, 4, 5, 6, 1000].map((attempt) => backoffMs(BACKOFF, attempt, 1));
  assert.deepEqual(bounds, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  assert.equal(backoffMs(BACKOFF, 3, 0), 0);
  assert.equal(backoffMs(BACKOFF, 3, 0.25), 2000);
});

test("a pause that the server asks for has bounds", () => {
  assert.deepEqual([2.4, 0, 1e9, -1, "x", undefined].map(pauseMs), [2400, 0, 300_000, 1000, 1000, 1000]);
});

test("which ends are final", () => {
  for (const code of [1002, 1007, 4400, 4401, 4403, 4404]) {
    assert.equal(finalError(code).status, code);
  }
  for (const code of [1000, 1001, 1006, 1009, 1011, 1012, 1013, 4408, 4429]) {
    assert.equal(finalError(code), undefined);
  }
  assert.deepEqual([400, 401, 403, 404, 426].map((status) => finalError(1006, status)?.code), Array(5).fill("refused"));
  assert.deepEqual([408, 425, 429, 500, 502, 503].map((status) => finalError(1006, status)), Array(6).fill(undefined));
});

test("silence is asked about, and then ends the connection", async () => {
  const clock = new FakeClock();
  const events = [];
  const heartbeat = new Heartbeat(clock, 1000, () => events.push("ask"), () => events.push("dead"));
  await clock.pass(900);
  heartbeat.heard();
  await clock.pass(999);
  assert.deepEqual(events, []);
  await clock.pass(1);
  assert.deepEqual(events, ["ask"], "a whole interval after the last sign");
  await clock.pass(999);
  heartbeat.heard();
  await clock.pass(999);
  assert.deepEqual(events, ["ask"]);
  await clock.pass(3000);
  assert.deepEqual(events, ["ask", "ask", "dead"]);
  assert.equal(clock.waiting, 0);
});

test("a heartbeat that is stopped asks nothing", async () => {
  const clock = new FakeClock();
  new Heartbeat(clock, 1000, assert.fail, assert.fail).stop();
  await clock.pass(5000);
});

test("the chain: next, repeat, broken", () => {
  const positions = new Positions({ 7: 10 }, "e1");
  const steps = [
    // chat seq prev verdict
    [7, 10, 9, "repeat"],
    [7, 12, 11, "broken"],
    [7, 12, 10, "next"],
    [7, 12, 10, "repeat"],
    [7, 20, 3, "next", "what is known may end between two events"],
    [8, 5, 4, "next", "a chat without a position begins anywhere"],
    [8, 6, 4, "next"],
    [8, 9, 8, "broken"],
  ];
  for (const [chat, seq, prev, verdict, why] of steps) {
    assert.equal(positions.advance(chat, seq, prev), verdict, why);
  }
  assert.deepEqual(positions.toJSON(), { 7: 20, 8: 6 });
});

test("a gap moves a position, a beginning and what is known only forward", () => {
  const positions = new Positions({ 7: 10 }, "e1");
  positions.begin(7, 50);
  positions.reach(7, 4);
  assert.equal(positions.get(7), 10);
  positions.reach(7, 11);
  assert.equal(positions.get(7), 11);
  positions.jump(7, 3);
  assert.equal(positions.get(7), 3);
  positions.begin(9, 50);
  assert.deepEqual(positions.restart(), [[7, 3], [9, 50]]);
  assert.deepEqual(positions.toJSON(), {});
});

test("read marks: the last one of a chat, one at a time, until something later was answered", () => {
  const marks = new Marks();
  const sent = [];
  let ref = 0;
  const open = () => marks.open((chat, seq) => {
    sent.push([chat, seq]);
    return ++ref;
  });
  const taken = () => sent.splice(0);
  marks.set(7, 10);
  marks.set(7, 9);
  open();
  assert.deepEqual(taken(), [[7, 10]]);
  marks.set(7, 11);
  marks.set(7, 12);
  marks.set(8, 1);
  assert.deepEqual(taken(), [[8, 1]], "the first of chat 7 is under way");
  marks.answered(1, false);
  assert.deepEqual(taken(), [[7, 12]]);
  marks.answered(2, false);
  marks.lost();
  marks.answered(99, false);
  open();
  assert.deepEqual(taken(), [[7, 12]], "it may have been lost with the connection, that of chat 8 was not");
  marks.answered(5, false);
  marks.lost();
  open();
  assert.deepEqual(taken(), []);
  marks.set(7, 20);
  marks.answered(5, true);
  marks.answered(99, false);
  assert.deepEqual(taken(), [[7, 20]], "it was refused");
  marks.set(7, 20);
  assert.deepEqual(taken(), [[7, 20]]);
});

const LIMITS = { content_bytes: 1000, frame_bytes: 3000 };
for (const [what, content, code] of [
  ["content at the limit", "x".repeat(1000), undefined],
  ["content one byte past it", "x".repeat(1001), "too_large"],
  ["characters of two bytes at the limit", "é".repeat(500), undefined],
  ["characters of two bytes past it", "é".repeat(501), "too_large"],
  ["characters that JSON makes long", "\u0001".repeat(600), "too_large"],
  ["fewer of them", "\u0001".repeat(400), undefined],
]) {
  test(`${what}: ${code ?? "passes"}`, () => {
    assert.equal(sizeRefusal({ type: "send", content }, LIMITS)?.code, code);
  });
}

test("limits that the server does not name are those of the protocol", () => {
  assert.equal(sizeRefusal({ type: "send", content: "x".repeat(262_144) }), undefined);
  assert.equal(sizeRefusal({ type: "send", content: "x".repeat(262_145) }).code, "too_large");
});

test("a listener that fails harms neither the others nor the emitter", async () => {
  const emitter = new Emitter();
  const heard = [];
  const uncaught = [];
  const off = emitter.on("x", () => {
    throw new Error("of the listener");
  });
  emitter.on("x", (event) => heard.push(event));
  // Node's test runner has handlers of its own, which would call this test failed.
  const handlers = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.once("uncaughtException", (error) => uncaught.push(error.message));
  emitter.emit("x", 1);
  await new Promise((resolve) => setTimeout(resolve));
  process.removeAllListeners("uncaughtException");
  handlers.forEach((handler) => process.on("uncaughtException", handler));
  assert.deepEqual(heard, [1]);
  assert.deepEqual(uncaught, ["of the listener"]);
  off();
  emitter.emit("x", 2);
  assert.deepEqual(heard, [1, 2]);
});
