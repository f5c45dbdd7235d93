import { DrillSite } from '../drill/drill-site';

/** Each drill twice: the second one begins with what the first has left. */
describe('drills with live servers: broker, database, certificate', function () {
  this.timeout(600_000);
  let site: DrillSite;

  before(async () => {
    site = await DrillSite.start();
  });

  after(async () => {
    await site.stop();
    site.remove();
  });

  for (const name of ['broker-lost', 'database-lost', 'certificate-expired'])
    for (const turn of ['first', 'second']) {
      it(`${name}, the ${turn} time: what it prints ends it, and nothing that was accepted is missing`, async () => {
        await site.drill(name);
      });
    }
});
