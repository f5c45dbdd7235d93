import assert from 'node:assert/strict';
import { get } from 'sparkplug-payload';
import { hasCode } from '../../../src/support/errors';
import { seededRandom } from '../../../src/support/random';
import { readPayload } from '../../../testkit/sparkplug/independent-decoder';
import {
  ARRAY_DATATYPE_NAMES,
  ARRAY_DATATYPES,
  BIRTH_FORM,
  DATA_FORM,
  decodePayload,
  encodePayload,
  type ArrayDatatype,
  type ArrayValue,
  type DataSet,
  type DecodedMetric,
  type PayloadMetric,
  type PayloadForm,
  type Template,
} from '../../../src/sparkplug/codec/payload';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const fromHex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

function only(metric: PayloadMetric, form: PayloadForm = BIRTH_FORM): DecodedMetric {
  const [read] = decodePayload(encodePayload({ metrics: [metric] }, form)).metrics;
  assert.ok(read);
  return read;
}

/** Values like those of the examples of Sparkplug 3.0.0, 6.4.16; bytes made by another language's packer. */
const ARRAYS: readonly (readonly [ArrayDatatype, ArrayValue, string])[] = [
  ['Int8Array', [-23, 123], 'e97b'],
  ['Int16Array', [-30_000, 30_000], 'd08a3075'],
  ['Int32Array', [-1, 315_338_746], 'fffffffffaafcb12'],
  ['Int64Array', [-4_270_929_666_821_191_986n, -3_601_064_768_563_266_876n], 'ce0672ac189cbac4c4ba9c18ac7206ce'],
  ['UInt8Array', [23, 250], '17fa'],
  ['UInt16Array', [30, 52_360], '1e0088cc'],
  ['UInt32Array', [52, 3_293_969_225], '3400000049fb55c4'],
  ['UInt64Array', [52n, 16_444_743_074_749_521_625n], '3400000000000000d99e02d1b27637e4'],
  ['FloatArray', [1.23, 89.341].map(Math.fround), 'a4709d3f98aeb242'],
  ['DoubleArray', [12.354213, 1022.9123213], 'd7a205685bb528408e171c6f4cf78f40'],
  ['BooleanArray', [false, false, true, true, false, true, false, false, true, true, false, true], '0c00000034d0'],
  ['StringArray', ['ABC', 'hello'], '4142430068656c6c6f00'],
  ['DateTimeArray', [1_256_102_875_335, 1_656_107_875_000], 'c7d0907524010000b8bab89781010000'],
];

