import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { registerAdmin } from '../../nodes/shared/admin';
import { FakeRed } from '../../testkit/node-red/fake-red';
import type { Sentence } from '../../src/support/sentence';

interface Answer {
  readonly status: number;
  readonly body: { readonly error?: Sentence; readonly devices?: readonly unknown[] };
}

describe('the page that searches for meters', function () {
  this.timeout(60_000);
  /** Hears what is asked, and answers nothing: a search waits for its whole time. */
  let silent: Socket;
  let asked: number;
  let port: number;

  before(async () => {
    silent = createSocket('udp4').bind(0, '127.0.0.1');
    await once(silent, 'listening');
    ({ port } = silent.address());
    silent.on('message', () => asked++);
  });
  beforeEach(() => {
    asked = 0;
  });
  after(() => {
    silent.close();
  });

  const red = new FakeRed();
  registerAdmin(red.api);
  const scan = (query: object): Promise<Answer> =>
    new Promise((resolve) => {
      let status = 200;
      const response = {
        status: (code: number) => {
          status = code;
          return response;
        },
        json: (body: Answer['body']) => {
          resolve({ status, body });
        },
      };
      red.pages.get('/pm500/scan')?.page({ query }, response);
    });

  it('asks for a permission of its own', () => {
    assert.equal(red.pages.get('/pm500/scan')?.permission, 'pm500.scan');
  });

  it('runs two searches at a time; a third is refused at once, the same one is shared, and later others may run', async () => {
    const query = (last: number): object => ({ address: `127.0.0.${last}`, port: String(port) });
    const first = scan(query(1));
    const second = scan(query(2));
    const third = await scan(query(3));
    assert.equal(third.status, 400);
    assert.match(third.body.error?.text ?? '', /^2 scans are running already; try again when they have ended\.$/);
    const shared = scan(query(1));
    const ends = await Promise.all([first, second, shared]);
    assert.deepEqual(
      ends.map(({ status, body }) => [status, body.devices]),
      [
        [200, []],
        [200, []],
        [200, []],
      ],
    );
    const before = asked;
    assert.ok(before > 0, 'the first was asked');
    assert.equal((await scan(query(3))).status, 200);
  });

  it('a search that is refused takes no place', async () => {
    for (let count = 0; count < 5; count++) {
      assert.equal((await scan({ address: '8.8.8.8', port: String(port) })).status, 400);
      assert.equal((await scan({ address: 'no address', port: String(port) })).status, 400);
    }
    assert.equal((await scan({ address: '127.0.0.1', port: String(port) })).status, 200);
  });
});
