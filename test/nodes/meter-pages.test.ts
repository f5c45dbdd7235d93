import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { LiveAnswer } from '../../src/acquisition/meter-test/live-meters';
import type { MeterTest } from '../../src/acquisition/meter-test/test-meter';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import type { RunningMeter, Simulator } from '../../src/simulator/simulator';
import { registerAdmin } from '../../nodes/shared/admin';
import { ScriptedInflux } from '../../testkit/servers/scripted-influx';
import { FakeRed } from '../../testkit/node-red/fake-red';
import { startOneMeter } from '../../testkit/simulator/one-meter';
import type { Sentence } from '../../src/support/sentence';

type Body = Partial<MeterTest> & Partial<LiveAnswer> & { readonly error?: Sentence };

const PAGES = ['/pm500/meter-test', '/pm500/live', '/pm500/live/:id'];

describe('what the form of a meter asks', function () {
  this.timeout(60_000);
  const red = new FakeRed();
  registerAdmin(red.api);
  let simulator: Simulator;
  let meter: RunningMeter;

  before(async () => {
    simulator = await startOneMeter({ load: constantProfile(50_000) });
    [meter] = simulator.meters as [RunningMeter];
  });
  after(() => simulator.close());

  class Response extends EventEmitter {
    code = 200;
    constructor(private readonly done: (answer: { status: number; body: unknown }) => void) {
      super();
    }
    status(code: number): this {
      this.code = code;
      return this;
    }
    json(body: unknown): void {
      this.done({ status: this.code, body });
    }
  }
  const ask = (path: string, request: object): Promise<{ status: number; body: Body }> =>
    new Promise((resolve) => {
      const done = resolve as (answer: { status: number; body: unknown }) => void;
      red.pages.get(path)?.page(request, new Response(done));
    });
  const form = (): object => ({ host: '127.0.0.1', port: String(meter.port), name: '' });
  const isLeft = async (): Promise<void> => {
    while (meter.stats.openConnections > 0) await new Promise((resolve) => setImmediate(resolve));
  };

  it('needs the permission to have something sent', () => {
    for (const path of PAGES) assert.equal(red.pages.get(path)?.permission, 'pm500.scan', path);
  });

  it('tries a meter that has no name yet, and tells who it is', async () => {
    const { status, body } = await ask('/pm500/meter-test', { body: { form: form() } });
    assert.deepEqual([status, body.cause, body.identity?.serialNumber], [200, undefined, 940_000_001]);
    await isLeft();
  });

  it('shows its values, kilowatts and all, and lets go when the form says so', async () => {
    const { status, body } = await ask('/pm500/live', { body: { form: form() } });
    assert.equal(status, 200);
    const power = body.values?.find(({ metric }) => metric === 'active_power_total');
    assert.deepEqual([power?.unit, power?.quality, power?.group], ['kW', 'uncertain', 'realtime']);
    const again = await ask('/pm500/live', { body: { form: form(), id: body.id } });
    assert.equal(again.body.id, body.id);
    assert.equal(meter.stats.openConnections, 1);
    await ask('/pm500/live/:id', { params: { id: body.id } });
    await isLeft();
  });

  it('lets go of a meter when whoever asked has gone before the answer', async () => {
    const response = new Response(() => {
      assert.fail('nobody is there to hear it');
    });
    red.pages.get('/pm500/live')?.page({ body: { form: form() } }, response);
    response.emit('close');
    while (meter.stats.openConnections === 0) await new Promise((resolve) => setImmediate(resolve));
    await isLeft();
  });

  const refused: readonly (readonly [string, object, RegExp])[] = [
    ['no form', {}, /The form is missing/],
    ['a port that is none', { form: { host: '127.0.0.1', port: '70000' } }, /port .*70000.*1 to 65535/],
    ['a timeout that is none', { form: { host: '127.0.0.1', connectTimeoutMs: '10' } }, /connectTimeoutMs/],
    ['no host', { form: { host: '' } }, /host/],
    ['a public address', { form: { host: '8.8.8.8' } }, /8\.8\.8\.8 is no private or link-local address/],
    [
      'a variable of others',
      { form: { host: '${PATH}', id: 'f00d' } },
      /host is \$\{PATH\}, whose value is known once/,
    ],
  ];
  for (const path of PAGES.slice(0, 2)) {
    for (const [what, body, sentence] of refused) {
      it(`${path} refuses ${what} in one sentence`, async () => {
        const { status, body: answer } = await ask(path, { body });
        assert.equal(status, 400);
        assert.match(answer.error?.text ?? '', sentence);
      });
    }
  }

  it('a host that is none has a cause, or is refused', async () => {
    const wrong = { ...form(), host: '10.0.0.5 x' };
    const { body } = await ask('/pm500/meter-test', { body: { form: wrong } });
    assert.equal(body.cause?.code, 'SETTINGS_INVALID');
    assert.equal((await ask('/pm500/live', { body: { form: wrong } })).status, 400);
  });

  it('looks up the variable that this node has deployed in the same property', async () => {
    process.env['PM500_TEST_HOST'] = '127.0.0.1';
    red.definitions.push({ id: 'cafe', type: 'pm500-meter', name: '', z: '', host: '${PM500_TEST_HOST}' } as never);
    red.configurations.set('cafe', {});
    try {
      const shown = { ...form(), id: 'cafe', host: '${PM500_TEST_HOST}' };
      const { body } = await ask('/pm500/meter-test', { body: { form: shown } });
      assert.equal(body.cause, undefined, JSON.stringify(body));
    } finally {
      delete process.env['PM500_TEST_HOST'];
    }
    await isLeft();
  });
});

