// A chat on Bun's WebSocket server (uWebSockets inside): bun bun.mjs DATABASE none|each|turn
import { Database } from "bun:sqlite";
import { contentOf, HISTORY_PATH, historyOf, message, PATH, prepare, Seats, STORAGES, textOf } from "./chat.mjs";

// A frame that does not fit is silently dropped by publish(), so the limit is beyond what a scenario can leave waiting.
const BACKPRESSURE_BYTES_MAX = 64 * 1024 * 1024;

const [databasePath, storageName] = process.argv.slice(2);
const database = new Database(databasePath);
prepare(database);
const seats = new Seats(database);
const storage = new STORAGES[storageName](database, (stored) => server.publish(`chat ${stored.chat}`, textOf(stored)));

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, server) {
    const { pathname } = new URL(request.url);
    const history = HISTORY_PATH.exec(pathname);
    if (history) return new Response(historyOf(database, Number(history[1])));
    const chat = Number(PATH.exec(pathname)?.[1]);
    const user = seats.take(chat);
    if (user !== undefined && server.upgrade(request, { data: { chat, user } })) return undefined;
    return new Response("no such chat", { status: 404 });
  },
  websocket: {
    perMessageDeflate: false,
    backpressureLimit: BACKPRESSURE_BYTES_MAX,
    idleTimeout: 0,
    open(socket) {
      socket.subscribe(`chat ${socket.data.chat}`);
    },
    message(socket, text) {
      storage.add(message(socket.data.chat, socket.data.user, contentOf(text)));
    },
  },
});
console.log(`listening on http://127.0.0.1:${server.port}`);
