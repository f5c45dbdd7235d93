import assert from 'node:assert/strict';
import { parseFleet, parseFleetEntries, parseShard, takeShard, type Fleet } from '../../src/acquisition/fleet/fleet';
import { parseCsv } from '../../src/support/csv';
import { PM500 } from '../../src/meters/pm500';
import { hasCode } from '../../src/support/errors';
import { excessiveGrowth, FACTOR } from '../../testkit/growth';

const DEFAULTS = { groups: new Map([['realtime', undefined]]), intervalMs: 1000 };
/** What a meter has of which its row says nothing. */
const USUAL = { tags: {}, schedules: [{ intervalMs: 1000, groups: ['realtime'] }] };
const parse = (text: string): Fleet => parseFleet(PM500, text, 'meters.csv', DEFAULTS);

describe('parseCsv', () => {
  it('keeps quoted cells as they are and tells the line each record begins on', () => {
    const records = parseCsv('\uFEFFa, b ,"c, ""d"""\r\n\r\n# a remark\r\n"two\nlines",x,\r\ny;z;1');
    assert.deepEqual(records, [
      { line: 1, cells: ['a', 'b', 'c, "d"'] },
      { line: 4, cells: ['two\nlines', 'x', ''] },
      { line: 6, cells: ['y', 'z', '1'] },
    ]);
  });

  it('stands a quote that is not closed, and nothing at all', () => {
    assert.deepEqual(parseCsv('a,"b'), [{ line: 1, cells: ['a', 'b'] }]);
    assert.deepEqual(parseCsv(''), []);
  });

  it('reads no more records than are asked for, the last one without a line end, too', () => {
    const two = [
      { line: 1, cells: ['a'] },
      { line: 2, cells: ['b'] },
    ];
    for (const text of ['a\nb', 'a\nb\n', 'a\nb\nc', 'a\nb\nc\n']) assert.deepEqual(parseCsv(text, 2), two, text);
    assert.deepEqual(parseCsv('a\nb', 3), two);
  });
});

