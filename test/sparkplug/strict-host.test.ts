import assert from 'node:assert/strict';
import { org } from 'sparkplug-payload/lib/sparkplugPayloadProto';
import { START } from '../../testkit/sparkplug/samples';
import { type Delivery, StrictHost } from '../../testkit/sparkplug/strict-host';

/** Written with the classes of Eclipse Tahu: the codec under test refuses to make such messages. */
const { Payload } = org.eclipse.tahu.protobuf;
type Message = NonNullable<Parameters<typeof Payload.create>[0]>;
type Metric = NonNullable<Message['metrics']>[number];

const INT64 = 4;
const FLOAT = 9;
const BOOLEAN = 11;
const TEMPLATE = 19;

/** One message of a sequence; tests spoil it. */
interface Step {
  topic: string;
  message: Message & { metrics: Metric[] };
  delivery: Delivery;
}

/** A sequence without a fault, by name, in order. */
interface Steps {
  will: Step;
  nbirth: Step;
  first: Step;
  second: Step;
  ndata: Step;
  ddata: Step;
  history: Step;
  ddeath: Step;
  ndeath: Step;
}

const bdSeq = (value: number): Metric => ({ name: 'bdSeq', datatype: INT64, longValue: value, timestamp: START });
const flat = (name: string, alias: number, floatValue: number, more: Metric = {}): Metric => ({
  name,
  alias,
  datatype: FLOAT,
  floatValue,
  timestamp: START,
  ...more,
});
const quality = (value: number): NonNullable<Metric['properties']> => ({
  keys: ['Quality'],
  values: [{ type: 3, intValue: value }],
});
const member = (name: string, more: Metric = {}): Metric => ({ name, datatype: FLOAT, timestamp: START, ...more });
const instance = (metrics: Metric[]): Metric => ({
  name: 'process',
  datatype: TEMPLATE,
  timestamp: START,
  templateValue: { templateRef: 'tpl', isDefinition: false, metrics },
});

function step(topic: string, seq: number | undefined, metrics: Metric[], delivery: Delivery = {}): Step {
  return { topic, message: { timestamp: START, ...(seq === undefined ? {} : { seq }), metrics }, delivery };
}

function goodSteps(): Steps {
  return {
    will: step('spBv1.0/G/NDEATH/N', undefined, [bdSeq(7)], { qos: 1 }),
    nbirth: step('spBv1.0/G/NBIRTH/N', 0, [
      bdSeq(7),
      { name: 'Node Control/Rebirth', datatype: BOOLEAN, booleanValue: false, timestamp: START },
      flat('uptime', 1, 0),
      {
        name: 'tpl',
        datatype: TEMPLATE,
        timestamp: START,
        templateValue: { isDefinition: true, version: '1', metrics: [member('u'), member('i')] },
      },
    ]),
    first: step('spBv1.0/G/DBIRTH/N/M', 1, [
      flat('a', 10, 1, { properties: quality(192) }),
      flat('b', 11, 2),
      instance([member('u', { floatValue: 230 }), member('i', { isNull: true })]),
    ]),
    second: step('spBv1.0/G/DBIRTH/N/O', 2, [flat('a', 30, 1)]),
    ndata: step('spBv1.0/G/NDATA/N', 3, [{ alias: 1, floatValue: 60, timestamp: START }]),
    ddata: step('spBv1.0/G/DDATA/N/M', 4, [
      { alias: 10, floatValue: 5, timestamp: START + 1 },
      { alias: 11, isNull: true, timestamp: START + 2, properties: quality(0) },
      {
        name: 'process',
        timestamp: START + 3,
        templateValue: {
          templateRef: 'tpl',
          isDefinition: false,
          metrics: [{ name: 'i', floatValue: 3, timestamp: START }],
        },
      },
    ]),
    history: step('spBv1.0/G/DDATA/N/M', 5, [{ alias: 10, floatValue: 4, timestamp: START - 5, isHistorical: true }]),
    ddeath: step('spBv1.0/G/DDEATH/N/M', 6, []),
    ndeath: step('spBv1.0/G/NDEATH/N', undefined, [bdSeq(7)]),
  };
}

function observe(host: StrictHost, { topic, message, delivery }: Step): void {
  host.observe(topic, Payload.encode(Payload.create(message)).finish(), delivery);
}

function play(steps: Partial<Steps>, order: readonly (keyof Steps)[] = Object.keys(goodSteps()) as (keyof Steps)[]) {
  const host = new StrictHost();
  for (const name of order) {
    const played = steps[name];
    if (played === undefined) continue;
    if (name !== 'will') observe(host, played);
    else host.observeWill(played.topic, Payload.encode(Payload.create(played.message)).finish(), played.delivery);
  }
  return host;
}

