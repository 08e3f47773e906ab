// A person at CNCjs' page, without the page: open a port, load a program, start it, and tell how it went.
//
//   node drive.js URL PORT PROGRAM
//
// Prints one JSON object: what the sender says at its end, the machine's state, and the settings that CNCjs read.
// Fails where the machine complains.
'use strict';

const fs = require('fs');
const http = require('http');
const path = require('path');

const [url, port, program] = process.argv.slice(2);
const io = require(path.join(process.env.CNCJS, 'node_modules', 'socket.io-client'));
const PATIENCE = 90000;
// ms in which CNCjs may do what it does after an alarm.
const MOURNING = 2000;
// ms between looks at what CNCjs told: it tells a state once.
const LOOK = 500;

function signIn() {
  return new Promise((resolve, reject) => {
    const request = http.request(`${url}/api/signin`, { method: 'POST' }, (answer) => {
      let text = '';
      answer.on('data', (data) => { text += data; });
      answer.on('end', () => resolve(JSON.parse(text).token));
    });
    request.on('error', reject);
    request.end();
  });
}

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

async function main() {
  const token = await signIn();
  const socket = io(url, { query: `token=${token}`, transports: ['websocket'] });
  const told = { sent: 0, received: 0, total: 0, elapsed: 0, state: '', alarms: [], settings: {} };
  let ran = false;
  let over = false;
  setTimeout(() => fail(`CNCjs did not finish: ${JSON.stringify(told)}`), PATIENCE);
  socket.on('connect_error', (error) => fail(`no CNCjs at ${url}: ${error}`));
  socket.on('serialport:error', (error) => fail(`CNCjs could not open ${port}: ${JSON.stringify(error)}`));
  socket.on('serialport:read', (line) => {
    if (/^(ALARM|error):/.test(line)) {
      told.alarms.push(line);
      setTimeout(() => fail(`the machine complained: ${JSON.stringify(told)}`), MOURNING);
    }
  });
  socket.on('controller:settings', (_, settings) => { told.settings = settings; });
  socket.on('controller:state', (_, state) => {
    told.state = state.status ? state.status.activeState : '';
  });
  setInterval(() => {
    if (over && told.state === 'Idle' && told.alarms.length === 0) {
      process.stdout.write(`${JSON.stringify(told)}\n`);
      process.exit(0);
    }
  }, LOOK);
  socket.on('sender:status', (status) => {
    told.total = status.total;
    told.sent = status.sent;
    told.received = status.received;
    told.elapsed = status.elapsedTime;
    over = over || (ran && status.finishTime > 0);
  });
  socket.on('gcode:load', () => {
    if (!ran) {
      ran = true;
      socket.emit('command', port, 'gcode:start');
    }
  });
  let ready = false;
  socket.on('controller:settings', (_, settings) => {
    if (!ready && settings.settings && settings.settings.$132) {
      ready = true;
      socket.emit('command', port, 'gcode:load', 'program.nc', fs.readFileSync(program, 'utf8'));
    }
  });
  socket.on('connect', () => socket.emit('open', port, { controllerType: 'Grbl', baudrate: 115200, rtscts: false }));
}

main().catch((error) => fail(String(error)));
