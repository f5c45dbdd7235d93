import assert from 'node:assert/strict';
import { COMMAND, encodeFrame } from '../../../../src/transport/ethernet-ip/wire/encapsulation';
import { FrameReassembler, type ReassemblerOptions } from '../../../../src/transport/ethernet-ip/wire/reassembler';
import { seededRandom } from '../../../../src/support/random';

function collect(options: Partial<ReassemblerOptions> = {}): { frames: Buffer[]; reassembler: FrameReassembler } {
  const frames: Buffer[] = [];
  const reassembler = new FrameReassembler({ onFrame: (frame) => frames.push(Buffer.from(frame)), ...options });
  return { frames, reassembler };
}

const frameOf = (length: number): Buffer =>
  encodeFrame({ command: COMMAND.sendRrData, session: length, data: Buffer.alloc(length, length) });

describe('frame reassembler', () => {
  it('delivers a frame that arrives whole without copying it', () => {
    let delivered: Buffer | undefined;
    const reassembler = new FrameReassembler({
      onFrame: (frame) => {
        delivered = frame;
      },
    });
    const chunk = frameOf(10);
    assert.equal(reassembler.push(chunk), undefined);
    assert.equal(delivered, chunk);
  });

  it('cuts the same frames out of a stream wherever the network cuts it', () => {
    const sent = [0, 1, 48, 4, 500, 0, 72].map(frameOf);
    const stream = Buffer.concat(sent);
    for (let cut = 0; cut <= stream.length; cut++) {
      const { frames, reassembler } = collect();
      reassembler.push(stream.subarray(0, cut));
      reassembler.push(stream.subarray(cut));
      assert.deepEqual(frames, sent, `cut at ${cut}`);
      assert.equal(reassembler.pendingBytes, 0);
    }
  });

  it('does not care how many pieces there are', () => {
    const seed = 20_260_101;
    const random = seededRandom(seed);
    for (let round = 0; round < 300; round++) {
      const sent = Array.from({ length: 1 + Math.floor(random() * 8) }, () => frameOf(Math.floor(random() * 300)));
      const stream = Buffer.concat(sent);
      const { frames, reassembler } = collect();
      for (let offset = 0; offset < stream.length;) {
        const end = Math.min(stream.length, offset + 1 + Math.floor(random() ** 3 * 400));
        // The memory of a chunk is used again, as it is with a socket's receive buffer.
        const chunk = Buffer.from(stream.subarray(offset, end));
        assert.equal(reassembler.push(chunk), undefined);
        chunk.fill(0xee);
        offset = end;
      }
      assert.deepEqual(frames, sent, `seed ${seed}, round ${round}`);
    }
  });

  it('says how much of a frame waits', () => {
    const { reassembler } = collect();
    reassembler.push(frameOf(10).subarray(0, 30));
    assert.equal(reassembler.pendingBytes, 30);
  });

  it('gives a stream up when no command stands where one belongs', () => {
    const { frames, reassembler } = collect();
    const error = reassembler.push(Buffer.concat([frameOf(3), Buffer.from('GET / HTTP/1.1\r\nHost: meter\r\n\r\n')]));
    assert.equal(error?.code, 'ENIP_FRAME_INVALID');
    assert.equal(frames.length, 1);
    assert.equal(reassembler.push(frameOf(3)), error, 'it stays given up');
    assert.equal(frames.length, 1);
  });

  it('gives a stream up when a frame is too long, also when its header comes in pieces', () => {
    const long = frameOf(101);
    for (const cut of [24, 10]) {
      const { reassembler } = collect({ maximumFrameBytes: 124 });
      const error = reassembler.push(long.subarray(0, cut)) ?? reassembler.push(long.subarray(cut));
      assert.equal(error?.code, 'ENIP_FRAME_INVALID');
      assert.equal(error.details['frameBytes'], 125);
    }
    const { frames, reassembler } = collect({ maximumFrameBytes: 125 });
    assert.equal(reassembler.push(long), undefined);
    assert.equal(frames.length, 1);
  });

  it('lets a target see unknown commands, so that it can refuse them', () => {
    const { frames, reassembler } = collect({ acceptsCommand: () => true });
    assert.equal(reassembler.push(encodeFrame({ command: 0xbeef })), undefined);
    assert.equal(frames.length, 1);
  });

  it('delivers nothing after it was stopped, not even from the same chunk', () => {
    const frames: Buffer[] = [];
    const reassembler: FrameReassembler = new FrameReassembler({
      onFrame: (frame) => {
        frames.push(frame);
        reassembler.stop();
      },
    });
    reassembler.push(Buffer.concat([frameOf(1), frameOf(2)]));
    reassembler.push(frameOf(3));
    assert.equal(frames.length, 1);
  });
});
