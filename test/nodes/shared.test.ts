import assert from 'node:assert/strict';
import type { Node } from 'node-red';
import { onClose, CLOSE_DEADLINE_MS } from '../../nodes/shared/close';
import { ConfigReader } from '../../nodes/shared/config';
import { settingsIn } from '../../nodes/shared/field';
import { DEFAULTS, fieldsOf, NODE_TYPES } from '../../nodes/shared/forms';
import { onInput } from '../../nodes/shared/input';
import { migrateConfig } from '../../nodes/shared/migrations';
import { fitStatusText, StatusLine, STATUS_TEXT_LIMIT } from '../../nodes/shared/status';
import { Pm500Error } from '../../src/support/errors';
import { refusalOf } from '../../testkit/expect-error';
import { FakeClock, settle } from '../../testkit/fake-clock';
import { FakeNode, FakeRed } from '../../testkit/node-red/fake-red';

const asNode = (node: FakeNode): Node => node as unknown as Node;

describe('ConfigReader', () => {
  const read = (properties: object): ConfigReader<'pm500-poll'> => new ConfigReader('pm500-poll', properties);

  it('takes numbers as numbers or as text, and defaults for what is missing', () => {
    assert.equal(read({ intervalMs: 250 }).number('intervalMs'), 250);
    assert.equal(read({ intervalMs: ' 250 ' }).number('intervalMs'), 250);
    assert.equal(read({}).number('intervalMs'), 1000);
  });

  it('refuses numbers outside the range in one sentence that names node, property and range', () => {
    for (const intervalMs of [199, 86_400_001, '', 'soon', null, Number.NaN, Infinity, [300], true]) {
      const sentence = refusalOf(() => read({ name: 'A', intervalMs }).number('intervalMs'));
      assert.match(sentence, /^pm500-poll "A": intervalMs is .*, expected a number from 200 to 86400000 ms; .*\.$/);
    }
    assert.match(
      refusalOf(() => new ConfigReader('pm500-meter', { port: 1.5 }).number('port')),
      /a whole number from 1 to 65535;/,
    );
  });

  it('takes text without surrounding spaces and refuses empty text where it must not be', () => {
    const meter = new ConfigReader('pm500-meter', { host: ' 10.0.0.9 ', site: 5 });
    assert.equal(meter.text('host'), '10.0.0.9');
    assert.match(
      refusalOf(() => meter.text('site')),
      /site is 5, expected text/,
    );
    assert.match(
      refusalOf(() => new ConfigReader('pm500-meter', { host: ' ' }).text('host')),
      /not empty/,
    );
  });

  it('takes flags, also as environment variables give them', () => {
    const flag = (layoutConfirmed: unknown): boolean =>
      new ConfigReader('pm500-meter', { layoutConfirmed }).flag('layoutConfirmed');
    assert.equal(flag(true), true);
    assert.equal(flag('false'), false);
    assert.match(
      refusalOf(() => flag('yes')),
      /true or false/,
    );
  });

  it('takes choices and lists of choices, in the order of the choices', () => {
    assert.equal(read({ mode: 'message' }).choice('mode'), 'message');
    assert.match(
      refusalOf(() => read({ mode: 'x' }).choice('mode')),
      /mode is "x", expected one of interval, message/,
    );
    assert.deepEqual(read({ groups: ['energy', 'realtime', 'energy'] }).choices('groups'), ['realtime', 'energy']);
    assert.match(
      refusalOf(() => read({ groups: [] }).choices('groups')),
      /at least one of realtime, /,
    );
    assert.match(
      refusalOf(() => read({ groups: ['z'] }).choices('groups')),
      /groups\[0\] is "z"/,
    );
    assert.match(
      refusalOf(() => read({ groups: 'realtime' }).choices('groups')),
      /an array/,
    );
  });

  it('passes over what has no meaning beside what else is set', () => {
    const meter = new ConfigReader('pm500-meter', { transport: 'ucmm', rpiMs: 'soon', serialPath: '${NO}' });
    assert.equal(meter.number('rpiMs'), DEFAULTS['pm500-meter'].rpiMs);
    assert.equal(meter.text('serialPath'), '');
    const listening = new ConfigReader('pm500-meter', { transport: 'auto', rpiMs: 'soon' });
    assert.match(
      refusalOf(() => listening.number('rpiMs')),
      /rpiMs is "soon", expected a number from 100 to 60000 ms/,
    );
  });

  /** What a flow file can hold in place of a value: a list, and objects that have no text. */
  const TEXTLESS: readonly unknown[] = [
    [[]],
    JSON.parse('{"toString": 1, "valueOf": 1}'),
    [JSON.parse('{"toString": 1, "valueOf": 1}')],
    Object.create(null),
  ];
  for (const type of NODE_TYPES) {
    it(`reads each setting of ${type}, or refuses it in a sentence, whatever stands in place of another`, () => {
      for (const spoiled of [...settingsIn(fieldsOf(type)).map(([name]) => name), 'configVersion', 'name'])
        for (const value of TEXTLESS)
          for (const [name, { setting }] of settingsIn(fieldsOf(type))) {
            if (setting.kind === 'secret' || setting.kind === 'node') continue;
            const method = setting.kind === 'code' ? 'text' : setting.kind;
            try {
              (new ConfigReader(type, { [spoiled]: value })[method] as (name: string) => unknown)(name);
            } catch (thrown) {
              assert.ok(thrown instanceof Pm500Error, `${name} with ${spoiled}: ${String(thrown)}`);
              assert.match(thrown.message, /^[^\n]+\.$/);
            }
          }
    });
  }

  it('says when a configuration node is not chosen, or chosen but not there', () => {
    const isText = (value: unknown): value is string => typeof value === 'string';
    assert.equal(
      read({ meter: 'm' }).node('meter', (id) => `node ${id}`, isText),
      'node m',
    );
    assert.match(
      refusalOf(() => read({ meter: '' }).node('meter', () => 'x', isText)),
      /meter is not chosen; choose/,
    );
    assert.match(
      refusalOf(() => read({ meter: 'm' }).node('meter', () => null, isText)),
      /missing, disabled or not ready/,
    );
  });
});

