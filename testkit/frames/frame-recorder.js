'use strict';
/**
 * Loaded by `--require` into every process of the integration tests (plain JavaScript: Node-RED has no compiler).
 * Writes down everything that leaves a process by a socket, below any code of this package: who sent it (the file that
 * opened the socket), where to, and the bytes. Also which ports simulated meters listen on, so that what reaches a meter
 * is known from the meter's side too. One file per process; every record is written before the bytes leave, so that a
 * process that is killed has lost none.
 */
const { mkdirSync, openSync, writeSync } = require('node:fs');
const { join } = require('node:path');
const net = require('node:net');
const dgram = require('node:dgram');
const Module = require('node:module');

const folder = process.env.PM500_FRAMES;

/** No request to a meter is nearly as long; one that were would be cut, and refused for it. What goes to databases and brokers is. */
const LONGEST_BYTES = 2048;

const ALIVE_EVERY_MS = 1000;

/** Files of the call stack that name who is at work; the recorder and Node.js itself are left out. */
function callers() {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 40;
  const lines = (new Error().stack ?? '').split('\n').slice(2);
  Error.stackTraceLimit = stackTraceLimit;
  return lines
    .map((line) => /\(?((?:file:\/\/)?\/[^()]+?):\d+:\d+\)?$/.exec(line)?.[1] ?? '')
    .filter((file) => file !== '' && file !== __filename);
}

/** Who is at work, as a call stack tells: our transport by its protocol, a simulated meter, an independent client, a test. */
function roleOf(files) {
  const has = (pattern) => files.some((file) => pattern.test(file));
  if (has(/node_modules\/st-ethernet-ip\//)) return 'independent';
  if (has(/\/src\/transport\/ethernet-ip\//)) return 'ethernet-ip';
  if (has(/\/src\/transport\/modbus\/rtu-tcp-line\./)) return 'modbus-rtu';
  if (has(/\/src\/transport\/modbus\//)) return 'modbus';
  if (has(/\/src\/simulator\//)) return 'simulator';
  if (has(/\/test\/.*\.ts$/) && !has(/\/src\//)) return 'test';
  return 'other';
}

function install() {
  mkdirSync(folder, { recursive: true });
  const file = openSync(join(folder, `${process.pid}-${Date.now()}.jsonl`), 'a');
  const write = (record) => writeSync(file, `${JSON.stringify({ ...record, at: Date.now() })}\n`);
  let sockets = 0;
  let alive;
  /** A meter whose process is killed says nothing of its end: from the silence it is seen. */
  const sayAlive = () => (alive ??= setInterval(write, ALIVE_EVERY_MS, { kind: 'alive' }).unref());

  const { listen } = net.Server.prototype;
  net.Server.prototype.listen = function (...options) {
    const files = callers();
    this.once('listening', () => {
      const address = this.address();
      if (roleOf(files) === 'simulator' && typeof address === 'object' && address !== null) {
        const served = { 'modbus-server': 'modbus', 'serial-server': 'modbus-rtu' };
        const source = Object.keys(served).find((name) => files.some((path) => path.includes(`/${name}.`)));
        const protocol = served[source] ?? 'ethernet-ip';
        write({ kind: 'meter', protocol, port: address.port });
        sayAlive();
        this.once('close', () => write({ kind: 'meter closed', port: address.port }));
      }
    });
    return listen.apply(this, options);
  };

  const { connect, _writeGeneric } = net.Socket.prototype;
  net.Socket.prototype.connect = function (...options) {
    this.frameRecorder ??= { socket: ++sockets, role: roleOf(callers()) };
    return connect.apply(this, options);
  };
  // Below `write` and `end`; called again when a socket that was still connecting has connected.
  net.Socket.prototype._writeGeneric = function (isMany, data, encoding, done) {
    if (this.frameRecorder !== undefined && !this.connecting) {
      const parts = isMany ? data.map((entry) => [entry.chunk, entry.encoding]) : [[data, encoding]];
      for (const [chunk, name] of parts) {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk, name) : Buffer.from(chunk);
        write({
          kind: 'tcp',
          ...this.frameRecorder,
          port: this.remotePort,
          hex: bytes.subarray(0, LONGEST_BYTES).toString('hex'),
        });
      }
    }
    return _writeGeneric.call(this, isMany, data, encoding, done);
  };

  const { send } = dgram.Socket.prototype;
  dgram.Socket.prototype.send = function (...options) {
    const [message, port, address] = options;
    const role = roleOf(callers());
    const bytes = typeof message === 'string' ? Buffer.from(message) : Buffer.from(message);
    write({ kind: 'udp', socket: 0, role, port, address, hex: bytes.toString('hex') });
    return send.apply(this, options);
  };

  // The serial port's own write, of whoever loads it; `pm500 sim` answers on one as a meter.
  const serialRole = process.argv[2] === 'sim' ? 'simulator' : 'modbus';
  const { _load } = Module;
  Module._load = function (request, ...rest) {
    const loaded = _load.call(this, request, ...rest);
    const binding = request === '@serialport/bindings-cpp' ? loaded.LinuxPortBinding?.prototype : undefined;
    if (binding !== undefined && binding.frameRecorder === undefined) {
      binding.frameRecorder = true;
      const original = binding.write;
      binding.write = function (bytes) {
        write({ kind: 'serial', socket: 0, role: serialRole, hex: Buffer.from(bytes).toString('hex') });
        return original.call(this, bytes);
      };
    }
    return loaded;
  };
}

if (folder !== undefined && folder !== '') install();
