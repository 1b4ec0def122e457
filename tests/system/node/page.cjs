// A page written for the existing system: the guide's JavaScript, with `ws` in the place of the browser's WebSocket.
// Usage: node page.cjs SERVER_URL CHAT_ID SESSION_KEY. Prints one line for each thing that the page would show.
// PAGE_ORIGIN in the environment: where the page came from, if not from the server itself.
'use strict';
const WebSocketOfNode = require('ws');

const [serverUrl, chatId, sessionKey] = process.argv.slice(2);
const origin = process.env.PAGE_ORIGIN || serverUrl;

// What a browser adds by itself to `new WebSocket(url)`: the page's origin and the cookies of the host.
class WebSocket extends WebSocketOfNode {
  constructor(url, protocols) {
    super(url, protocols, { origin, headers: { Cookie: `csrftoken=x; sessionid=${sessionKey}` } });
  }
}
const window = { location: new URL(serverUrl) };

const scheme = window.location.protocol === 'https:' ? 'wss' : 'ws';
const chatSocket = new WebSocket(`${scheme}://${window.location.host}/ws/chat/${chatId}/`);

chatSocket.onopen = function () {
  console.log('open');
  chatSocket.send(JSON.stringify({ content: 'Hello from the page' }));
};
chatSocket.onmessage = function (e) {
  const data = JSON.parse(e.data);
  if (data.type === 'message') {
    console.log(`${data.message.sender.username}: ${data.message.content}`);
    if (data.message.content === 'Hello from the page') {
      chatSocket.send(JSON.stringify({ content: '' }));
    }
    if (data.message.content === 'bye') {
      chatSocket.close();
    }
  } else if (data.type === 'error') {
    console.log(`error: ${data.message}`);
  }
};
chatSocket.onerror = function (e) {
  console.log(`failed: ${e.message}`);
};
chatSocket.onclose = function (e) {
  console.log(`closed ${e.code}`);
};
