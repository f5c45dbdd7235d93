import { DashboardCursorSync, type Dashboard, type Panel, type VariableModel } from '@grafana/schema';
import { docsLink } from './docs-link';
import { GENERATED } from './names';
import { panelOf, type PanelSpec } from './panel';
import { DOCS } from './variables';
import { DASHBOARD_DOCS } from './words';

/** Panels under one heading, in reading order. */
export interface Section {
  readonly title: string;
  readonly panels: readonly PanelSpec[];
}

export interface DashboardSpec {
  /** Also the name of its file. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly VariableModel[];
  /** How far back it looks when it is opened: `24h`. */
  readonly since: string;
  readonly refresh: string;
  readonly sections: readonly Section[];
}

const COLUMNS = 24;
const USUAL_HEIGHT = 8;
const TAG = 'pm500';
/** Of Grafana 10; later ones read it and raise it. */
const SCHEMA_VERSION = 38;

/** Panels from left to right, in as many rows as it takes. */
function place(sections: readonly Section[]): NonNullable<Dashboard['panels']> {
  const placed: NonNullable<Dashboard['panels']> = [];
  let [id, y] = [1, 0];
  for (const { title, panels } of sections) {
    placed.push({ id: id++, type: 'row', title, collapsed: false, panels: [], gridPos: { h: 1, w: COLUMNS, x: 0, y } });
    y += 1;
    let [x, rowHeight] = [0, 0];
    for (const spec of panels) {
      const { width: w, height: h = USUAL_HEIGHT } = spec;
      if (x + w > COLUMNS) [x, y, rowHeight] = [0, y + rowHeight, 0];
      const panel: Panel = { id: id++, ...panelOf(spec), gridPos: { h, w, x, y } };
      placed.push(panel);
      x += w;
      rowHeight = Math.max(rowHeight, h);
    }
    y += rowHeight;
  }
  return placed;
}

/** A dashboard in the format that Grafana imports and provisions. */
export function dashboardOf({
  uid,
  title,
  description,
  variables,
  since,
  refresh,
  sections,
}: DashboardSpec): Dashboard {
  return {
    uid,
    title,
    description: `${description} ${GENERATED}.`,
    tags: [TAG],
    schemaVersion: SCHEMA_VERSION,
    editable: true,
    graphTooltip: DashboardCursorSync.Crosshair,
    // Choose the time zone of the site in the settings of Grafana: days and months of the database end by it.
    timezone: '',
    time: { from: `now-${since}`, to: 'now' },
    refresh,
    templating: { list: [...variables, DOCS] },
    annotations: { list: [] },
    links: [
      docsLink('What the numbers mean', `${DASHBOARD_DOCS}#what-the-numbers-mean`),
      {
        title: 'PowerMonitor 500',
        type: 'dashboards',
        tags: [TAG],
        asDropdown: true,
        includeVars: true,
        keepTime: false,
        targetBlank: false,
        icon: 'external link',
        tooltip: '',
        url: '',
      },
    ],
    panels: place(sections),
  };
}
