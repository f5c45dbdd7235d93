import assert from 'node:assert/strict';
import type { Standing } from '../../src/iot/connection';
import { PublishPace } from '../../src/iot/pace';
import { PROFILE_LIMITS } from '../../src/iot/profiles';
import { transmit } from '../../src/iot/transmit';
import { seededRandom } from '../../src/support/random';
import { LIMITS } from '../../testkit/aws-iot/rules';
import { instantClock } from '../../testkit/aws-iot/edge-lives';

const AWS = PROFILE_LIMITS['aws-iot-core'];

describe('the pace of AWS IoT Core', () => {
  it('is kept whatever the sizes of messages, by count and by bytes, in any second', async () => {
    const random = seededRandom(7);
    for (const mostBytes of [200, 5000, 40_000, AWS.payloadBytes]) {
      const clock = instantClock();
      const left: { readonly at: number; readonly bytes: number }[] = [];
      const standing = {
        onEnded: () => () => undefined,
        ended: undefined,
        link: {
          publishAcknowledged: (topic: string, payload: Buffer, done: () => void) => {
            left.push({ at: clock.monotonic(), bytes: topic.length + payload.length });
            setImmediate(done);
          },
        },
      } as unknown as Standing;
      const messages = Array.from({ length: 300 }, () => ({
        topic: 'x'.repeat(256),
        payload: Buffer.alloc(Math.ceil(random() * mostBytes)),
        places: [],
      }));
      const pace = new PublishPace(AWS);
      await transmit(messages, standing, {
        ...{ clock, pace, window: AWS.unacknowledged, isOneTopicAtATime: false },
        ...{ patienceMs: 60_000, broker: 'aws', signal: new AbortController().signal },
      });
      assert.equal(left.length, messages.length);
      for (const { at: from } of left) {
        const within = left.filter(({ at }) => at >= from && at < from + 1000);
        const bytes = within.reduce((sum, each) => sum + each.bytes, 0);
        assert.ok(within.length <= LIMITS.publishesPerSecond, `${within.length} in a second`);
        assert.ok(bytes <= LIMITS.bytesPerSecond, `${bytes} bytes in a second`);
      }
    }
  });

  it('is within every limit that the double of AWS enforces', () => {
    assert.ok(AWS.unacknowledged <= LIMITS.unacknowledged);
    assert.ok(AWS.payloadBytes <= LIMITS.payloadBytes);
    assert.ok(AWS.topicBytes <= LIMITS.topicBytes && AWS.topicSlashes <= LIMITS.topicSlashes);
    assert.ok(AWS.clientIdBytes <= LIMITS.clientIdBytes);
    assert.ok((AWS.connectEveryMs ?? 0) >= LIMITS.connectEveryMs);
  });
});
