import assert from 'node:assert/strict';
import { DrillSite } from './drill-site';

/** The site of the suite that this is called in: it is there from before the first test until after the last. */
export function siteOfSuite(options: Parameters<typeof DrillSite.start>[0] = {}): () => DrillSite {
  let site: DrillSite | undefined;
  before(async () => {
    site = await DrillSite.start(options);
  });
  after(async () => {
    await site?.stop();
    site?.remove();
  });
  return () => {
    assert.ok(site);
    return site;
  };
}
