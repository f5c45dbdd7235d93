import assert from 'node:assert/strict';
import { rowsForFirehose } from '../lambda/firehose';
import { transformSparkplug } from '../lambda/sparkplug-rows/index';

/** What Lambda takes back at most, bytes (Developer Guide, quotas). */
const LAMBDA_ANSWER_BYTES = 6 * 1024 * 1024;
const NOW = Date.UTC(2026, 10, 27);

const recordOf = (recordId: string, value: unknown): { readonly recordId: string; readonly data: string } => ({
  recordId,
  data: Buffer.from(JSON.stringify(value)).toString('base64'),
});
const message = (edge: string, metrics: readonly unknown[]): unknown => ({
  topic: `spBv1.0/Plant/DDATA/${edge}/meter`,
  received_ms: NOW,
  payload: { timestamp: NOW, seq: 1, metrics },
});

describe('an answer to Firehose', () => {
  for (const [what, metrics] of [
    ['with very many small metrics', Array.from({ length: 40_000 }, () => ({ name: 'a', int_value: 1 }))],
    [
      'with a long name above many members',
      [
        {
          name: 'n'.repeat(100_000),
          template_value: { metrics: Array.from({ length: 20_000 }, () => ({ name: 'a', int_value: 1 })) },
        },
      ],
    ],
  ] as const)
    it(`has room for the rows of others beside a message ${what}`, () => {
      const others = ['one', 'two', 'three'].map((edge) =>
        recordOf(edge, message(edge, [{ name: 'power', datatype: 9, float_value: 1 }])),
      );
      const [first, ...rest] = others;
      const records = [first!, recordOf('large', message('large', metrics)), ...rest];
      const lines: string[] = [];
      const answer = transformSparkplug({ records }, NOW, (line) => lines.push(line));
      assert.ok(Buffer.byteLength(JSON.stringify(answer)) <= LAMBDA_ANSWER_BYTES);
      assert.deepEqual(
        answer.records.map(({ recordId, result }) => [recordId, result]),
        [
          ['one', 'Ok'],
          ['large', 'ProcessingFailed'],
          ['two', 'Ok'],
          ['three', 'Ok'],
        ],
      );
      assert.equal(answer.records[1]?.data, records[1]?.data, 'it is kept as it came');
      assert.match(lines.join(), /have no room in an answer/);
    });

  it('gives rows as long as there is room, whatever a row is of', () => {
    const records = Array.from({ length: 10 }, (_, at) => recordOf(String(at), at));
    const { records: answers } = rowsForFirehose({ records }, { now: NOW, log: () => undefined }, () => ({
      partition: {},
      rows: [{ text: 'ä'.repeat(400_000) }],
    }));
    assert.ok(Buffer.byteLength(JSON.stringify(answers)) <= LAMBDA_ANSWER_BYTES);
    assert.equal(answers.filter(({ result }) => result === 'Ok').length, 5);
  });
});