/** A metric of a step, to be spoiled. */
function metricOf({ message }: Step, index: number): Metric {
  const metric = message.metrics[index];
  assert.ok(metric);
  return metric;
}

function templateOf(played: Step, index: number): { metrics: Metric[]; templateRef?: string; isDefinition?: boolean } {
  return metricOf(played, index).templateValue as { metrics: Metric[] };
}

/** What is spoiled, how, and what the host has to say of it. */
type Row = readonly [what: string, spoil: (steps: Steps) => void, fault: RegExp];

const SESSION_ROWS: readonly Row[] = [
  ['a topic outside Sparkplug', (s) => (s.ddata.topic = 'spBv1.0/G/DDATA/N'), /no Sparkplug topic/],
  ['a device ID where none belongs', (s) => (s.ndata.topic = 'spBv1.0/G/NDATA/N/M'), /no Sparkplug topic/],
  ['a will that is no NDEATH', (s) => (s.will.topic = 'spBv1.0/G/DDEATH/N/M'), /the will is no NDEATH/],
  ['a will of QoS 0', (s) => (s.will.delivery = { qos: 0 }), /the will is not of QoS 1/],
  ['a retained will', (s) => (s.will.delivery = { qos: 1, retain: true }), /the will is not of QoS 1, or retained/],
  ['a will of another bdSeq', (s) => (s.will.message.metrics = [bdSeq(6)]), /bdSeq is not that of the will/],
  ['a will with seq', (s) => (s.will.message.seq = 0), /seq in NDEATH/],
  ['NDEATH with seq', (s) => (s.ndeath.message.seq = 7), /seq in NDEATH/],
  ['NDEATH with more', (s) => s.ndeath.message.metrics.push(flat('x', 2, 1)), /without exactly bdSeq/],
  ['NDEATH without bdSeq', (s) => (s.ndeath.message.metrics = []), /without exactly bdSeq/],
  ['NBIRTH without bdSeq', (s) => s.nbirth.message.metrics.shift(), /NBIRTH without bdSeq/],
  ['bdSeq of another datatype', (s) => (metricOf(s.nbirth, 0).datatype = 8), /NBIRTH without bdSeq as Int64/],
  ['NBIRTH without rebirth control', (s) => s.nbirth.message.metrics.splice(1, 1), /wrong Node Control\/Rebirth/],
  ['a rebirth control that is true', (s) => (metricOf(s.nbirth, 1).booleanValue = true), /wrong Node Control\/Rebirth/],
  ['a rebirth control with alias', (s) => (metricOf(s.nbirth, 1).alias = 5), /wrong Node Control\/Rebirth/],
  ['NBIRTH with another seq than 0', (s) => (s.nbirth.message.seq = 1), /NBIRTH with seq 1/],
  ['a gap in seq', (s) => (s.ddata.message.seq = 9), /seq 9 instead of 4/],
  ['a seq that stays', (s) => (s.second.message.seq = 1), /seq 1 instead of 2/],
  ['a message without seq', (s) => delete s.ddeath.message.seq, /seq undefined instead of 6/],
  ['a retained message', (s) => (s.nbirth.delivery = { retain: true }), /NBIRTH\/N: retained/],
  ['a message of QoS 1', (s) => (s.ddata.delivery = { qos: 1 }), /DDATA\/N\/M: QoS 1/],
  ['no time of publishing', (s) => delete s.first.message.timestamp, /no payload timestamp/],
];

