import { READING } from '../../src/domain/messages/reading';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { parseNormalizeCommand } from '../../src/domain/normalizer/command';
import { registerAdmin } from '../shared/admin';
import { onClose } from '../shared/close';
import { onInput } from '../shared/input';
import { NormalizeRun } from './normalize-run';
import { readNormalizeSettings } from './read-settings';
import { readShape } from './normalize-shapes';
import { showQuality } from './normalize-status';
import { startNode } from '../shared/start';

/** Readings become telemetry: canonical names and units, quality and time of every value; KPIs and alarms where wanted. */
export = (RED: NodeAPI): void => {
  registerAdmin(RED);

  function Pm500Normalize(this: Node, definition: NodeDef): void {
    startNode(RED, this, 'pm500-normalize', definition, (config, status) => {
      const { settings, shape } = config.collect(() => {
        const read = readNormalizeSettings(RED, config);
        return { settings: read, shape: readShape(RED, this, config, read.currency) };
      });
      const run = new NormalizeRun(RED, this, settings, shape);
      for (const problem of settings.problems) this.warn(problem);
      if (settings.problems.length > 0) status.show('partial', 'partly');
      else status.show('idle', 'idle');
      const show = (): void => {
        if (run.concerns.count > 0) showQuality(status, run, settings.problems.length);
      };
      run.onTime = show;

      onInput(
        this,
        async (message, send) => {
          const command = parseNormalizeCommand(message.payload);
          if (command !== undefined) {
            await run.command(command, message, send);
            return;
          }
          await run.accept(READING.parse(message.payload), message, send);
          show();
        },
        ({ code }) => {
          if (code === 'CONFIG_INVALID' || code === 'MAPPING_UNAVAILABLE') status.show('failed', 'mapping');
          else status.show('failed', 'refused');
        },
      );

      onClose(this, (removed) => run.close(removed));
    });
  }
  RED.nodes.registerType('pm500-normalize', Pm500Normalize, {});
};
