import assert from 'node:assert/strict';
import { ProtocolArbiter, type Protocol } from '../../src/acquisition/protocol-arbiter';
import { seededRandom } from '../../src/support/random';
import { FakeClock } from '../../testkit/fake-clock';

const METER = '10.0.0.5';

function setUp() {
  const clock = new FakeClock();
  const arbiter = new ProtocolArbiter(clock);
  const revoked: string[] = [];
  const claim = (protocol: Protocol, isSharedWithPlc = false, meter = METER, link = meter) =>
    arbiter.claim(meter, { protocol, link, isSharedWithPlc, onRevoked: ({ message }) => revoked.push(message) });
  return { clock, arbiter, revoked, claim };
}

describe('ProtocolArbiter', () => {
  it('grants one protocol to many, and never the other beside it', () => {
    const { claim } = setUp();
    const first = claim('ethernet-ip');
    const second = claim('ethernet-ip');
    assert.throws(() => claim('modbus'), { code: 'METER_PROTOCOL_BUSY', message: /in use over EtherNet\/IP/ });
    first.release();
    first.release();
    assert.throws(() => claim('modbus'), { code: 'METER_PROTOCOL_BUSY' });
    second.release();
    claim('modbus');
    assert.throws(() => claim('ethernet-ip'), { code: 'METER_PROTOCOL_BUSY', message: /in use over Modbus/ });
  });

  it('knows meters apart', () => {
    const { claim } = setUp();
    claim('ethernet-ip');
    claim('modbus', false, '10.0.0.6');
  });

  it('refuses a second connection to one meter under another name, until the first is gone', () => {
    const { arbiter, claim } = setUp();
    arbiter.unite('incomer.plant', METER);
    const first = claim('ethernet-ip');
    claim('ethernet-ip');
    const byName = () => claim('ethernet-ip', false, 'incomer.plant');
    assert.throws(byName, { code: 'METER_PROTOCOL_BUSY', message: /incomer\.plant and 10\.0\.0\.5 are one meter/ });
    first.release();
    assert.throws(byName, { code: 'METER_PROTOCOL_BUSY' });
  });

  it('refuses Modbus to a meter that is shared with a PLC, but for a maintenance window', async () => {
    const { arbiter, claim, clock, revoked } = setUp();
    assert.throws(() => claim('modbus', true), { code: 'METER_SHARED_WITH_PLC', message: /open a maintenance window/ });
    arbiter.openWindow(METER, 60_000);
    claim('modbus', true);
    await clock.advance(59_999);
    assert.deepEqual(revoked, []);
    await clock.advance(1);
    assert.match(revoked.join(), /^The maintenance window of 10\.0\.0\.5 has ended[^,]+\.$/);
    assert.throws(() => claim('modbus', true), { code: 'METER_SHARED_WITH_PLC' });
    claim('ethernet-ip', true);
  });

  it('takes EtherNet/IP away when a window opens, keeps it away, and gives it back afterward', async () => {
    const { arbiter, claim, clock, revoked } = setUp();
    claim('ethernet-ip');
    claim('ethernet-ip');
    arbiter.openWindow(METER, 10_000);
    assert.equal(revoked.length, 2);
    await clock.advance(2500);
    assert.throws(() => claim('ethernet-ip'), { code: 'METER_PROTOCOL_BUSY', message: /for 8 s more/ });
    arbiter.closeWindow(METER);
    arbiter.closeWindow(METER);
    claim('ethernet-ip');
    assert.equal(clock.pending, 0);
  });

  it('a second window sets the time anew', async () => {
    const { arbiter, clock } = setUp();
    arbiter.openWindow(METER, 10_000);
    await clock.advance(9000);
    arbiter.openWindow(METER, 5000);
    await clock.advance(4000);
    assert.equal(arbiter.windowLeftMs(METER), 1000);
    await clock.advance(1000);
    assert.equal(arbiter.windowLeftMs(METER), 0);
  });

  it('refuses a window without an end', () => {
    const { arbiter } = setUp();
    for (const durationMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 3_600_001]) {
      assert.throws(
        () => {
          arbiter.openWindow(METER, durationMs);
        },
        { code: 'CONFIG_INVALID' },
      );
    }
  });

  it('never has both protocols granted, whatever happens in whatever order', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = seededRandom(seed);
      const clock = new FakeClock();
      const arbiter = new ProtocolArbiter(clock);
      const granted = new Map<object, Protocol>();
      const releases: (() => void)[] = [];
      for (let step = 0; step < 60; step++) {
        const dice = random();
        if (dice < 0.6) {
          const protocol: Protocol = random() < 0.5 ? 'modbus' : 'ethernet-ip';
          const token = {};
          try {
            const claim = arbiter.claim(METER, {
              protocol,
              link: METER,
              isSharedWithPlc: random() < 0.3,
              onRevoked: () => granted.delete(token),
            });
            granted.set(token, protocol);
            releases.push(() => {
              claim.release();
              granted.delete(token);
            });
          } catch (thrown) {
            assert.match(String((thrown as { code?: string }).code), /^METER_/);
          }
        } else if (dice < 0.8) releases.splice(Math.floor(random() * releases.length), 1)[0]?.();
        else if (dice < 0.9) arbiter.openWindow(METER, 100);
        else await clock.advance(60);
        assert.ok(new Set(granted.values()).size <= 1, `seed ${seed}, step ${step}`);
      }
    }
  });
});
