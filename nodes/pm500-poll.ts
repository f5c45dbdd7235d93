import type { Node, NodeAPI, NodeDef } from 'node-red';
import { startSchedule } from '../src/acquisition/schedule';
import { GROUPS } from '../src/meter/groups';
import { QUIRKS } from '../src/meter/quirks';
import { systemClock } from '../src/support/clock';
import { toPm500Error } from '../src/support/errors';
import { onClose } from './shared/close';
import type { NumberRange } from './shared/config';
import { onInput } from './shared/input';
import { isMeterNode } from './shared/meters';
import { PollCycle } from './shared/poll-cycle';
import { startNode } from './shared/start';

const INTERVAL_RANGE: NumberRange = { min: QUIRKS.minimumReadIntervalMs.value, max: 86_400_000, unit: 'ms' };
const GROUP_NAMES = GROUPS.map(({ name }) => name);

/** Reads groups of one meter on a schedule, on a message, or both, and sends one reading per cycle. */
export = (RED: NodeAPI): void => {
  function Pm500Poll(this: Node, definition: NodeDef): void {
    startNode(RED, this, 'pm500-poll', definition, (config, status) => {
      const { session } = config.node('meter', (id) => RED.nodes.getNode(id), isMeterNode);
      const groups = config.choiceList('groups', GROUP_NAMES);
      const mode = config.choice('mode', ['interval', 'message']);
      const intervalMs = config.number('intervalMs', INTERVAL_RANGE);
      const stopping = new AbortController();
      const cycle = new PollCycle(session, groups, status, stopping.signal);
      const topic = session.settings.name;

      onInput(this, async (message, send) => {
        const outcome = await cycle.run();
        if (outcome === undefined) return;
        send({ ...message, topic, payload: outcome.reading });
        if (outcome.failure !== undefined) throw outcome.failure;
      });

      const schedule =
        mode === 'message'
          ? undefined
          : startSchedule({
              intervalMs,
              firstAfterMs: 0,
              clock: systemClock,
              onTick: async () => {
                const outcome = await cycle.run();
                if (outcome === undefined) return;
                this.send({ topic, payload: outcome.reading });
                if (outcome.failure !== undefined && outcome.changed) this.error(outcome.failure, { topic });
                if (outcome.failure === undefined && outcome.changed) this.log(`Meter "${topic}" answers again.`);
              },
              onError: (thrown) => {
                status.show('failed', 'failed');
                this.error(toPm500Error(thrown), { topic });
              },
            });

      onClose(this, async () => {
        stopping.abort();
        cycle.close();
        await schedule?.stop();
      });
    });
  }
  RED.nodes.registerType('pm500-poll', Pm500Poll, {});
};
