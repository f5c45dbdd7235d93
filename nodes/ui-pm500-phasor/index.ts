import type { Node, NodeAPI, NodeDef } from 'node-red';
import { Board } from '../../src/dashboard/board';
import { phasorView } from '../../src/dashboard/views';
import { systemClock } from '../../src/support/clock';
import { serveBoard } from '../shared/board-widget';
import { isDashboardGroup } from '../shared/dashboard';
import { startNode } from '../shared/start';
import { placeOf } from '../shared/widget-place';
import type { PhasorUpdate } from './update';

/** Shows voltages and currents of a meter on a dashboard as arrows, with their angles, sequence and unbalance. */
export = (RED: NodeAPI): void => {
  function Widget(this: Node, definition: NodeDef): void {
    startNode(RED, this, 'ui-pm500-phasor', definition, (config, status) => {
      const group = config.node('group', (id) => RED.nodes.getNode(id), isDashboardGroup);
      const meter = config.text('meter');
      serveBoard<PhasorUpdate>(this, status, {
        group,
        props: { ...placeOf(definition, config), isFixed: meter !== '' },
        meter,
        board: new Board(config.number('staleSeconds') * 1000, systemClock.now()),
        view: (found, _request, since, nowMs) =>
          found === undefined || found.version <= since ? {} : { phasors: phasorView(found, nowMs) },
      });
    });
  }
  RED.nodes.registerType('ui-pm500-phasor', Widget, {});
};
