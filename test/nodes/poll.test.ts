import { DIAGNOSTICS } from '../../src/domain/diagnostics/diagnostics';
import assert from 'node:assert/strict';
import Ajv from 'ajv/dist/2020';
import type { NodeMessage } from 'node-red';
import pm500Meter from '../../nodes/pm500-meter';
import pm500Poll from '../../nodes/pm500-poll';
import { isMeterNode } from '../../nodes/shared/meters';
import { workingLayout } from '../../src/domain/codec/built-in-layouts';
import { LinkRecorder, type LinkDiagnostics } from '../../src/acquisition/link-diagnostics';
import type { LinkState } from '../../src/acquisition/link-state';
import { meterRows } from '../../src/acquisition/meter-rows';
import { TRANSPORT_KINDS } from '../../src/acquisition/transport-kinds';
import { READING, type Reading, type ReadingBlock } from '../../src/domain/messages/reading';
import { GROUPS } from '../../src/meters/pm500/groups';
import { Pm500Error } from '../../src/support/errors';
import { seededRandom } from '../../src/support/random';
import { FakeRed, type FakeNode } from '../../testkit/node-red/fake-red';
import { sampleReading } from '../../testkit/meters/readings';
import { PM500 } from '../../src/meters/pm500';

const METER_ROWS = meterRows(PM500);

/** A session that answers from memory; assemblies in `broken` fail. */
class FakeSession {
  readonly settings = { name: 'main-incomer', host: '10.0.0.1', port: 44_818, tags: {}, layout: workingLayout(PM500) };
  readonly groups = GROUPS.map(({ name }) => name);
  readonly windows: (number | undefined)[] = [];
  maintenanceLeftMs = 0;
  readonly asked: (readonly number[])[] = [];
  readonly broken = new Set<number>();
  readonly listeners = new Set<(state: LinkState) => void>();
  state: LinkState = { kind: 'connected', since: 0 };
  /** Holds answers back until it resolves. */
  gate: Promise<void> = Promise.resolve();

