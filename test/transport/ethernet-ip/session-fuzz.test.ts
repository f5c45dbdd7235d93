import assert from 'node:assert/strict';
import { Pm500Error } from '../../../src/support/errors';
import { silentLogger } from '../../../src/support/logger';
import { seededRandom, type Random } from '../../../src/support/random';
import { createConnectedTransport } from '../../../src/transport/ethernet-ip/explicit/connected';
import { DatagramRegistry } from '../../../src/transport/ethernet-ip/implicit/datagram-registry';
import { createExplicitTransport } from '../../../src/transport/ethernet-ip/explicit/explicit';
import { createImplicitTransport } from '../../../src/transport/ethernet-ip/implicit/implicit';
import type { AssemblyBlock, Transport } from '../../../src/transport/transport';
import { REPLY_FAULTS } from '../../../testkit/meters/faulty-replies';
import { MemoryTarget, PACKET_INTERVAL_MS } from '../../../testkit/meters/memory-target';
import { VirtualTime } from '../../../testkit/virtual-clock';
import { PM500 } from '../../../src/meters/pm500';

const SEED = Number(process.env['PM500_SEED'] ?? 12_001);
/** Of each transport. */
const OPENS = Number(process.env['PM500_OPENS'] ?? 600);
/** Longer than all time limits of opening and of a read together. */
const STUCK_AFTER_MS = 60_000;
const SETTINGS = { host: '192.0.2.7', port: 44_818, connectTimeoutMs: 3000, replyTimeoutMs: 2000 };
const BLOCKS: readonly AssemblyBlock[] = [
  { kind: 'assembly', instance: 101, sizeBytes: 48 },
  { kind: 'assembly', instance: 102, sizeBytes: 56 },
  { kind: 'assembly', instance: 108, sizeBytes: 4 },
];

type Create = (target: MemoryTarget, time: VirtualTime, random: Random) => Transport;

const TRANSPORTS: Readonly<Record<string, Create>> = {
  explicit: ({ connect }, time) =>
    createExplicitTransport(SETTINGS, { clock: time.clock('client'), logger: silentLogger, connect }),
  'class 3': ({ connect }, time, random) =>
    createConnectedTransport(SETTINGS, { clock: time.clock('client'), logger: silentLogger, connect, random }),
  implicit: ({ connect, openDatagramSocket }, time, random) =>
    createImplicitTransport(
      PM500,
      { ...SETTINGS, mode: 'input-only', rpiMs: PACKET_INTERVAL_MS },
      {
        clock: time.clock('client'),
        logger: silentLogger,
        connect,
        random,
        openDatagramSocket,
        datagrams: new DatagramRegistry(),
      },
    ),
};

/** What came of a call: data of the right assembly, or a coded error. Anything else fails the test. */
function judged(
  work: Promise<unknown>,
  block: AssemblyBlock | undefined,
  story: string,
  outcomes: Map<string, number>,
) {
  const count = (name: string): void => void outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
  return work.then(
    (result) => {
      count('ok');
      if (block === undefined) return;
      assert.ok(result instanceof Uint8Array && result.length === block.sizeBytes, story);
      assert.ok(
        result.every((byte) => byte === block.instance),
        `${story}: data of another assembly`,
      );
    },
    (thrown: unknown) => {
      assert.ok(thrown instanceof Pm500Error && thrown.code !== 'INTERNAL', `${story}: ${String(thrown)}`);
      count(thrown.code);
    },
  );
}

describe('EtherNet/IP sessions over a network that doubles, merges, cuts, delays, reorders and loses replies', function () {
  this.timeout(60_000);

  for (const [name, create] of Object.entries(TRANSPORTS)) {
    it(`${name}: none of ${OPENS} opens is stuck, nothing is left over (seed ${SEED})`, async () => {
      const random = seededRandom(SEED);
      const time = new VirtualTime();
      const faults = { share: 0 };
      const target = new MemoryTarget(time.clock('target'), random, faults);
      const transport = create(target, time, random);
      const outcomes = new Map<string, number>();
      let failedAtOnce = 0;
      for (let open = 0; open < OPENS; open++) {
        const story = `seed ${SEED}, open ${open}`;
        const within = async (what: string, work: Promise<unknown>): Promise<void> => {
          assert.ok(await time.settles(work, STUCK_AFTER_MS), `${story}: ${what} is stuck`);
          await work;
        };
        faults.share = random() < 0.2 ? 0 : random() * 0.5;
        const controller = new AbortController();
        const signal = random() < 0.2 ? controller.signal : undefined;
        const giveUp = random() * 3000;
        time.clock('target').after(giveUp, () => {
          controller.abort();
        });
        const opening = judged(transport.open(signal), undefined, story, outcomes);
        if (random() < 0.1) void transport.close();
        await within('opening', opening);
        const calls = Array.from({ length: Math.floor(random() * 5) }, () => {
          const block = BLOCKS[Math.floor(random() * BLOCKS.length)]!;
          if (random() < 0.2) return judged(transport.identify(signal), undefined, story, outcomes);
          return judged(transport.read(block, signal), block, story, outcomes);
        });
        if (random() < 0.1) void transport.close();
        await within('reading', Promise.all(calls));
        // Some connections idle until they are kept alive, lost or opened again beside their data.
        if (random() < 0.1) {
          if (random() < 0.5) target.keepProducing();
          const idle = new Promise<void>((resolve) => time.clock('target').after(random() * 20_000, resolve));
          await within('idling', idle);
        }
        faults.share = 0;
        const state = transport.state;
        if (state === 'closed') {
          const at = time.clock('client').monotonic();
          await within('reading when closed', judged(transport.read(BLOCKS[0]!), BLOCKS[0], story, outcomes));
          assert.equal(time.clock('client').monotonic(), at, `${story}: a read of a closed transport takes time`);
          failedAtOnce++;
        }
        await within('closing', transport.close());
        assert.equal(transport.state, 'closed', story);
        // A last turn, in which sockets tell that they are closed.
        await time.settles(Promise.resolve(), 0);
        assert.deepEqual(
          { timers: time.pending('client'), sockets: target.sockets.size, datagrams: target.datagrams.size },
          { timers: 0, sockets: 0, datagrams: 0 },
          `${story}: left over`,
        );
        time.forget('target');
        target.producing.clear();
      }
      const told = JSON.stringify([...outcomes]);
      for (const code of ['ok', 'ENIP_CONNECTION_LOST', 'ENIP_REPLY_MISMATCH', 'ENIP_REPLY_TIMEOUT', 'ABORTED']) {
        assert.ok((outcomes.get(code) ?? 0) > OPENS / 200, `${code} among ${told}`);
      }
      for (const fault of REPLY_FAULTS) assert.ok((target.replies.happened.get(fault) ?? 0) > 0, fault);
      assert.ok(failedAtOnce > OPENS / 20, `${failedAtOnce} of ${OPENS} were closed by a fault`);
    });
  }
});
