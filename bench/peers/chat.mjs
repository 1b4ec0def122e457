// What the JavaScript peers share: who sits where, a message's row, and the content of the frame that confab would send.
//
// Knows: the tables (a copy of the database that confab runs the same scenario on, so tables, indexes and users are the
// same). Does not know: sockets. bun:sqlite and better-sqlite3 have the same calls as far as they are used here.

// As confab's own connection has it: what is committed is on the disk.
const PRAGMAS = ["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -8192"];

export const PATH = /^\/ws\/chat\/(\d+)\/$/;

export function prepare(database) {
  for (const pragma of PRAGMAS) database.exec(`PRAGMA ${pragma}`);
}

// The participants of every chat, given out in turn: a connection is the next one. Nobody asks who it is; confab does.
export class Seats {
  constructor(database) {
    this.chats = new Map();
    const rows = database
      .prepare(
        "SELECT p.chat_id, u.id, u.username, u.email, u.user_type FROM chat_chat_participants p" +
          " JOIN chat_user u ON u.id = p.user_id ORDER BY p.id",
      )
      .all();
    for (const { chat_id, ...user } of rows) {
      if (!this.chats.has(chat_id)) this.chats.set(chat_id, { users: [], taken: 0 });
      this.chats.get(chat_id).users.push(user);
    }
  }

  // Undefined: there is no such chat.
  take(chatId) {
    const chat = this.chats.get(chatId);
    return chat?.users[chat.taken++ % chat.users.length];
  }
}

export const HISTORY_PATH = /^\/api\/chats\/(\d+)\/messages\/$/;

// All messages of a chat as JSON, in one piece: what comes to mind first, and the quickest way.
export function historyOf(database, chatId) {
  const rows = database
    .prepare(
      "SELECT m.id, m.chat_id, m.content, m.timestamp, u.id AS sender_id, u.username, u.email, u.user_type" +
        " FROM chat_message m JOIN chat_user u ON u.id = m.sender_id WHERE m.chat_id = ? ORDER BY m.id",
    )
    .all(chatId);
  const messages = rows.map((row) => ({
    id: row.id,
    chat: row.chat_id,
    sender: { id: row.sender_id, username: row.username, email: row.email, user_type: row.user_type },
    content: row.content,
    timestamp: `${row.timestamp.replace(" ", "T")}Z`,
  }));
  return JSON.stringify(messages);
}

export function contentOf(text) {
  return JSON.parse(text).content;
}

// Chat, sender, content and moment of one message that is not stored yet.
export function message(chat, sender, content) {
  return { id: 0, chat, sender, content, timestamp: new Date().toISOString() };
}

export function textOf(message) {
  return JSON.stringify({ type: "message", message });
}

// Numbers and keeps nothing.
export class NoStorage {
  constructor(_database, tell) {
    this.tell = tell;
    this.id = 0;
  }

  add(message) {
    message.id = ++this.id;
    this.tell(message);
  }
}

function inserter(database) {
  const insert = database.prepare(
    "INSERT INTO chat_message (content, timestamp, chat_id, sender_id) VALUES (?, ?, ?, ?)",
  );
  return (message) => {
    const timestamp = message.timestamp.replace("T", " ").replace("Z", "");
    message.id = insert.run(message.content, timestamp, message.chat, message.sender.id).lastInsertRowid;
  };
}

// One transaction for each message.
export class CommitEach {
  constructor(database, tell) {
    this.insert = inserter(database);
    this.tell = tell;
  }

  add(message) {
    this.insert(message); // a statement outside of a transaction is one
    this.tell(message);
  }
}

// One transaction for all messages that one turn of the event loop brings: it ends before the next look at the sockets.
export class CommitTurn {
  constructor(database, tell) {
    const insert = inserter(database);
    this.commit = database.transaction((messages) => messages.forEach(insert));
    this.tell = tell;
    this.open = [];
  }

  add(message) {
    if (this.open.push(message) === 1) setImmediate(() => this.flush());
  }

  flush() {
    const messages = this.open;
    this.open = [];
    this.commit.immediate(messages);
    messages.forEach(this.tell);
  }
}

export const STORAGES = { none: NoStorage, each: CommitEach, turn: CommitTurn };
