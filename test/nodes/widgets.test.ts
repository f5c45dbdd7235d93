import assert from 'node:assert/strict';
import type { Node } from 'node-red';
import type { DashboardConnection, WidgetEvents } from '../../nodes/shared/dashboard';
import uiMeter from '../../nodes/ui-pm500-meter';
import type { MeterUpdate } from '../../nodes/ui-pm500-meter/update';
import { TELEMETRY_SCHEMA } from '../../src/domain/messages/telemetry';
import { FakeRed, type FakeNode } from '../../testkit/node-red/fake-red';

/** A group of Dashboard, which does with what comes from a browser what Dashboard 1.31 does. */
class FakeGroup {
  readonly uiShared = { contribs: {} };
  private events: WidgetEvents | undefined;

  getBase(): object {
    return { uiShared: this.uiShared };
  }

  register(_node: Node, _props: object, events: WidgetEvents): void {
    this.events = events;
  }

  /** A message of the flow. */
  input(payload: unknown): void {
    this.events?.beforeSend({ payload });
    this.events?.onInput();
  }

  /** `widget-change` of a browser. */
  change(value: unknown, connection: DashboardConnection | undefined): void {
    this.events?.onChange({}, value, connection);
  }

  /** `widget-send` of a browser: without a handler of the widget the message goes the way of one of the flow. */
  send(payload: unknown): void {
    const { onSend, beforeSend } = this.events as Partial<WidgetEvents>;
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

  /** What a browser that looks at a meter is told at once. */
  function look(meter = ''): MeterUpdate {
    const told: MeterUpdate[] = [];
    const emit = (_event: string, update: unknown): void => void told.push(update as MeterUpdate);
    group.change({ meter }, { id: 'browser', connected: true, emit });
    const [update] = told;
    assert.ok(update);
    return update;
  }

  it('shows what the flow says, and nothing that a browser makes up', () => {
    group.input(telemetryOf('feeder', 1000));
    group.send(telemetryOf('feeder', 999_000));
    group.send(telemetryOf('nobody', 1));
    const { meter, fleet, names } = look();
    assert.deepEqual(names, ['feeder']);
    assert.deepEqual([meter?.gauges[0]?.value, fleet?.length], [1000, 1]);
    assert.equal(widget.lastStatus?.text, 'meters: 1');
  });

  it('says once that Dashboard is too old, where it does not tell which browser looks', () => {
    for (let time = 0; time < 10; time++) group.change({ meter: '' }, undefined);
    assert.equal(widget.errors.length, 1);
    assert.match(String(widget.errors[0]), /does not say which browser looks.* install version 1\.22 or newer\.$/);
    assert.equal(widget.lastStatus?.fill, 'red');
  });

  it('takes no odd request for a meter, and shows the first one where nobody knows the wanted one', () => {
    group.input(telemetryOf('__proto__', 1000));
    const told: unknown[] = [];
    const connection = { id: 'odd', connected: true, emit: (...said: unknown[]) => void told.push(said) };
    for (const odd of [undefined, null, 7, 'feeder', [], {}, { meter: 7 }]) group.change(odd, connection);
    assert.deepEqual(told, []);
    for (const wanted of ['constructor', '', '__proto__', 'x'.repeat(1e6)])
      assert.equal(look(wanted).chosen, '__proto__');
    assert.deepEqual(widget.errors, []);
  });
});
