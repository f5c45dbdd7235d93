import assert from 'node:assert/strict';
import { checkScan, nearbyAddress } from '../../src/acquisition/scan/scan-limits';
import { SCAN_DEFAULTS } from '../../src/acquisition/scan/scan-request';

const check = (request: object, isAnywhere = false): void => {
  checkScan({ ...SCAN_DEFAULTS, ...request }, isAnywhere);
};

describe('what a scan from the page may ask', () => {
  it('is networks of the plant', () => {
    for (const address of ['10.1.2.255', '172.31.0.1', '192.168.1.10', '169.254.3.4', '127.0.0.1', '255.255.255.255'])
      check({ addresses: [address] });
    // The last and the first one beside each network, too.
    const beside = ['9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0'];
    const further = ['169.253.255.255', '169.255.0.0', '126.255.255.255', '128.0.0.0', '255.255.255.254'];
    for (const address of ['8.8.8.8', '224.0.0.1', '0.0.0.0', '100.64.0.1', ...beside, ...further]) {
      assert.throws(() => {
        check({ addresses: ['10.0.0.1', address] });
      }, /asks private and link-local addresses only; set pm500.scanAnywhere in settings.js/);
    }
    check({ addresses: ['8.8.8.8'] }, true);
    // What is no address is refused by the scan itself, which says how to write one.
    check({ addresses: ['x'] });
  });

  it('is sixteen addresses at most, and no port of another service', () => {
    const addresses = Array.from({ length: 17 }, (_, index) => `10.0.0.${index}`);
    check({ addresses: addresses.slice(1) });
    assert.throws(() => {
      check({ addresses }, true);
    }, /asks 16 addresses at most/);
    assert.throws(() => {
      check({ interfaces: addresses });
    }, /asks 16 addresses at most/);
    assert.throws(() => {
      check({ addresses: ['10.0.0.1'], port: 53 });
    }, /belongs to another service/);
  });
});

describe('what a form may try before it is deployed', () => {
  const names: Readonly<Record<string, string>> = {
    'meter.plant': '10.0.0.5',
    'elsewhere.example': '8.8.8.8',
    'v6.example': '2001:4860:4860::8888',
  };
  const resolveHost = (name: string): Promise<string | undefined> => Promise.resolve(names[name]);

  it('is the plant, by the address that was checked', async () => {
    const asked = [
      '10.0.0.5',
      'meter.plant',
      'localhost',
      '::1',
      'fe80::1',
      'fd00::5',
      '::ffff:192.168.1.1',
      'unknown',
    ];
    const given = await Promise.all(asked.map((host) => nearbyAddress(host, resolveHost)));
    assert.deepEqual(
      given,
      asked.map((host) => names[host] ?? host),
    );
  });

  for (const host of [
    '8.8.8.8',
    '::ffff:8.8.8.8',
    '::ffff:808:808',
    '2001:4860:4860::8888',
    '::',
    'elsewhere.example',
    'v6.example',
  ]) {
    it(`is not ${host}`, () => assert.rejects(nearbyAddress(host, resolveHost), /is no private or link-local address/));
  }
});
