import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { Board } from '../../src/dashboard/board';
import type { WidgetFleetRow } from '../../src/dashboard/shown';
import { fleetRow, meterView } from '../../src/dashboard/views';
import { METRIC_GROUPS, serveBoard } from '../shared/board-widget';
import { isDashboardGroup } from '../shared/dashboard';
import { startNode } from '../shared/start';
import { placeOf } from '../shared/widget-place';
import type { MeterUpdate } from './update';

/** Shows meters on a dashboard: values by group with quality and age, gauges, energy, alarms, or many meters at once. */
export = (RED: NodeAPI): void => {
  function Widget(this: Node, definition: NodeDef): void {
    startNode(RED, this, 'ui-pm500-meter', definition, (config, status) => {
      const group = config.node('group', (id) => RED.nodes.getNode(id), isDashboardGroup);
      const parts = config.choices('parts');
      const gauges = parts.includes('gauges') ? config.choices('gauges') : [];
      const groups = parts.includes('values') ? config.choices('groups') : [];
      const isFleet = parts.includes('fleet');
      const meter = config.text('meter');
      let fleet: { readonly atMs: number; readonly rows: readonly WidgetFleetRow[] } | undefined;
      // Every browser is told the same rows.
      const fleetOf = (board: Board, nowMs: number): readonly WidgetFleetRow[] => {
        if (fleet?.atMs !== nowMs) fleet = { atMs: nowMs, rows: board.all().map((each) => fleetRow(each, nowMs)) };
        return fleet.rows;
      };
      serveBoard<MeterUpdate>(this, status, {
        group,
        props: { ...placeOf(definition, config), parts, isFixed: meter !== '' },
        meter,
        staleSeconds: config.number('staleSeconds'),
        view: (board, chosen, nowMs) => {
          const found = board.get(chosen);
          return {
            ...(found === undefined ? {} : { meter: meterView(found, gauges, METRIC_GROUPS, groups) }),
            ...(isFleet ? { fleet: fleetOf(board, nowMs) } : {}),
          };
        },
      });
    });
  }
  RED.nodes.registerType('ui-pm500-meter', Widget, {});
};
