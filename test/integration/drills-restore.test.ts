import assert from 'node:assert/strict';
import { DrillSite } from '../drill/drill-site';

describe('drills with live servers: the database is restored from its backup', function () {
  this.timeout(240_000);
  let site: DrillSite;

  before(async () => {
    site = await DrillSite.start();
  });

  after(async () => {
    await site.stop();
    site.remove();
  });

  for (const turn of ['first', 'second'])
    it(`restore, the ${turn} time: what was acknowledged before, meanwhile and after is in the restored database`, async () => {
      const [[before] = []] = await site.query('SELECT count("voltage_l1_n") FROM "raw"."powermonitor_500"');
      await site.drill('restore');
      const queries = await site.query('SHOW RETENTION POLICIES ON "energy"');
      assert.ok(queries.length >= 5, 'a reader sees the policies of the restored database');
      const [row = []] = await site.query('SELECT count("voltage_l1_n") FROM "raw"."powermonitor_500"');
      assert.ok(Number(row[1]) > 2 && before !== null);
    });
});