describe('what the form of an InfluxDB asks', () => {
  const red = new FakeRed();
  registerAdmin(red.api);
  let server: ScriptedInflux;
  beforeEach(async () => {
    server = new ScriptedInflux();
    await server.start();
  });
  afterEach(() => server.stop());

  const ask = (body: object): Promise<{ status: number; body: { sentence?: Sentence; error?: Sentence } }> =>
    new Promise((resolve) => {
      let status = 200;
      const response = {
        on: () => response,
        status: (code: number) => {
          status = code;
          return response;
        },
        json: (answer: object) => {
          resolve({ status, body: answer });
        },
      };
      red.pages.get('/pm500/influx-test')?.page({ body }, response);
    });
  const form = (): object => ({ id: 'db', url: server.url, bucket: 'energy', org: 'plant' });
  const tokens: (string | undefined)[] = [];
  const listen = (): void => {
    tokens.length = 0;
    server.probe = (response, { headers }) => {
      tokens.push(headers.authorization);
      response.writeHead(204).end();
    };
  };

  it('needs a permission of its own', () => {
    assert.equal(red.pages.get('/pm500/influx-test')?.permission, 'pm500.test');
  });

  it('sends the secret that is typed, and the stored one only where its node is deployed to', async () => {
    listen();
    red.credentials.set('db', { token: 'stored' });
    red.definitions.push({ type: 'influx-target', name: '', z: '', ...form() } as never);
    assert.equal((await ask({ form: form(), secrets: { token: 'typed' } })).status, 200);
    const stored = await ask({ form: form(), secrets: { token: '__PWRD__' } });
    assert.equal(stored.status, 200);
    assert.doesNotMatch(JSON.stringify(stored.body), /stored"/);
    const elsewhere = { ...form(), url: server.url.replace('127.0.0.1', 'localhost') };
    const { status, body } = await ask({ form: elsewhere, secrets: { token: '__PWRD__' } });
    assert.equal(status, 400);
    assert.match(body.error?.text ?? '', /stored token is sent only where it is deployed to/);
    assert.deepEqual(tokens.filter(Boolean), ['Token typed', 'Token stored']);
  });

  it('refuses in one sentence what cannot be asked', async () => {
    for (const url of ['ftp://x', 'http://', 'mqtt://10.0.0.5']) {
      const { status, body } = await ask({ form: { ...form(), url } });
      assert.equal(status, 400, url);
      assert.match(body.error?.text ?? '', /\.$/);
    }
    assert.equal((await ask({})).status, 400);
    assert.equal(server.probes, 0);
  });
});
