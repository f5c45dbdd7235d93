import assert from 'node:assert/strict';
import { join } from 'node:path';
import { TELEGRAF_FOLDER } from '../../tools/telegraf/main';
import { metricsOfGroup } from '../../tools/demo/telemetry-watch';
import { startPipeline, type Pipeline } from '../../testkit/node-red/pipeline';
import { entryOf } from '../../testkit/node-red/reference-flows';
import { freePort } from '../../testkit/servers/ports';
import { TELEGRAF_ENVIRONMENT } from '../../testkit/telegraf/environment';
import { Telegraf } from '../../testkit/telegraf/telegraf';
import { waitFor } from '../../testkit/wait';

const TOKEN = 'the token of the relay';
const LINE = 'm,t=a v=1 ';

describe('the relay configuration for Telegraf, run by an interpreter of its documentation', () => {
  let pipeline: Pipeline;
  let telegraf: Telegraf;
  let url: string;

  before(async () => {
    pipeline = await startPipeline();
  });

  after(async () => {
    await pipeline.stop();
  });

  beforeEach(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    telegraf = new Telegraf(join(TELEGRAF_FOLDER, 'relay.conf'), {
      ...TELEGRAF_ENVIRONMENT,
      PM500_LISTEN: `127.0.0.1:${port}`,
      PM500_RELAY_TOKEN: TOKEN,
      INFLUX_URL: pipeline.database.url,
    });
    await telegraf.start();
  });

  afterEach(async () => {
    await telegraf.stop();
  });

  it('passes every point of the reference flow on as it is, later than it says', async () => {
    const { database, nodeRed } = pipeline;
    const flow = (await pipeline.flow('flows', 'telegraf-relay.json')).map((entry) =>
      entry.type === 'influx-target' ? { ...entry, url } : entry,
    );
    await nodeRed.admin.deploy(flow, { [entryOf(flow, 'influx-target').id]: { token: TOKEN } });
    await waitFor('points in Telegraf', () => telegraf.buffer.length >= 3);
    const selector = '{__name__=~"powermonitor_500_.*"}';
    assert.deepEqual(await database.export(selector), [], 'it has answered, and nothing is written');
    await telegraf.flush();
    const stored = await waitFor('points in the database', async () => {
      const series = await database.export(selector);
      return series.length >= metricsOfGroup('realtime').length && series;
    });
    for (const { metric, values, timestamps } of stored) {
      const { __name__: name = '', ...tags } = metric;
      const field = name.slice('powermonitor_500_'.length);
      for (const [index, value] of values.entries()) {
        const sent = telegraf.metrics.find(
          ({ timestamp, fields }) => timestamp === timestamps[index] && field in fields,
        );
        assert.ok(sent !== undefined, `${name} at ${String(timestamps[index])}`);
        // VictoriaMetrics keeps about twelve digits.
        const whole = Number(sent.fields[field]);
        assert.ok(Math.abs(value - whole) <= 1e-9 * Math.abs(whole), `${name}: ${value} is not ${whole}`);
        assert.deepEqual({ ...sent.tags }, tags, name);
      }
    }
    const names = new Set(stored.map(({ metric }) => metric['__name__']));
    for (const metric of metricsOfGroup('realtime')) assert.ok(names.has(`powermonitor_500_${metric}`), metric);
    await nodeRed.admin.deploy([]);
    assert.deepEqual(nodeRed.errors(), []);
  });

  it('refuses a wrong token, and what it would have to drop: then points wait in the outbox', async () => {
    const write = async (count: number, token = TOKEN): Promise<number> => {
      const body = Array.from({ length: count }, (_, index) => `${LINE}${index + 1}`).join('\n');
      const headers = { authorization: `Token ${token}` };
      return (await fetch(`${url}/api/v2/write?bucket=b&precision=ms`, { method: 'POST', headers, body })).status;
    };
    assert.equal(await write(1, 'another'), 401);
    assert.equal(await write(20_001), 413, 'more than it ever takes: influx-target sends smaller batches');
    assert.equal(await write(15_000), 204);
    assert.equal(await write(15_000), 429, 'no room now: sent again later');
    assert.deepEqual([telegraf.dropped, telegraf.buffer.length], [0, 15_000]);
    await telegraf.flush();
    assert.equal(await write(15_000), 204);
    assert.equal(telegraf.dropped, 0);
  });
});
