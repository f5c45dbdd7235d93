import assert from 'node:assert/strict';
import { registerPlans } from '../../src/domain/codec/register-plan';
import { TELEMETRY, type Telemetry } from '../../src/domain/messages/telemetry';
import { PM500 } from '../../src/meters/pm500';
import { ModbusRtuServer } from '../../src/simulator/modbus/modbus-rtu-server';
import { ModbusServer } from '../../src/simulator/modbus/modbus-server';
import { ModbusTarget, type RegisterSource } from '../../src/simulator/modbus/modbus-target';
import { RegisterImage } from '../../src/simulator/modbus/register-image';
import { silentLogger } from '../../src/support/logger';
import { wireAddress } from '../../src/transport/modbus/address';
import { runHere } from '../cli/run-command';
import { openPseudoTerminal } from '../../testkit/meters/pseudo-terminal';
import { ModbusBench } from '../../testkit/simulator/modbus-bench';
import { TELEGRAF_ENVIRONMENT } from '../../testkit/telegraf/environment';
import type { FieldValue, TelegrafMetric } from '../../testkit/telegraf/metric';
import { Telegraf } from '../../testkit/telegraf/telegraf';
import { fileOf, written } from '../telegraf/rows';

const AT = 1_767_600_000_123;
/** The file has no variable for it: numbers cannot be any. */
const UNIT = PM500.quirks.modbusUnitId.value;

/** The fields of one measurement, whatever their quality. */
function fieldsOf(metrics: readonly TelegrafMetric[]): Record<string, FieldValue> {
  return Object.assign({}, ...metrics.map(({ fields }) => fields)) as Record<string, FieldValue>;
}

/** Registers that a meter at rest has at zero, as a meter at work has them: 123 h 45 min, alarms 1 and 3, output 2. */
const AT_WORK = new Map([
  [301_313, [12_345, 0, 0, 0]],
  [316_385, [0b0101]],
  [316_386, [0b10]],
]);

/** A source of registers with some of them replaced, low words first. */
function replaced(source: RegisterSource, values: ReadonlyMap<number, readonly number[]>): RegisterSource {
  return {
    read: (address, words) => {
      const given = source.read(address, words);
      if (given === undefined) return undefined;
      const bytes = Buffer.from(given);
      for (const [register, numbers] of values) {
        const from = wireAddress(PM500, register) - address;
        if (from < 0 || from >= words) continue;
        numbers.forEach((number, at) => bytes.writeUInt16BE(number, 2 * (from + at)));
      }
      return bytes;
    },
  };
}

/** A meter over TCP that serves one socket and closes a second one. */
function serverOf(target: ModbusTarget): ModbusServer {
  return new ModbusServer(target, {
    maximumSockets: PM500.quirks.modbusTcpSockets.value,
    bind: '127.0.0.1',
    port: 0,
    idleTimeoutMs: 60_000,
    onActivity: () => undefined,
    logger: silentLogger,
  });
}

