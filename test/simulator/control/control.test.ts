import assert from 'node:assert/strict';
import { request } from 'node:http';
import { answerLine } from '../../../src/simulator/control/command-line';
import { SimulatorControl, type MeterState } from '../../../src/simulator/control/control';
import { FAULTS } from '../../../src/simulator/faults/fault-table';
import { HttpControl } from '../../../src/simulator/control/http-control';
import { settingsOfMany } from '../../../src/simulator/many-meters';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator';
import { PM500 } from '../../../src/meters/pm500';
import { oneMeter } from '../../../testkit/simulator/one-meter';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('orders for simulated meters', () => {
  let simulator: Simulator;
  let control: SimulatorControl;
  const activeOf = (meter: number): readonly string[] => simulator.meters[meter]!.faults.active.map(({ name }) => name);
  before(async () => {
    const first = oneMeter();
    const loadOf = () => first.load;
    simulator = await startSimulator(PM500, {
      meters: settingsOfMany(PM500, { first, count: 2, addressing: 'port', loadOf }),
    });
    control = new SimulatorControl(simulator);
  });
  afterEach(() => {
    for (const { faults } of simulator.meters) faults.stopAll();
  });
  after(() => simulator.close());

  describe('as lines of text', () => {
    const ask = (line: string): string => answerLine(control, line);

    it('begin and end faults on one meter or all', () => {
      assert.equal(ask('delay delayMs=80'), 'ok\n');
      assert.equal(ask('2  silence durationMs=60000'), 'ok\n');
      assert.deepEqual([activeOf(0), activeOf(1)], [['delay'], ['delay', 'silence']]);
      assert.match(ask('show'), /^1: 127\.0\.0\.1:\d+, serial 940000001: delay\n2: [^\n]+: delay, silence\n$/);
      assert.equal(ask('2 clear delay'), 'ok\n');
      assert.equal(ask('all clear'), 'ok\n');
      assert.deepEqual([activeOf(0), activeOf(1)], [[], []]);
    });

    it('help names every fault', () => {
      for (const { name, does } of FAULTS) assert.ok(ask('help').includes(name) && ask('help').includes(does), name);
    });

    it('are refused in one sentence', () => {
      for (const [line, sentence] of [
        ['flood', /^fault is "flood", expected one of/],
        ['delay 80', /^"80" is no parameter; write it as name=value\.\n$/],
        ['delay delayMs=1 delayMs=2', /^Parameter delayMs is given twice/],
        ['delay delayMs=x', /^delay: delayMs is "x", expected a number from 1 to 60000 ms;/],
        ['3 silence', /^meter is "3", expected a whole number from 1 to 2, or all;/],
        ['1', /^A command follows the number of a meter/],
        ['clear a b', /^Only one fault follows clear/],
        ['clear flood', /^fault is "flood", expected/],
        ['x'.repeat(501), /^The line has 501 characters/],
      ] as const) {
        assert.match(ask(line), sentence, line);
        assert.equal(ask(line).split('\n').length, 2);
      }
      assert.equal(ask('   '), '');
    });
  });

  describe('as objects', () => {
    it('are refused in one sentence when they are none', () => {
      for (const [order, sentence] of [
        [5, /^the order is 5, expected an object;/],
        [{}, /^fault is missing, expected the name of a fault, or clear/],
        [{ fault: 5 }, /^fault is 5, expected the name/],
        [{ fault: 'silence', clear: true }, /^clear is true, expected nothing beside a fault;/],
        [{ fault: 'silence', meter: 0 }, /^meter is 0, expected a whole number from 1 to 2, or all;/],
        [{ fault: 'silence', meter: {} }, /^meter is an object, expected/],
      ] as const) {
        assert.throws(
          () => {
            control.order(order);
          },
          { code: 'MESSAGE_INVALID', message: sentence },
        );
      }
    });
  });

  describe('over HTTP', () => {
    let web: HttpControl;
    let port: number;
    const send = (method: string, path: string, body?: string, headers: Record<string, string> = JSON_TYPE) =>
      new Promise<{ readonly status: number; readonly body: unknown }>((resolve, reject) => {
        const outgoing = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => (text += chunk));
          response.on('end', () => {
            resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
          });
        });
        outgoing.on('error', reject);
        outgoing.end(body);
      });
    before(async () => {
      web = new HttpControl(simulator, control);
      port = await web.open('127.0.0.1', 0);
    });
    after(async () => {
      await web.close();
      await web.close();
    });

    it('show the table, all meters and one of them', async () => {
      assert.deepEqual((await send('GET', '/')).body, {
        meters: 2,
        faults: JSON.parse(JSON.stringify(FAULTS)) as unknown,
      });
      const list = (await send('GET', '/meters')).body as readonly MeterState[];
      assert.deepEqual(
        list.map(({ meter, serialNumber, faults }) => [meter, serialNumber, faults]),
        [
          [1, 940_000_001, []],
          [2, 940_000_002, []],
        ],
      );
      assert.deepEqual(((await send('GET', '/meters/2')).body as MeterState).port, simulator.meters[1]!.port);
    });

    it('begin and end faults', async () => {
      const begun = await send('POST', '/meters/2/faults', JSON.stringify({ fault: 'delay', delayMs: 70 }));
      assert.equal(begun.status, 201);
      assert.deepEqual([activeOf(0), activeOf(1)], [[], ['delay']]);
      assert.equal(simulator.meters[1]!.faults.number('delay', 'delayMs'), 70);
      await send('POST', '/meters/2/faults', '{"fault":"silence"}');
      assert.equal((await send('DELETE', '/meters/2/faults/delay')).status, 200);
      assert.deepEqual(activeOf(1), ['silence']);
      assert.equal(((await send('GET', '/meters/2/faults')).body as unknown[]).length, 1);
      assert.deepEqual(((await send('DELETE', '/meters/2/faults')).body as MeterState).faults, []);
    });

    it('are refused with a status and a sentence', async () => {
      const fault = '{"fault":"silence"}';
      for (const [status, method, path, body, headers] of [
        [404, 'GET', '/other', undefined, JSON_TYPE],
        [404, 'GET', '/meters/3', undefined, JSON_TYPE],
        [404, 'GET', '/meters/1/other', undefined, JSON_TYPE],
        [405, 'PUT', '/meters', undefined, JSON_TYPE],
        [405, 'PATCH', '/meters/1/faults', fault, JSON_TYPE],
        [400, 'POST', '/meters/1/faults', '{', JSON_TYPE],
        [400, 'POST', '/meters/1/faults', '[]', JSON_TYPE],
        [400, 'POST', '/meters/1/faults', '{"fault":"flood"}', JSON_TYPE],
        [400, 'DELETE', '/meters/1/faults/flood', undefined, JSON_TYPE],
        [413, 'POST', '/meters/1/faults', `"${'x'.repeat(20_000)}"`, JSON_TYPE],
        [415, 'POST', '/meters/1/faults', fault, { 'content-type': 'text/plain' }],
        [403, 'GET', '/', undefined, { host: 'meters.example' }],
      ] as const) {
        const answer = await send(method, path, body, headers);
        assert.equal(answer.status, status, `${method} ${path}`);
        const { error } = answer.body as { error: { message: string; code: string } };
        assert.match(error.message, /^[^\n]{15,}[.;]/);
        assert.equal(error.code, 'MESSAGE_INVALID');
      }
      assert.deepEqual([activeOf(0), activeOf(1)], [[], []]);
    });
  });
});
