import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { Delivery } from '../../src/delivery/delivery';
import type { Destination, Verdict } from '../../src/delivery/destination';
import type { DeliverySettings } from '../../src/delivery/settings';
import { IOT_BATCH, IOT_TELEMETRY } from '../../src/iot/contracts';
import type { IotSettings } from '../../src/iot/destination';
import { PROFILE_LIMITS } from '../../src/iot/profiles';
import { readRecordText } from '../../src/iot/record-text';
import { MemoryOutbox } from '../../src/outbox/memory';
import type { OutboxRecord } from '../../src/outbox/outbox';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { AckBroker, type SeenPublish } from '../../testkit/mqtt/ack-broker';
import { iotDestination, iotPayload } from '../../testkit/mqtt/iot-bench';
import { waitFor } from '../../testkit/wait';

const never = new AbortController().signal;
const recordOf = (payload: string): OutboxRecord => ({ payload, acceptedAt: 0 });
const recordsOf = (count: number, meters = 1): readonly OutboxRecord[] =>
  Array.from({ length: count }, (_, at) => recordOf(iotPayload(at, `m${at % meters}`)));

const SETTINGS: DeliverySettings = {
  batch: { records: 50, bytes: 100_000, flushMs: 1 },
  retry: { initialMs: 1, maximumMs: 8, factor: 2, jitter: 0 },
  recheckMs: 4,
};

/** Numbers of the records that a broker has got, those of batches included. */
function numbersIn(publishes: readonly SeenPublish[]): readonly number[] {
  return publishes.flatMap(({ payload }) => {
    const message = JSON.parse(payload) as { readonly schema: string };
    if (message.schema !== IOT_BATCH.name) return [IOT_TELEMETRY.parse(message).sequence];
    return IOT_BATCH.parse(message).records.map(({ sequence }) => sequence);
  });
}

/** Long enough that a busy computer leaves both sides the time to answer. */
const SOON_MS = 1000;

const codeOf = (verdict: Verdict): string => ('error' in verdict ? verdict.error.code : '');

