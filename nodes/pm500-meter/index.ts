import type { Node, NodeAPI, NodeDef } from 'node-red';
import { settingsOf } from '../../src/acquisition/meter-settings';
import { registerAdmin } from '../shared/admin';
import { onClose } from '../shared/close';
import { sharedMeters, type MeterNode } from '../shared/meters';
import { startNode } from '../shared/start';
import { PM500 } from '../../src/meters/pm500';
import { readMeterChoice } from './read-choice';

/** One meter: who it is, how to reach it, and the session that all nodes share. */
export = (RED: NodeAPI): void => {
  registerAdmin(RED);

  function Pm500Meter(this: Node, definition: NodeDef): void {
    startNode(RED, this, 'pm500-meter', definition, (config) => {
      const { session, release } = sharedMeters(RED).acquire(settingsOf(PM500, readMeterChoice(config)));
      Object.assign<Node, Pick<MeterNode, 'session'>>(this, { session });
      onClose(this, release);
    });
  }
  RED.nodes.registerType('pm500-meter', Pm500Meter, {});
};
