const token = new URLSearchParams(location.search).get('token');
const socket = io({ query: 'token=' + token });
for (const button of document.querySelectorAll('button')) {
  button.onclick = () => socket.emit('command', '/dev/ttyUSB0', 'gcode', button.dataset.gcode);
}