const METRIC_ROWS: readonly Row[] = [
  ['a birth without a name', (s) => delete metricOf(s.first, 0).name, /a metric without name/],
  ['a birth without datatype', (s) => delete metricOf(s.first, 0).datatype, /a without datatype/],
  ['a birth without time', (s) => delete metricOf(s.first, 0).timestamp, /a without timestamp/],
  ['a birth without value', (s) => delete metricOf(s.first, 0).floatValue, /a is neither null nor has a value/],
  ['a value beside null', (s) => (metricOf(s.first, 0).isNull = true), /a is neither null nor has a value, or both/],
  ['a value of another datatype', (s) => (metricOf(s.first, 0).datatype = 12), /a has no value of its datatype/],
  ['a historical value in a birth', (s) => (metricOf(s.first, 0).isHistorical = true), /a is historical in a birth/],
  ['a wrong quality', (s) => (metricOf(s.first, 0).properties = quality(193)), /a has a wrong Quality/],
  ['a metric twice', (s) => s.first.message.metrics.push(flat('a', 12, 1)), /a twice/],
  ['a birth out of order', (s) => (metricOf(s.first, 0).timestamp = START + 9), /not in order of time/],
  ['a birth of nothing', (s) => (s.second.message.metrics = []), /DBIRTH without metrics/],
  ['an alias of another metric', (s) => (metricOf(s.first, 1).alias = 10), /alias 10 belongs to M\/a/],
  ['an alias of another device', (s) => (metricOf(s.second, 0).alias = 10), /alias 10 belongs to M\/a/],
  ['an alias of the node', (s) => (metricOf(s.first, 1).alias = 1), /alias 1 belongs to G\/N\/uptime/],
  ['data of a metric that no birth had', (s) => s.first.message.metrics.splice(1, 1), /alias 11 was not in the birth/],
  ['data of another device', (s) => (metricOf(s.ddata, 0).alias = 30), /alias 30 was not in the birth/],
  ['data by name', (s) => (s.ddata.message.metrics = [flat('a', 10, 1)]), /a: name and alias in data/],
  ['data without alias', (s) => delete metricOf(s.ddata, 0).alias, /name undefined was not in the birth/],
  [
    'data by the name of a metric with alias',
    (s) => (s.ddata.message.metrics = [{ name: 'a', floatValue: 1 }]),
    /name a was not in the birth/,
  ],
  ['data with datatype', (s) => (metricOf(s.ddata, 0).datatype = FLOAT), /a: datatype in data/],
  ['data without time', (s) => delete metricOf(s.ddata, 0).timestamp, /a without timestamp/],
  ['data without value', (s) => delete metricOf(s.ddata, 0).floatValue, /a is neither null nor has a value/],
  [
    'data of another datatype',
    (s) => (s.ddata.message.metrics = [{ alias: 10, stringValue: 'x', timestamp: START }]),
    /a is not of datatype 9/,
  ],
  ['data of a wrong quality', (s) => (metricOf(s.ddata, 1).properties = quality(1)), /b has a wrong Quality/],
  ['data out of order', (s) => (metricOf(s.ddata, 0).timestamp = START + 9), /not in order of time/],
  ['data of nothing', (s) => (s.ndata.message.metrics = []), /data without metrics/],
];

const TEMPLATE_ROWS: readonly Row[] = [
  ['a definition that refers to one', (s) => (templateOf(s.nbirth, 3).templateRef = 'x'), /has a template_ref/],
  ['a definition twice', (s) => s.nbirth.message.metrics.push(metricOf(s.nbirth, 3)), /definition tpl twice/],
  ['a member without name', (s) => delete templateOf(s.nbirth, 3).metrics[0]?.name, /has a nameless member/],
  ['an instance of nothing', (s) => (templateOf(s.first, 2).templateRef = 'other'), /which NBIRTH did not define/],
  [
    'an instance that may be a definition',
    (s) => delete templateOf(s.first, 2).isDefinition,
    /does not say that it is/,
  ],
  ['a birth without a member', (s) => templateOf(s.first, 2).metrics.pop(), /lacks members in a birth/],
  ['a member twice', (s) => templateOf(s.first, 2).metrics.push(member('u', { floatValue: 1 })), /has a member twice/],
  [
    'a member that is not defined',
    (s) => (templateOf(s.ddata, 2).metrics[0]!.name = 'x'),
    /x is not in the definition/,
  ],
  [
    'a member of another datatype',
    (s) => (templateOf(s.first, 2).metrics[0]!.datatype = 10),
    /process\/u: datatype 10/,
  ],
  ['a member with datatype in data', (s) => (templateOf(s.ddata, 2).metrics[0]!.datatype = FLOAT), /i: datatype 9/],
  ['a member without time', (s) => delete templateOf(s.ddata, 2).metrics[0]!.timestamp, /process\/i without timestamp/],
  ['a member without value', (s) => delete templateOf(s.ddata, 2).metrics[0]!.floatValue, /process\/i is neither null/],
  [
    'a member of a wrong quality',
    (s) => (templateOf(s.ddata, 2).metrics[0]!.properties = quality(7)),
    /process\/i has a wrong Quality/,
  ],
  ['an empty instance', (s) => (templateOf(s.ddata, 2).metrics = []), /instance process is empty/],
];

/** An instance with an alias, as the specification allows it and decoders of Tahu cannot read it. */
function aliasOfInstance({ first, ddata }: Steps): void {
  metricOf(first, 2).alias = 20;
  metricOf(ddata, 2).alias = 20;
  delete metricOf(ddata, 2).name;
}

