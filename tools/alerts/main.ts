import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { alertmanagerFile } from './alertmanager';
import { grafanaContactsFile } from './grafana-contacts';
import { grafanaRulesFile } from './grafana';
import { alertsPage } from './page';
import { alertRules } from './rules';
import { scrapeFile } from './scrape';
import { vmalertFile } from './vmalert';

const ROOT = resolve(__dirname, '../..');

/** Every file that follows from the alert rules: path in the repository, and text. */
export function alertFiles(): ReadonlyMap<string, string> {
  const rules = alertRules();
  return new Map([
    ['deploy/alerts/pm500.rules.yml', vmalertFile(rules)],
    ['deploy/alerts/alertmanager.yml', alertmanagerFile(rules)],
    ['deploy/alerts/scrape.yml', scrapeFile()],
    ['deploy/grafana/provisioning/alerting/pm500-rules.yaml', grafanaRulesFile(rules)],
    ['deploy/grafana/provisioning/alerting/pm500-contacts.yaml', grafanaContactsFile()],
    ['docs/alert-rules.md', alertsPage(rules)],
  ]);
}

if (require.main === module) {
  for (const [path, text] of alertFiles()) {
    const file = join(ROOT, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  console.log(`Wrote ${[...alertFiles().keys()].join(', ')}.`);
}
