import { createInfluxDestination } from '../../src/influx/destination';
import { systemClock } from '../../src/support/clock';
import { Pm500Error } from '../../src/support/errors';
import { destinationOf } from '../support/destinations';
import type { Judgement, OtherSide } from '../support/other-side';
import { reply, replyJson, ScriptedInflux, written, type Answer } from '../support/scripted-influx';
import { describeDelivery } from './delivery.suite';

const error = (message: string): Pm500Error => new Pm500Error('INTERNAL', message);

describeDelivery('a made-up sink', { refuses: true }, (other: OtherSide) =>
  Promise.resolve({
    destination: destinationOf((payloads) => {
      const judgement = other.take(payloads);
      switch (judgement.kind) {
        case 'taken':
          return { kind: 'written' };
        case 'away':
          return { kind: 'retry', error: error('away'), isGeneral: true };
        case 'failed':
          return { kind: 'retry', error: error('failed') };
        case 'too large':
          return { kind: 'rejected', error: error('too large'), tooLarge: true };
        case 'refused': {
          const { places, tells } = judgement;
          const refusal = { kind: 'rejected', error: error('refused'), tooLarge: false } as const;
          return tells === 'names'
            ? { ...refusal, named: places }
            : tells === 'count'
              ? { ...refusal, count: places.length }
              : refusal;
        }
      }
    }),
    payloadOf: (number) => `record ${number}`,
    stop: () => Promise.resolve(),
  }),
);

/** The same in the words of InfluxDB 1, 2 and 3. */
function answerOf(judgement: Judgement, lines: readonly string[]): Answer {
  switch (judgement.kind) {
    case 'taken':
      return written;
    case 'away':
      return reply(503);
    case 'failed':
      return reply(500, 'internal error');
    case 'too large':
      return reply(413, '{"error":"Request Entity Too Large"}', { 'content-type': 'application/json' });
    case 'refused': {
      const { places, tells } = judgement;
      if (tells === 'nothing') return replyJson(400, 'something is wrong with it');
      if (tells === 'count') return replyJson(422, `partial write: something is wrong dropped=${places.length}`);
      const said = places.map((place) => `unable to parse '${lines[place] ?? ''}': missing fields`);
      return replyJson(400, `partial write: ${said.join('\n')} dropped=0`);
    }
  }
}

describeDelivery('InfluxDB', { refuses: true }, async (other: OtherSide) => {
  const server = new ScriptedInflux((response, received, socket) => {
    answerOf(other.take(received.lines), received.lines)(response, received, socket);
  });
  await server.start();
  const endpoint = { api: 'v2', org: 'o', bucket: 'b', token: 't' } as const;
  return {
    destination: createInfluxDestination({ url: server.url, endpoint, timeoutMs: 5000 }, systemClock),
    payloadOf: (number) => `m,t=x f=${number} 1${String(number).padStart(12, '0')}`,
    stop: () => server.stop(),
  };
});
