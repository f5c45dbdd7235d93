import type { Node, NodeAPI, NodeMessage, NodeMessageInFlow } from 'node-red';
import { startSchedule } from '../../src/acquisition/schedule';
import type { CounterMessage } from '../../src/domain/counters/counter-message';
import type { NormalizeCommand } from '../../src/domain/normalizer/command';
import { normalizeMetrics, type AlarmCounts } from '../../src/domain/normalizer/diagnostics';
import { isSetState, NormalizerSet, type Silence } from '../../src/domain/normalizer/normalizer-set';
import { limitMetrics } from '../../src/domain/normalizer/site-limits';
import type { LayoutVerdict } from '../../src/domain/layout-check/verdict';
import type { NormalizerOutput } from '../../src/domain/normalizer/normalizer';
import type { Concerns } from '../../src/domain/normalizer/tally';
import type { Reading } from '../../src/domain/messages/reading';
import type { Telemetry } from '../../src/domain/messages/telemetry';
import { ClockSteps } from '../../src/domain/time/clock-steps';
import { systemClock, type Clock } from '../../src/support/clock';
import { ofCode, Pm500Error } from '../../src/support/errors';
import { Users } from '../../src/support/users';
import type { Logger } from '../../src/support/logger';
import { addMetrics } from '../shared/admin';
import type { Send } from '../shared/input';
import { nodeLogger } from '../shared/logger';
import { addNormalizer } from '../shared/overview';
import type { NormalizeSettings } from './read-settings';
import type { Shaper } from './normalize-shapes';
import { loadState, StateFile } from './state-file';
import { ownPath } from '../shared/user-dir';

/** The state is written at most this often: a memory card bears only so many writes. */
const SAVE_EVERY_MS = 10_000;
const TICK_MS = 1000;

/** The meters of one node, with what goes on without a message: time, diagnostics, the state on disk. */
export class NormalizeRun {
  private readonly meters: NormalizerSet;
  private readonly file: StateFile | undefined;
  private readonly logger: Logger;
  private readonly clockSteps = new ClockSteps();
  private readonly stops: (() => Promise<void> | void)[] = [];
  /** What is being put into its shape; a mapping takes its time. */
  private readonly shaping: Users;
  private isClosing = false;
  /** Which meters give no readings any more, as of the last second. */
  silence: Silence = { meters: 0, whole: 0, part: 0 };
  /** Called when time alone has changed alarms, what can be judged, or which meters give readings. */
  onTime: () => void = () => undefined;

  constructor(
    RED: NodeAPI,
    private readonly node: Node,
    settings: NormalizeSettings,
    private readonly shape: Shaper,
    private readonly clock: Clock = systemClock,
  ) {
    const { settingsFor, diagnosticsSeconds, problems, limits } = settings;
    const { kpis, alarmRules } = settingsFor([]);
    const remembers = kpis !== undefined || alarmRules.length > 0;
    const path = remembers ? ownPath(RED, 'pm500', 'normalize', `${encodeURIComponent(node.id)}.json`) : undefined;
    const logger = nodeLogger(node);
    this.logger = logger;
    this.shaping = new Users(clock);
    const saved = path === undefined ? undefined : loadState(path, isSetState, logger, clock.now());
    this.meters = new NormalizerSet(settingsFor, saved, problems);
    if (path !== undefined) {
      const state = (closed: boolean): unknown => this.meters.state(closed);
      this.file = new StateFile({ path, clock, logger, everyMs: SAVE_EVERY_MS, state });
      this.file.begin();
    }
    this.every(TICK_MS, () => this.tick());
    if (diagnosticsSeconds > 0) {
      this.every(diagnosticsSeconds * 1000, () => {
        this.sendDiagnostics();
        return Promise.resolve();
      });
    }
    this.stops.push(
      addMetrics(() => {
        const diagnosed = this.meters.diagnostics(clock.now());
        return [...normalizeMetrics(diagnosed, node.id), ...limitMetrics(diagnosed, node.id, limits)];
      }),
      addNormalizer(node.id, {
        facts: () => ({
          node: node.id,
          problems: problems.map((problem) => ofCode('CONFIG_INVALID', problem)),
          meters: this.meters.standings(clock.uptime()),
          lastKnown: (meter) => this.meters.lastKnown(meter),
        }),
        acknowledge: (meter, id, by) => this.acknowledge(meter, id, by),
      }),
    );
  }

  async accept(reading: Reading, message: NodeMessageInFlow, send: Send): Promise<void> {
    this.refuseWhenClosing();
    const { clock } = this;
    const accepted = this.meters.accept(reading, clock.now(), clock.uptime(), clock.bootId);
    this.file?.changed();
    this.tellStep(reading, accepted.clockStepMs);
    this.sendCounters(accepted.counters, send);
    if (this.silence.whole + this.silence.part > 0) this.watchSilence();
    this.tellLayout(accepted.layoutVerdict, send);
    if (accepted.otherSupply !== undefined) this.logger.warn(accepted.otherSupply);
    await this.send(accepted, message, send);
  }

