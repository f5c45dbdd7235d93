import { DrillSite } from '../drill/drill-site';

describe('drills with live servers: another computer takes over', function () {
  this.timeout(600_000);
  let site: DrillSite;

  before(async () => {
    site = await DrillSite.start({ count: 2 });
  });

  after(async () => {
    await site.stop();
    site.remove();
  });

  for (const turn of ['first: to the standby', 'second: and back'])
    it(`failover, the ${turn}; the state of the other goes on there`, async () => {
      await site.drill('failover');
    });
});
