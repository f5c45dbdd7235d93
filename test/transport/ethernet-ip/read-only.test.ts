import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONNECTION_SERVICE, SERVICE } from '../../../src/transport/ethernet-ip/wire/cip';
import { transportParameters } from '../../../src/transport/ethernet-ip/wire/connection-parameters';
import * as requests from '../../../src/transport/ethernet-ip/wire/requests';
import { connectionPointsOf } from '../../../src/transport/ethernet-ip/wire/connection-parameters';
import { PM500 } from '../../../src/meters/pm500';

const ROOT = join(__dirname, '..', '..', '..', 'src');

/** Every source file with its text; the simulated meter is a target, it only answers. */
const SOURCES = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts') && !path.startsWith('simulator/'))
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

const filesWith = (pattern: RegExp): readonly string[] =>
  SOURCES.filter(({ text }) => pattern.test(text)).map(({ path }) => path);

describe('EtherNet/IP client: it can only read', () => {
  it('knows two CIP services, both of which read', () => {
    assert.deepEqual(SERVICE, { getAttributesAll: 0x01, getAttributeSingle: 0x0e });
  });

  it('opens and closes connections that hand the meter nothing', () => {
    assert.deepEqual(CONNECTION_SERVICE, { forwardClose: 0x4e, forwardOpen: 0x54 });
    const points = new Set<number | undefined>();
    for (const kind of ['input-only', 'listen-only'] as const) {
      const { path, originatorToTarget, transport } = transportParameters({
        kind,
        instance: 101,
        sizeBytes: 48,
        delivery: 'point-to-point',
        ...connectionPointsOf(PM500, kind),
      });
      points.add(path.points[0]);
      assert.deepEqual([path.classId, path.points[1], transport], [4, 101, 1]);
      assert.equal(originatorToTarget.sizeBytes, 2, 'a sequence count and no data');
    }
    assert.deepEqual([...points], [98, 99], 'heartbeat points only: no Exclusive Owner');
    assert.deepEqual(transportParameters({ kind: 'message-router' }).path, { classId: 2, instanceId: 1, points: [] });
  });

  it('builds requests in one file, which builds these and no others', () => {
    assert.deepEqual(Object.keys(requests).sort(), [
      'connectedRequests',
      'forwardCloseRequest',
      'forwardOpenRequest',
      'heartbeatFrame',
      'listIdentityRequest',
      'patchContext',
      'patchHeartbeat',
      'patchSequence',
      'registerSessionRequest',
      'unRegisterSessionRequest',
      'unconnectedRequests',
    ]);
    assert.deepEqual(Object.keys(requests.unconnectedRequests(1)).sort(), ['readAssembly', 'readIdentity']);
    assert.deepEqual(Object.keys(requests.connectedRequests(1, 2)).sort(), ['readAssembly', 'readIdentity']);
    assert.deepEqual(filesWith(/as RequestFrame\b/), ['transport/ethernet-ip/wire/requests.ts']);
    const encoders = ['encodeFrame', 'encodeCipRequest', 'encodeUnconnected', 'encodeConnected', 'encodeCyclicFrame'];
    for (const encoder of [...encoders, 'encodeForwardOpen', 'encodeForwardClose']) {
      const users = filesWith(new RegExp(`import [^;]*\\b${encoder}\\b`));
      assert.deepEqual(users, ['transport/ethernet-ip/wire/requests.ts'], `${encoder} is used elsewhere`);
    }
  });

  it('writes to its sockets in four places, whose type takes only such requests', () => {
    const own = SOURCES.filter(({ path }) => path.startsWith('transport/ethernet-ip/'));
    const writes = own.flatMap(({ path, text }) =>
      [...text.matchAll(/\.(?:write|end|send)\(\w+[(),]/g)].map(
        ([call]) => `${path.slice(path.lastIndexOf('/') + 1)} ${call}`,
      ),
    );
    assert.deepEqual(
      writes.sort(),
      [
        'connection.ts .end(frame)',
        'connection.ts .write(frame)',
        'datagrams.ts .send(frame,',
        'discovery.ts .send(listIdentityRequest(',
        'discovery.ts .send(listIdentityRequest(',
        'first-words.ts .write(listIdentityRequest(',
        'subscriber.ts .send(heartbeat,',
        'request-line.ts .send(frame)',
        'session.ts .end(unRegisterSessionRequest(',
      ].sort(),
    );
    const datagrams = own.find(({ path }) => path.endsWith('/datagram-socket.ts'))?.text ?? '';
    assert.match(datagrams, /send\(frame: RequestFrame, port: number, address: string,/);
    const socket = own.find(({ path }) => path.endsWith('/socket.ts'))?.text ?? '';
    assert.match(socket, /write\(frame: RequestFrame\): unknown;\s+end\(frame: RequestFrame\): unknown;/);
  });
});
