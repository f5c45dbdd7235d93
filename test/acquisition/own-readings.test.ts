import assert from 'node:assert/strict';
import { MeterRegistry } from '../../src/acquisition/meter-registry';
import { settingsOf } from '../../src/acquisition/meter-settings';
import { compileLayout } from '../../src/domain/codec/layout';
import { PM500 } from '../../src/meters/pm500';
import { CATALOG } from '../../src/metrics/catalog';
import { silentLogger } from '../../src/support/logger';
import { FakeClock } from '../../testkit/fake-clock';
import { ScriptedTransport } from '../../testkit/meters/scripted-transport';
import { spoil } from '../../testkit/spoil';

describe('a reading', () => {
  it('belongs to the flow that gets it: what that does to it changes no later one', async () => {
    const [voltage] = CATALOG;
    const [, assembly] = PM500.layout.assemblies;
    assert.ok(voltage !== undefined && assembly !== undefined);
    const layout = compileLayout(PM500, {
      ...PM500.layout,
      name: 'own',
      metrics: [{ ...voltage, name: 'voltage_own' }],
      assemblies: [
        {
          ...assembly,
          measurements: assembly.measurements.slice(0, 1).map((row) => ({ ...row, metric: 'voltage_own' })),
        },
      ],
    });
    const clock = new FakeClock();
    const logger = silentLogger;
    const createTransport = (): ScriptedTransport => new ScriptedTransport(clock);
    const registry = new MeterRegistry({ clock, random: () => 0, logger, createTransport });
    const tags = { site: 'north', line: '1' };
    const { session } = registry.acquire({ ...settingsOf(PM500, { name: 'own', host: '10.0.0.5', tags }), layout });
    const read = async (): Promise<object> => {
      const reading = session.read([assembly.instance]);
      await clock.advance(1000);
      const { timestamp, blocks, ...rest } = await reading;
      assert.ok(timestamp > 0);
      // Moments differ from one reading to the next; what they were is not looked at.
      return { ...rest, blocks: blocks.map((block) => ({ ...block, timestamp: 0, uptimeMs: 0 })) };
    };
    const first = await read();
    const expected = structuredClone(first);
    assert.equal(JSON.stringify(expected).includes('voltage_own'), true);
    spoil(first);
    assert.deepEqual(await read(), expected);
  });
});
