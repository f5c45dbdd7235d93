import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import type { FakeNode } from '../../testkit/node-red/fake-red';
import { InfluxNodes } from '../../testkit/node-red/influx-nodes';
import type { ScriptedInflux } from '../../testkit/servers/scripted-influx';

/** Messages as people send them to the common InfluxDB nodes, and the line that the database has to keep. */
const KEPT: Readonly<Record<string, readonly [message: object, line: string]>> = {
  'seconds as msg.precision': [{ payload: { f: 1 }, precision: 's', timestamp: 1_767_600_000 }, 'm f=1 1767600000000'],
  'a Date in msg.timestamp': [{ payload: { f: 1 }, timestamp: new Date(1_767_600_000_123) }, 'm f=1 1767600000123'],
  'text in msg.timestamp': [{ payload: { f: 1 }, timestamp: '2026-01-05T08:00:00.123Z' }, 'm f=1 1767600000123'],
  'a numeric measurement': [{ payload: { f: 1 }, measurement: 4711, timestamp: 5 }, '4711 f=1 5'],
  'the retention policy of the target': [{ payload: { f: 1 }, retentionPolicy: 'week', timestamp: 5 }, 'm f=1 5'],
  'a field named __proto__': [
    { payload: JSON.parse('{"__proto__": 2, "f": 1}') as object, timestamp: 5 },
    'm __proto__=2,f=1 5',
  ],
};

/** Times of another unit than the message says, and the line that the other InfluxDB nodes would write, too. */
const UNLIKELY: Readonly<Record<string, readonly [message: object, line: string, advice: string]>> = {
  'seconds without a precision': [{ payload: { f: 1, time: 1_767_600_000 } }, 'm f=1 1767600000', "mostly 's'"],
  'digits of seconds': [{ payload: [{ f: 1, time: '1767600000' }, {}] }, 'm f=1 1767600000', "mostly 's'"],
  'seconds beside the payload': [{ payload: { f: 1 }, timestamp: 1_767_600_000 }, 'm f=1 1767600000', "mostly 's'"],
  'seconds in a point': [{ payload: { fields: { f: 1 }, timestamp: 1_767_600_000 } }, 'm f=1 1767600000', "mostly 's'"],
  'milliseconds as microseconds': [
    { payload: { f: 1 }, timestamp: 1_767_600_000_000, precision: 'us' },
    'm f=1 1767600000',
    "mostly 'ms'",
  ],
  'tenths of milliseconds': [
    { payload: { f: 1 }, timestamp: 8_000_000_000_000 },
    'm f=1 8000000000000',
    's, ms, us or ns',
  ],
};

/** Messages that are refused, and what the sentence names. */
const REFUSED: Readonly<Record<string, readonly [message: object, says: RegExp]>> = {
  'a unit that nobody knows': [{ payload: { f: 1 }, precision: 'fortnight' }, /precision is "fortnight", expected/],
  'another retention policy': [{ payload: { f: 1 }, retentionPolicy: 'year' }, /retentionPolicy is "year", expected/],
  'a measurement that is no name': [{ payload: { f: 1 }, measurement: {} }, /measurement is an object, expected/],
  'milliseconds under a precision of seconds, far beyond what a database holds': [
    { payload: { f: 1 }, timestamp: 1_767_600_000_000, precision: 's' },
    /timestamp is 1767600000000, expected epoch milliseconds \(or msg\.precision/,
  ],
  'a time that is none': [{ payload: { f: 1 }, timestamp: 'soon' }, /timestamp is "soon", expected/],
};

describe('messages of other InfluxDB nodes, through influx-out to a database', function () {
  this.timeout(60_000);
  let server: ScriptedInflux;
  let nodes: InfluxNodes;
  let out: FakeNode;

  beforeEach(async () => {
    nodes = await InfluxNodes.start();
    ({ server } = nodes);
    nodes.createTarget({ api: 'v1', database: 'd', retentionPolicy: 'week' });
    out = nodes.createOut({ influxMeasurement: 'm', acknowledge: 'written' });
  });

  afterEach(() => nodes.stop());

  const send = async (message: object): Promise<unknown> => (await out.receive(message as NodeMessage)).error;

  for (const [what, [message, line]] of Object.entries(KEPT)) {
    it(`${what} is kept as it was meant`, async () => {
      assert.equal(await send(message), undefined);
      assert.deepEqual([...server.stored], [line]);
    });
  }

  for (const [what, [message, line, advice]] of Object.entries(UNLIKELY)) {
    it(`${what} are written as they are, and it is said once`, async () => {
      for (let count = 0; count < 3; count += 1) assert.equal(await send(message), undefined);
      assert.deepEqual([...server.stored], [line]);
      assert.equal(out.warnings.length, 1);
      assert.match(String(out.warnings[0]), /goes to (1970-01-21|2223-).*msg\.precision.*\(MESSAGE_TIME_UNLIKELY\)$/);
      assert.ok(String(out.warnings[0]).includes(`msg.precision (${advice})`), String(out.warnings[0]));
    });
  }

  it('says nothing of times that carry no unit, or are likely', async () => {
    const likely = [new Date(5), '1970-01-01T00:00:01Z', Date.now(), Date.now() + 365 * 86_400_000, 946_684_800_000];
    for (const timestamp of likely) assert.equal(await send({ payload: { f: 1 }, timestamp }), undefined);
    assert.equal(await send({ payload: { f: 1 } }), undefined);
    assert.deepEqual(out.warnings, []);
  });

  for (const [what, [message, says]] of Object.entries(REFUSED)) {
    it(`${what} is refused by a sentence, and the next message is kept`, async () => {
      assert.match(String(await send(message)), says);
      assert.equal(await send({ payload: { f: 2 }, timestamp: 6 }), undefined);
      assert.deepEqual([...server.stored], ['m f=2 6']);
    });
  }

  it('tags with a NUL stay series of their own', async () => {
    const tags = [{ a: 'x\0b=y' }, { a: 'x', b: 'y' }, { a: 'x\0' }, { a: 'x' }];
    for (const given of tags) assert.equal(await send({ payload: [{ f: 1 }, given], timestamp: 5 }), undefined);
    assert.equal(server.stored.size, tags.length);
  });

  it('one message of very many points is taken in turns with all else: the loop runs on, and another node is not held up', async () => {
    const other = nodes.createOut({ influxMeasurement: 'other' });
    const count = 60_000;
    const payload = Array.from({ length: count }, (_, at) => ({ fields: { f: at }, timestamp: at }));
    const queued = nodes.createOut({ influxMeasurement: 'm' });
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    const ends: string[] = [];
    const large = queued.receive({ payload }).then(({ error }) => ends.push(`large ${String(error)}`));
    setImmediate(turn);
    const small = other
      .receive({ payload: { f: 1, time: 5 } })
      .then(({ error }) => ends.push(`small ${String(error)}`));
    await Promise.all([large, small]);
    isOver = true;
    assert.deepEqual(ends, ['small undefined', 'large undefined']);
    assert.ok(turns > count / 1000, `${turns} turns`);
    await server.until(() => server.stored.size === count + 1);
  });
});
