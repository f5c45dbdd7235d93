import assert from 'node:assert/strict';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import type { Served } from '../../src/simulator/served';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { createExplicitTransport } from '../../src/transport/ethernet-ip/explicit/explicit';
import { createModbusTcpTransport } from '../../src/transport/modbus/tcp';
import { PM500 } from '../../src/meters/pm500';
import { startOneMeter } from '../../testkit/simulator/one-meter';

const HERE = { host: '127.0.0.1', connectTimeoutMs: 2000, replyTimeoutMs: 2000 };

describe('what a simulated meter serves', () => {
  it('is told byte by byte, for both protocols, until nobody wants to know', async () => {
    const simulator = await startOneMeter(
      { modbusPort: 0, load: constantProfile(100_000) },
      { modbusSuspendsEnipMs: 0 },
    );
    const meter = simulator.meters[0]!;
    const seen: Served[] = [];
    const stop = meter.onServed((served) => seen.push(served));
    const explicit = createExplicitTransport(
      { ...HERE, port: meter.port },
      { clock: systemClock, logger: silentLogger },
    );
    const modbus = createModbusTcpTransport(
      PM500,
      { ...HERE, port: meter.modbusPort!, unitId: 1, releaseAfterIdleMs: 0 },
      { clock: systemClock, logger: silentLogger },
    );
    try {
      await explicit.open();
      const assembly = await explicit.read({ kind: 'assembly', instance: 102, sizeBytes: 72 });
      await modbus.open();
      const registers = await modbus.read({ kind: 'registers', register: 301_281, words: 4 });
      assert.deepEqual(
        seen.map((served) => [served.assembly, served.register, Buffer.from(served.bytes).toString('hex')]),
        [
          [102, undefined, Buffer.from(assembly).toString('hex')],
          [undefined, 301_281, Buffer.from(registers).toString('hex')],
        ],
      );
      assert.equal(seen[0]?.values['active_power_total'], 100_000);
      assert.ok(Math.abs(Date.now() - seen[0].timestamp) < 5000);
      stop();
      await modbus.read({ kind: 'registers', register: 301_281, words: 4 });
      assert.equal(seen.length, 2);
    } finally {
      await Promise.all([explicit.close(), modbus.close()]);
      await simulator.close();
    }
  });
});
