// Sends messages of many sizes to /ws/echo/ with npm `ws` and compares what comes back. Usage: node echo.cjs URL
'use strict';
const assert = require('node:assert');
const WebSocket = require('ws');

const sizes = [0, 1, 125, 126, 127, 65535, 65536, 200000];
const offers = {
  none: false,
  default: true,
  'no context takeover': { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 },
  'small windows': { serverMaxWindowBits: 9, clientMaxWindowBits: 9, threshold: 0 },
};

function echo(url, perMessageDeflate) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate });
    const expected = [];
    socket.on('open', () => {
      for (const size of sizes) {
        for (const message of ['é'.repeat(size / 2), Buffer.alloc(size, size % 251)]) {
          expected.push(message);
          socket.send(message);
        }
      }
    });
    socket.on('message', (data, isBinary) => {
      const wanted = expected.shift();
      assert.strictEqual(isBinary, typeof wanted !== 'string');
      assert.ok(Buffer.from(wanted).equals(data));
      if (expected.length === 0) {
        socket.close(1000);
      }
    });
    socket.on('close', (code) => (code === 1000 && expected.length === 0 ? resolve(socket.extensions) : reject(code)));
    socket.on('error', reject);
  });
}

(async () => {
  for (const [name, offer] of Object.entries(offers)) {
    const extensions = await echo(process.argv[2], offer);
    console.log(`${name}: ${extensions || 'none'}`);
  }
})();
