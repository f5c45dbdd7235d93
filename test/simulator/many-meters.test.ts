import assert from 'node:assert/strict';
import { addressAfter, settingsOfMany, type ManyMeters } from '../../src/simulator/many-meters';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import { PM500 } from '../../src/meters/pm500';

const FIRST = {
  bind: '127.0.0.1',
  enipPort: 44_818,
  catalogNumber: '1420-V2-ENT',
  serialNumber: 940_000_001,
  seed: 7,
} as const;

const many = (changes: Partial<ManyMeters> = {}) =>
  settingsOfMany(PM500, {
    first: FIRST,
    count: 3,
    addressing: 'port',
    loadOf: (seed) => constantProfile(seed),
    ...changes,
  });

describe('many simulated meters', () => {
  it('take the next port each, and the next serial number, seed and load', () => {
    const meters = many({ first: { ...FIRST, modbusPort: 5020 } });
    assert.deepEqual(
      meters.map(({ bind, enipPort, modbusPort, serialNumber, seed, load }) => [
        bind,
        enipPort,
        modbusPort,
        serialNumber,
        seed,
        load.description,
      ]),
      [
        ['127.0.0.1', 44_818, 5020, 940_000_001, 7, 'constant 0.007 kW'],
        ['127.0.0.1', 44_819, 5021, 940_000_002, 8, 'constant 0.008 kW'],
        ['127.0.0.1', 44_820, 5022, 940_000_003, 9, 'constant 0.009 kW'],
      ],
    );
  });

  it('or the same ports of the next address each', () => {
    const meters = many({ addressing: 'address', first: { ...FIRST, bind: '127.0.0.254', modbusPort: 502 } });
    assert.deepEqual(
      meters.map(({ bind, enipPort, modbusPort }) => [bind, enipPort, modbusPort]),
      [
        ['127.0.0.254', 44_818, 502],
        ['127.0.0.255', 44_818, 502],
        ['127.0.1.0', 44_818, 502],
      ],
    );
    assert.equal(addressAfter('10.255.255.255', 1), '11.0.0.0');
  });

  it('have multicast groups of their own, as devices with addresses of their own have', () => {
    const groupsOf = (changes: Partial<ManyMeters>) => many(changes).map(({ multicast }) => multicast?.address);
    assert.equal(new Set(groupsOf({ count: 250 })).size, 250);
    assert.deepEqual(groupsOf({}), ['239.192.1.0', '239.192.1.1', '239.192.1.2']);
    assert.deepEqual(groupsOf({ addressing: 'address' }), [undefined, undefined, undefined], 'they follow from that');
  });

  it('leave ports that the system chooses to the system', () => {
    assert.deepEqual(
      many({ first: { ...FIRST, enipPort: 0, modbusPort: 0 } }).map(({ enipPort, modbusPort }) => [
        enipPort,
        modbusPort,
      ]),
      [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
    );
  });

  it('say in one sentence what does not fit', () => {
    for (const [changes, sentence] of [
      [{ count: 0 }, /^The number of meters is 0; give a whole number from 1 to 250\.$/],
      [{ count: 251 }, /^The number of meters is 251;/],
      [{ first: { ...FIRST, enipPort: 65_534 } }, /^3 meters from port 65534 on end above 65535; choose a lower port/],
      [
        { first: { ...FIRST, modbusPort: 44_820 } },
        /get in each other's way; choose ports that are 3 or more apart\.$/,
      ],
      [{ first: { ...FIRST, serialNumber: 949_999_999 } }, /end above 950000000; begin lower\.$/],
      [{ addressing: 'address', first: { ...FIRST, bind: '0.0.0.0' } }, /^"0\.0\.0\.0" is no address to count on/],
    ] as const) {
      assert.throws(() => many(changes), { code: 'CONFIG_INVALID', message: sentence });
    }
  });
});
