// The JavaScript library, led by a test: a line of JSON in for each call, a line out for each answer and each event. library_client.py has the
// words. Usage: node library_client.mjs FOLDER_OF_THE_LIBRARY URL OPTIONS
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [folder, url, optionsText] = process.argv.slice(2);
const { connect } = await import(pathToFileURL(`${folder}/index.js`).href);
const { WebSocket } = createRequire(import.meta.url)('ws');

class PartI extends WebSocket {
  constructor(address, _protocols, options) {
    super(address, [], options);
  }
}

const EVENTS = ['state', 'error', 'hello', 'message', 'message_updated', 'message_deleted', 'reaction_added', 'reaction_removed', 'pin_added', 'pin_removed',
  'member_joined', 'member_left', 'member_updated', 'chat_updated', 'chat_joined', 'chat_left', 'typing', 'presence', 'read', 'gap', 'notice', 'goodbye'];

const { part_i: partI, ...options } = JSON.parse(optionsText);
const client = connect(url, { WebSocket: partI ? PartI : WebSocket, ...options });
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
for (const type of EVENTS) {
  client.on(type, (event) => say({ event: type === 'error' ? { type, code: event.code } : { ...event, ...(event.error && { error: event.error.code }) } }));
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { id, call, chat, args } = JSON.parse(line);
    const holder = chat === null ? client : client.chat(chat);
    const result = call === 'position' ? client.position : holder[call](...args);
    Promise.resolve(result).then((answer) => say({ id, answer: answer ?? null }), (error) => say({ id, error: error.code ?? String(error) }));
  })
  .on('close', () => client.close());
