import { createLinkTransport } from '../src/acquisition/link-transport';
import { MeterPoll } from '../src/acquisition/meter-poll';
import { MeterRegistry, type AcquiredMeter } from '../src/acquisition/meter-registry';
import { settingsOf } from '../src/acquisition/meter-settings';
import { linkKeyOf } from '../src/acquisition/meter-address';
import { phaseOf, startSpreadMs } from '../src/acquisition/poll-schedule';
import { GROUPS } from '../src/meters/pm500/groups';
import { systemClock } from '../src/support/clock';
import { silentLogger } from '../src/support/logger';
import { INTERVAL_MS, addressOf, type MeterCycles, type MetersJob, type RunningMeters } from './meters-job';
import { PM500 } from '../src/meters/pm500';

const ALL_GROUPS = GROUPS.map(({ name }) => name);

/** Reads meters as pm500-poll reads those of a list. */
export function runOurs({ meters, transport }: MetersJob, cycles: MeterCycles): RunningMeters {
  const registry = new MeterRegistry({
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
    createTransport: (settings, route) =>
      createLinkTransport(settings, { clock: systemClock, random: Math.random, logger: silentLogger }, route),
  });
  const acquired: AcquiredMeter[] = [];
  const polls: MeterPoll[] = [];
  for (let index = 0; index < meters; index++) {
    const host = addressOf(index);
    const settings = settingsOf(PM500, { name: host, host, layoutConfirmed: true, transport, rpiMs: INTERVAL_MS });
    const meter = registry.acquire(settings);
    const { session } = meter;
    const address = linkKeyOf(settings);
    const phaseMs = phaseOf(address, INTERVAL_MS);
    let isFirst = true;
    const poll = new MeterPoll(
      {
        settings: session.settings,
        get state() {
          return session.state;
        },
        groups: session.groups,
        onState: (listener) => session.onState(listener),
        checkGroups: (groups) => {
          session.checkGroups(groups);
        },
        readGroups: (groups, signal) => {
          // The first cycle comes at once, whatever the grid says.
          if (!isFirst) cycles.begin(phaseMs);
          isFirst = false;
          return session.readGroups(groups, signal);
        },
      },
      {
        schedules: [{ intervalMs: INTERVAL_MS, groups: ALL_GROUPS }],
        isScheduled: true,
        address,
        startWithinMs: startSpreadMs(meters),
        clock: systemClock,
        onReading: ({ blocks }) => {
          const failed = blocks.filter(({ error }) => error !== undefined).length;
          cycles.end(index, blocks.length - failed, failed);
        },
        onError: ({ message }) => {
          cycles.fail(message);
        },
        onWait: ({ message }) => {
          cycles.fail(message);
        },
        onBack: () => undefined,
        onCondition: () => undefined,
      },
    );
    acquired.push(meter);
    polls.push(poll);
  }
  return { missed: () => polls.reduce((sum, { missedSlots }) => sum + missedSlots, 0) };
}
