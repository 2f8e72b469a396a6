export default defineWebSocketHandler({
  message(peer, message) { peer.send(`harbour heard ${message.text()}`); },
});
