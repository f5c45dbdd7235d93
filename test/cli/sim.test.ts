import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { runCommand } from '../../src/cli/command';
import { freePortRange, type PortRange } from '../../testkit/servers/ports';
import { waitFor } from '../../testkit/wait';
import { runHere } from './run-command';

/** Of the ports that Linux and others give to connections. */
const GIVEN_TO_OTHERS: PortRange = { from: 50_000, to: 60_000 };
/** Where no connection of another process on this machine has such a port. */
const APART = '127.0.0.78';

interface Ready {
  readonly meters: readonly { readonly address: string; readonly port: number; readonly serialNumber: number }[];
  readonly httpPort?: number;
}

/** `pm500 sim` in this process, with standard input; ends when told to. */
function startSim(...args: readonly string[]) {
  const ending = new AbortController();
  const input = new PassThrough();
  let stdout = '';
  let stderr = '';
  const code = runCommand(['sim', '--json', '--load', 'constant', ...args], {
    print: (text) => {
      stdout += text;
      return true;
    },
    complain: (sentence) => (stderr += `${sentence}\n`),
    input,
    ended: ending.signal,
  });
  const ready = waitFor('the meters', () => (stdout.includes('\n') ? stdout : undefined), { everyMs: 5 }).then(
    (text) => JSON.parse(text.slice(0, text.indexOf('\n'))) as Ready,
  );
  return {
    ready,
    output: () => stdout,
    complaints: () => stderr,
    type: (line: string) => input.write(`${line}\n`),
    end: () => {
      ending.abort();
      return code;
    },
  };
}

describe('pm500 sim', () => {
  it('ends in order while meters and PLCs start one after the other', async () => {
    const sim = startSim('--enip-port', '0', '--count', '50', '--plc');
    sim.ready.catch(() => undefined);
    assert.equal(await sim.end(), 0);
    assert.equal(sim.output() + sim.complaints(), '');
  });

  it('starts 50 meters at ports that the system gives to others, time and again', async () => {
    for (let round = 0; round < 12; round++) {
      // What other tests of this process hold at the moment is no fault of the simulator.
      const first = await freePortRange(100, APART, GIVEN_TO_OTHERS);
      const ports = ['--bind', APART, '--enip-port', String(first), '--modbus-port', String(first + 50)];
      const sim = startSim(...ports, '--count', '50', '--implicit-port', '0');
      const { meters } = await sim.ready;
      assert.deepEqual(
        meters.map(({ port }) => port),
        Array.from({ length: 50 }, (_, index) => first + index),
      );
      assert.equal(await sim.end(), 0);
      assert.equal(sim.complaints(), '');
    }
  });

  it('lets counters begin where it is told', async () => {
    const sim = startSim('--enip-port', '0', '--counters', '20000.5');
    const { meters } = await sim.ready;
    const { code, stdout } = await runHere('read', '127.0.0.1', '--port', String(meters[0]?.port), '--json');
    assert.equal(await sim.end(), 0);
    assert.equal(code, 0);
    assert.match(stdout, /"active_energy_import_total":\{?("value":)?2000050\d/);
  });

  it('runs many meters, begins with faults and takes commands and HTTP orders', async () => {
    const sim = startSim('--enip-port', '0', '--count', '3', '--http-port', '0', '--fault', '2 delay delayMs=5');
    const { meters, httpPort } = await sim.ready;
    assert.deepEqual(
      meters.map(({ serialNumber }) => serialNumber),
      [940_000_001, 940_000_002, 940_000_003],
    );
    sim.type('1 frozen');
    await waitFor('the answer', () => sim.output().endsWith('ok\n'), { everyMs: 5 });
    const response = await fetch(`http://127.0.0.1:${httpPort}/meters`);
    const states = (await response.json()) as { faults: { name: string }[] }[];
    assert.deepEqual(
      states.map(({ faults }) => faults.map(({ name }) => name)),
      [['frozen'], ['delay'], []],
    );
    sim.type('nonsense');
    await waitFor('the sentence', () => sim.output().includes('fault is "nonsense"'), { everyMs: 5 });
    assert.equal(await sim.end(), 0);
    assert.equal(sim.complaints(), '');
  });

  it('lets a PLC own each meter', async () => {
    const sim = startSim('--enip-port', '0', '--plc', '--plc-rpi', '200', '--fault', 'owner-lost');
    await sim.ready;
    sim.type('show');
    await waitFor('the state', () => sim.output().includes('owner-lost'), { everyMs: 5 });
    assert.equal(await sim.end(), 0);
  });

  it('says in one sentence what is wrong with its options', async () => {
    for (const [args, sentence] of [
      [['--count', '300'], 'Option --count is "300"; give a whole number from 1 to 250.'],
      [['--addressing', 'port'], 'Option --addressing goes with --count; give both or none.'],
      [['--plc-rpi', '200'], 'Option --plc-rpi goes with --plc; give both or none.'],
      [['--baud', '9600'], 'Option --baud goes with --modbus-rtu; give both or none.'],
      [['--http-bind', '127.0.0.1'], 'Option --http-bind goes with --http-port; give both or none.'],
      [
        ['--count', '2', '--bind', '127.0.0.1', '--bind', '127.0.0.2'],
        'Option --count goes with one --bind; count, or name every address.',
      ],
    ] as const) {
      assert.deepEqual(await runHere('sim', ...args), { code: 2, stdout: '', stderr: `${sentence}\n` });
    }
    const { code, stderr } = await runHere('sim', '--enip-port', '0', '--fault', 'flood');
    assert.equal(code, 2);
    assert.match(stderr, /^Option --fault "flood": fault is "flood", expected one of [^\n]+\n$/);
  });

  it('says that a serial port cannot be opened', async () => {
    const { code, stderr } = await runHere('sim', '--enip-port', '0', '--modbus-rtu', '/dev/no-such-port');
    assert.equal(code, 1);
    assert.match(stderr, /^Serial port \/dev\/no-such-port cannot be opened: [^\n]+\n$/);
  });

  it('lists its faults in its help', async () => {
    const { stdout } = await runHere('sim', '--help');
    assert.match(stdout, /counter-rollover +has energy counters set just below/);
  });
});
