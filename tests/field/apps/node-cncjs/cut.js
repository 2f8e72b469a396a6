// router ports | send LINE... | run FILE [name=value...] | listen SECONDS
const fs = require('fs');
const path = require('path');
const io = require('socket.io-client');
const jwt = require('jsonwebtoken');

const [task, ...words] = process.argv.slice(2);
const port = process.env.SERIAL;
const { secret } = JSON.parse(fs.readFileSync(path.join(process.env.HOME, '.cncrc')));
const token = jwt.sign({ id: '', name: '' }, secret, { expiresIn: '1h' });
const socket = io('ws://localhost:8000', { query: 'token=' + token });
const leave = (code) => { socket.close(); setTimeout(() => process.exit(code), 100); };

socket.on('error', (error) => { console.error('refused:', error); leave(1); });
socket.on('startup', (data) => {
  if (task === 'ports') return socket.emit('list');
  console.log('controllers:', data.loadedControllers.join(' '));
  socket.emit('open', port, { controllerType: process.env.CONTROLLER || 'Grbl', baudrate: 115200 }, (error) => {
    if (error) { console.error('cannot open', port, error.message || error); leave(2); }
  });
});
socket.on('serialport:list', (ports) => { for (const one of ports) console.log(one.port, one.manufacturer, one.inuse); leave(0); });
socket.on('serialport:open', () => console.log('open', port));
socket.on('serialport:read', (data) => { console.log('<', data); if (task === 'send' && data.startsWith('error:')) leave(3); });
socket.on('serialport:write', (data, context) => console.log('>', data.trim(), (context || {}).source || ''));
socket.on('sender:status', (status) => {
  if (started && status.total && status.received === status.total) console.log('done', status.name, status.received, 'of', status.total);
});
socket.on('workflow:state', (state) => { console.log('workflow', state); if (task === 'run' && state === 'idle' && started) leave(0); });
let started = false;
let ready = false;
let where = '';
socket.on('controller:state', (type, state) => {
  const status = (state && state.status) || {};
  const now = JSON.stringify(status.mpos || {});
  if (now !== where) console.log(type, status.activeState, where = now);
  if (ready) return;
  ready = true;
  setTimeout(() => {
    if (task === 'send') {
      socket.emit('command', port, 'gcode', words);
      setTimeout(() => leave(0), 1500);
    } else if (task === 'run') {
      const context = Object.fromEntries(words.slice(1).map((word) => word.split('=')).map(([k, v]) => [k, Number(v)]));
      socket.emit('command', port, 'gcode:load', path.basename(words[0]), fs.readFileSync(words[0], 'utf8'), context, (error, state) => {
        console.log('loaded', state && state.name, state && state.total);
        started = true;
        socket.emit('command', port, 'gcode:start');
        setTimeout(() => { socket.emit('command', port, 'gcode:stop'); }, 4000);
      });
    } else setTimeout(() => leave(0), Number(words[0] || 1) * 1000);
  }, 1500);
});
setTimeout(() => { console.error('nothing happened'); leave(4); }, 12000);
