// A router that is not there: answers as Grbl 1.1h does.
const fs = require('fs');

let line = '';
let at = [0, 0, 0];
let state = 'Idle';
const settings = { 0: 10, 1: 25, 13: 0, 20: 1, 30: 24000, 32: 0, 100: 80, 101: 80, 102: 400, 110: 5000, 130: 600, 131: 400 };
const say = (text) => process.stdout.write(text + '\r\n');
const place = () => at.map((v) => v.toFixed(3)).join(',');

function run(text) {
  const code = text.replace(/\(.*?\)|;.*/g, '').trim().toUpperCase();
  if (/^[GM]/.test(code)) fs.appendFileSync('/tmp/router.log', code + '\n');
  if (code === '$$') {
    for (const [key, value] of Object.entries(settings)) say(`$${key}=${value}`);
  } else if (code === '$I') {
    say('[VER:1.1h.20190830:Saltholm]');
    say('[OPT:V,15,128]');
  } else if (code === '$G') {
    say('[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]');
  } else if (code === '$#') {
    say('[G54:0.000,0.000,0.000]');
  } else if (code === '$X') {
    state = 'Idle';
    say('[MSG:Caution: Unlocked]');
  } else if (code === '$H') {
    at = [0, 0, 0];
  } else if (/^\$\d+=/.test(code)) {
    const [key, value] = code.slice(1).split('=');
    settings[key] = value;
  } else if (/^[GMXYZ]/.test(code)) {
    for (const [, axis, value] of code.matchAll(/([XYZ])(-?[\d.]+)/g)) at['XYZ'.indexOf(axis)] = Number(value);
    if (at[0] > settings[130]) return say('error:15');
  } else if (code) {
    return say('error:20');
  }
  say('ok');
}

process.stdin.on('data', (data) => {
  for (const char of data.toString('latin1')) {
    if (char === '?') say(`<${state}|MPos:${place()}|FS:0,0|WCO:0.000,0.000,0.000>`);
    else if (char === '\x18') say("\r\nGrbl 1.1h ['$' for help]");
    else if (char === '!') state = 'Hold:0';
    else if (char === '~') state = 'Idle';
    else if (char === '\n') { run(line); line = ''; }
    else if (char !== '\r') line += char;
  }
});
say("\r\nGrbl 1.1h ['$' for help]");
