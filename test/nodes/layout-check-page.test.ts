import assert from 'node:assert/strict';
import { checkMeterLayout, LAYOUT_CHECK_SENTENCES } from '../../nodes/shared/layout-check-page';
import { registerAdmin } from '../../nodes/shared/admin';
import { silentLogger } from '../../src/support/logger';
import { FakeRed } from '../../testkit/node-red/fake-red';

describe('the page that checks a layout', () => {
  it('asks for the permission to have something sent', () => {
    const red = new FakeRed();
    registerAdmin(red.api);
    assert.equal(red.pages.get('/pm500/meters/:id/layout-check')?.permission, 'pm500.scan');
  });

  it('runs two checks at a time; a third is refused at once, and later others may run', async () => {
    /** A meter whose reads never end by themselves. */
    const read = (_assemblies: unknown, signal: AbortSignal): Promise<never> =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('left'));
        });
      });
    const session = { settings: { name: 'm', layout: { blocks: new Map() } }, read };
    const meter = { type: 'pm500-meter', session };
    const RED = { nodes: { getNode: () => meter } } as unknown as Parameters<typeof checkMeterLayout>[0];
    const left = new AbortController();
    const check = (signal: AbortSignal): ReturnType<typeof checkMeterLayout> =>
      checkMeterLayout(RED, 'id', {}, silentLogger, signal);
    const two = [check(left.signal), check(left.signal)];
    assert.deepEqual(await check(left.signal), {
      status: 400,
      error: LAYOUT_CHECK_SENTENCES.say('tooMany', { most: 2 }),
    });
    left.abort();
    for (const outcome of await Promise.all(two)) assert.ok('error' in outcome && outcome.status === 502);
    const again = new AbortController();
    const later = check(again.signal);
    again.abort();
    const outcome = await later;
    assert.ok('error' in outcome && outcome.status === 502, JSON.stringify(outcome));
  });

  it('knows no node but a running meter, whatever the address names', async () => {
    for (const node of [null, undefined, 'x', {}, Object.prototype, { type: 'tab' }]) {
      const RED = { nodes: { getNode: () => node } } as unknown as Parameters<typeof checkMeterLayout>[0];
      const outcome = await checkMeterLayout(RED, '__proto__', {}, silentLogger, new AbortController().signal);
      assert.ok('error' in outcome && outcome.status === 404);
    }
  });
});
