import assert from 'node:assert/strict';
import { Users } from '../../src/support/users';
import { FakeClock, settle } from '../../testkit/fake-clock';

describe('users of something that closes after them', () => {
  let clock: FakeClock;
  let users: Users;
  let isGone: boolean;

  beforeEach(() => {
    clock = new FakeClock();
    users = new Users(clock);
    isGone = false;
  });

  const wait = (): void => {
    void users.gone().then(() => {
      isGone = true;
    });
  };

  it('are gone at once where there are none', async () => {
    wait();
    await settle();
    assert.equal(isGone, true);
    assert.equal(clock.pending, 0);
  });

  it('are gone when the last has left, and leaving twice counts once', async () => {
    const leaveFirst = users.enter();
    const leaveSecond = users.enter();
    wait();
    leaveFirst();
    leaveFirst();
    await settle();
    assert.equal(isGone, false);
    leaveSecond();
    await settle();
    assert.equal(isGone, true);
    assert.equal(clock.pending, 0);
  });

  it('stay while work is under way, also when it fails', async () => {
    let fail: (reason: Error) => void = () => undefined;
    const work = users.during(() => new Promise((_resolve, reject) => (fail = reject)));
    const rejection = assert.rejects(work, /broken/);
    wait();
    await settle();
    assert.equal(isGone, false);
    fail(new Error('broken'));
    await rejection;
    await settle();
    assert.equal(isGone, true);
  });

  it('leave late, so that messages on their way still come', async () => {
    const leaving = users.leaveLate(users.enter());
    wait();
    await settle();
    assert.equal(isGone, false);
    await clock.advanceUntil(leaving, 10);
    await settle();
    assert.equal(isGone, true);
    assert.ok(clock.monotonic() < 1000);
  });

  it('do not hold up forever who waits for them', async () => {
    users.enter();
    wait();
    await clock.advance(7000);
    assert.equal(isGone, false);
    await clock.advance(5000);
    assert.equal(isGone, true);
  });
});
