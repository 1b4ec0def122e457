// A small confab.v1 over real sockets, in this process: one log of messages, resume, acks. Knows no users and keeps nothing.
import { once } from "node:events";
import { WebSocketServer } from "ws";
import { HELLO } from "./world.js";

export class SmallServer {
  log = [];
  handshakes = [];

  /** `protocols`: those it answers; without them it is an existing server. `status`: it refuses every handshake with that. */
  static async start({ protocols = ["confab.v1"], status } = {}) {
    const server = new SmallServer();
    server.wss = new WebSocketServer({
      host: "127.0.0.1",
      port: 0,
      handleProtocols: (offered) => protocols.find((name) => offered.has(name)) ?? false,
      verifyClient: ({ req }, done) => {
        server.handshakes.push({ cookie: req.headers.cookie, offer: req.headers["sec-websocket-protocol"], url: req.url });
        done(status === undefined, status);
      },
    });
    server.wss.on("connection", (socket, { url }) => (socket.protocol ? server.#speak(socket, url) : server.#speakLegacy(socket)));
    await once(server.wss, "listening");
    server.url = `ws://127.0.0.1:${server.wss.address().port}`;
    return server;
  }

  /** Cut every connection, as a network does. */
  cut() {
    this.wss.clients.forEach((socket) => socket.terminate());
  }

  async stop() {
    this.cut();
    await new Promise((resolve) => this.wss.close(resolve));
  }

  #speak(socket, url) {
    const say = (frame) => socket.send(JSON.stringify(frame));
    const commands = {
      subscribe: ({ ref, after = {} }) => {
        say({ type: "subscribed", ref, chats: [{ chat: 1, seq: this.log.length }] });
        this.log.slice(after[1] ?? this.log.length).forEach(say);
        socket.follows = true;
      },
      send: (command) => {
        const known = this.log.find(({ message }) => message.nonce === command.nonce);
        const event = known ?? this.#store(command);
        say({ type: "ack", ref: command.ref, nonce: command.nonce, chat: 1, id: event.seq, seq: event.seq, timestamp: "",
          ...(known && { duplicate: true }) });
      },
      history: ({ ref }) => say({ type: "history", ref, chat: 1, messages: this.log.map(({ message }) => message), more: false }),
      ping: ({ ref }) => say({ type: "pong", ref }),
    };
    say(HELLO);
    if (url !== "/ws/") {
      commands.subscribe({});
    }
    socket.on("message", (text) => {
      const command = JSON.parse(text);
      const run = commands[command.type];
      run ? run(command) : say({ type: "error", ref: command.ref, code: "unknown_type", message: command.type });
    });
  }

  #store({ content, nonce }) {
    const seq = this.log.length + 1;
    const message = { id: seq, chat: 1, sender: HELLO.user, content, timestamp: "2026-01-01T00:00:00Z", nonce };
    const event = { type: "message", seq, prev: seq - 1, message };
    this.log.push(event);
    for (const socket of this.wss.clients) {
      if (socket.follows) {
        socket.send(JSON.stringify(event));
      }
    }
    return event;
  }

  #speakLegacy(socket) {
    socket.on("message", (text) => {
      const { message } = this.#store(JSON.parse(text));
      socket.send(JSON.stringify({ type: "message", message }));
    });
  }
}
