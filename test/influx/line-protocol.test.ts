import assert from 'node:assert/strict';
import { LineSerializer, type FieldValue, type Point } from '../../src/influx/line-protocol';
import { hasCode } from '../../src/support/errors';
import { seededRandom } from '../../src/support/random';
import { parseLine, type ParsedPoint } from '../../testkit/delivery/line-protocol-parser';
import { pickOne } from '../../testkit/pick-one';

const TIMESTAMP = 1_767_600_000_123;

const point = (
  fields: Record<string, FieldValue>,
  tags: Record<string, string> = {},
  influxMeasurement = 'm',
): Point => ({
  influxMeasurement,
  tags,
  fields,
  timestamp: TIMESTAMP,
});
const serialize = (given: Point): string => new LineSerializer().serialize(given) ?? '';

describe('line protocol', () => {
  const vectors: readonly (readonly [what: string, given: Point, line: string])[] = [
    ['a float', point({ f: 1.5 }), 'm f=1.5'],
    ['a whole number as a float', point({ f: 1 }), 'm f=1'],
    ['floats with exponents', point({ a: 1e-7, b: 1e21, c: 5e-324 }), 'm a=1e-7,b=1e+21,c=5e-324'],
    ['minus zero', point({ f: -0 }), 'm f=0'],
    ['an integer', point({ i: -9_223_372_036_854_775_808n }), 'm i=-9223372036854775808i'],
    ['an unsigned integer', point({ u: { unsigned: 18_446_744_073_709_551_615n } }), 'm u=18446744073709551615u'],
    ['booleans', point({ a: true, b: false }), 'm a=true,b=false'],
    ['a string', point({ s: 'A.7' }), 'm s="A.7"'],
    ['an empty string', point({ s: '' }), 'm s=""'],
    ['quotes and backslashes in a string', point({ s: 'say "C:\\"' }), String.raw`m s="say \"C:\\\""`],
    ['delimiters in a string', point({ s: 'a, b=c' }), 'm s="a, b=c"'],
    ['line breaks in a string', point({ s: 'a\r\nb' }), String.raw`m s="a\\r\\nb"`],
    ['tags sorted by key', point({ f: 1 }, { site: 'x', area: 'y', Line: 'z' }), 'm,Line=z,area=y,site=x f=1'],
    ['empty tags left out', point({ f: 1 }, { site: '', '': 'x', area: 'y' }), 'm,area=y f=1'],
    [
      'delimiters in names',
      point({ 'a, b=c': 1 }, { 'k, =': 'v, =' }, 'm, ='),
      String.raw`m\,\ \=,k\,\ \==v\,\ \= a\,\ b\=c=1`,
    ],
    ['a lone backslash', point({ f: 1 }, { t: 'C:\\plant' }), String.raw`m,t=C:\plant f=1`],
    ['a backslash before a delimiter', point({ f: 1 }, { t: 'a\\,b' }), String.raw`m,t=a\\\,b f=1`],
    ['a trailing backslash', point({ f: 1 }, { t: 'C:\\' }), String.raw`m,t=C:\\\  f=1`],
    ['a trailing backslash in a field key', point({ 'k\\': 1 }), String.raw`m k\\\ =1`],
    ['a trailing backslash in a measurement', point({ f: 1 }, {}, 'm\\'), String.raw`m\\\  f=1`],
    ['line breaks and tabs in names', point({ f: 1 }, { t: 'a\nb\r\tc' }), String.raw`m,t=a\nb\r\tc f=1`],
    ['quotes in a tag stay', point({ f: 1 }, { t: '"x"' }), 'm,t="x" f=1'],
    ['unicode', point({ größe: 'Ω ☃ 😀' }, { ort: '광양' }, 'zähler'), 'zähler,ort=광양 größe="Ω ☃ 😀"'],
  ];
  for (const [what, given, line] of vectors) {
    it(`writes ${what}`, () => {
      assert.equal(serialize(given), `${line} ${TIMESTAMP}`);
    });
  }

  it('skips and counts what it cannot carry', () => {
    const serializer = new LineSerializer();
    const fields = { a: NaN, b: Infinity, c: -Infinity, d: 2n ** 63n, e: { unsigned: -1n }, '': 1, ok: 1 };
    assert.equal(serializer.serialize(point(fields)), `m ok=1 ${TIMESTAMP}`);
    assert.equal(serializer.skipped, 6);
  });

  it('gives nothing for a point without fields', () => {
    const serializer = new LineSerializer();
    assert.equal(serializer.serialize(point({})), undefined);
    assert.equal(serializer.serialize(point({ a: NaN })), undefined);
  });

  it('rounds a timestamp to milliseconds and refuses what is none', () => {
    assert.equal(serialize({ ...point({ f: 1 }), timestamp: 1000.6 }), 'm f=1 1001');
    for (const timestamp of [NaN, Infinity, 2 ** 60]) {
      assert.throws(
        () => serialize({ ...point({ f: 1 }), timestamp }),
        (error) => hasCode(error, 'LINE_PROTOCOL_INVALID'),
      );
    }
  });

  for (const name of ['', '#comment']) {
    it(`refuses the measurement "${name}"`, () => {
      assert.throws(
        () => serialize(point({ f: 1 }, {}, name)),
        (error) => hasCode(error, 'LINE_PROTOCOL_INVALID'),
      );
    });
  }

  it('tells tag sets apart that only differ in where a name ends', () => {
    const serializer = new LineSerializer();
    const lines = [{ a: 'bc' }, { ab: 'c' }, { a: 'b', c: '' }].map((tags) =>
      serializer.serialize(point({ f: 1 }, tags)),
    );
    assert.equal(new Set(lines).size, 3);
  });

  it('takes linear time for long runs of backslashes', () => {
    const line = serialize(point({ f: 1 }, { t: `${'\\'.repeat(65_000)}x` }));
    assert.equal(line.length, `m,t=x f=1 ${TIMESTAMP}`.length + 65_000);
  });

  it('refuses what no request could carry, by a sentence that does not repeat it', () => {
    const long = '"'.repeat(1_000_001);
    const fields = (count: number, value: FieldValue): Record<string, FieldValue> =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, value]));
    const table: readonly (readonly [given: Point, words: RegExp])[] = [
      [point({ f: long }), /^A text of 1000001 characters is too long/],
      [point({ [long]: 1 }), /^A name or tag of 1000001 characters/],
      [point({ f: 1 }, { [long]: 'x' }), /^A name or tag of 1000001 characters/],
      [point({ f: 1 }, { t: long }), /^A name or tag of 1000001 characters/],
      [{ ...point({ f: 1 }), influxMeasurement: long }, /^A name or tag of 1000001 characters/],
      [point(fields(10_001, 1)), /^A point of m has more than 10000 fields/],
      [point(fields(20, long.slice(1))), /^A point of m has more than .* 10000000 characters: send it as several/],
    ];
    for (const [given, words] of table) {
      assert.throws(
        () => serialize(given),
        (error: Error) =>
          hasCode(error, 'LINE_PROTOCOL_INVALID') && words.test(error.message) && error.message.length < 300,
      );
    }
    assert.equal(serialize(point(fields(10_000, 1))).split(',').length, 10_000);
  });

  it('writes a frozen tag set under every measurement', () => {
    const serializer = new LineSerializer();
    const tags = Object.freeze({ b: '1', a: '2' });
    const lineOf = (influxMeasurement: string): string | undefined =>
      serializer.serialize({ influxMeasurement, tags, fields: { f: 1 }, timestamp: 5 });
    for (let round = 0; round < 2; round += 1) {
      assert.equal(lineOf('m'), 'm,a=2,b=1 f=1 5');
      assert.equal(lineOf('n'), 'n,a=2,b=1 f=1 5');
    }
  });

  it('keeps remembering names in bounded memory', () => {
    const serializer = new LineSerializer();
    for (let index = 0; index < 25_000; index += 1) {
      const line = serializer.serialize(point({ [`f${index}`]: 1 }, { t: String(index) }));
      assert.equal(line, `m,t=${index} f${index}=1 ${TIMESTAMP}`);
    }
  });
});