describe('parseFleet', () => {
  it('takes ten thousand meters and refuses one more, as CSV and as JSON', () => {
    const csv = (count: number): string =>
      `name,host\n${Array.from({ length: count }, (_, index) => `m${index},10.0.0.5\n`).join('')}`;
    const json = (count: number): string =>
      JSON.stringify(Array.from({ length: count }, (_, index) => ({ name: `m${index}`, host: '10.0.0.5' })));
    for (const make of [csv, json]) {
      assert.equal(parse(make(10_000)).meters.length, 10_000);
      assert.throws(() => parse(make(10_001)), { code: 'CONFIG_INVALID', message: /more than 10000 meters/ });
    }
  });

  it('refuses brackets within brackets without end before it reads them, and takes those within texts', () => {
    for (const text of ['['.repeat(100), '[{"name":'.repeat(20), `[${'[]'.repeat(5)}${'['.repeat(17)}`]) {
      assert.throws(() => parse(text), {
        code: 'CONFIG_INVALID',
        message: /brackets stand within each other too deep/,
      });
    }
    const name = `${'['.repeat(40)}"${'{'.repeat(40)}`;
    assert.equal(parse(JSON.stringify([{ name: `${name}\\`, host: '10.0.0.5' }])).meters.length, 1);
  });

  it('reads CSV: tags, groups and interval where they are given, defaults where they are not', () => {
    const { meters, problems } = parse(
      'name,host,port,site,asset,groups,intervalMs\nincomer,10.0.0.5,,north,tx-1,energy realtime,250\nfurnace,10.0.0.6,44999,,,,\n',
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(meters, [
      {
        ...USUAL,
        name: 'incomer',
        host: '10.0.0.5',
        tags: { site: 'north', asset: 'tx-1' },
        schedules: [{ intervalMs: 250, groups: ['realtime', 'energy'] }],
      },
      { ...USUAL, name: 'furnace', host: '10.0.0.6', port: 44_999 },
    ]);
  });

  it('reads a JSON list of the same names', () => {
    const { meters } = parse('[{"name":"a","host":"10.0.0.5","groups":["status"],"intervalMs":500,"line":"3"}]');
    const schedules = [{ intervalMs: 500, groups: ['status'] }];
    assert.deepEqual(meters, [{ ...USUAL, name: 'a', host: '10.0.0.5', tags: { line: '3' }, schedules }]);
  });

  it('reads how each meter is reached', () => {
    const { meters, problems } = parse(
      [
        'name,host,port,transport,unitId,rpiMs,sharedWithPlc,catalogNumber,layoutConfirmed,baudRate,parity,dropEcho',
        'a,10.0.0.1,,listen-only,,250,,1420-v2-ent,yes,,,',
        'b,10.0.0.2,,modbus-tcp,17,,true,,,,,',
        'c,/dev/ttyUSB0,,MODBUS-RTU,3,,no,,0,19200,Even,yes',
        'd,10.0.0.3,4001,modbus-rtu-tcp,4,,,,,,,',
      ].join('\n'),
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(meters, [
      {
        ...USUAL,
        name: 'a',
        host: '10.0.0.1',
        transport: 'listen-only',
        rpiMs: 250,
        catalogNumber: '1420-V2-ENT',
        layoutConfirmed: true,
      },
      { ...USUAL, name: 'b', host: '10.0.0.2', transport: 'modbus-tcp', unitId: 17, sharedWithPlc: true },
      {
        ...USUAL,
        name: 'c',
        host: '/dev/ttyUSB0',
        transport: 'modbus-rtu',
        unitId: 3,
        sharedWithPlc: false,
        layoutConfirmed: false,
        baudRate: 19_200,
        parity: 'even',
        dropEcho: true,
      },
      { ...USUAL, name: 'd', host: '10.0.0.3', port: 4001, transport: 'modbus-rtu-tcp', unitId: 4 },
    ]);
  });

  it('reads how the I/O connections of a meter are opened', () => {
    const columns = 'name,host,transport,delivery,timeoutMultiplier,configurationInstance,localUdpPort,localAddress';
    const { meters } = parse(`${columns}\na,10.0.0.1,listen-only,Multicast,16,128,2230,10.0.0.5\nb,10.0.0.2,auto,,,,,`);
    assert.deepEqual(meters, [
      {
        ...USUAL,
        name: 'a',
        host: '10.0.0.1',
        transport: 'listen-only',
        delivery: 'multicast',
        timeoutMultiplier: 16,
        configurationInstance: 128,
        receivePort: 2230,
        localAddress: '10.0.0.5',
      },
      { ...USUAL, name: 'b', host: '10.0.0.2', transport: 'auto' },
    ]);
    const { problems } = parse(`${columns}\nc,10.0.0.3,listen-only,unicast,,,,`);
    assert.match(problems[0]?.message ?? '', /delivery is "unicast", expected one of auto, point-to-point, multicast/);
  });

  it('gives groups intervals of their own', () => {
    const [meter] = parse(
      'name,host,groups,intervalMs\na,10.0.0.1,energy:10000 realtime:250 status maximum:10000,500',
    ).meters;
    assert.deepEqual(meter?.schedules, [
      { intervalMs: 250, groups: ['realtime'] },
      { intervalMs: 500, groups: ['status'] },
      { intervalMs: 10_000, groups: ['maximum', 'energy'] },
    ]);
    const defaults = {
      ...DEFAULTS,
      groups: new Map([
        ['realtime', undefined],
        ['energy', 60_000],
      ]),
    };
    assert.deepEqual(parseFleet(PM500, 'name,host,intervalMs\na,b,300', 'x', defaults).meters[0]?.schedules, [
      { intervalMs: 300, groups: ['realtime'] },
      { intervalMs: 60_000, groups: ['energy'] },
    ]);
  });

  it('reads the list of the editor, whose numbers are text, by entry', () => {
    const { meters, problems } = parseFleetEntries(
      PM500,
      [
        { name: 'a', host: '10.0.0.1', port: '44819', sharedWithPlc: true },
        { name: 'b' },
        { name: 'c', host: 'x', ip: '' },
      ],
      'of the node',
      DEFAULTS,
    );
    assert.deepEqual(meters, [{ ...USUAL, name: 'a', host: '10.0.0.1', port: 44_819, sharedWithPlc: true }]);
    assert.deepEqual(
      problems.map(({ message }) => message.slice(0, 60)),
      [
        'Meter list of the node, line 2: host is missing; the other m',
        'Meter list of the node, line 3: "ip" belongs into no meter, ',
      ],
    );
  });

  it('reports a bad row by its line and takes the others', () => {
    const { meters, problems } = parse(
      [
        'name,host,port,groups,intervalMs',
        'ok,10.0.0.1,,,',
        ',10.0.0.2,,,',
        'no-host,,,,',
        'bad-port,10.0.0.3,99999,,',
        '# remark',
        'bad-group,10.0.0.4,,harmonics,',
        'too-fast,10.0.0.5,,,100',
        'ok,10.0.0.6,,,',
        'also-ok,10.0.0.7,,,',
        'slow-group,10.0.0.8,,realtime:50,',
      ].join('\n'),
    );
    assert.deepEqual(
      meters.map(({ name }) => name),
      ['ok', 'also-ok'],
    );
    assert.deepEqual(
      problems.map(({ line }) => line),
      [3, 4, 5, 7, 8, 9, 11],
    );
    for (const { message } of problems)
      assert.match(message, /^Meter list meters\.csv, line \d+: .+; the other meters are read\.$/);
    assert.match(problems[4]?.message ?? '', /intervalMs is "100", expected a number from 200/);
    assert.match(problems[5]?.message ?? '', /the name "ok" stands in line 2 already/);
  });

  it('refuses a list that cannot be read as a whole, in one sentence', () => {
    for (const [text, reason] of [
      ['', /lacks the columns name and host/],
      ['name,address\n', /first line has an unknown or second column at place 2; the columns are name, host/],
      ['{"name":"a"}', /holds no list of meters/],
      ['[{"name":', /Meter list meters\.csv: /],
    ] as const) {
      assert.throws(() => parse(text), { code: 'CONFIG_INVALID', message: reason });
    }
  });

  it('tells nothing of a file that is no meter list', () => {
    const texts = ['root:x:0:0:secret\nmore', '{secret', '["secret" x', 'name,host,secret\na,b,c', '[{"secret": 1}]'];
    for (const text of texts) {
      let said: string;
      try {
        said = JSON.stringify(parse(text).problems);
      } catch (thrown) {
        const error = thrown as Error;
        said = `${error.message} ${String(error.cause)}`;
      }
      assert.match(said, /Meter list/);
      assert.doesNotMatch(said, /secret/);
    }
  });

  it('refuses what is larger than any plant, before it works on it', () => {
    const heading = `${'name,host,'.repeat(100_000)}\n`;
    assert.throws(() => parse(heading + 'a\n'.repeat(100_000)), /unknown or second column at place 3/);
    assert.throws(() => parse(`name,host\n${'a,b\n'.repeat(10_001)}`), /more than 10000 meters/);
    const { problems } = parse(`name,host\n${'a\n'.repeat(5000)}`);
    assert.equal(problems.length, 101);
    assert.match(problems[100]?.message ?? '', /4900 more lines cannot be used/);
  });

  it('costs time in proportion to the file, whatever is in it', () => {
    const hostile: readonly ((count: number) => string)[] = [
      (count) => `${'name,host,'.repeat(count)}\n${'a,b\n'.repeat(count)}`,
      (count) => `name,host\n${'a,b\n'.repeat(count)}`,
      (count) => `name,host\n"${'""'.repeat(count)}`,
      (count) => `name,host\n${','.repeat(count)}`,
      (count) => `[${'{"name":"a","host":"b"},'.repeat(count)}{}]`,
      (count) => `[{${'"tags":1,'.repeat(count)}"name":"a"}]`,
    ];
    for (const of of hostile) {
      const [small, large] = [of(20_000), of(20_000 * FACTOR)];
      const read = (text: string) => (): void => {
        try {
          parse(text);
        } catch (thrown) {
          assert.ok(hasCode(thrown, 'CONFIG_INVALID'), String(thrown));
        }
      };
      assert.equal(excessiveGrowth(read(small), read(large)), undefined, small.slice(0, 40));
    }
  });

  it('takes JSON rows that are no objects for bad rows', () => {
    assert.deepEqual(
      parse('[1, null, {"name": 5, "host": "x"}]').problems.map(({ line }) => line),
      [1, 2, 3],
    );
  });
});

describe('shards', () => {
  it('cut a list into parts that do not overlap and miss none', () => {
    const items = Array.from({ length: 50 }, (_, index) => index);
    for (const count of [1, 2, 3, 7]) {
      const parts = Array.from({ length: count }, (_, part) => takeShard(items, { index: part + 1, count }));
      assert.deepEqual(
        parts.flat().sort((left, right) => left - right),
        items,
      );
      assert.ok(Math.max(...parts.map(({ length }) => length)) - Math.min(...parts.map(({ length }) => length)) <= 1);
    }
  });

  it('are written i/n', () => {
    assert.deepEqual(parseShard(' 2/3 '), { index: 2, count: 3 });
    for (const text of ['', '0/3', '4/3', '1', 'a/b', '1/0', '-1/2']) {
      assert.throws(() => parseShard(text), { code: 'CONFIG_INVALID', message: /expected i\/n/ });
    }
  });
});
