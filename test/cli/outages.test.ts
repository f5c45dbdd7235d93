import assert from 'node:assert/strict';
import { COMMAND } from '../../src/transport/ethernet-ip/wire/encapsulation';
import { ScriptedPeer } from '../../testkit/links/scripted-peer';
import { runHere } from './run-command';

describe('pm500 read of a meter that fails', () => {
  let peer: ScriptedPeer;
  let port: string;
  beforeEach(async () => {
    peer = new ScriptedPeer();
    peer.assemblies.set(108, Buffer.alloc(4));
    port = String(await peer.listen());
  });
  afterEach(() => peer.close());

  const read = (...args: readonly string[]) =>
    runHere('read', '127.0.0.1', '--port', port, '--assembly', '108', ...args);

  it('goes on with --count after a cycle that failed, and ends with 1', async () => {
    let reads = 0;
    peer.fault = {
      command: COMMAND.sendRrData,
      attribute: 3,
      act: ({ reply, socket }) => {
        reads++;
        if (reads === 2) socket.destroy();
        else socket.write(reply);
      },
    };
    const { code, stdout, stderr } = await read('--count', '3', '--interval', '1000');
    assert.equal(code, 1);
    assert.equal(stdout.split('slowest reply').length - 1, 2, 'the first and the third were read');
    assert.match(stderr, /^The connection to 127\.0\.0\.1:\d+ was lost.*\n$/, 'one sentence');
  });

  it('ends with 1 and a sentence when each reply comes twice, over every way', async () => {
    peer.fault = { act: ({ reply, socket }) => void socket.write(Buffer.concat([reply, reply])) };
    for (const transport of ['ucmm', 'class3', 'input-only']) {
      const { code, stdout, stderr } = await read('--transport', transport, '--rpi', '100');
      assert.deepEqual([code, stdout], [1, ''], transport);
      assert.match(stderr, /^.*nothing had asked for.*\n$/, transport);
    }
  });
});
