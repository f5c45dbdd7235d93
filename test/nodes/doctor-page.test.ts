import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import { doctorHoursOf, lookRegularly } from '../../nodes/shared/doctor-page';
import { lastDoctorMetrics, runDoctorOnce } from '../../nodes/shared/doctor-run';
import { FakeClock, settle } from '../../testkit/fake-clock';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

describe('the readiness checks of a running Node-RED', () => {
  it('are made by themselves only where settings.js says how often, within an hour and a week', () => {
    const hours = (doctorHours: unknown): number => doctorHoursOf({ pm500: { doctorHours } });
    assert.deepEqual([24, 0.01, 1e9].map(hours), [24, 1, 168]);
    assert.deepEqual([0, -1, Number.NaN, '24', null, undefined].map(hours), [0, 0, 0, 0, 0, 0]);
    for (const settings of [undefined, null, {}, { pm500: 1 }, 'x']) assert.equal(doctorHoursOf(settings), 0);
  });

  it('come five minutes after the start, then every so many hours, also after one that failed', async () => {
    const clock = new FakeClock();
    const complaints: string[] = [];
    let looks = 0;
    lookRegularly({
      hours: 24,
      clock,
      look: () => (++looks === 2 ? Promise.reject(new Error('the disk is away')) : Promise.resolve()),
      complain: (sentence) => void complaints.push(sentence),
    });
    await clock.advance(5 * MINUTE_MS - 1);
    assert.equal(looks, 0);
    await clock.advance(1);
    await settle();
    assert.equal(looks, 1);
    await clock.advance(24 * HOUR_MS);
    await settle();
    await clock.advance(24 * HOUR_MS);
    await settle();
    assert.equal(looks, 3);
    assert.deepEqual(complaints, ['the disk is away']);
  });

  it('wait for one that takes long, and never run where nobody asked for them', async () => {
    const clock = new FakeClock();
    let looks = 0;
    const look = (): Promise<void> => {
      looks++;
      return new Promise(() => undefined);
    };
    const complain = (): void => undefined;
    lookRegularly({ hours: 1, clock, look, complain });
    lookRegularly({ hours: 0, clock, look, complain });
    await clock.advance(50 * HOUR_MS);
    assert.equal(looks, 1);
  });

  it('say in one sentence why they cannot be made, and leave no gauge', async () => {
    await assert.rejects(
      runDoctorOnce({ settings: {} } as unknown as NodeAPI),
      /^Pm500Error: This Node-RED has no user directory/,
    );
    assert.deepEqual(lastDoctorMetrics(), []);
  });
});
