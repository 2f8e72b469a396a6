import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { lang: { type: 'string', default: 'en' }, password: { type: 'string' }, polling: { type: 'boolean', default: false }, port: { type: 'string', default: '3000' } },
});
const [what = 'help', ...rest] = positionals;

const commands = {
  async serve() {
    const { open } = await import('./store.js');
    const { farm } = await import('./app.js');
    farm(await open()).listen(+values.port, () => console.log(`the farm listens on ${values.port}`));
  },
  async export(file) {
    const { open } = await import('./store.js');
    const { workbook } = await import('./exports.js');
    const { i18next } = await import('./words.js');
    writeFileSync(file, await workbook(await open(), i18next.getFixedT(values.lang), values.password));
    console.log(`written ${file}`);
  },
  async show(file) {
    const { cells } = await import('./exports.js');
    for (const sheet of await cells(readFileSync(file), values.password)) console.log(sheet.name, JSON.stringify(sheet.rows));
  },
  async watch(event = 'feeding') {
    const { io } = await import('socket.io-client');
    const socket = io(`http://localhost:${values.port}`, { transports: values.polling ? ['polling'] : ['websocket'], timeout: 3000, reconnection: false });
    await new Promise((done, fail) => {
      socket.on('connect_error', fail);
      socket.on('connect', () => {
        console.log('connected by', socket.io.engine.transport.name);
        if (event === 'pens') socket.emit('pens', (pens) => { console.log(pens.map((pen) => pen.name).join(' ')); done(); });
        else socket.on(event, (body) => { console.log(event, JSON.stringify(body)); done(); });
      });
    });
    socket.close();
  },
  async sum(...text) {
    const { answer } = await import('./maths.js');
    console.log(answer(text.join(' ')));
  },
  async sql(text) {
    const { open } = await import('./store.js');
    console.table((await open()).all(text));
  },
  async help() { console.log('usage: fishfarm serve | export FILE | show FILE | watch [EVENT] | sum FORMULA | sql QUERY'); },
};

if (!commands[what]) { console.error(`fishfarm: no command ${what}`); process.exit(2); }
try { await commands[what](...rest); } catch (error) { console.error(`fishfarm: ${error.message}`); process.exit(1); }
