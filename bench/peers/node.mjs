// A chat on Node with ws and better-sqlite3: node node.mjs DATABASE none|each|turn
import Database from "better-sqlite3";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { contentOf, HISTORY_PATH, historyOf, message, PATH, prepare, Seats, STORAGES, textOf } from "./chat.mjs";

const LISTEN_BACKLOG = 4096;

const [databasePath, storageName] = process.argv.slice(2);
const database = new Database(databasePath);
prepare(database);
const seats = new Seats(database);
const rooms = new Map(); // chat id: the set of its sockets

const storage = new STORAGES[storageName](database, (stored) => {
  const text = Buffer.from(textOf(stored)); // encoded once for all
  for (const socket of rooms.get(stored.chat)) socket.send(text, { binary: false });
});

function join(socket, chat, user) {
  if (!rooms.has(chat)) rooms.set(chat, new Set());
  rooms.get(chat).add(socket);
  socket.on("message", (text) => storage.add(message(chat, user, contentOf(text))));
  socket.on("close", () => rooms.get(chat).delete(socket));
}

const server = createServer((request, response) => {
  const history = HISTORY_PATH.exec(request.url);
  if (!history) return response.writeHead(404).end();
  const content = Buffer.from(historyOf(database, Number(history[1])));
  return response.writeHead(200, { "Content-Length": content.length }).end(content);
});
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
server.on("upgrade", (request, stream, head) => {
  const chat = Number(PATH.exec(request.url)?.[1]);
  const user = seats.take(chat);
  if (user === undefined) return stream.end("HTTP/1.1 404 Not Found\r\n\r\n");
  return sockets.handleUpgrade(request, stream, head, (socket) => join(socket, chat, user));
});
server.listen({ host: "127.0.0.1", port: 0, backlog: LISTEN_BACKLOG }, () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
