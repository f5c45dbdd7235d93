import assert from 'node:assert/strict';
import { siteOfSuite } from '../drill/site-of-suite';

describe('drills with live servers: the database is restored from its backup', function () {
  this.timeout(600_000);
  const site = siteOfSuite();

  for (const turn of ['first', 'second'])
    it(`restore, the ${turn} time: what was acknowledged before, meanwhile and after is in the restored database`, async () => {
      const count = async (): Promise<number> => {
        const [[, found] = []] = await site().query('SELECT count("voltage_l1_n") FROM "raw"."powermonitor_500"');
        return Number(found);
      };
      const before = await count();
      await site().drill('restore');
      assert.ok((await count()) > before && before > 2);
    });
});
