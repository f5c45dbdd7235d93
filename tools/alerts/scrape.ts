import { stringify } from 'yaml';
import { GENERATED } from './generated';

/**
 * What VictoriaMetrics (`-promscrape.config`) or Prometheus reads from Node-RED. A Node-RED with users wants a token of
 * one that has the permission pm500.read: a file that only the database may read.
 */
export function scrapeFile(): string {
  const job = {
    job_name: 'pm500',
    metrics_path: '/pm500/metrics',
    scrape_interval: '15s',
    authorization: { credentials_file: '/etc/pm500/metrics-token' },
    static_configs: [{ targets: ['127.0.0.1:1880'] }],
  };
  return `# ${GENERATED}\n# Targets: every Node-RED with meters. Without users in its settings.js, drop "authorization".\n${stringify({ scrape_configs: [job] })}`;
}
