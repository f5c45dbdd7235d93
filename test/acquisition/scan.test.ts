import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { broadcastTargets, ownTargets, scan } from '../../src/acquisition/scan/scan';
import { DEVICE_TYPE, PRODUCT_NAME, VENDOR_ID } from '../../src/meters/pm500/identity';
import { Pm500Error } from '../../src/support/errors';
import type { DiscoveredDevice } from '../../src/transport/ethernet-ip/discovery';
import { PM500 } from '../../src/meters/pm500';

function network(address: string, netmask: string, internal = false): NetworkInterfaceInfo {
  return { address, netmask, family: 'IPv4', internal, mac: '00:00:00:00:00:00', cidr: null };
}

const INTERFACES = {
  lo: [network('127.0.0.1', '255.0.0.0', true)],
  eth0: [
    network('192.168.4.17', '255.255.255.0'),
    { ...network('fe80::1', 'ffff::'), family: 'IPv6' as const, scopeid: 2 },
  ],
  eth1: [network('10.20.30.40', '255.255.252.0')],
  tun0: [network('10.8.0.2', '255.255.255.255')],
};

function device(address: string, productCode: number, deviceType: number = DEVICE_TYPE): DiscoveredDevice {
  const identity = {
    vendorId: VENDOR_ID,
    deviceType,
    productCode,
    revision: { major: 1, minor: 4 },
    status: 0,
    serialNumber: 940_000_000 + productCode,
    productName: PRODUCT_NAME,
  };
  return { address, port: 44_818, identity, state: 3 };
}

describe('broadcastTargets', () => {
  it('asks every IPv4 network but the loopback, at its broadcast address, through its own interface', () => {
    assert.deepEqual(broadcastTargets(INTERFACES, []), [
      { address: '192.168.4.255', localAddress: '192.168.4.17', name: 'eth0' },
      { address: '10.20.31.255', localAddress: '10.20.30.40', name: 'eth1' },
    ]);
  });

  it('asks the chosen interfaces only, also the loopback, and refuses one that is not there', () => {
    assert.deepEqual(broadcastTargets(INTERFACES, ['lo']), [
      { address: '127.255.255.255', localAddress: '127.0.0.1', name: 'lo' },
    ]);
    assert.throws(() => broadcastTargets(INTERFACES, ['wlan0']), {
      code: 'CONFIG_INVALID',
      message: 'There is no network interface "wlan0"; choose from lo, eth0, eth1, tun0.',
    });
  });
});

describe('ownTargets', () => {
  it('asks this computer at each of its addresses, and whoever is simulated on its loopback', () => {
    assert.deepEqual(
      ownTargets(INTERFACES).map(({ address }) => address),
      ['127.0.0.1', '192.168.4.17', '10.20.30.40', '10.8.0.2', '127.255.255.255'],
    );
  });
});

describe('scan', () => {
  it('says where it asked, and keeps silent where not every system can ask', async () => {
    const targets = [
      { address: '10.20.1.255', name: 'eth0' },
      { address: '127.255.255.255', name: 'this computer', isOptional: true },
    ];
    const { asked, failures } = await scan(PM500, targets, ({ isOptional = false }) =>
      isOptional ? Promise.reject(new Error('not here')) : Promise.resolve([]),
    );
    assert.deepEqual(asked, ['10.20.1.255 (eth0)', '127.255.255.255 (this computer)']);
    assert.deepEqual(failures, []);
  });

  it('lists once what is found at the loopback and at an address that others can use', async () => {
    const found = [device('127.0.0.1', 7), device('192.168.4.17', 7), device('127.0.0.2', 8)];
    const { devices } = await scan(PM500, [{ address: 'a' }], () => Promise.resolve(found));
    assert.deepEqual(
      devices.map(({ address }) => address),
      ['127.0.0.2', '192.168.4.17'],
    );
  });

  it('lists each device once, in order of address, with the catalog number of its product code', async () => {
    const { devices, failures } = await scan(PM500, [{ address: 'a' }, { address: 'b' }], ({ address }) =>
      Promise.resolve(
        address === 'a'
          ? [device('10.0.0.20', 7), device('10.0.0.3', 4)]
          : [device('10.0.0.3', 4), device('9.9.9.9', 7, 0x0e)],
      ),
    );
    assert.deepEqual(failures, []);
    assert.deepEqual(
      devices.map(({ address, catalogNumber, isPowerMonitor, revision }) => [
        address,
        catalogNumber,
        isPowerMonitor,
        revision,
      ]),
      [
        ['9.9.9.9', undefined, false, '1.4'],
        ['10.0.0.3', '1420-V1-ENT', true, '1.4'],
        ['10.0.0.20', '1420-V2-ENT', true, '1.4'],
      ],
    );
  });

  it('a network that cannot be asked does not cost the answers of the others', async () => {
    const unreachable = new Pm500Error('ENIP_CONNECT_FAILED', 'no such network');
    const { devices, failures } = await scan(PM500, [{ address: 'a' }, { address: 'b' }], ({ address }) =>
      address === 'a' ? Promise.reject(unreachable) : Promise.resolve([device('10.0.0.3', 4)]),
    );
    assert.equal(devices.length, 1);
    assert.deepEqual(failures, [unreachable]);
  });

  it('tells of an answer that cannot be read once, unless the device answered readably too', async () => {
    const error = (address: string): Pm500Error => new Pm500Error('CIP_REPLY_INVALID', `${address} mumbles.`);
    const result = await scan(PM500, [{ address: 'a' }, { address: 'b' }], (_target, onUnreadable) => {
      for (const address of ['10.0.0.3', '10.0.0.9']) onUnreadable({ address, error: error(address) });
      return Promise.resolve([device('10.0.0.3', 4)]);
    });
    assert.deepEqual(
      result.unreadable.map(({ message }) => message),
      ['10.0.0.9 mumbles.'],
    );
  });
});
