import { strict as assert } from 'node:assert';
import { connectAsync } from 'mqtt';
import { startMosquitto } from '../../testkit/servers/mosquitto';
import { startProcess } from '../../testkit/servers/processes';
import { startVictoriaMetrics } from '../../testkit/servers/victoria-metrics';

describe('servers that tests start', () => {
  it('a broker takes connections and ends when stopped', async () => {
    const broker = await startMosquitto();
    const client = await connectAsync(broker.url);
    await client.endAsync();
    await broker.stop();
    assert.equal(broker.process.running, false);
    await assert.rejects(connectAsync(broker.url, { reconnectPeriod: 0 }), /ECONNREFUSED/);
  });

  it('a database keeps its data over an outage', async () => {
    const database = await startVictoriaMetrics();
    try {
      const body = `m,meter=a field=1.5 ${Date.now()}\n`;
      const response = await fetch(`${database.url}/api/v2/write?precision=ms`, { method: 'POST', body });
      assert.equal(response.status, 204);
      assert.deepEqual(
        (await database.export('{meter="a"}')).map(({ values }) => values),
        [[1.5]],
      );
      await database.halt();
      await assert.rejects(database.export('{meter="a"}'), /fetch failed/);
      await database.resume();
      assert.equal((await database.export('{meter="a"}')).length, 1);
    } finally {
      await database.stop();
    }
  });

  it('a process that ends too early shows what it wrote', async () => {
    const starting = startProcess({
      name: 'hasty',
      command: process.execPath,
      args: ['-e', 'console.log("no license"); process.exit(3)'],
      ready: () => false,
    });
    await assert.rejects(starting, /hasty ended \(3\) before it was ready\.[^]*no license/);
  });
});
