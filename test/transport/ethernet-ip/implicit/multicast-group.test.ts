import assert from 'node:assert/strict';
import { receiveGroup } from '../../../../src/transport/ethernet-ip/implicit/multicast-group';
import { Pm500Error } from '../../../../src/support/errors';

describe('the multicast group that a meter names', () => {
  const WHERE = 'The meter 10.0.0.9:44818';

  it('is taken as it is named, over the whole range that can be routed', () => {
    for (const address of ['224.0.1.0', '224.0.1.187', '224.1.0.0', '239.192.1.32', '239.255.255.255', '232.0.0.1']) {
      for (const port of [1, 2222, 65_535]) {
        assert.deepEqual(receiveGroup({ address, port }, WHERE), { address, port });
      }
    }
  });

  it('is refused, as a fault of multicast alone, where nobody can join it', () => {
    const told = [
      ...['224.0.0.0', '224.0.0.1', '224.0.0.255', '223.255.255.255', '240.0.0.1', '255.255.255.255', '0.0.0.0'].map(
        (address) => ({ address, port: 2222 }),
      ),
      { address: '10.0.0.9', port: 2222 },
      { address: '239.192.1.32', port: 0 },
      undefined,
    ];
    for (const group of told) {
      assert.throws(
        () => receiveGroup(group, WHERE),
        (thrown: unknown) => {
          assert.ok(thrown instanceof Pm500Error);
          assert.equal(thrown.code, 'ENIP_CONNECT_FAILED');
          assert.equal(thrown.details['unusable'], 'multicast');
          assert.ok(thrown.message.startsWith(WHERE));
          assert.ok(thrown.message.includes(group === undefined ? 'names no multicast group' : group.address));
          assert.ok(thrown.message.endsWith('choose point-to-point delivery.'));
          return true;
        },
      );
    }
  });
});
