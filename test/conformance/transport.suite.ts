import assert from 'node:assert/strict';
import { hasCode, type ErrorCode } from '../../src/support/errors';
import type { Block, MeterIdentity, Transport, TransportStateChange } from '../../src/transport/transport';
import { rejectsWith } from '../../testkit/expect-error';

/** One transport and the meter behind it. */
export interface TransportBench {
  readonly transport: Transport<MeterIdentity>;
  /** What `identify` must say. */
  readonly identity: MeterIdentity;
  setAssembly(instance: number, bytes: Uint8Array): void;
  /** The meter refuses this assembly; see `Protocol.refusal`. */
  refuse(instance: number): void;
  /** The meter is reached but answers nothing any more. */
  stall(): void;
  /** Resolves when a request has arrived that is not answered. */
  stalledRequest(): Promise<void>;
  /** The meter answers again (requests that it left unanswered stay so). */
  resume(): void;
  dropConnection(): void;
  /** Nothing can be opened any more, until `comeBack`. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  dispose(): Promise<void>;
}

/** How the protocol of a transport speaks of blocks and failures. */
export interface Protocol {
  /** Where the data of an assembly stand; tests read 48 bytes of 101 and 4 bytes of 108. */
  readonly block: (instance: number, sizeBytes: number) => Block;
  /** A block of a kind that the protocol does not have. */
  readonly foreignBlock: Block;
  readonly connectFailed: ErrorCode;
  readonly connectionLost: ErrorCode;
  /** What the meter says when it refuses a read. */
  readonly refusal: { readonly code: ErrorCode; readonly details: Readonly<Record<string, unknown>> };
  /** The meter tells the size of a block, so that another one can be refused without losing the connection. */
  readonly tellsSize: boolean;
}

const ETHERNET_IP: Protocol = {
  block: (instance, sizeBytes) => ({ kind: 'assembly', instance, sizeBytes }),
  foreignBlock: { kind: 'registers', register: 300_081, words: 24 },
  connectFailed: 'ENIP_CONNECT_FAILED',
  connectionLost: 'ENIP_CONNECTION_LOST',
  refusal: { code: 'CIP_STATUS', details: { generalStatus: 0x16 } },
  tellsSize: true,
};

const bytesOf = (first: number, count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, index) => first + index);