  onState(listener: (state: LinkState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get diagnostics(): LinkDiagnostics {
    return new LinkRecorder().snapshot(this.state);
  }

  openMaintenanceWindow(durationMs: number): void {
    this.windows.push(durationMs);
  }

  closeMaintenanceWindow(): void {
    this.windows.push(undefined);
  }

  checkGroups(groups: readonly string[]): void {
    if (this.assembliesOf(groups).length === 0) throw new Pm500Error('CONFIG_INVALID', 'Nothing in these groups.');
  }

  async readGroups(groups: readonly string[], signal?: AbortSignal): Promise<Reading> {
    const assemblies = this.assembliesOf(groups);
    this.asked.push(assemblies);
    await this.gate;
    if (signal?.aborted === true) throw new Pm500Error('ABORTED', 'Stopped.');
    const reading = sampleReading(assemblies, seededRandom(1));
    const error = { code: 'ENIP_REPLY_TIMEOUT', message: 'No reply from 127.0.0.1.' } as const;
    const fail = (block: ReadingBlock): ReadingBlock =>
      block.assembly !== undefined && this.broken.has(block.assembly) ? { ...block, values: {}, error } : block;
    return { ...reading, blocks: reading.blocks.map(fail) };
  }

  private assembliesOf(groups: readonly string[]): readonly number[] {
    return [...workingLayout(PM500).blocks.values()]
      .filter(({ group }) => groups.includes(group))
      .map(({ instance }) => instance);
  }
}

function setUp(properties: object, type = 'pm500-meter'): { red: FakeRed; node: FakeNode; session: FakeSession } {
  const red = new FakeRed();
  const session = new FakeSession();
  red.configurations.set('m1', { type, session });
  pm500Poll(red.api);
  return { red, node: red.create('pm500-poll', { meter: 'm1', mode: 'message', ...properties }), session };
}

describe('pm500-poll on a message', () => {
  it('sends one reading of the chosen groups on the same message, with the name of the meter as topic', async () => {
    const { node, session } = setUp({ groups: ['realtime', 'status'] });
    assert.deepEqual(node.lastStatus, { fill: 'grey', shape: 'ring', text: 'not read yet' });
    const { sent, error } = await node.receive({ _msgid: 'a', topic: 'other', parts: 1 });
    assert.equal(error, undefined);
    assert.equal(sent.length, 1);
    const { payload, ...rest } = sent[0] ?? {};
    assert.deepEqual(rest, { _msgid: 'a', topic: 'main-incomer', parts: 1 });
    assert.deepEqual(
      READING.parse(payload).blocks.map(({ assembly }) => assembly),
      [101, 102, 108],
    );
    assert.deepEqual(session.asked, [[101, 102, 108]]);
    assert.deepEqual(node.lastStatus, { fill: 'green', shape: 'dot', text: '2 groups 2 ms' });
    await node.close();
  });

  it('still delivers what could be read', async () => {
    const { node, session } = setUp({ groups: ['realtime'] });
    session.broken.add(102);
    const { sent, error } = await node.receive({});
    assert.equal(error, undefined);
    assert.equal(READING.parse(sent[0]?.payload).blocks.filter((block) => block.error !== undefined).length, 1);
    assert.deepEqual(node.lastStatus, { fill: 'yellow', shape: 'dot', text: '1 of 2 read' });
    await node.close();
  });

  it('turns red, says why, and sends the failed reading on, when nothing could be read', async () => {
    const { node, session } = setUp({ groups: ['energy'] });
    session.broken.add(107);
    const { sent, error } = await node.receive({});
    assert.ok(error instanceof Pm500Error);
    assert.equal(error.code, 'ENIP_REPLY_TIMEOUT');
    assert.equal(sent.length, 1);
    assert.deepEqual(node.lastStatus, { fill: 'red', shape: 'ring', text: 'no answer' });
    session.broken.clear();
    assert.equal((await node.receive({})).error, undefined);
    assert.deepEqual(node.lastStatus, { fill: 'green', shape: 'dot', text: 'energy 2 ms' });
    await node.close();
  });

  it('shows how the connection stands while nothing is asked of it', async () => {
    const { node, session } = setUp({ groups: ['energy'] });
    const tell = (state: Omit<LinkState, 'since'>): string => {
      session.state = { ...state, since: 0 };
      for (const listener of session.listeners) listener(session.state);
      return `${node.lastStatus?.fill ?? ''} ${node.lastStatus?.text ?? ''}`.replace(/\d\d:\d\d/, 'HH:MM');
    };
    const lost = new Pm500Error('ENIP_CONNECTION_LOST', 'The meter closed it.');
    assert.equal(tell({ kind: 'connecting' }), 'yellow connecting');
    assert.equal(tell({ kind: 'connected' }), 'grey not read yet');
    assert.equal(tell({ kind: 'waiting', error: lost }), 'red connection lost');
    assert.equal(tell({ kind: 'connected' }), 'grey not read yet');
    await node.receive({});
    assert.equal(tell({ kind: 'waiting', error: lost }), 'red stale since HH:MM');
    assert.equal(tell({ kind: 'connecting' }), 'red stale since HH:MM');
    const noOwner = new Pm500Error('ENIP_NO_OWNER', 'Nobody owns it.');
    assert.equal(tell({ kind: 'waiting', error: noOwner }), 'blue no PLC to listen to');
    assert.equal(tell({ kind: 'connected' }), 'green energy 2 ms');
    const conflict = new Pm500Error('ENIP_OWNERSHIP_CONFLICT', 'Configured by another.');
    assert.equal(tell({ kind: 'waiting', error: conflict }), 'blue owned by another');
    const shared = new Pm500Error('METER_SHARED_WITH_PLC', 'Owned by a PLC.');
    assert.equal(tell({ kind: 'waiting', error: shared }), 'blue opens in its window');
    await node.close();
    assert.equal(session.listeners.size, 0);
  });

  it('ends a message that is under way without a reading when it is closed', async () => {
    const { node, session } = setUp({});
    let open = (): void => undefined;
    session.gate = new Promise((resolve) => (open = resolve));
    const ended = node.receive({});
    const closed = node.close();
    open();
    assert.deepEqual(await ended, { sent: [], error: undefined });
    await closed;
    await node.close();
  });
});

describe('pm500-poll on a schedule', () => {
  /** Resolves when the node does something for the next time. */
  const next = (node: FakeNode, what: 'send' | 'error' | 'log'): Promise<unknown> =>
    new Promise((resolve) => {
      const original = node[what].bind(node);
      node[what] = (value: unknown) => {
        original(value as NodeMessage);
        resolve(value);
      };
    });

  it('sends readings by itself, reports an outage once and its end, and stops when it is closed', async () => {
    const { node, session } = setUp({ mode: 'interval', intervalMs: 200, groups: ['status'] });
    assert.equal(((await next(node, 'send')) as NodeMessage[])[0]?.topic, 'main-incomer');
    session.broken.add(108);
    const bad = next(node, 'send');
    assert.match(String(await next(node, 'error')), /No reply/);
    assert.notEqual(READING.parse(((await bad) as NodeMessage[])[0]?.payload).blocks[0]?.error, undefined);
    // Asked again and again, it stays quiet: a loss is told once.
    const quiet = node.sent.length;
    const before = session.asked.length;
    while (session.asked.length < before + 3) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([node.errors.length, node.sent.length], [1, quiet]);
    session.broken.clear();
    assert.match(String(await next(node, 'log')), /answers again/);
    await node.close();
    const asked = session.asked.length;
    const other = setUp({ mode: 'interval', intervalMs: 200 }).node;
    await next(other, 'send');
    await other.close();
    assert.equal(session.asked.length, asked);
  });
});

describe('maintenance windows by message', () => {
  it('are opened and closed, and no reading comes of it', async () => {
    const { node, session } = setUp({});
    assert.deepEqual(await node.receive({ payload: { maintenance: { minutes: 10 } } }), { sent: [], error: undefined });
    await node.receive({ payload: { maintenance: false, meter: 'main-incomer' } });
    assert.deepEqual(session.windows, [600_000, undefined]);
    assert.deepEqual(session.asked, []);
    assert.match(String(node.logged[0]), /window of meter "main-incomer" is open for 10 minutes/);
    await node.close();
  });

  it('are refused in one sentence', async () => {
    const { node, session } = setUp({});
    for (const [payload, sentence] of [
      [{ maintenance: { minutes: 90 } }, /minutes is 90, expected more than 0 and at most 60/],
      [{ maintenance: { minutes: 5 }, meter: 'other' }, /There is no meter "other" here/],
    ] as const) {
      assert.match(String((await node.receive({ payload })).error), sentence);
    }
    assert.deepEqual(session.windows, []);
    await node.close();
  });
});

describe('diagnostics', () => {
  const validate = new Ajv({ strict: false }).compile(DIAGNOSTICS.jsonSchema);

  function pageOf({ pages }: FakeRed): { readonly type: string; readonly body: string } {
    const answer = { type: '', body: '' };
    const response = {
      type: (type: string) => {
        answer.type = type;
        return response;
      },
      send: (body: string) => {
        answer.body = body;
      },
    };
    pages.get('/pm500/metrics')?.page({}, response);
    return answer;
  }

  /** Lines without their values. */
  const seriesOf = (body: string): readonly string[] =>
    body.split('\n').flatMap((line) => (line === '' ? [] : [line.startsWith('#') ? line : line.replace(/ \S+$/, '')]));

  it('come out of the second output, and stand on a page of their own for who may read it', async () => {
    const empty = new FakeRed();
    pm500Poll(empty.api);
    const others = seriesOf(pageOf(empty).body);
    const { red, node } = setUp({ diagnosticsSeconds: 0.01 });
    while (node.sentSecond.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const [message] = node.sentSecond;
    assert.equal(message?.topic, 'main-incomer');
    assert.ok(validate(message.payload), JSON.stringify(validate.errors));
    assert.deepEqual(node.sent, []);

    assert.equal(red.pages.get('/pm500/metrics')?.permission, 'pm500.read');
    const { type, body } = pageOf(red);
    assert.match(type, /^text\/plain; version=0\.0\.4/);
    assert.match(body, /^pm500_up\{meter="main-incomer",address="10\.0\.0\.1:44818",transport="ucmm"\} 1$/m);
    await node.close();
    // The page is that of the process: what else runs in it may have series there, before and after.
    assert.deepEqual(
      seriesOf(pageOf(red).body).filter((series) => !others.includes(series)),
      [],
    );
    const sent = node.sentSecond.length;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(node.sentSecond.length, sent);
  });

  it('are off with 0', async () => {
    const { node } = setUp({ diagnosticsSeconds: 0, mode: 'interval', intervalMs: 200 });
    await node.receive({});
    assert.deepEqual(node.sentSecond, []);
    await node.close();
  });
});

describe('configurations that cannot work', () => {
  const cases: readonly (readonly [string, object, RegExp])[] = [
    ['no meter', { meter: '' }, /meter is not chosen/],
    ['an unknown meter', { meter: 'm2' }, /missing, disabled or not ready/],
    [
      'an interval that is too short',
      { mode: 'interval', intervalMs: 199 },
      /intervalMs is 199, expected a number from 200/,
    ],
    ['no group', { groups: [] }, /at least one of realtime/],
    ['an unknown group', { groups: ['harmonics'] }, /groups\[0\] is "harmonics"/],
    ['an unknown mode', { mode: 'always' }, /mode is "always"/],
    ['an unknown source', { source: 'cloud' }, /source is "cloud", expected one of meter, file, list/],
    ['no file', { source: 'file' }, /fleetFile is "", expected text that is not empty/],
    ['a list that is none', { source: 'list', fleet: 'x' }, /fleet is "x", expected an array/],
    ['a part that is none', { source: 'list', shard: '4/3' }, /Shard is "4\/3", expected i\/n/],
    ['a group that is too fast', { groupIntervals: { energy: '50' } }, /groupIntervals\.energy is "50", expected/],
    ['an interval of no group', { groupIntervals: { harmonics: 500 } }, /a name in .*groupIntervals is "harmonics"/],
    ['diagnostics too often', { diagnosticsSeconds: -1 }, /diagnosticsSeconds is -1/],
  ];
  for (const [what, properties, sentence] of cases) {
    it(`pm500-poll with ${what} says so and reads nothing`, async () => {
      const { node, session } = setUp(properties);
      assert.deepEqual(node.lastStatus, { fill: 'red', shape: 'ring', text: 'check settings' });
      assert.match(String(node.errors[0]), sentence);
      const { error } = await node.receive({});
      assert.match(String(error), sentence);
      assert.equal(session.asked.length, 0);
    });
  }

  it('pm500-poll sends people to a meter that refused its settings', async () => {
    const red = new FakeRed();
    pm500Meter(red.api);
    pm500Poll(red.api);
    const meter = red.create('pm500-meter', { host: '' });
    assert.equal(meter.errors.length, 1);
    red.configurations.set('meter', meter);
    const node = red.create('pm500-poll', { meter: 'meter' });
    const sentence = /meter points to a configuration node whose settings are wrong; correct them there\.$/;
    assert.match(String(node.errors[0]), sentence);
    assert.match(String((await node.receive({})).error), sentence);
  });

  it('pm500-poll does not take another configuration node for a meter', () => {
    assert.match(String(setUp({}, 'mqtt-broker').node.errors[0]), /missing, disabled or not ready/);
  });
});

describe('pm500-meter', () => {
  function create(properties: object): FakeNode {
    const red = new FakeRed();
    pm500Meter(red.api);
    return red.create('pm500-meter', { name: 'M', host: '127.0.0.1', ...properties });
  }

  it('offers a session with its settings and lets go of it when it is closed', async () => {
    const node = create({ name: 'main-incomer', site: 'plant', asset: ' T1 ', catalogNumber: '1420-V2-ENT' });
    assert.ok(isMeterNode(node));
    const { settings } = node.session;
    assert.deepEqual(settings.tags, { site: 'plant', asset: 'T1' });
    assert.equal(settings.port, 44_818);
    assert.equal(settings.catalogNumber, '1420-V2-ENT');
    assert.equal(settings.layoutConfirmed, false);
    assert.equal(node.session.state.kind, 'idle');
    await (node as FakeNode).close();
    assert.equal(node.session.state.kind, 'closed');
    await (node as FakeNode).close();
  });

  const BEYOND_ETHERNET_IP = {
    'modbus-tcp': {
      properties: { modbusPort: '5020', unitId: '7', releaseAfterIdleMs: '250', sharedWithPlc: true },
      host: '127.0.0.1',
      port: 5020,
      transport: { kind: 'modbus-tcp', unitId: 7, releaseAfterIdleMs: 250, enipPort: 44_818 },
    },
    'modbus-rtu': {
      properties: { host: '', serialPath: ' /dev/ttyUSB0 ', unitId: 7, baudRate: '19200', parity: 'even' },
      host: '/dev/ttyUSB0',
      port: 44_818,
      transport: { kind: 'modbus-rtu', unitId: 7, baudRate: 19_200, parity: 'even', dropEcho: false },
    },
    'modbus-rtu-tcp': {
      properties: { modbusPort: '4001', unitId: '7', dropEcho: true },
      host: '127.0.0.1',
      port: 4001,
      transport: { kind: 'modbus-rtu-tcp', unitId: 7, dropEcho: true },
    },
  } as const;

  for (const kind of TRANSPORT_KINDS) {
    it(`can be read by ${kind}`, async () => {
      const ethernetIp = {
        properties: { rpiMs: '250', allowInputOnly: true, sharedWithPlc: true },
        host: '127.0.0.1',
        port: 44_818,
        transport: {
          kind,
          // Has a meaning where the meter sends by itself.
          rpiMs: kind === 'ucmm' || kind === 'class3' ? METER_ROWS.rpiMs.default : 250,
          // Has a meaning for `auto` alone.
          allowInputOnly: kind === 'auto',
          delivery: 'auto',
          timeoutMultiplier: 8,
          configurationInstance: 1,
        },
      };
      const { properties, host, port, transport } =
        kind === 'modbus-tcp' || kind === 'modbus-rtu' || kind === 'modbus-rtu-tcp'
          ? BEYOND_ETHERNET_IP[kind]
          : ethernetIp;
      const node = create({ transport: kind, ...properties });
      assert.ok(isMeterNode(node));
      const { settings } = node.session;
      assert.deepEqual([settings.host, settings.port, settings.transport], [host, port, transport]);
      assert.equal(settings.sharedWithPlc, !kind.startsWith('modbus-rtu'));
      assert.ok(node.session.groups.includes('realtime'));
      await (node as FakeNode).close();
    });
  }

  const refused: readonly (readonly [object, RegExp])[] = [
    [{ name: '' }, /name is "", expected text that is not empty/],
    [{ host: '' }, /host is ""/],
    [{ port: 70_000 }, /port is 70000/],
    [{ transport: 'modbus-rtu' }, /serialPath is ""/],
    [{ transport: 'modbus-rtu', serialPath: 'COM3', unitId: 0 }, /unit identifier 0 .* from 1 to 247/],
    [{ transport: 'modbus-rtu', serialPath: 'COM3', baudRate: 1200 }, /baudRate is 1200, expected one of 9600, 19200/],
    [{ transport: 'modbus-tcp', modbusPort: 0 }, /modbusPort is 0/],
    [{ transport: 'serial' }, /transport is "serial"/],
    [{ transport: 'modbus-tcp', releaseAfterIdleMs: -1 }, /releaseAfterIdleMs is -1/],
    [{ minimumIntervalMs: 100 }, /minimumIntervalMs is 100, expected a number from 200/],
    [{ catalogNumber: '1408' }, /catalogNumber is "1408"/],
    [{ layoutFile: '/no/such/file.json' }, /Layout file \/no\/such\/file\.json cannot be read/],
    [{ energyLayout: 'pairs' }, /energyLayout is "pairs"/],
    [{ configVersion: 99 }, /update @pm500/],
  ];
  for (const [properties, sentence] of refused) {
    it(`refuses ${JSON.stringify(properties)}`, () => {
      const node = create(properties);
      assert.match(String(node.errors[0]), sentence);
      assert.ok(!isMeterNode(node));
    });
  }
});
