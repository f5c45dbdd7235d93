import assert from 'node:assert/strict';
import { seededRandom } from '../../../../src/support/random';
import { encodeCipResponse, SERVICE } from '../../../../src/transport/ethernet-ip/wire/cip';
import { encodeUnconnected } from '../../../../src/transport/ethernet-ip/wire/cpf';
import { COMMAND, encodeFrame } from '../../../../src/transport/ethernet-ip/wire/encapsulation';
import { decodeReply, locateReplyData } from '../../../../src/transport/ethernet-ip/wire/reply';
import { throwsWith } from '../../../../testkit/expect-error';

const { getAttributeSingle, getAttributesAll } = SERVICE;
const what = (): string => 'Reading';

function replyWith(data: Uint8Array, generalStatus = 0): Buffer {
  const message = encodeCipResponse({ service: getAttributeSingle, generalStatus, data });
  return encodeFrame({ command: COMMAND.sendRrData, session: 7, data: encodeUnconnected(message) });
}

describe('reply', () => {
  it('finds the data of a usual reply where the careful way finds it', () => {
    for (const length of [0, 1, 2, 48, 72]) {
      const frame = replyWith(Buffer.alloc(length, 5));
      const offset = locateReplyData(frame, getAttributeSingle);
      assert.equal(offset, frame.length - length);
      assert.deepEqual(decodeReply(frame, getAttributeSingle, what).data, frame.subarray(offset));
    }
  });

  it('leaves refusals and answers to other services to the careful way', () => {
    assert.equal(locateReplyData(replyWith(Buffer.alloc(0), 5), getAttributeSingle), 0);
    assert.equal(decodeReply(replyWith(Buffer.alloc(0), 5), getAttributeSingle, what).generalStatus, 5);
    const frame = replyWith(Buffer.alloc(4));
    assert.equal(locateReplyData(frame, getAttributesAll), 0);
    throwsWith(() => decodeReply(frame, getAttributesAll, what), 'ENIP_REPLY_MISMATCH');
  });

  it('takes nothing the fast way that the careful way refuses, whichever byte is wrong', () => {
    const seed = 44_818;
    const random = seededRandom(seed);
    const sample = replyWith(Buffer.alloc(8, 5));
    let fast = 0;
    for (let index = 0; index < 20_000; index++) {
      const frame = Buffer.from(
        sample.subarray(0, random() < 0.1 ? Math.floor(random() * sample.length) : sample.length),
      );
      const place = 24 + Math.floor(random() * 24);
      if (place < frame.length) frame[place] = Math.floor(random() ** 2 * 256);
      const offset = locateReplyData(frame, getAttributeSingle);
      if (offset === 0) continue;
      fast++;
      const { data, generalStatus } = decodeReply(frame, getAttributeSingle, what);
      assert.deepEqual([data, generalStatus], [frame.subarray(offset), 0], `seed ${seed}, input ${index}`);
    }
    assert.ok(fast > 1000);
  });
});