  async command(command: NormalizeCommand, message: NodeMessage, send: Send): Promise<void> {
    this.refuseWhenClosing();
    const { telemetry, events } = this.meters.command(command, this.clock.now(), this.clock.uptime());
    this.file?.changed();
    for (const one of telemetry) await this.sendTelemetry(one, { ...message, topic: one.meter.name }, send);
    const answers = events.map((payload): NodeMessage => ({ ...message, topic: payload.meter.name, payload }));
    if (answers.length > 0) send([null, answers]);
  }

  /**
   * Marks an alarm as seen by somebody who is no message, and tells whoever is wired.
   * @throws Pm500Error MESSAGE_INVALID where there is no such meter or rule
   */
  private async acknowledge(meter: string, id: string, by: string | undefined): Promise<void> {
    const who = by === undefined ? {} : { by };
    await this.command({ kind: 'acknowledge', meter, id, ...who }, {}, (message) => {
      this.node.send(message);
    });
    this.onTime();
  }

  /** How many counters a person is asked about. */
  get openQuestions(): number {
    return this.meters.openQuestions;
  }

  /** What of all meters somebody has to look into. */
  get concerns(): Concerns {
    return this.meters.concerns;
  }

  /** Active alarms of all meters, and rules that cannot be judged. */
  get alarms(): AlarmCounts & { readonly unjudged: number } {
    return { ...this.meters.alarms, unjudged: this.meters.unjudgedCount };
  }

  async close(removed: boolean): Promise<void> {
    this.isClosing = true;
    // A reading that is part of the state does not come again.
    await this.shaping.gone();
    for (const stop of this.stops) await stop();
    await (removed ? this.file?.remove() : this.file?.close());
  }

  /** What came now would be sent, but not be part of the last state: the node that follows would count it again. */
  private refuseWhenClosing(): void {
    if (!this.isClosing) return;
    throw new Pm500Error('ABORTED', 'The node is closing and takes nothing any more; the next reading has it all.', {
      retryable: true,
    });
  }

  private tellStep({ meter }: Reading, stepMs: number | undefined): void {
    const text = stepMs === undefined ? undefined : this.clockSteps.tell(meter.name, stepMs, this.clock.uptime());
    if (text !== undefined) this.logger.warn(text);
  }

  /** A layout that a person has confirmed is wrong: the log has it too, in case the second output is not wired. */
  private tellLayout(verdict: LayoutVerdict | undefined, send: Send): void {
    if (verdict === undefined) return;
    const { meter, assemblies } = verdict;
    const text = `Meter "${meter.name}": ${(assemblies[0]?.elements[0]?.evidence ?? []).join(' ')}`;
    if (verdict.verdict === 'contradicted') this.logger.warn(text);
    else this.logger.info(text);
    send([null, [{ topic: meter.name, payload: verdict }]]);
  }

  /** @returns true when it is another than before */
  private watchSilence(): boolean {
    const { whole, part } = this.silence;
    this.silence = this.meters.silence(this.clock.uptime());
    return this.silence.whole !== whole || this.silence.part !== part;
  }

  private every(intervalMs: number, onTick: () => Promise<void>): void {
    const onError = (thrown: unknown): void => {
      this.node.error(thrown, {});
    };
    const schedule = startSchedule({ intervalMs, clock: this.clock, onTick, onError });
    this.stops.push(() => schedule.stop());
  }

  private async tick(): Promise<void> {
    const send: Send = (message) => {
      this.node.send(message);
    };
    const outcomes = this.meters
      .tick(this.clock.now(), this.clock.uptime())
      .filter(({ telemetry, alarms }) => telemetry !== undefined || alarms.length > 0);
    if (outcomes.length > 0) this.file?.changed();
    // Alarms of one meter do not wait for the mapping of another's telemetry.
    const sent = outcomes.map((outcome) => this.send(outcome, {}, send));
    if (outcomes.some(({ alarms }) => alarms.length > 0)) this.onTime();
    if (this.watchSilence()) this.onTime();
    for (const { status, ...end } of await Promise.allSettled(sent)) {
      if (status === 'rejected') this.node.error((end as PromiseRejectedResult).reason, {});
    }
  }

  private async send({ telemetry, alarms }: NormalizerOutput, message: NodeMessage, send: Send): Promise<void> {
    if (alarms.length > 0) {
      send([null, alarms.map((payload): NodeMessage => ({ topic: payload.meter.name, payload }))]);
    }
    if (telemetry !== undefined) await this.sendTelemetry(telemetry, message, send);
  }

  /** A question waits for a person, who may have wired the first output only: the log has it too. */
  private sendCounters(counters: readonly CounterMessage[], send: Send): void {
    if (counters.length === 0) return;
    for (const { event, message } of counters) if (event === 'asked') this.node.warn(message);
    send([null, counters.map((payload): NodeMessage => ({ topic: payload.meter.name, payload }))]);
  }

  private async sendTelemetry(telemetry: Telemetry, message: NodeMessage, send: Send): Promise<void> {
    message.topic ??= telemetry.meter.name;
    const shaped = await this.shaping.during(async () => this.shape(telemetry, message));
    if (shaped !== undefined) send([shaped, null]);
  }

  private sendDiagnostics(): void {
    const messages = this.meters
      .diagnostics(this.clock.now())
      .map((payload): NodeMessage => ({ topic: payload.meter.name, payload }));
    if (messages.length > 0) this.node.send([null, messages]);
  }
}
