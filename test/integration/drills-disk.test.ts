import { makeSmallDisk, type SmallDisk } from '../../testkit/delivery/small-disk';
import { DrillSite } from '../drill/drill-site';

/** InfluxDB takes some megabytes before the first point. */
const DISK_BYTES = 64 * 1024 * 1024;

describe('drills with live servers: the disk of the database is full', function () {
  this.timeout(600_000);
  let site: DrillSite;
  let disk: SmallDisk | undefined;

  before(async () => {
    site = await DrillSite.start({
      prepare: (folder) => {
        disk = makeSmallDisk(folder, DISK_BYTES);
      },
    });
  });

  after(async () => {
    await site.stop();
    disk?.remove();
    site.remove();
  });

  for (const turn of ['first', 'second'])
    it(`disk-full, the ${turn} time: what waited is stored when the commands were run`, async () => {
      await site.drill('disk-full');
    });
});
