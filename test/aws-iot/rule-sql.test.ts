import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { get } from 'sparkplug-payload';
import { LIMITS } from '../../testkit/aws-iot/rules';
import { RuleSql } from '../../testkit/aws-iot/rule-sql';
import { DESCRIPTOR_FILE } from '../../tools/lake/descriptor';

const FORM = { fields: 'as defined', longs: 'number' } as const;
const SET = readFileSync(DESCRIPTOR_FILE);
const objects = new Map<string, Uint8Array>([['bucket/a.desc', SET]]);
const decode = (file = 'sparkplug_b', message = 'Payload', key = 'a.desc'): string =>
  `decode(*, 'proto', 'bucket', '${key}', '${file}', '${message}') AS payload`;
const payload = Buffer.from(
  (get('spBv1.0') ?? assert.fail()).encodePayload({
    ...{ timestamp: 1_767_600_000_000, seq: 3 },
    metrics: [{ name: 'm', type: 'Float', value: 0.5 }],
  }),
);
const run = (sql: string, all = objects): unknown =>
  new RuleSql(sql, all, FORM).run({ topic: 'a/b', payload, receivedMs: 5 });

describe('SQL of rules at the double of AWS IoT', () => {
  it('decodes what another encoder wrote, by the descriptor set', () => {
    const found = run(`SELECT topic() AS topic, timestamp() AS at, ${decode()} FROM 'a/+'`);
    assert.deepEqual(found, {
      ...{ topic: 'a/b', at: 5 },
      payload: {
        ...{ timestamp: 1_767_600_000_000, seq: 3 },
        metrics: [{ name: 'm', datatype: 9, float_value: 0.5 }],
      },
    });
  });

  it('leaves out what it cannot decode: no set, too large a one, another definition, another message', () => {
    const large = new Map([['bucket/a.desc', Buffer.concat([SET, Buffer.alloc(LIMITS.descriptorBytes)])]]);
    const queries = [decode('other'), decode('sparkplug_b', 'Other'), decode('sparkplug_b', 'Payload', 'b.desc')];
    for (const each of queries) assert.deepEqual(run(`SELECT topic() AS topic, ${each} FROM 'a/b'`), { topic: 'a/b' });
    assert.deepEqual(run(`SELECT topic() AS topic, ${decode()} FROM 'a/b'`, large), { topic: 'a/b' });
  });

  it('refuses what it does not know, and more than two calls of decode', () => {
    for (const sql of [
      "SELECT * FROM 'a'",
      `SELECT ${decode()} FROM 'a' WHERE 1 = 1`,
      `SELECT ${decode()}, ${decode()}, ${decode()} FROM 'a'`,
    ])
      assert.throws(() => new RuleSql(sql, objects, FORM), sql);
  });
});
