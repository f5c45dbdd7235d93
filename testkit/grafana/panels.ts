import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dashboard, Panel } from '@grafana/schema';
import { ROOT } from '../root';

/** One query of a panel, as it stands in the file. */
export interface PanelQuery {
  readonly dashboard: Dashboard;
  readonly panel: Panel;
  /** InfluxQL or PromQL, with the variables and macros of Grafana. */
  readonly text: string;
  readonly language: 'influxql' | 'promql';
  readonly refId: string;
}

/** The dashboards as they are shipped. */
export function shippedDashboards(): readonly Dashboard[] {
  const folder = join(ROOT, 'deploy/grafana/dashboards');
  return readdirSync(folder)
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Dashboard);
}

/** Its panels, without the headings between them. */
export function panelsOf({ panels = [] }: Dashboard): readonly Panel[] {
  return panels.filter((panel): panel is Panel => panel.type !== 'row');
}

/** Every query of every panel. */
export function queriesOf(dashboard: Dashboard): readonly PanelQuery[] {
  return panelsOf(dashboard).flatMap((panel) =>
    (panel.targets ?? []).map(({ query, expr, refId }): PanelQuery => ({
      dashboard,
      panel,
      text: typeof query === 'string' ? query : String(expr),
      language: typeof query === 'string' ? 'influxql' : 'promql',
      refId: String(refId),
    })),
  );
}

/** Every query of every shipped dashboard. */
export function allQueries(): readonly PanelQuery[] {
  return shippedDashboards().flatMap((dashboard) => queriesOf(dashboard));
}

/**
 * The queries of one panel.
 * @throws Error where no dashboard has such a panel
 */
export function queriesNamed(uid: string, title: string): readonly PanelQuery[] {
  const found = allQueries().filter(({ dashboard, panel }) => dashboard.uid === uid && panel.title === title);
  if (found.length === 0) throw new Error(`${uid} has no panel ${title}.`);
  return found;
}
