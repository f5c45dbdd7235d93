import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { waitFor } from '../../testkit/wait';
import { siteOfSuite } from '../drill/site-of-suite';

/** Some intervals of every schedule of the reference flow but the slowest. */
const LISTEN_MS = 6000;

describe('drills with live servers: meters, and the PLC engineer', function () {
  this.timeout(600_000);
  const site = siteOfSuite();

  for (const turn of ['first', 'second'])
    it(`meter-exchanged, the ${turn} time: the other meter is read, and its counter makes no energy`, async () => {
      await site().drill('meter-exchanged', site().exchange, ['--steady', '6']);
      const deltas = await site().query(
        'SELECT max("energy_delta_active_import_total") FROM "raw"."powermonitor_500_kpi"',
      );
      // At most what 200 kW are in half an hour; the counter went from 5,000,000 Wh to 17,000.
      for (const [, most] of deltas) assert.ok(Number(most) >= 0 && Number(most) < 100_000, `${String(most)} Wh`);
    });

  for (const turn of ['first', 'second'])
    it(`plc-complains, the ${turn} time: nothing is on the wire from the first command to the last`, async () => {
      const meanwhile = async (): Promise<void> => {
        await waitFor('the end of every connection', () => site().wire.noticed.connections === 0);
        const before = site().wire.noticed;
        await pause(LISTEN_MS);
        assert.deepEqual(site().wire.noticed, before);
      };
      const { bytes } = site().wire.noticed;
      await site().drill('plc-complains', { meanwhile });
      assert.ok(site().wire.noticed.bytes > bytes, 'it is read again');
    });
});