describe('JSON over MQTT and its broker', function () {
  this.timeout(60_000);
  let broker: AckBroker;
  const opened: Destination[] = [];
  const open = (change: Partial<IotSettings> = {}, version: 4 | 5 = 5): Destination => {
    const destination = iotDestination(broker.port, change, { protocolVersion: version });
    opened.push(destination);
    return destination;
  };

  beforeEach(async () => {
    broker = await AckBroker.start();
  });

  afterEach(async () => {
    for (const destination of opened.splice(0)) await destination.close();
    await broker.stop();
  });

  for (const version of [4, 5] as const) {
    describe(`of MQTT ${version === 4 ? '3.1.1' : '5'}`, () => {
      it('has what it acknowledged, at QoS 1, in order, over one connection', async () => {
        const destination = open({}, version);
        assert.deepEqual(await destination.deliver(recordsOf(100), never), { kind: 'written' });
        assert.deepEqual(await destination.deliver(recordsOf(3), never), { kind: 'written' });
        assert.deepEqual(numbersIn(broker.publishes), [...recordsOf(100).keys(), 0, 1, 2]);
        assert.ok(broker.publishes.every(({ qos, isRepeated }) => qos === 1 && !isRepeated));
        assert.equal(broker.connects, 1);
        await destination.close();
        await waitFor('DISCONNECT', () => broker.disconnects === 1);
      });

      it('may acknowledge what nobody sent, or speak of a session that there is not', async () => {
        broker.announced = { isSessionPresent: true };
        broker.answer = () => 'unknown id';
        assert.equal((await open({}, version).deliver(recordsOf(20), never)).kind, 'written');
      });

      it('that is cut off between PUBLISH and PUBACK gets again what it did not acknowledge, and only that', async () => {
        const destination = open({}, version);
        const records = recordsOf(60);
        broker.answer = ({ payload }) => (payload.includes('"sequence":30,') ? 'cut' : 0);
        const verdict = await destination.deliver(records, never);
        assert.deepEqual([verdict.kind, codeOf(verdict)], ['retry', 'MQTT_CONNECTION_LOST']);
        const before = numbersIn(broker.publishes);
        assert.deepEqual(before.slice(0, 31), [...recordsOf(31).keys()]);
        broker.answer = () => 0;
        let again = await destination.deliver(records, never);
        // It calms down first.
        while (again.kind === 'retry') again = await destination.deliver(records, never);
        assert.equal(again.kind, 'written');
        const all = numbersIn(broker.publishes);
        assert.deepEqual(new Set(all), new Set(records.keys()));
        // What came before the cut was acknowledged, as far as the acknowledgment arrived.
        const resent = all.slice(before.length);
        assert.deepEqual(
          resent,
          [...resent].sort((one, other) => one - other),
        );
        assert.ok(resent.includes(30));
      });

      it('that never acknowledges is given up, and its connection with it', async () => {
        broker.answer = () => 'silent';
        const destination = open({ timeoutMs: SOON_MS }, version);
        const verdict = await destination.deliver(recordsOf(10), never);
        assert.deepEqual([verdict.kind, codeOf(verdict)], ['retry', 'MQTT_NO_ACKNOWLEDGMENT']);
        assert.match(
          ('error' in verdict && verdict.error.message) || '',
          new RegExp(`acknowledged none of 10 messages within ${SOON_MS} ms`),
        );
        broker.answer = () => 0;
        await waitFor(
          'a new connection',
          async () => (await destination.deliver(recordsOf(10), never)).kind === 'written',
        );
        assert.equal(broker.connects, 2);
      });

      it('that passes over single messages, as AWS does past its limits, has all of them in the end', async () => {
        const random = seededRandom(9);
        broker.answer = () => (random() < 0.05 ? 'silent' : 0);
        const outbox = new MemoryOutbox({ maximumBytes: 1e8 }, systemClock);
        const destination = iotDestination(broker.port, { timeoutMs: 50 }, { protocolVersion: version });
        const delivery = new Delivery(SETTINGS, {
          ...{ outbox, destination, clock: systemClock, random: seededRandom(1), logger: silentLogger },
        });
        await delivery.submit(
          recordsOf(200, 4).map(({ payload }) => payload),
          'node',
        );
        await waitFor('all of them', () => outbox.stats().depth === 0);
        await delivery.close();
        assert.deepEqual(new Set(numbersIn(broker.publishes)), new Set(recordsOf(200).keys()));
        assert.equal(delivery.stats.refused, 0);
      });

      it('that is away is told as away, once it is clear', async () => {
        const { port } = broker;
        const destination = open({}, version);
        await broker.stop();
        const health = await destination.health?.(never);
        assert.ok(health?.healthy === false && health.problem === 'unreachable');
        const verdict = await destination.deliver(recordsOf(1), never);
        assert.ok(verdict.kind === 'retry' && verdict.isGeneral === true);
        assert.match(verdict.error.message, /nothing listens there/);
        broker = await AckBroker.start(port);
        assert.equal((await destination.deliver(recordsOf(1), never)).kind, 'written');
      });

      it('is left alone more and more where it ends each connection soon', async () => {
        broker.answer = () => 'cut';
        const destination = open({ calm: { initialMs: 40_000, maximumMs: 80_000, factor: 2, jitter: 0 } }, version);
        assert.equal((await destination.deliver(recordsOf(1), never)).kind, 'retry');
        const verdict = await destination.deliver(recordsOf(1), never);
        assert.ok(verdict.kind === 'retry' && verdict.isGeneral === true);
        assert.ok((verdict.retryAfterMs ?? 0) > 30_000, String(verdict.retryAfterMs));
        assert.equal(broker.connects, 1, 'nobody knocks meanwhile');
      });

      it('that ends connections soon and without a reason: two clients may have one ID', async () => {
        broker.answer = () => 'cut';
        const destination = open({}, version);
        const told = new Set<string>();
        await waitFor('some ends', async () => {
          const verdict = await destination.deliver(recordsOf(1), never);
          assert.equal(verdict.kind, 'retry');
          told.add(('error' in verdict && verdict.error.message) || '');
          return broker.connects === 4;
        });
        // From the first on: what is said changes with what has happened alone, so that a log is told it once.
        for (const sentence of told)
          assert.match(sentence, /another client may have the same client ID.*an ID of its own/);
        broker.answer = () => 0;
        await waitFor('a delivery', async () => (await destination.deliver(recordsOf(1), never)).kind === 'written');
      });

      it('that wants another password, or does not let this client in, holds', async () => {
        broker.announced = { reasonCode: version === 5 ? 135 : 5 };
        const verdict = await open({}, version).deliver(recordsOf(1), never);
        assert.deepEqual([verdict.kind, codeOf(verdict)], ['hold', 'MQTT_REFUSED']);
      });
    });
  }

  it('of AWS says what may be wrong with the certificate', async () => {
    broker.announced = { reasonCode: 135 };
    const verdict = await open({ profile: 'aws-iot-core' }).deliver(recordsOf(1), never);
    assert.match(
      ('error' in verdict && verdict.error.message) || '',
      /not active, has no policy that allows iot:Connect/,
    );
  });

  it('gets no more unacknowledged messages than it announces, and no larger ones', async () => {
    broker.announced = { receiveMaximum: 7, maximumPacketSize: 2000 };
    const waiting: (() => void)[] = [];
    const destination = open({ recordsPerMessage: 100 });
    assert.equal((await destination.deliver(recordsOf(300, 5), never)).kind, 'written');
    assert.equal(waiting.length, 0);
    assert.deepEqual(new Set(numbersIn(broker.publishes)), new Set(recordsOf(300).keys()));
    assert.ok(broker.publishes.every(({ topic, payload }) => topic.length + payload.length + 10 <= 2000));
    broker.answer = () => 'silent';
    const silent = open({ recordsPerMessage: 1, timeoutMs: 100 });
    broker.mostUnanswered = 0;
    await silent.deliver(recordsOf(50), never);
    assert.equal(broker.mostUnanswered, 7);
  });

  it('that says it takes none unacknowledged, which MQTT forbids, gets one after the other', async () => {
    broker.announced = { receiveMaximum: 0 };
    assert.equal((await open({ timeoutMs: 500 }).deliver(recordsOf(3), never)).kind, 'written');
    assert.equal(broker.mostUnanswered, 1);
  });

  it('that takes no QoS 1 needs a person, and keeps its records', async () => {
    broker.answer = () => ({ disconnect: 155 });
    const verdict = await open().deliver(recordsOf(1), never);
    assert.equal(verdict.kind, 'hold');
    assert.match(('error' in verdict && verdict.error.message) || '', /QoS 1\); allow them there/);
  });

  it('may refuse one topic: the others are not sent again, and its records are named', async () => {
    broker.answer = ({ topic }) => (topic.endsWith('m1') ? 135 : 0);
    const destination = open();
    const records = recordsOf(30, 3);
    const verdict = await destination.deliver(records, never);
    assert.ok(verdict.kind === 'rejected' && !verdict.tooLarge);
    assert.match(verdict.error.message, /refused a message on pm500\/m1: .*policy/);
    const suspects = (): readonly number[] | undefined => destination.suspects?.(records);
    const own = records.flatMap(({ payload }, at) => (readRecordText(payload).topic === 'pm500/m1' ? at : []));
    assert.deepEqual(verdict.named, own);
    assert.deepEqual(suspects(), own);
    broker.answer = () => 0;
    broker.publishes.splice(0);
    assert.equal((await destination.deliver(records, never)).kind, 'written');
    assert.deepEqual(numbersIn(broker.publishes), own, 'what it has is not sent again');
    assert.deepEqual(suspects(), []);
  });

  for (const [by, refusal] of [
    ['PUBACK', 135],
    ['DISCONNECT', { disconnect: 135 }],
  ] as const) {
    describe(`that refuses topics by ${by}`, () => {
      const deliver = (): { readonly delivery: Delivery; readonly warnings: string[]; readonly refused: string[] } => {
        const outbox = new MemoryOutbox({ maximumBytes: 1e8 }, systemClock);
        const destination = iotDestination(broker.port);
        const warnings: string[] = [];
        const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
        const refused: string[] = [];
        const delivery = new Delivery(SETTINGS, {
          ...{ outbox, destination, clock: systemClock, random: seededRandom(1), logger },
        });
        delivery.onRefused('node', ({ message }) => refused.push(message));
        return { delivery, warnings, refused };
      };
      const payloads = (count: number, topic: (number: number) => string, from = 0): string[] =>
        Array.from({ length: count }, (_, at) => iotPayload(from + at, 'm1', topic(from + at)));

      it('goes on with all others, also with those that come later, and says so once for each', async () => {
        broker.answer = ({ topic }) => (topic === 'old' ? refusal : 0);
        const { delivery, refused } = deliver();
        await delivery.submit(
          payloads(3, () => 'old'),
          'node',
        );
        await waitFor('a refusal', () => broker.publishes.length > 3);
        await delivery.submit(
          payloads(20, (number) => `new/${number}`, 3),
          'node',
        );
        await waitFor('all', () => delivery.stats.waiting.records === 0);
        assert.deepEqual([delivery.stats.written, delivery.stats.refused], [20, 3]);
        assert.equal(refused.length, 3);
        for (const message of refused) assert.match(message, /a message on old: this client may not publish there/);
        await delivery.close();
      });

      it('finds the few among many topics at the same time', async () => {
        broker.answer = ({ topic }) => (/^t\/(3|11)$/.test(topic) ? refusal : 0);
        const { delivery } = deliver();
        await delivery.submit(
          payloads(40, (number) => `t/${number % 20}`),
          'node',
        );
        await waitFor('all', () => delivery.stats.waiting.records === 0);
        assert.deepEqual([delivery.stats.written, delivery.stats.refused], [36, 4]);
        await delivery.close();
      });

      it('keeps everything while it refuses every topic', async () => {
        broker.answer = () => refusal;
        const { delivery, warnings, refused } = deliver();
        await delivery.submit(
          payloads(12, (number) => `t/${number % 3}`),
          'node',
        );
        await waitFor('held', () => delivery.stats.state === 'held');
        assert.deepEqual([delivery.stats.waiting.records, refused.length], [12, 0]);
        assert.ok(
          warnings.some((warning) => /all of them wait.*may not publish there/.test(warning)),
          warnings.join('\n'),
        );
        broker.answer = () => 0;
        await waitFor('all', () => delivery.stats.waiting.records === 0);
        assert.equal(delivery.stats.written, 12);
        await delivery.close();
      });
    });
  }

  it('does not blame the last topic where it ends a connection that may do nothing any more', async () => {
    const destination = open();
    assert.equal((await destination.deliver(recordsOf(1), never)).kind, 'written');
    broker.answer = () => ({ disconnect: 135 });
    const verdict = await destination.deliver([recordOf(iotPayload(9, 'm9'))], never);
    assert.ok(verdict.kind === 'rejected');
    assert.deepEqual(verdict.named, [], 'so that the record waits until another one is taken');
  });

  it('names the record of a batch that it does not take', async () => {
    const bad = recordOf(iotPayload(7));
    broker.answer = ({ payload }) => (payload.includes('"sequence":7,') ? 153 : 0);
    const records = recordsOf(20).map((record, at) => (at === 7 ? bad : record));
    const verdict = await open({ recordsPerMessage: 20 }).deliver(records, never);
    assert.ok(verdict.kind === 'rejected' && !verdict.tooLarge);
    assert.deepEqual(verdict.named, [7]);
    // Also alone each is in a batch.
    for (const { payload } of broker.publishes) IOT_BATCH.parse(JSON.parse(payload));
  });

  it('of AWS gets no CONNECT sooner than its limit lets it, whether it refuses it or ends the connection later', async () => {
    assert.ok((PROFILE_LIMITS['aws-iot-core'].connectEveryMs ?? 0) > 1000);
    // Far longer than a test may take.
    const limits = { connectEveryMs: 3_600_000 };
    for (const isRefused of [true, false]) {
      broker.announced = isRefused ? { reasonCode: 137 } : {};
      broker.answer = () => 'cut';
      broker.connects = 0;
      const destination = open({ profile: 'aws-iot-core', limits });
      const first = await destination.deliver(recordsOf(1), never);
      const second = await destination.deliver(recordsOf(1), never);
      assert.ok(first.kind === 'retry' && second.kind === 'retry' && second.isGeneral === true);
      assert.equal(second.error.message, first.error.message);
      assert.ok((second.retryAfterMs ?? 0) > 3_000_000, String(second.retryAfterMs));
      assert.equal(broker.connects, 1);
    }
  });

  it('that says why it ends the connection is understood', async () => {
    for (const [disconnect, kind] of [
      [142, 'hold'],
      [135, 'rejected'],
      [151, 'retry'],
      [149, 'rejected'],
    ] as const) {
      broker.answer = () => ({ disconnect });
      assert.equal((await open().deliver(recordsOf(1), never)).kind, kind, String(disconnect));
    }
    for (const [disconnect, words] of [
      [135, /ended the connection over a message on pm500\/m0: this client may not publish there/],
      [0, /it gave no reason/],
    ] as const) {
      broker.answer = () => ({ disconnect });
      const said = await open().deliver(recordsOf(1), never);
      assert.match(('error' in said && said.error.message) || '', words);
    }
    broker.answer = () => 151;
    const verdict = await open().deliver(recordsOf(1), never);
    assert.ok(verdict.kind === 'retry' && verdict.isGeneral === true && verdict.retryAfterMs === 1000);
  });

  it('is asked by a ping where all is there already, and is not believed where it does not answer', async () => {
    const destination = open({ timeoutMs: 60_000 });
    const [first, second] = recordsOf(2);
    assert.ok(first !== undefined && second !== undefined);
    broker.answer = ({ payload }) => (payload.includes('"sequence":1,') ? 153 : 0);
    assert.equal((await destination.deliver([first, second], never)).kind, 'rejected');
    const before = broker.publishes.length;
    assert.equal((await destination.deliver([first], never)).kind, 'written');
    assert.equal(broker.publishes.length, before, 'nothing was sent for it');
    assert.equal((await destination.deliver([first], never)).kind, 'written');
    assert.equal(broker.publishes.length, before + 1, 'a second time it is');
  });

  it('that answers no ping within the timeout loses its connection, and holds up no end', async () => {
    broker.answersPings = false;
    const [first, second] = recordsOf(2);
    assert.ok(first !== undefined && second !== undefined);
    const refuseSecond = async (destination: Destination): Promise<void> => {
      broker.answer = ({ payload }) => (payload.includes('"sequence":1,') ? 153 : 0);
      assert.equal((await destination.deliver([first, second], never)).kind, 'rejected');
    };
    const silent = open({ timeoutMs: SOON_MS });
    await refuseSecond(silent);
    const verdict = await silent.deliver([first], never);
    assert.ok(verdict.kind === 'retry' && verdict.isGeneral === true);
    assert.equal(codeOf(verdict), 'MQTT_NO_ACKNOWLEDGMENT');
    assert.match(verdict.error.message, new RegExp(`has not answered a ping within ${SOON_MS} ms`));
    broker.answersPings = true;
    await waitFor('another connection', async () => (await silent.deliver([first], never)).kind === 'written');
    broker.answersPings = false;
    const patient = open({ timeoutMs: 300_000 });
    await refuseSecond(patient);
    const closing = new AbortController();
    const asked = patient.deliver([first], closing.signal);
    closing.abort();
    assert.deepEqual(codeOf(await asked), 'ABORTED');
  });

  it('that answers no CONNECT holds up no end', async () => {
    const mute: Server = createServer((socket) => {
      socket.on('error', () => undefined).resume();
    });
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address();
    assert.ok(typeof address === 'object' && address !== null);
    // Far longer than a test may take.
    const destination = iotDestination(address.port, {}, { connectTimeoutMs: 3_600_000 });
    const closing = new AbortController();
    const delivered = destination.deliver(recordsOf(1), closing.signal);
    const asked = destination.health?.(closing.signal);
    await once(mute, 'connection');
    closing.abort();
    assert.equal(codeOf(await delivered), 'ABORTED');
    assert.equal((await asked)?.healthy, false);
    await destination.close();
    await new Promise((resolve) => mute.close(resolve));
  });

  it('that answers with something else than MQTT is told', async () => {
    const strange: Server = createServer((socket) => {
      socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((resolve) => strange.listen(0, '127.0.0.1', resolve));
    const address = strange.address();
    assert.ok(typeof address === 'object' && address !== null);
    const destination = iotDestination(address.port);
    const verdict = await destination.deliver(recordsOf(1), never);
    assert.ok(verdict.kind === 'retry' && verdict.isGeneral === true);
    assert.match(verdict.error.message, /does not speak MQTT/);
    await destination.close();
    await new Promise((resolve) => strange.close(resolve));
  });

  it('is not sent more than the limits of AWS in any second', async () => {
    const arrivals: number[] = [];
    broker.answer = () => {
      arrivals.push(performance.now());
      return 0;
    };
    const destination = open({ profile: 'aws-iot-core', timeoutMs: 10_000 });
    assert.equal((await destination.deliver(recordsOf(120), never)).kind, 'written');
    for (const from of arrivals) {
      const within = arrivals.filter((at) => at >= from && at < from + 1000).length;
      assert.ok(within <= 100, `${within} in a second`);
    }
  });

  it('gives back at once what is on its way when it is closed', async () => {
    broker.answer = () => 'silent';
    const closing = new AbortController();
    const delivered = open().deliver(recordsOf(5), closing.signal);
    await waitFor('messages', () => broker.publishes.length === 5);
    closing.abort();
    assert.equal((await delivered).kind, 'retry');
  });
});
