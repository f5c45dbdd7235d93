import type { Node, NodeAPI, NodeDef } from 'node-red';
import { startSchedule } from '../../src/acquisition/schedule';
import { meterOfRequest, parseMaintenance, type MaintenanceRequest } from '../../src/domain/messages/maintenance';
import { systemClock } from '../../src/support/clock';
import { addDiagnostics, registerAdmin } from '../shared/admin';
import { onClose } from '../shared/close';
import { onInput } from '../shared/input';
import { addMeters, addTroubles } from '../shared/overview';
import { readNow } from './poll-request';
import { readPollSettings } from './read-settings';
import { startPollSource, type MemberEvents, type PollSource } from './poll-source';
import { startNode } from '../shared/start';
import { ofCode } from '../../src/support/errors';

/** Opens or closes the maintenance window of the meter that a message names. */
function maintain(node: Node, source: PollSource, request: MaintenanceRequest): void {
  const names = source.members.map(({ name }) => name);
  const member = meterOfRequest(request, (name) => source.find(name), names);
  member.maintain(request);
  const { durationMs } = request;
  const what = durationMs === undefined ? 'ended by message' : `open for ${durationMs / 60_000} minutes`;
  node.log(`The maintenance window of meter "${member.name}" is ${what}.`);
}

/** Reads groups of one meter, or of many, on schedules, on a message, or both, and tells how well that goes. */
export = (RED: NodeAPI): void => {
  registerAdmin(RED);

  function Pm500Poll(this: Node, definition: NodeDef): void {
    startNode(RED, this, 'pm500-poll', definition, (config, status) => {
      const settings = readPollSettings(config, process.env);
      const events: MemberEvents = (topic) => ({
        onReading: (payload) => {
          this.send([{ topic, payload }, null]);
        },
        onError: (error) => {
          this.error(error, { topic });
        },
        onWait: (reason) => {
          this.warn(`Meter "${topic}" waits: ${reason.message}`);
        },
        onBack: () => {
          this.log(`Meter "${topic}" answers again.`);
        },
      });
      const source = startPollSource(RED, this, config, settings, events, status);

      onInput(this, async (message, send) => {
        const request = parseMaintenance(message.payload);
        await source.settled;
        if (request === undefined) await readNow(source.members, message, send);
        else maintain(this, source, request);
      });

      const diagnose = (): Promise<void> => {
        for (const { name, diagnostics } of source.members) this.send([null, { topic: name, payload: diagnostics }]);
        return Promise.resolve();
      };
      const { diagnosticsSeconds } = settings;
      const onError = (thrown: unknown): void => {
        this.error(thrown, {});
      };
      const intervalMs = diagnosticsSeconds * 1000;
      const diagnostics =
        intervalMs === 0 ? undefined : startSchedule({ intervalMs, clock: systemClock, onTick: diagnose, onError });
      const name = this.name === undefined || this.name === '' ? this.type : this.name;
      const forgets = [
        addDiagnostics(() => source.members.map((member) => member.diagnostics)),
        addMeters(() => source.members.map((member) => member.facts(this.id))),
        addTroubles(() =>
          source.problems.map((problem) => {
            const sentence = ofCode('CONFIG_INVALID', problem);
            return { node: this.id, kind: 'list', name, sentence };
          }),
        ),
      ];

      onClose(this, async () => {
        for (const forget of forgets) forget();
        await Promise.all([source.stop(), diagnostics?.stop()]);
      });
    });
  }
  RED.nodes.registerType('pm500-poll', Pm500Poll, {});
};
