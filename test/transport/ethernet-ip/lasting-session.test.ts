import assert from 'node:assert/strict';
import { Pm500Error, type ErrorCode } from '../../../src/support/errors';
import { seededRandom } from '../../../src/support/random';
import { LastingSession } from '../../../src/transport/ethernet-ip/session/lasting-session';
import type { Session } from '../../../src/transport/ethernet-ip/session/session';
import { FakeClock } from '../../../testkit/fake-clock';

const LOST = new Pm500Error('ENIP_CONNECTION_LOST', 'The session was lost.');
const SESSION = { lost: LOST, lose: () => undefined } as unknown as Session;

/** Attempts of a minute of which each takes `tookMs` and ends so. */
async function attemptsOfAMinute(code: ErrorCode, tookMs: number): Promise<number> {
  const clock = new FakeClock();
  let attempts = 0;
  const session = new LastingSession(
    SESSION,
    () => {
      attempts++;
      const result = new Promise<Session>((_resolve, reject) => {
        clock.after(tookMs, () => {
          reject(new Pm500Error(code, 'It failed.'));
        });
      });
      return { result, giveUp: () => undefined };
    },
    clock,
    seededRandom(4),
    { onLost: () => true, onRenewed: () => undefined },
  );
  session.noteLost(LOST);
  await clock.advance(60_000);
  session.lose(LOST);
  await clock.advance(10_000);
  assert.equal(clock.pending, 0);
  return attempts;
}

describe('the session beside I/O connections', () => {
  it('is tried again nearly every second while nothing answers, however long an attempt takes', async () => {
    for (const [code, tookMs] of [
      ['ENIP_CONNECT_FAILED', 0],
      ['ENIP_CONNECT_TIMEOUT', 750],
    ] as const) {
      const attempts = await attemptsOfAMinute(code, tookMs);
      assert.ok(attempts >= 60 && attempts <= 75, `${attempts} attempts, ${code}`);
    }
    assert.ok((await attemptsOfAMinute('ENIP_CONNECT_TIMEOUT', 3000)) >= 18, 'behind a slow link');
  });

  it('spares a meter that answers and gives none', async () => {
    const attempts = await attemptsOfAMinute('ENIP_REPLY_TIMEOUT', 10);
    assert.ok(attempts >= 12 && attempts <= 18, `${attempts} attempts`);
  });
});
