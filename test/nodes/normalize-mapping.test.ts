import assert from 'node:assert/strict';
import { Pm500Error } from '../../src/support/errors';
import { CATALOG } from '../../src/metrics/catalog';
import type { FakeNode } from '../../testkit/node-red/fake-red';
import { confirmedReading, createNormalize } from '../../testkit/meters/normalize-bench';

const CODE = /^The JSONata mapping [^\n]+ of node "f00d" failed: [^\n]+; correct it in the settings of the node\.$/;

describe('pm500-normalize with an own mapping', function () {
  // An expression without an end takes its whole second.
  this.timeout(60_000);
  const created: FakeNode[] = [];

  afterEach(async () => {
    for (const node of created.splice(0)) await node.close();
  });

  const create = (mapping: string, properties: object = {}): FakeNode => {
    const node = createNormalize({ shape: 'jsonata', mapping, ...properties });
    created.push(node);
    return node;
  };
  const reading = (values: Readonly<Record<string, number>> = {}): object =>
    confirmedReading([101, 102], Date.now(), { voltage_l1_n: 230, active_power_total: 12_000, ...values });

  /** The sentence with which a mapping fails for a reading. */
  async function failure(mapping: string, payload: object = reading()): Promise<string> {
    const node = create(mapping);
    const { sent, error } = await node.receive({ payload });
    assert.ok(error instanceof Pm500Error && error.code === 'CONFIG_INVALID', String(error));
    assert.match(error.message, CODE);
    assert.deepEqual(sent, []);
    assert.deepEqual(node.lastStatus, { fill: 'red', shape: 'ring', text: 'mapping failed' });
    return error.message;
  }

  it('sees the telemetry in the chosen units, beside what else the message has', async () => {
    const node = create('{"id": topic & "/" & payload.meter.name, "kW": payload.metrics.active_power_total.value}', {
      powerUnit: 'kW',
    });
    const { sent, error } = await node.receive({ topic: 'plant', payload: reading() });
    assert.equal(error, undefined);
    assert.deepEqual(sent[0]?.payload, { id: 'plant/main-incomer', kW: 12 });
  });

  it('sends nothing when it gives nothing', async () => {
    const { sent, error } = await create('payload.metrics.no_such.value').receive({ payload: reading() });
    assert.deepEqual([sent, error], [[], undefined]);
  });

  it('may work out every metric of a meter side by side', async () => {
    const mapping = 'payload.metrics{"m": $each($, function($v, $k) {{"k": $k, "v": $v.value, "u": $v.unit}})}';
    const groups = '$merge($each(payload.metrics, function($v, $k) {{$k: {"a": $v.value, "b": {"c": $v.unit}}}}))';
    const parallel = `{${CATALOG.map(({ name }) => `"${name}": {"v": payload.metrics.${name}.value, "u": payload.metrics.${name}.unit}`).join(', ')}}`;
    for (const expression of [mapping, groups, parallel]) {
      const { sent, error } = await create(expression).receive({ payload: reading() });
      assert.equal(error, undefined, expression.slice(0, 60));
      assert.equal(sent.length, 1);
    }
  });

  it('that is no JSONata turns the node red when it starts, and every message gets the sentence', async () => {
    for (const mapping of ['{"a": ', 'payload.(', '"unended']) {
      const node = create(mapping);
      assert.deepEqual(node.lastStatus, { fill: 'red', shape: 'ring', text: 'check settings' });
      assert.match(String(node.errors[0]), CODE);
      const { error } = await node.receive({ payload: reading() });
      assert.match((error as Error).message, CODE);
    }
  });

  it('that is empty is asked for', () => {
    assert.match(String(create(' ').errors[0]), /mapping is "", expected text that is not empty/);
  });

  it('that fails costs its own message only; the next one passes', async () => {
    const node = create('payload.metrics.voltage_l1_n.value > 250 ? $error("too high") : "fine"');
    const { error } = await node.receive({ payload: reading({ voltage_l1_n: 251 }) });
    assert.match((error as Error).message, / of node "f00d" failed: too high; correct it/);
    assert.deepEqual(node.lastStatus?.text, 'mapping failed');
    const { sent } = await node.receive({ payload: reading() });
    assert.equal(sent[0]?.payload, 'fine');
    assert.equal(node.lastStatus.text, '30 metrics');
  });

  it('that fails at run time says how, with the code', async () => {
    assert.match(await failure('$sum(payload.meter.name)'), /\$?sum/);
    assert.match(await failure('payload.metrics.voltage_l1_n.value + payload.meter.name'), /must evaluate to a number/);
    assert.match(await failure('$no_such()'), /non-function/);
  });

  it('that does not end is ended after its second, and one that nests without end before the memory is full', async () => {
    const limits = /it runs longer than 1 s/;
    assert.match(await failure('($f := function($x) {$f($x + 1)}; $f(1))'), limits);
    assert.match(await failure('($f := function($x) {1 + $f($x + 1)}; $f(1))'), limits);
    assert.match(await failure('$map([1..5000], function($i) {$map([1..5000], function($j) {$i * $j})})'), limits);
  });

  it('that gives more than any receiver takes is refused', async () => {
    const large = /its result has more than 100000 values or 10000000 characters/;
    assert.match(await failure('[1..200000]'), large);
    assert.match(await failure('$pad("", 11000000, "x")'), large);
    // Each level has the one below twice: few objects, but 2^30 values as JSON.
    assert.match(await failure('$reduce([1..30], function($a, $i) {[[$a], [$a]]}, 1)'), large);
    assert.match(await failure('[1..20000000]'), /must not exceed 1e7/);
    assert.match(await failure('function($x) {$x}'), /it gives a function and no value/);
    assert.match(await failure('{"f": $sum}'), /it gives a function and no value/);
  });

  it('evaluates nothing that a message brings', async () => {
    const marks = globalThis as { pm500Evaluated?: boolean };
    const hostile = '(globalThis.pm500Evaluated = true)';
    const payload = confirmedReading([101], Date.now(), {}, '$eval("1+1")');
    const message = { payload, topic: hostile, mapping: hostile, expression: '${1+1}' };
    const { sent } = await create('payload.meter.name & topic').receive(message);
    assert.equal(sent[0]?.payload, `$eval("1+1")${hostile}`);
    assert.equal(marks.pm500Evaluated, undefined);
    assert.match(await failure('$eval(payload.meter.name)', payload), /\$eval is switched off/);
    assert.match(await failure('($e := $eval; $e("1+1"))'), /\$eval is switched off/);
  });

  it('has no way out of JSONata: no constructor, no prototype, no process', async () => {
    for (const mapping of [
      'payload.constructor.constructor("return process")()',
      'payload.__proto__.polluted',
      '$string.constructor("return 1")()',
      'process.env',
    ]) {
      const { sent } = await create(mapping).receive({ payload: reading() });
      assert.deepEqual(
        sent.map(({ payload }) => payload),
        [],
        mapping,
      );
    }
    await create('payload ~> |$|{"__proto__": {"polluted": 1}}|').receive({ payload: reading() });
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });
});
