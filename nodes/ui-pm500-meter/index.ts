import type { Node, NodeAPI, NodeDef } from 'node-red';
import { Board } from '../../src/dashboard/board';
import { FleetPages } from '../../src/dashboard/fleet-page';
import { meterView } from '../../src/dashboard/views';
import { systemClock } from '../../src/support/clock';
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
      const meter = config.text('meter');
      const isOfOne = parts.some((part) => part !== 'fleet');
      const board = new Board(config.number('staleSeconds') * 1000, systemClock.now());
      const pages = parts.includes('fleet') ? new FleetPages(board) : undefined;
      serveBoard<MeterUpdate>(this, status, {
        group,
        props: { ...placeOf(definition, config), parts, isFixed: meter !== '' },
        meter,
        board,
        view: (found, { fleet }, since, nowMs) => ({
          ...(found === undefined || !isOfOne || found.version <= since
            ? {}
            : { meter: meterView(found, gauges, METRIC_GROUPS, groups, since) }),
          ...(pages === undefined ? {} : { fleet: pages.page(fleet, fleet.version, nowMs) }),
        }),
      });
    });
  }
  RED.nodes.registerType('ui-pm500-meter', Widget, {});
};