describe('migrateConfig', () => {
  const steps = [
    (properties: object) => ({ ...properties, host: 'renamed', port: 1 }),
    (properties: object) => ({ ...properties, port: 2 }),
  ];

  it('applies the steps that a saved version still needs', () => {
    assert.equal(migrateConfig('pm500-meter', { configVersion: 1 }, steps)['host'], 'renamed');
    assert.equal(migrateConfig('pm500-meter', { configVersion: 2, host: 'kept' }, steps)['host'], 'kept');
    assert.equal(migrateConfig('pm500-meter', { configVersion: 2 }, steps)['port'], 2);
    assert.equal(migrateConfig('pm500-meter', { configVersion: 3, port: 7 }, steps)['port'], 7);
    assert.equal(migrateConfig('pm500-meter', { configVersion: 1 }, steps)['configVersion'], 3);
  });

  it('refuses versions that it does not know', () => {
    for (const configVersion of [4, 0, 'x', null, 1.5]) {
      assert.match(
        refusalOf(() => migrateConfig('pm500-meter', { configVersion }, steps)),
        /update @pm500/,
      );
    }
  });
});

describe('StatusLine', () => {
  it('shows the catalog text once until it changes', () => {
    const node = new FakeNode('pm500-poll');
    const status = new StatusLine(new FakeRed().api, asNode(node));
    status.show('ok', 'group', { group: 'realtime', milliseconds: 12 });
    status.show('ok', 'group', { group: 'realtime', milliseconds: 12 });
    status.show('failed', 'noAnswer');
    assert.deepEqual(node.statuses, [
      { fill: 'green', shape: 'dot', text: 'realtime 12 ms' },
      { fill: 'red', shape: 'ring', text: 'no answer' },
    ]);
    status.clear();
    status.show('failed', 'noAnswer');
    assert.equal(node.statuses.length, 4);
  });

  it('looks a text up once, however often it changes with another', () => {
    const node = new FakeNode('pm500-poll');
    const { api } = new FakeRed();
    let lookups = 0;
    const status = new StatusLine(
      {
        _: (key, values) => {
          lookups++;
          return api._(key, values);
        },
      },
      asNode(node),
    );
    for (let round = 0; round < 20; round++) {
      status.show('ok', 'group', { group: 'realtime', milliseconds: 1 + (round % 2) });
    }
    assert.deepEqual([node.statuses.length, lookups], [20, 2]);
    for (let milliseconds = 0; milliseconds < 1000; milliseconds++) {
      status.show('ok', 'group', { group: 'realtime', milliseconds });
      assert.equal(node.statuses.at(-1)?.text, `realtime ${milliseconds} ms`);
    }
  });

  it('cuts a text that would be too long', () => {
    assert.equal(fitStatusText('x'.repeat(STATUS_TEXT_LIMIT)), 'x'.repeat(STATUS_TEXT_LIMIT));
    assert.equal(fitStatusText('x'.repeat(50)).length, STATUS_TEXT_LIMIT);
  });
});

describe('onInput', () => {
  it('calls done once, after the handler has ended', async () => {
    const node = new FakeNode('pm500-poll');
    onInput(asNode(node), async (message, send) => {
      await settle();
      send({ payload: message.payload });
    });
    assert.deepEqual(await node.receive({ payload: 1 }), { sent: [{ payload: 1 }], error: undefined });
  });

  it('hands what is thrown to done as a coded error, also when it is thrown at once', async () => {
    const seen: unknown[] = [];
    for (const thrown of [new Pm500Error('MESSAGE_INVALID', 'wrong.'), new TypeError('odd')]) {
      const node = new FakeNode('pm500-poll');
      onInput(
        asNode(node),
        () => {
          throw thrown;
        },
        (error) => seen.push(error.code),
      );
      const { error } = await node.receive({});
      assert.ok(error instanceof Pm500Error);
    }
    assert.deepEqual(seen, ['MESSAGE_INVALID', 'INTERNAL']);
  });
});

describe('onClose', () => {
  it('cleans up once, however often it is asked, and answers every time', async () => {
    const node = new FakeNode('pm500-poll');
    const calls: boolean[] = [];
    onClose(asNode(node), (removed) => void calls.push(removed));
    await node.close(true);
    await node.close();
    assert.deepEqual(calls, [true]);
  });

  it('does not fail a deployment when cleaning up fails', async () => {
    const node = new FakeNode('pm500-poll');
    onClose(asNode(node), () => Promise.reject(new Error('stuck')));
    await node.close();
    assert.deepEqual(node.warnings, ['Closing was not clean: stuck']);
  });

  it('goes on without a clean-up that hangs, and leaves no timer', async () => {
    const node = new FakeNode('pm500-poll');
    const clock = new FakeClock();
    onClose(asNode(node), () => new Promise(() => undefined), clock);
    const closed = node.close();
    await clock.advance(CLOSE_DEADLINE_MS);
    await closed;
    assert.equal(node.warnings.length, 1);
    assert.equal(clock.pending, 0);
  });
});