describe('the Modbus configurations for Telegraf, run by an interpreter of its documentation', () => {
  const asked: (readonly [number, number])[] = [];
  let bench: ModbusBench;
  let target: ModbusTarget;
  /** The same meter, for the reader that the values are held against. */
  let unwatched: ModbusTarget;

  beforeEach(() => {
    asked.length = 0;
    bench = new ModbusBench();
    const source = replaced(new RegisterImage(bench.meter), AT_WORK);
    unwatched = new ModbusTarget(source);
    target = new ModbusTarget({
      read: (address, words) => {
        asked.push([address, words]);
        return source.read(address, words);
      },
    });
  });

  /** The five requests that docs/modbus.md speaks of. */
  const planned = [...registerPlans(PM500).values()]
    .flatMap(({ spans }) => spans)
    .map(({ register, words }) => [wireAddress(PM500, register), words] as const);

  function judge(telegraf: Telegraf, telemetry: Telemetry): void {
    const expected = written(telemetry).filter(({ tags }) => tags['quality'] !== 'bad');
    const [metric, ...others] = telegraf.metrics;
    assert.deepEqual(telegraf.errors, []);
    assert.equal(others.length, 0, 'all registers become one point');
    assert.deepEqual(metric?.tags, {
      meter: 'main-incomer',
      site: 'steel-works',
      area: '',
      line: '',
      asset: '',
      quality: 'uncertain',
    });
    const readings = PM500.registers.groups.flatMap(({ registers }) =>
      registers.flatMap((row) => row.bitMetrics ?? (row.metric === undefined ? [] : [row.metric])),
    );
    assert.deepEqual(Object.keys(metric.fields).sort(), [...readings].sort(), 'every metric of the registers');
    assert.deepEqual({ ...metric.fields }, fieldsOf(expected));
    assert.equal(metric.name, expected[0]?.name);
    const { run_hours: hours, alarm_2: second, alarm_3: third, output_2: output } = metric.fields;
    assert.deepEqual([hours, second, third, output], [123.75, false, true, true]);
  }

  it('over TCP: every value as influx-out writes it, one socket at a time, function 04, no register outside', async () => {
    const [ours, theirs] = [serverOf(unwatched), serverOf(target)];
    const [ourPort, port] = [await ours.open(), await theirs.open()];
    try {
      const address = ['127.0.0.1', '--transport', 'modbus-tcp', '--port', String(ourPort)];
      const { stdout } = await runHere('read', ...address, '--json');
      const telegraf = new Telegraf(fileOf('modbus-tcp.conf'), {
        ...TELEGRAF_ENVIRONMENT,
        PM500_SITE: 'steel-works',
        PM500_PORT: String(port),
      });
      await telegraf.gather(AT);
      judge(telegraf, TELEMETRY.parse(JSON.parse(stdout)));
      assert.ok(
        telegraf.modbus.every(({ isConnected }) => !isConnected),
        'the socket was given back',
      );
      assert.deepEqual([...asked].sort(), [...planned].sort());
      const { acceptedConnections, refusedConnections, functions, exceptions } = theirs.stats;
      assert.deepEqual([acceptedConnections, refusedConnections, exceptions], [1, 0, {}]);
      assert.deepEqual(functions, { 4: planned.length });
    } finally {
      await Promise.all([ours.close(), theirs.close()]);
    }
  });

  it('over a serial line: the same', async () => {
    const { path, line, close } = await openPseudoTerminal();
    const server = new ModbusRtuServer(target, UNIT);
    line.stdout.on('data', (chunk: Buffer) => {
      for (const reply of server.push(chunk)) line.stdin.write(reply);
    });
    try {
      const serial = ['--transport', 'modbus-rtu', '--serial-port', path, '--unit', `${UNIT}`, '--json'];
      const { stdout } = await runHere('read', ...serial);
      asked.length = 0;
      const telegraf = new Telegraf(fileOf('modbus-rtu.conf'), {
        ...TELEGRAF_ENVIRONMENT,
        PM500_SITE: 'steel-works',
        PM500_SERIAL: path,
      });
      await telegraf.gather(AT);
      judge(telegraf, TELEMETRY.parse(JSON.parse(stdout)));
      assert.deepEqual([...asked].sort(), [...planned].sort());
      assert.deepEqual(Object.keys(target.counts.functions), ['4']);
      await telegraf.stop();
    } finally {
      await close();
    }
  });

  it('takes impossible values out and counts them, and opens the socket anew after a refusal', async () => {
    const faults = { isRefusing: false };
    const impossible = new Map([
      [300_081, [0xffff, 0x7fff]], // overload
      [300_137, [0x0000, 0x42f0]], // 120 Hz
      [301_281, [0, 0, 0, 0x7000]], // beyond the rollover
      [301_313, [199, 0, 0, 0]], // 1 h 99 min
      [316_385, [0b1010]],
    ]);
    const source = replaced(new RegisterImage(bench.meter), impossible);
    const broken = new ModbusTarget({
      read: (address, words) => (faults.isRefusing ? undefined : source.read(address, words)),
    });
    const server = serverOf(broken);
    const port = await server.open();
    const telegraf = new Telegraf(fileOf('modbus-tcp.conf'), { ...TELEGRAF_ENVIRONMENT, PM500_PORT: String(port) });
    try {
      await telegraf.gather(AT);
      const [good, bad] = telegraf.metrics;
      for (const name of ['voltage_l1_n', 'frequency', 'active_energy_import_total', 'run_hours']) {
        assert.ok(!(name in (good?.fields ?? {})), name);
      }
      assert.deepEqual(
        ['alarm_1', 'alarm_2', 'alarm_3', 'alarm_4'].map((name) => good?.fields[name]),
        [false, true, false, true],
      );
      assert.equal(bad?.tags['quality'], 'bad');
      assert.deepEqual({ ...bad.fields }, { bad_not_a_number: 1, bad_out_of_range: 3 });
      faults.isRefusing = true;
      await telegraf.gather(AT + 1);
      assert.deepEqual([telegraf.errors.length, telegraf.metrics.length], [1, 2]);
      assert.ok(telegraf.modbus.every(({ isConnected }) => !isConnected));
      assert.equal(server.stats.acceptedConnections, 3, 'after a failure it connects anew at once');
    } finally {
      await telegraf.stop();
      await server.close();
    }
  });
});
