import { readFileSync } from 'node:fs';
import { certificateMetrics } from '../../nodes/shared/certificate-metrics';
import { diskMetrics } from '../../nodes/shared/disk-metrics';
import { metricsPage } from '../../testkit/grafana/metrics-page';
import { SITE } from '../../testkit/grafana/plant-site';
import { FakeRed } from '../../testkit/node-red/fake-red';
import { CertificateAuthority } from '../../testkit/servers/certificates';
import type { VictoriaMetrics } from '../../testkit/servers/victoria-metrics';

const SCRAPE_MS = 15_000;
/** As far back as Fleet health looks when it is opened. */
const SCRAPED_MS = 6 * 3_600_000;
const PAGES_AT_ONCE = 100;
/** Whose disk is shown, and its name. */
const USER_DIR = '/var/lib';
const CERTIFICATE_DAYS = 90;
/** What befell the gateway, in seconds since the scrapes began: a meter was silent, and a sink was away. */
const SILENT = { from: 7200, to: 8700 };
const AWAY = { from: 14_400, to: 16_200 };
/** What comes in meanwhile, and how much more than that a sink delivers until it has caught up. */
const RECORDS = { perSecond: 100, caughtUpPerSecond: 200 };
const OUTBOX_BYTES = 50e6;

/** What the page of metrics says in the hours before now of the site, as the server scrapes it. */
export async function scrapeHours(metrics: VictoriaMetrics): Promise<void> {
  const red = new FakeRed({ userDir: USER_DIR });
  const cert = readFileSync(new CertificateAuthority().issue('sink', CERTIFICATE_DAYS).certificate);
  red.definitions.push({ id: 'sink', type: 'influx-target', tls: 'tls' } as never);
  red.configurations.set('tls', { addTLSOptions: () => ({ cert }) });
  const gateway = [...diskMetrics(red.api), ...certificateMetrics(red.api)];
  const scrapes = SCRAPED_MS / SCRAPE_MS;
  let pages: string[] = [];
  for (let scraped = 1; scraped <= scrapes; scraped += 1) {
    const seconds = (scraped * SCRAPE_MS) / 1000;
    const came = RECORDS.perSecond * Math.max(0, Math.min(seconds, AWAY.to) - AWAY.from);
    const waitingRecords = Math.max(0, came - RECORDS.caughtUpPerSecond * Math.max(0, seconds - AWAY.to));
    const lostSeconds = Math.max(0, Math.min(seconds, SILENT.to) - SILENT.from);
    const silentSeconds = seconds < SILENT.to ? lostSeconds : 0;
    const happening = { silentSeconds, lostSeconds, waitingRecords, outboxBytes: OUTBOX_BYTES };
    const time = SITE.nowMs - SCRAPED_MS + scraped * SCRAPE_MS;
    pages.push(metricsPage(seconds, gateway, happening).replaceAll(/^([^#\n].*)$/gm, `$1 ${time}`));
    if (pages.length < PAGES_AT_ONCE && scraped < scrapes) continue;
    const imported = `${metrics.url}/api/v1/import/prometheus?extra_label=instance=gateway:1880`;
    const response = await fetch(imported, { method: 'POST', body: pages.join('') });
    if (!response.ok) throw new Error(await response.text());
    pages = [];
  }
  await metrics.query('pm500_up');
}
