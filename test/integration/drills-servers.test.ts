import { siteOfSuite } from '../drill/site-of-suite';

/** Each drill twice: the second one begins with what the first has left. */
describe('drills with live servers: broker, database, certificate', function () {
  this.timeout(600_000);
  const site = siteOfSuite();

  for (const name of ['broker-lost', 'database-lost', 'certificate-expired'])
    for (const turn of ['first', 'second']) {
      it(`${name}, the ${turn} time: what it prints ends it, and nothing that was accepted is missing`, async () => {
        await site().drill(name);
      });
    }
});
