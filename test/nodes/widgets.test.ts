import assert from 'node:assert/strict';
import type { Node } from 'node-red';
import type { DashboardConnection, DashboardEvents } from '../../nodes/shared/dashboard';
import uiMeter from '../../nodes/ui-pm500-meter';
import type { MeterUpdate } from '../../nodes/ui-pm500-meter/update';
import { TELEMETRY_SCHEMA } from '../../src/domain/messages/telemetry';
import { FakeRed, type FakeNode } from '../../testkit/node-red/fake-red';

/** A group of Dashboard, which does with messages and with what comes from a browser what Dashboard 1.31 does. */
class FakeGroup {
  readonly uiShared = { contribs: {} };
  /** Events to every browser. */
  readonly told: object[] = [];
  private events: Partial<DashboardEvents> & { readonly beforeSend?: (message: object) => object } = {};

  getBase(): object {
    return { uiShared: this.uiShared };
  }

  register(node: Node, _props: object, events: DashboardEvents): void {
    this.events = events;
    node.on('input', (message, _send, done) => {
      const told = this.events.beforeSend?.(message) ?? message;
      this.events.onInput?.();
      this.told.push(told);
      done();
    });
  }

  /** `widget-change` of a browser. */
  change(value: unknown, connection: DashboardConnection | undefined): void {
    this.events.onChange?.({}, value, connection);
  }

  /** `widget-send` of a browser: without a handler of the widget the message goes the way of one of the flow. */
  send(payload: unknown): void {
    const { onSend, beforeSend } = this.events;
    if (typeof onSend === 'function') onSend();
    else beforeSend?.({ payload });
  }
}

const telemetryOf = (name: string, value: number): object => ({
  schema: TELEMETRY_SCHEMA,
  meter: { name, host: '10.0.0.5', tags: {} },
  timestamp: Date.now(),
  metrics: {
    active_power_total: { value, unit: 'W', quality: 'good', provenance: 'verified', timestamp: Date.now() },
  },
});

describe('a widget beside Dashboard', () => {
  let group: FakeGroup;
  let widget: FakeNode;

  beforeEach(() => {
    const red = new FakeRed();
    uiMeter(red.api);
    group = new FakeGroup();
    red.configurations.set('g1', group);
    widget = red.create('ui-pm500-meter', { id: 'w1', group: 'g1', parts: ['gauges', 'fleet'] });
  });

  afterEach(() => widget.close());

  /** What a browser that looks at a meter is told. */
  function look(meter = '', rest: object = {}, id = 'browser'): MeterUpdate {
    const told: MeterUpdate[] = [];
    const emit = (_event: string, update: unknown): void => void told.push(update as MeterUpdate);
    group.change({ meter, ...rest }, { id, connected: true, emit });
    const [update] = told;
    assert.ok(update);
    return update;
  }

  it('shows what the flow says, and nothing that a browser makes up', async () => {
    await widget.receive({ payload: telemetryOf('feeder', 1000) });
    group.send(telemetryOf('feeder', 999_000));
    group.send(telemetryOf('nobody', 1));
    const { meter, fleet, names } = look();
    assert.deepEqual(names, ['feeder']);
    assert.deepEqual([meter?.gauges[0]?.value, fleet?.count], [1000, 1]);
    assert.equal(widget.lastStatus?.text, 'meters: 1');
  });

  it('has Dashboard say nothing to browsers of a message with telemetry alone, and of another what it understands', async () => {
    for (let time = 0; time < 10; time++) {
      const { sent, error } = await widget.receive({ payload: telemetryOf('feeder', time), topic: 'feeder' });
      assert.deepEqual([sent, error], [[], undefined]);
    }
    assert.deepEqual(group.told, []);
    await widget.receive({ payload: telemetryOf('feeder', 11), visible: false });
    assert.deepEqual(group.told, [{ visible: false }]);
    assert.equal(look().meter?.gauges[0]?.value, 11);
  });

  it('tells a browser that asks again what has changed, and one that comes back from a time before all', async () => {
    await widget.receive({ payload: telemetryOf('feeder', 1000) });
    const first = look();
    const asked = { has: 'feeder', version: first.version, fleet: { version: first.version } };
    const { meter, fleet, names, since } = look('', asked);
    assert.deepEqual([meter, names, fleet?.rows, since], [undefined, undefined, [], first.version]);
    await widget.receive({ payload: telemetryOf('feeder', 2000) });
    assert.deepEqual(
      [look('', asked).meter?.gauges.map(({ value }) => value), look('', asked).fleet?.rows.length],
      [[2000], 1],
    );
    for (const strange of [{ has: 'feeder', version: Number.MAX_SAFE_INTEGER }, { has: 'feeder', version: 7 }, asked]) {
      const isOther = strange === asked;
      const told = look('', isOther ? { ...asked, has: 'another' } : strange, 'other');
      assert.deepEqual([told.since, told.meter?.gauges[0]?.value, told.askedAt], [0, 2000, 0]);
    }
  });

  it('serves a hundred browsers, and says to one more that they are too many, and nothing else', async () => {
    await widget.receive({ payload: telemetryOf('feeder', 1000) });
    for (let index = 0; index < 100; index++)
      assert.equal(look('', {}, `browser ${index}`).mostBrowsers, undefined, `browser ${index}`);
    const { mostBrowsers, meter, fleet } = look('', {}, 'one more');
    assert.deepEqual([mostBrowsers, meter, fleet], [100, undefined, undefined]);
  });

  it('says how many meters found no room', async () => {
    for (let index = 0; index < 1003; index++) await widget.receive({ payload: telemetryOf(`m${index}`, 1) });
    const { leftOut, names, fleet } = look();
    assert.deepEqual([leftOut, names?.length, fleet?.count, fleet?.rows.length], [3, 1000, 1000, 50]);
  });

  it('says once that Dashboard is too old, where it does not tell which browser looks', () => {
    for (let time = 0; time < 10; time++) group.change({ meter: '' }, undefined);
    assert.equal(widget.errors.length, 1);
    assert.match(String(widget.errors[0]), /does not say which browser looks.* install version 1\.22 or newer\.$/);
    assert.equal(widget.lastStatus?.fill, 'red');
  });

  it('takes no odd request for a meter, and shows the first one where nobody knows the wanted one', async () => {
    await widget.receive({ payload: telemetryOf('__proto__', 1000) });
    const told: unknown[] = [];
    const connection = { id: 'odd', connected: true, emit: (...said: unknown[]) => void told.push(said) };
    for (const odd of [undefined, null, 7, 'feeder', [], {}, { meter: 7 }]) group.change(odd, connection);
    assert.deepEqual(told, []);
    for (const wanted of ['constructor', '', '__proto__', 'x'.repeat(1e6)])
      assert.equal(look(wanted).chosen, '__proto__');
    assert.deepEqual(widget.errors, []);
  });
});