describe('arrays, DataSets, Templates and metadata of the payload codec', () => {
  it('writes and reads the vectors of every array datatype', () => {
    assert.deepEqual(
      ARRAYS.map(([type]) => type),
      ARRAY_DATATYPE_NAMES,
    );
    for (const [type, value, packed] of ARRAYS) {
      const bytes = hex(encodePayload({ metrics: [{ name: 'm', type, value }] }));
      const length = (packed.length / 2).toString(16).padStart(2, '0');
      const code = ARRAY_DATATYPES[type].code.toString(16);
      assert.equal(bytes.slice(4), `0a016d20${code}8201${length}${packed}`, type);
      assert.deepEqual(only({ name: 'm', type, value }).value, value, type);
      assert.deepEqual(only({ name: 'm', type, value: [] }).value, [], `empty ${type}`);
      assert.equal(only({ name: 'm', type, value: null }).value, null, type);
    }
  });

  it('keeps random arrays of every length', () => {
    const random = seededRandom(7);
    const whole = (limit: number): number => Math.floor(random() * limit);
    for (let round = 0; round < 300; round++) {
      const flags = Array.from({ length: whole(40) }, () => random() < 0.5);
      assert.deepEqual(only({ name: 'm', type: 'BooleanArray', value: flags }).value, flags);
      const texts = Array.from({ length: whole(5) }, () => 'Ω'.repeat(whole(4)));
      assert.deepEqual(only({ name: 'm', type: 'StringArray', value: texts }).value, texts);
      const numbers = Array.from({ length: whole(9) }, () => whole(65_536) - 32_768);
      assert.deepEqual(only({ name: 'm', type: 'Int16Array', value: numbers }).value, numbers);
    }
  });

  it('refuses elements that do not fit, and bytes that are no whole array', () => {
    const refused: readonly (readonly [ArrayDatatype, unknown])[] = [
      ['Int8Array', [128]],
      ['UInt16Array', [1, -1]],
      ['UInt64Array', [1.5]],
      ['FloatArray', [1e39]],
      ['BooleanArray', [1]],
      ['StringArray', ['a\0b']],
      ['StringArray', [null]],
      ['DateTimeArray', 'yesterday'],
    ];
    for (const [type, value] of refused) {
      assert.throws(
        () => encodePayload({ metrics: [{ name: 'm', type, value } as PayloadMetric] }),
        (thrown) => hasCode(thrown, 'SPARKPLUG_VALUE_INVALID'),
        `${type} ${String(value)}`,
      );
    }
    for (const bytes of [
      '201782010100',
      '202082010400000001',
      '20208201050900000000',
      '202182010141',
      '2021820102ff00',
    ]) {
      const metric = fromHex(`0a016d${bytes}`);
      assert.throws(
        () => decodePayload(Buffer.concat([Buffer.from([0x12, metric.length]), metric])),
        (thrown) => hasCode(thrown, 'SPARKPLUG_PAYLOAD_INVALID'),
        bytes,
      );
    }
  });

  const TABLE: DataSet = {
    columns: [
      { name: 'phase', type: 'String' },
      { name: 'voltage', type: 'Float' },
      { name: 'count', type: 'Int64' },
      { name: 'ok', type: 'Boolean' },
    ],
    rows: [
      ['L1', 230.5, -1n, true],
      ['L2', 231, 5n, false],
    ],
  };

  it('writes and reads a DataSet by its vector', () => {
    const bytes = hex(encodePayload({ metrics: [{ name: 'm', type: 'DataSet', value: TABLE }] }));
    const cells = [
      '220a' + '0a04' + '32024c31',
      '0a05' + '1d00806643',
      '0a0b' + '10ffffffffffffffffff01',
      '0a02' + '2801',
    ].join('');
    const firstRow = `22${((cells.length - 4) / 2).toString(16)}${cells.slice(4)}`;
    const head =
      '0804' + '12057068617365' + '1207766f6c74616765' + '1205636f756e74' + '12026f6b' + '180c1809180418' + '0b';
    assert.ok(bytes.includes(head + firstRow), bytes);
    assert.deepEqual(only({ name: 'm', type: 'DataSet', value: TABLE }).value, TABLE);
    assert.equal(only({ name: 'm', type: 'DataSet', value: null }).value, null);
  });

  it('reads the DataSet of the other encoder, and the other reads ours', () => {
    const oracle = get('spBv1.0');
    assert.ok(oracle);
    const plain = { numOfColumns: 2, columns: ['a', 'b'], types: ['Float', 'String'], rows: [[1.5, 'x']] };
    const theirs = oracle.encodePayload({ metrics: [{ name: 'm', type: 'DataSet', value: plain }] } as never);
    const ours: DataSet = {
      columns: [
        { name: 'a', type: 'Float' },
        { name: 'b', type: 'String' },
      ],
      rows: [[1.5, 'x']],
    };
    assert.deepEqual(decodePayload(theirs).metrics[0]?.value, ours);
    const read = oracle.decodePayload(encodePayload({ metrics: [{ name: 'm', type: 'DataSet', value: ours }] }));
    const table = read.metrics?.[0]?.value as unknown as { columns: string[]; rows: unknown[][] };
    assert.deepEqual(table.columns, ['a', 'b']);
    assert.deepEqual(table.rows, [[1.5, 'x']]);
  });

  it('refuses tables that do not fit together', () => {
    const columns = [{ name: 'a', type: 'Float' }];
    const refused: readonly unknown[] = [
      { columns, rows: [[1, 2]] },
      { columns, rows: [[null]] },
      { columns, rows: [['text']] },
      { columns: [{ name: '', type: 'Float' }], rows: [] },
      { columns: [{ name: 'a', type: 'Bytes' }], rows: [] },
      { columns: [{ name: 'a', type: 'UUID' }], rows: [] },
      {},
    ];
    for (const value of refused) {
      assert.throws(
        () => encodePayload({ metrics: [{ name: 'm', type: 'DataSet', value } as PayloadMetric] }),
        (thrown) => hasCode(thrown, 'SPARKPLUG_VALUE_INVALID'),
        JSON.stringify(value),
      );
    }
  });

  const DEFINITION: Template = {
    version: '1.0',
    members: [
      { name: 'voltage', type: 'Float', value: null },
      { name: 'severity', type: 'Int32', value: 0 },
    ],
    parameters: [{ name: 'meter', type: 'String', value: 'incomer' }],
  };

  it('writes the version of a template as text in UTF-8, in a definition and in an instance, and leaves out one that is none', () => {
    const version = 'Fassung 2 – β';
    const members: Template['members'] = [{ name: 'a', type: 'Float', timestamp: 1, value: 1 }];
    for (const value of [
      { version, members },
      { version, members, templateRef: 'tpl' },
    ]) {
      const bytes = encodePayload({ metrics: [{ name: 't', type: 'Template', value }] });
      // Field 1 with its length in bytes, of which three letters take more than one.
      const field = Buffer.concat([Buffer.from([0x0a, 16]), Buffer.from(version, 'utf8')]);
      assert.ok(Buffer.from(bytes).includes(field));
      assert.equal(readPayload(bytes).metrics[0]?.wire.templateValue?.version, version);
    }
    const bytes = encodePayload({ metrics: [{ name: 't', type: 'Template', value: { members } }] });
    const read = readPayload(bytes).metrics[0]?.wire.templateValue;
    assert.ok(read !== undefined && read !== null && !Object.hasOwn(read, 'version'));
  });

  it('writes and reads a template definition and an instance', () => {
    const definition = only({ name: 'tpl', type: 'Template', value: DEFINITION }).value;
    assert.deepEqual(definition, {
      version: '1.0',
      isDefinition: true,
      members: [
        { name: 'voltage', datatype: 9, isHistorical: false, isTransient: false, isNull: true, value: null },
        {
          name: 'severity',
          datatype: 3,
          isHistorical: false,
          isTransient: false,
          isNull: false,
          raw: { field: 'int', content: 0 },
          value: 0,
        },
      ],
      parameters: [{ name: 'meter', type: 'String', value: 'incomer' }],
    });
    const value: Template = {
      templateRef: 'tpl',
      members: [{ name: 'voltage', timestamp: 7, type: 'Float', value: 1.5 }],
    };
    assert.equal(
      hex(encodePayload({ metrics: [{ name: 'i', type: 'Template', value }] })),
      '1223' +
        '0a0169' +
        '2013' +
        '92011b' +
        '1212' +
        '0a07766f6c74616765' +
        '1807' +
        '2009' +
        '650000c03f' +
        '220374706c' +
        '2800',
    );
    const read = only({ alias: 9, name: 'i', type: 'Template', value }, DATA_FORM);
    assert.deepEqual([read.name, read.alias, read.raw?.field], [undefined, 9n, 'template']);
    assert.ok(read.raw?.field === 'template');
    assert.equal(read.raw.content.templateRef, 'tpl');
    assert.deepEqual(
      [read.raw.content.members[0]?.name, read.raw.content.members[0]?.datatype],
      ['voltage', undefined],
    );
  });

  it('refuses members without a name, parameters without a value, and a template within itself', () => {
    const members: PayloadMetric[] = [];
    const endless: Template = { templateRef: 'a', members };
    members.push({ name: 'again', type: 'Template', value: endless });
    const refused: readonly unknown[] = [
      { members: [{ type: 'Float', value: 1 }] },
      { members: [], parameters: [{ name: 'p', type: 'Float', value: null }] },
      { members: [], parameters: [{ name: 'p', type: 'Bytes', value: Uint8Array.of(1) }] },
      { members: [], templateRef: '' },
      endless,
    ];
    for (const value of refused) {
      assert.throws(
        () => encodePayload({ metrics: [{ name: 'm', type: 'Template', value } as PayloadMetric] }),
        (thrown) => hasCode(thrown, 'SPARKPLUG_VALUE_INVALID'),
      );
    }
  });

  it('writes and reads metadata', () => {
    const metaData = {
      isMultiPart: true,
      contentType: 'text/csv',
      size: 5_000_000_000,
      seq: 3,
      fileName: 'a.csv',
      fileType: 'csv',
      md5: 'd41d8cd98f00b204e9800998ecf8427e',
      description: 'Ω',
    };
    assert.deepEqual(only({ name: 'm', type: 'File', value: Uint8Array.of(1), metaData }).metaData, metaData);
    const some = { fileName: 'a.csv' };
    const bytes = hex(encodePayload({ metrics: [{ name: 'm', type: 'File', value: null, metaData: some }] }));
    assert.ok(bytes.endsWith('3801' + '4207' + '2a05612e637376'), bytes);
    assert.throws(() => encodePayload({ metrics: [{ name: 'm', type: 'File', value: null, metaData: { size: -1 } }] }));
  });

  it('never reads damaged bytes as anything but an error or a payload', () => {
    const random = seededRandom(11);
    const whole = Buffer.from(
      encodePayload({
        timestamp: 1,
        seq: 1,
        metrics: [
          { name: 't', type: 'DataSet', value: TABLE },
          { name: 'd', type: 'Template', value: DEFINITION },
          { name: 'b', type: 'BooleanArray', value: [true, false] },
          { name: 'f', type: 'File', value: Uint8Array.of(1), metaData: { fileName: 'x' } },
        ],
      }),
    );
    for (let round = 0; round < 5000; round++) {
      const bytes = Buffer.from(whole.subarray(0, 1 + Math.floor(random() * whole.length)));
      for (let flips = 1 + Math.floor(random() * 3); flips > 0; flips--) {
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      }
      try {
        decodePayload(bytes);
      } catch (thrown) {
        assert.ok(hasCode(thrown, 'SPARKPLUG_PAYLOAD_INVALID'), String(thrown));
      }
    }
  });
});