describe('line protocol against the oracle parser', () => {
  const random = seededRandom(20_260_105);
  const ALPHABET = Array.from('ab1\\\\\\,= "\n\r\tä☃😀#.');
  const text = (minimum: number): string =>
    Array.from({ length: minimum + Math.floor(random() * 8) }, () => pickOne(random, ALPHABET)).join('');
  const value = (): FieldValue => {
    const exponent = Math.floor(random() * 600) - 300;
    return pickOne<() => FieldValue>(random, [
      () => (random() - 0.5) * 10 ** exponent,
      () => Math.floor(random() * 1e6),
      () => BigInt(Math.floor((random() - 0.5) * 2 ** 53)) * 1000n,
      () => ({ unsigned: BigInt(Math.floor(random() * 2 ** 53)) * 2000n }),
      () => random() < 0.5,
      () => text(0),
    ])();
  };
  const CONTROLS: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  /** What a server must read back for a name: see escape.ts. */
  const expectName = (name: string): string => {
    const shown = name.replace(/[\n\r\t]/g, (found) => CONTROLS[found]!);
    return shown.endsWith('\\') ? `${shown} ` : shown;
  };
  const collapse = (name: string): string => name.replaceAll('\\\\', '\\');
  const names = (parsed: ParsedPoint): string[] => [
    parsed.measurement,
    ...Object.entries(parsed.tags).flat(),
    ...Object.keys(parsed.fields),
  ];

  it('is read back with the same names, types and values, 20 000 points', () => {
    const serializer = new LineSerializer();
    for (let round = 0; round < 20_000; round += 1) {
      const measurement = `m${text(0)}`;
      const tags = Object.fromEntries(
        Array.from({ length: Math.floor(random() * 4) }, (_, at) => [`${at}${text(0)}`, text(1)]),
      );
      const fields = Object.fromEntries(
        Array.from({ length: 1 + Math.floor(random() * 4) }, (_, at) => [`${at}${text(0)}`, value()]),
      );
      const line = serializer.serialize(point(fields, tags, measurement))!;
      assert.ok(!line.includes('\n'), line);
      const expected = [measurement, ...Object.entries(tags).flat(), ...Object.keys(fields)].map(expectName);

      const paired = parseLine(line, 'pairs');
      // Runs that stand before nothing special are not doubled, and these servers shorten them.
      assert.deepEqual(sorted(names(paired).map(squeeze)), sorted(expected.map(squeeze)), line);
      const lasted = parseLine(line, 'last');
      assert.deepEqual(sorted(names(lasted).map(squeeze)), sorted(expected.map(squeeze)), line);
      assert.deepEqual(Object.values(lasted.fields), Object.values(paired.fields));
      assert.equal(paired.timestamp, String(TIMESTAMP));
      const byName = new Map(Object.entries(fields).map(([name, given]) => [squeeze(expectName(name)), given]));
      for (const [name, field] of Object.entries(paired.fields)) assertField(field, byName.get(squeeze(name))!);
    }
  }).timeout(60_000);

  const sorted = (list: readonly string[]): string[] => [...list].sort();
  /** Any run of backslashes as one: how many a server shows differs, that the name is whole must not. */
  const squeeze = (name: string): string => (name.includes('\\\\') ? squeeze(collapse(name)) : name);

  function assertField(field: ParsedPoint['fields'][string], given: FieldValue): void {
    if (typeof given === 'number')
      assert.deepEqual([field.type, Number('text' in field && field.text)], ['float', given + 0]);
    else if (typeof given === 'bigint') assert.deepEqual(field, { type: 'integer', text: String(given) });
    else if (typeof given === 'boolean') assert.deepEqual(field, { type: 'boolean', value: given });
    else if (typeof given === 'object') assert.deepEqual(field, { type: 'unsigned', text: String(given.unsigned) });
    else {
      const shown = given.replace(/[\n\r]/g, (found) => CONTROLS[found]!);
      assert.deepEqual(field, { type: 'string', value: shown });
    }
  }
});