const TAHU_ROWS: readonly Row[] = [
  ['an instance by its alias alone', aliasOfInstance, /DDATA\/N\/M: Tahu: no datatype of "\/i"/],
  ['a gap in seq', (s) => (s.ddata.message.seq = 9), /Tahu: seq 9 instead of 4/],
  ['data of a metric that no birth had', (s) => s.first.message.metrics.splice(1, 1), /Tahu: no datatype of alias 11/],
  [
    'a property without type',
    (s) => delete metricOf(s.first, 0).properties?.values?.[0]?.type,
    /Tahu: property Quality of "a" has no type/,
  ],
  [
    'data of another datatype',
    (s) => (s.ddata.message.metrics = [{ alias: 10, stringValue: 'x', timestamp: START }]),
    /Tahu: "" is not of datatype 9/,
  ],
];

describe('the strict host itself', () => {
  it('has nothing to say of a sequence without a fault, and keeps its values', () => {
    const host = play(goodSteps());
    assert.deepEqual(host.violations, []);
    assert.equal(host.values.get('M/a'), 5);
    assert.equal(host.values.get('M/b'), null);
    assert.equal(host.values.get('M/process/i'), 3);
    assert.deepEqual(host.history.get('M/a'), [[START - 5, 4]]);
    assert.equal(host.qualities.get('M/b'), 0);
  });

  for (const rows of [SESSION_ROWS, METRIC_ROWS, TEMPLATE_ROWS, TAHU_ROWS]) {
    for (const [what, spoil, fault] of rows) {
      it(`reports ${what}${rows === TAHU_ROWS ? ' by the rules of Tahu' : ''}`, () => {
        const steps = goodSteps();
        spoil(steps);
        assert.match(play(steps).violations.join('\n'), fault);
      });
    }
  }

  const orders: readonly (readonly [string, readonly (keyof Steps)[], RegExp])[] = [
    ['a device before its node', ['first'], /DBIRTH\/N\/M: before NBIRTH/],
    ['data before NBIRTH', ['ndata'], /NDATA\/N: before NBIRTH/],
    ['data before DBIRTH', ['nbirth', 'second', 'ddata'], /DDATA\/N\/M: before DBIRTH/],
    ['historical data before DBIRTH', ['nbirth', 'history'], /DDATA\/N\/M: before DBIRTH/],
    ['DDEATH of a device that was not born', ['nbirth', 'ddeath'], /DDEATH\/N\/M: before DBIRTH/],
    ['data after DDEATH', ['nbirth', 'first', 'ddeath', 'ddata'], /DDATA\/N\/M: before DBIRTH/],
    ['data of a device that a rebirth left out', ['nbirth', 'first', 'nbirth', 'ddata'], /DDATA\/N\/M: before DBIRTH/],
    ['data after NDEATH', ['nbirth', 'first', 'ndeath', 'ddata'], /DDATA\/N\/M: before NBIRTH/],
    ['a birth with the bdSeq that has died', ['nbirth', 'ndeath', 'nbirth'], /bdSeq 7 again after its NDEATH/],
    ['a will whose bdSeq does not go up', ['will', 'will'], /bdSeq of the will went from 7 to 7/],
    [
      'a second DBIRTH with the same aliases',
      ['nbirth', 'first', 'first'],
      /Tahu: a birth with alias 10, which is known as "a"/,
    ],
    [
      'a DBIRTH after DDEATH with the same aliases',
      ['nbirth', 'first', 'ddeath', 'first'],
      /Tahu: a birth with alias 10, which is known/,
    ],
    ['data after a new CONNECT', ['nbirth', 'first', 'will', 'ddata'], /DDATA\/N\/M: before NBIRTH/],
  ];
  for (const [what, order, fault] of orders) {
    it(`reports ${what}`, () => {
      assert.match(play(goodSteps(), order).violations.join('\n'), fault);
    });
  }

  it('lets the late will of an older session pass', () => {
    const steps = goodSteps();
    steps.ndeath.message.metrics = [bdSeq(6)];
    assert.deepEqual(play(steps, ['nbirth', 'first', 'ndeath']).violations, []);
    assert.equal(play(steps, ['nbirth', 'ndeath', 'first']).violations.length, 0);
  });

  it('tells a present value that comes twice, and no historical one', () => {
    const { nbirth, first, second, ndata, ddata, history } = goodSteps();
    const host = new StrictHost();
    [nbirth, first, second, ndata, ddata].forEach((played) => {
      observe(host, played);
    });
    assert.deepEqual(host.twiceLive, []);
    ddata.message.seq = 5;
    observe(host, ddata);
    assert.equal(host.twiceLive.length, 3);
    history.message.seq = 6;
    observe(host, history);
    assert.equal(host.twiceLive.length, 3);
    assert.deepEqual(host.violations, []);
  });
});
