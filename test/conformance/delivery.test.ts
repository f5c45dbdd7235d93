import { createInfluxDestination } from '../../src/influx/destination';
import { MemoryOutbox } from '../../src/outbox/memory';
import { History } from '../../src/sparkplug/history/history';
import { deliveryOf } from '../../src/sparkplug/history/history-stats';
import { memoryQueues } from '../../src/sparkplug/history/queue-place';
import { StateBoard } from '../../src/sparkplug/session/state-board';
import { systemClock } from '../../src/support/clock';
import { Pm500Error } from '../../src/support/errors';
import { destinationOf } from '../../testkit/delivery/destinations';
import type { Judgment, OtherSide } from '../../testkit/links/other-side';
import { AckBroker, type PublishAnswer } from '../../testkit/mqtt/ack-broker';
import { iotDestination, iotPayload } from '../../testkit/mqtt/iot-bench';
import { reply, replyJson, ScriptedInflux, written, type Answer } from '../../testkit/servers/scripted-influx';
import { sample } from '../../testkit/sparkplug/samples';
import { describeDelivery, onEngine, SINK_LIMITS } from './delivery.suite';

const error = (message: string): Pm500Error => new Pm500Error('INTERNAL', message);

describeDelivery('a made-up sink', { refuses: true, isolates: true }, (other: OtherSide, logger) =>
  onEngine(
    destinationOf((payloads) => {
      const judgment = other.take(payloads);
      switch (judgment.kind) {
        case 'taken':
          return { kind: 'written' };
        case 'away':
          return { kind: 'retry', error: error('away'), isGeneral: true };
        case 'failed':
          return { kind: 'retry', error: error('failed') };
        case 'too large':
          return { kind: 'rejected', error: error('too large'), tooLarge: true };
        case 'refused': {
          const { places, tells } = judgment;
          const refusal = { kind: 'rejected', error: error('refused'), tooLarge: false } as const;
          return tells === 'names'
            ? { ...refusal, named: places }
            : tells === 'count'
              ? { ...refusal, count: places.length }
              : refusal;
        }
      }
    }),
    (number) => `record ${number}`,
    logger,
  ),
);

/** The same in the words of InfluxDB 1, 2 and 3. */
function answerOf(judgment: Judgment, lines: readonly string[]): Answer {
  switch (judgment.kind) {
    case 'taken':
      return written;
    case 'away':
      return reply(503);
    case 'failed':
      return reply(500, 'internal error');
    case 'too large':
      return reply(413, '{"error":"Request Entity Too Large"}', { 'content-type': 'application/json' });
    case 'refused': {
      const { places, tells } = judgment;
      if (tells === 'nothing') return replyJson(400, 'something is wrong with it');
      if (tells === 'count') return replyJson(422, `partial write: something is wrong dropped=${places.length}`);
      const said = places.map((place) => `unable to parse '${lines[place] ?? ''}': missing fields`);
      return replyJson(400, `partial write: ${said.join('\n')} dropped=0`);
    }
  }
}

describeDelivery('InfluxDB', { refuses: true, isolates: true }, async (other: OtherSide, logger) => {
  const server = new ScriptedInflux((response, received, socket) => {
    answerOf(other.take(received.lines), received.lines)(response, received, socket);
  });
  await server.start();
  const endpoint = { api: 'v2', org: 'o', bucket: 'b', token: 't' } as const;
  return onEngine(
    createInfluxDestination({ url: server.url, endpoint, timeoutMs: 5000 }, systemClock),
    (number) => `m,t=x f=${number} 1${String(number).padStart(12, '0')}`,
    logger,
    () => server.stop(),
  );
});

/** The same in the words of MQTT 5: PUBACK and DISCONNECT. */
function pubackOf(judgment: Judgment): PublishAnswer {
  switch (judgment.kind) {
    case 'taken':
      return 0;
    case 'away':
    case 'failed':
      return 'cut';
    case 'too large':
      return { disconnect: 149 };
    case 'refused':
      return 153;
  }
}

describeDelivery(
  'JSON over MQTT 5',
  { refuses: true, isolates: true, recordsPerRequest: 1 },
  async (other: OtherSide, logger) => {
    const broker = await AckBroker.start();
    // What the other side knows is the record as it stands in the outbox.
    broker.answer = ({ topic, payload }) => pubackOf(other.take([`${topic}\t${payload}`]));
    return onEngine(iotDestination(broker.port), iotPayload, logger, () => broker.stop());
  },
);

/** How long the session of a Sparkplug edge node is away after it was lost. */
const AWAY_MS = 2;

// A broker takes everything or is gone: QoS 0 knows no refusal, and no word about single values.
describeDelivery('store and forward of Sparkplug', { refuses: false, isolates: false }, (other: OtherSide, logger) => {
  const outbox = new MemoryOutbox(SINK_LIMITS, systemClock);
  const lost = new Pm500Error('MQTT_CONNECTION_LOST', 'The connection was lost.');
  let isFlowing = true;
  let isTaken = true;
  const board = new StateBoard(logger, () => ({ phase: isFlowing ? 'born' : 'offline', devices: ['M'] }));
  board.announceWell();
  const history: History = new History(
    { valuesPerSecond: 20_000, store: SINK_LIMITS, blindMs: 1000 },
    { outbox, queues: memoryQueues(systemClock) },
    {
      linkOf: () => ({
        isBacklogged: false,
        confirm: () => {
          if (isTaken) {
            board.announceWell();
            return Promise.resolve();
          }
          isFlowing = false;
          board.fail(lost);
          history.keepRecent('ended');
          systemClock.after(AWAY_MS, () => {
            isFlowing = true;
            history.wake();
          });
          return Promise.reject(lost);
        },
      }),
      isFlowing: () => isFlowing,
      isBorn: () => true,
      forward: ({ samples }) => {
        isTaken = other.take(samples.map(({ value }) => String(value))).kind === 'taken';
        return { state: 'sent', messages: 1, bytes: samples.length };
      },
    },
    systemClock,
    logger,
  );
  return {
    payloadOf: String,
    submit: async (payloads) => {
      const accepted = history.watch();
      for (const payload of payloads) history.keep({ deviceId: 'M', samples: [sample('a', Number(payload))] });
      await accepted();
    },
    get stats() {
      return deliveryOf(history.stats, board.state, 0, history.capacity);
    },
    outbox,
    refused: [],
    close: () => history.close(),
    stop: () => Promise.resolve(),
  };
});