/** What every implementation of `Transport` keeps, and the fake too. */
export function describeTransport(
  name: string,
  createBench: () => Promise<TransportBench>,
  protocol: Protocol = ETHERNET_IP,
): void {
  const { block } = protocol;
  describe(`transport conformance: ${name}`, () => {
    let bench: TransportBench;
    let changes: TransportStateChange[];
    let stopListening: () => void;

    beforeEach(async () => {
      bench = await createBench();
      bench.setAssembly(101, bytesOf(1, 48));
      bench.setAssembly(108, bytesOf(200, 4));
      changes = [];
      stopListening = bench.transport.onState((change) => changes.push(change));
    });
    afterEach(async () => {
      await bench.transport.close();
      await bench.dispose();
    });

    const states = (): string[] => changes.map(({ state }) => state);
    const nextClosed = (): Promise<TransportStateChange> =>
      new Promise((resolve) => {
        const stop = bench.transport.onState((change) => {
          if (change.state !== 'closed') return;
          stop();
          resolve(change);
        });
      });

    it('goes from closed over opening to open and back', async () => {
      assert.equal(bench.transport.state, 'closed');
      await bench.transport.open();
      assert.equal(bench.transport.state, 'open');
      await bench.transport.close();
      assert.deepEqual(changes, [{ state: 'opening' }, { state: 'open' }, { state: 'closed' }]);
    });

    it('opens once however often it is asked', async () => {
      await bench.transport.open();
      await bench.transport.open();
      assert.deepEqual(states(), ['opening', 'open']);
    });

    it('reads exactly the bytes of a block, owned by the caller', async () => {
      await bench.transport.open();
      const first = await bench.transport.read(block(101, 48));
      assert.deepEqual([...first], [...bytesOf(1, 48)]);
      first.fill(0);
      const second = await bench.transport.read(block(101, 48));
      assert.deepEqual([...second], [...bytesOf(1, 48)]);
      await bench.transport.read(block(108, 4));
      assert.deepEqual([...second], [...bytesOf(1, 48)], 'a later read must not change what was returned');
    });

    it('gives each of many simultaneous reads its own block', async () => {
      await bench.transport.open();
      const instances = [101, 108, 101, 108, 108, 101];
      const sizes: Record<number, number> = { 101: 48, 108: 4 };
      const results = await Promise.all(
        instances.map((instance) => bench.transport.read(block(instance, sizes[instance]!))),
      );
      results.forEach((result, index) => {
        assert.equal(result.length, sizes[instances[index]!]);
        assert.equal(result[0], instances[index] === 101 ? 1 : 200);
      });
    });

    it('says who the meter is', async () => {
      await bench.transport.open();
      assert.deepEqual(await bench.transport.identify(), bench.identity);
    });

    it('stays open after a refusal, and keeps the status', async () => {
      await bench.transport.open();
      bench.refuse(101);
      const error = await rejectsWith(bench.transport.read(block(101, 48)), protocol.refusal.code);
      assert.deepEqual({ ...error.details, ...protocol.refusal.details }, error.details);
      assert.equal(bench.transport.state, 'open');
      assert.equal((await bench.transport.read(block(108, 4))).length, 4);
    });

    if (protocol.tellsSize) {
      it('refuses data of another size than the block has, and stays open', async () => {
        await bench.transport.open();
        for (const sizeBytes of [47, 49, 52]) {
          const error = await rejectsWith(bench.transport.read(block(101, sizeBytes)), 'METER_SIZE_MISMATCH');
          assert.deepEqual(error.details, { assembly: 101, gotBytes: 48, expectedBytes: sizeBytes });
        }
        assert.equal(bench.transport.state, 'open');
        assert.equal((await bench.transport.read(block(101, 48))).length, 48);
      });
    }

    it('refuses a block that its protocol does not have, and stays open', async () => {
      await bench.transport.open();
      await rejectsWith(bench.transport.read(protocol.foreignBlock), 'BLOCK_UNSUPPORTED');
      assert.equal(bench.transport.state, 'open');
    });

    it('refuses to read before open and after close', async () => {
      await rejectsWith(bench.transport.read(block(101, 48)), 'METER_CLOSED');
      await rejectsWith(bench.transport.identify(), 'METER_CLOSED');
      await bench.transport.open();
      await bench.transport.close();
      await rejectsWith(bench.transport.read(block(101, 48)), 'METER_CLOSED');
    });

    it('closes with a reason when the connection breaks, and opens again', async () => {
      await bench.transport.open();
      const closed = nextClosed();
      bench.dropConnection();
      const { error } = await closed;
      assert.equal(error?.code, protocol.connectionLost);
      assert.equal(error.retryable, true);
      await bench.transport.open();
      assert.equal((await bench.transport.read(block(101, 48))).length, 48);
    });

    it('rejects every pending read when the connection breaks', async () => {
      await bench.transport.open();
      bench.stall();
      const reads = [
        bench.transport.read(block(101, 48)),
        bench.transport.read(block(108, 4)),
        bench.transport.identify(),
      ];
      const outcomes = Promise.allSettled(reads);
      await bench.stalledRequest();
      bench.dropConnection();
      for (const outcome of await outcomes) {
        assert.ok(outcome.status === 'rejected' && hasCode(outcome.reason, protocol.connectionLost));
      }
      assert.equal(bench.transport.state, 'closed');
    });

    it('rejects pending reads on close, which may be called twice', async () => {
      await bench.transport.open();
      bench.stall();
      const outcomes = Promise.allSettled([bench.transport.read(block(101, 48)), bench.transport.read(block(108, 4))]);
      await bench.stalledRequest();
      await Promise.all([bench.transport.close(), bench.transport.close()]);
      for (const outcome of await outcomes) {
        assert.ok(outcome.status === 'rejected' && hasCode(outcome.reason, 'METER_CLOSED'));
      }
      assert.deepEqual(changes.at(-1), { state: 'closed' });
    });

    it('stops a read that is on its way, and can be opened again', async () => {
      await bench.transport.open();
      bench.stall();
      const controller = new AbortController();
      const read = bench.transport.read(block(101, 48), controller.signal);
      const outcome = rejectsWith(read, 'ABORTED');
      await bench.stalledRequest();
      controller.abort();
      await outcome;
      assert.equal(bench.transport.state, 'closed', 'its reply would come late, so the connection goes');
      bench.resume();
      await bench.transport.open();
      assert.equal((await bench.transport.read(block(108, 4)))[0], 200);
    });

    it('does nothing for a signal that has aborted before', async () => {
      const aborted = AbortSignal.abort();
      await rejectsWith(bench.transport.open(aborted), 'ABORTED');
      assert.equal(bench.transport.state, 'closed');
      await bench.transport.open();
      await rejectsWith(bench.transport.read(block(101, 48), aborted), 'ABORTED');
      assert.equal(bench.transport.state, 'open');
    });

    it('ignores a signal that aborts after the read', async () => {
      await bench.transport.open();
      const controller = new AbortController();
      await bench.transport.read(block(101, 48), controller.signal);
      controller.abort();
      assert.equal(bench.transport.state, 'open');
      assert.equal((await bench.transport.read(block(101, 48))).length, 48);
    });

    it('stops opening on request', async () => {
      bench.stall();
      const controller = new AbortController();
      const outcome = rejectsWith(bench.transport.open(controller.signal), 'ABORTED');
      await bench.stalledRequest();
      controller.abort();
      await outcome;
      assert.equal(bench.transport.state, 'closed');
    });

    it('closes while opening', async () => {
      bench.stall();
      const outcome = bench.transport.open().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      await bench.stalledRequest();
      await bench.transport.close();
      assert.ok(hasCode(await outcome, 'METER_CLOSED'));
      assert.equal(bench.transport.state, 'closed');
    });

    it('says why it cannot open, and opens when the meter is back', async () => {
      await bench.goAway();
      await rejectsWith(bench.transport.open(), protocol.connectFailed);
      assert.equal(bench.transport.state, 'closed');
      assert.equal(changes.at(-1)?.error?.code, protocol.connectFailed);
      await bench.comeBack();
      await bench.transport.open();
      assert.equal((await bench.transport.read(block(101, 48))).length, 48);
    });

    it('no longer calls a listener that was taken off', async () => {
      stopListening();
      await bench.transport.open();
      assert.deepEqual(changes, []);
    });

    it('survives a listener that throws', async () => {
      bench.transport.onState(() => {
        throw new Error('not the transport’s fault');
      });
      await bench.transport.open();
      assert.equal(bench.transport.state, 'open');
    });
  });
}
