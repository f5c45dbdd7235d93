import { siteOfSuite } from '../drill/site-of-suite';

describe('drills with live servers: another computer takes over', function () {
  this.timeout(600_000);
  const site = siteOfSuite({ count: 2 });

  for (const turn of ['first: to the standby', 'second: and back'])
    it(`failover, the ${turn}; the state of the other goes on there`, async () => {
      await site().drill('failover');
    });
});
