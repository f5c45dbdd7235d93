import type { Destination, Health, Hold, Verdict } from '../delivery/destination';
import { DEFAULT_RECHECK_MS } from '../delivery/settings';
import { publishNotAllowed } from '../mqtt/mqtt-errors';
import type { OpenAcknowledgedLink } from '../mqtt/mqtt-link';
import type { BrokerSettings } from '../mqtt/mqtt-options';
import type { OutboxRecord } from '../outbox/outbox';
import { within, type Clock } from '../support/clock';
import { hasCode, toPm500Error, type Pm500Error } from '../support/errors';
import type { Random } from '../support/random';
import type { RetryPolicy } from '../support/retry';
import { BrokerConnection, type ReplaceableIdentity, type Standing, type Unavailable } from './connection';
import { explainFailure } from './explain';
import { aborted, recordTooLarge, unansweredPing } from './failures';
import { byTopic, limitsWithin, pack, type Message, type PackLimits } from './pack';
import { PublishPace } from './pace';
import { PROFILE_LIMITS, type BrokerLimits, type Profile } from './profiles';
import { topicOf } from './record-text';
import { TopicRights } from './topic-rights';
import { transmit, type Transmitted } from './transmit';
import { FILES_MS, isOfRecord, verdictOfTransmission, verdictOfUnavailable } from './verdicts';

export interface IotSettings {
  readonly profile: Profile;
  readonly host: string;
  readonly port: number;
  /** Records in a message at most; 1: each is a message as it is. */
  readonly recordsPerMessage: number;
  /** How long the broker may acknowledge nothing, milliseconds. */
  readonly timeoutMs: number;
  /** In place of those of the profile. */
  readonly limits?: Partial<BrokerLimits>;
  /** How it calms down after connections that ended soon. */
  readonly calm?: RetryPolicy;
}

export interface IotDependencies {
  readonly openLink: OpenAcknowledgedLink;
  readonly clock: Clock;
  readonly random: Random;
  /** What holds for the next connection. @throws Pm500Error */
  readonly settingsOf: () => BrokerSettings;
  /** Absent where what a connection is opened with stays the same. */
  readonly identity?: ReplaceableIdentity;
  /** What the certificate of now gives to think about, for sentences; empty where nothing. */
  readonly concernOf?: () => string;
}

/** An evenly paced delivery may take this long and be a good one, milliseconds. */
const PACED_PATIENCE_MS = 60_000;

/** A broker that takes records as MQTT messages at QoS 1: a record is written when the broker has sent its PUBACK. */
class IotDestination implements Destination {
  readonly name: string;
  readonly unit = 'record';
  readonly patienceMs: number;
  private readonly limits: BrokerLimits;
  private readonly broker: string;
  private readonly connection: BrokerConnection;
  private readonly pace: PublishPace;
  /** Acknowledged, and part of a delivery that was not written as a whole: not sent again. */
  private readonly acknowledged = new WeakSet<OutboxRecord>();
  private readonly rights = new TopicRights();
  /** Until when a first refusal can be about the time of the connection before; undefined while there was none. */
  private doubtUntilMs: number | undefined;
  /** What holds while the identity stays as it was, for so long; then the broker is asked again. */
  private held: { readonly verdict: Hold; readonly version: string; readonly untilMs: number } | undefined;

  constructor(
    private readonly settings: IotSettings,
    private readonly dependencies: IotDependencies,
  ) {
    const { profile, host, port, timeoutMs, calm } = settings;
    this.limits = { ...PROFILE_LIMITS[profile], ...settings.limits };
    this.broker = `${host}:${port}`;
    this.name = `the MQTT broker ${this.broker}`;
    this.pace = new PublishPace(this.limits);
    this.patienceMs = this.limits.perSecond === undefined ? timeoutMs : Math.max(timeoutMs, PACED_PATIENCE_MS);
    const explain = (error: Pm500Error): Pm500Error =>
      explainFailure(error, profile, this.dependencies.concernOf?.() ?? '');
    const { connectEveryMs } = this.limits;
    const connectLimit = connectEveryMs === undefined ? {} : { connectEveryMs };
    this.connection = new BrokerConnection({ ...dependencies, explain, ...connectLimit }, calm);
  }

  async deliver(records: readonly OutboxRecord[], signal: AbortSignal): Promise<Verdict> {
    try {
      const held = this.stillHeld();
      if (held !== undefined) return held;
      // As it was before the attempt: what changes meanwhile is a change.
      const version = this.dependencies.identity?.version;
      const found = await this.standing(signal);
      if (signal.aborted) return { kind: 'retry', error: aborted() };
      if ('error' in found) return this.unlessPassing(verdictOfUnavailable(found), version);
      const open = records.filter((record) => !this.acknowledged.has(record));
      return open.length === 0
        ? await this.confirm(records, found, signal)
        : this.unlessPassing(await this.send(records, open, found, signal), version);
    } catch (thrown) {
      return { kind: 'retry', error: toPm500Error(thrown) };
    }
  }

  /** No person is needed for what passes by itself, or what another certificate mends, as while the one of before is revoked. */
  private unlessPassing(verdict: Verdict, version: string | undefined): Verdict {
    if (verdict.kind !== 'hold' || hasCode(verdict.error, 'MQTT_CREDENTIALS_INVALID', 'IDENTITY_INVALID'))
      return verdict;
    const { identity, clock } = this.dependencies;
    const { error } = verdict;
    if (identity?.hasAnother() === true) return { kind: 'retry', error, isGeneral: true };
    const retryAfterMs = hasCode(error, 'MQTT_REFUSED') ? this.doubtMs() : 0;
    if (retryAfterMs > 0) return { kind: 'retry', error, isGeneral: true, retryAfterMs };
    if (version === undefined) return verdict;
    const held = { ...verdict, recheckMs: FILES_MS };
    this.held = { verdict: held, version, untilMs: clock.monotonic() + DEFAULT_RECHECK_MS };
    return held;
  }

  /**
   * AWS refuses a client ID that connected within the last second, as a program does that was ended and started again, in
   * words that it has for certificates, too. So the first refusal is no verdict until that time is over. Once: later
   * connections keep the time by themselves.
   */
  private doubtMs(): number {
    const now = this.dependencies.clock.monotonic();
    this.doubtUntilMs ??= now + (this.limits.connectEveryMs ?? 0);
    return Math.max(0, this.doubtUntilMs - now);
  }

  /** A new certificate ends what is held at once; without one the broker is not asked more often than otherwise. */
  private stillHeld(): Verdict | undefined {
    const { held } = this;
    const { identity, clock } = this.dependencies;
    if (held !== undefined && held.version === identity?.version && clock.monotonic() < held.untilMs)
      return held.verdict;
    this.held = undefined;
    return undefined;
  }

  suspects(records: readonly OutboxRecord[]): readonly number[] {
    if (!this.rights.hasRefused) return [];
    return records.flatMap((record, place) => (this.rights.isRefused(topicOf(record)) ? place : []));
  }

  async health(signal: AbortSignal): Promise<Health> {
    const found = await this.standing(signal);
    if (!('error' in found)) return { healthy: true, server: this.name };
    const problem = verdictOfUnavailable(found).kind === 'hold' ? 'refused' : 'unreachable';
    return { healthy: false, problem, error: found.error };
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** A connection, or why there is none; also when `signal` aborts while one is opened. */
  private standing(signal: AbortSignal): Promise<Standing | Unavailable> {
    return within(this.connection.stand(), { clock: this.dependencies.clock, signal }, () => ({ error: aborted() }));
  }

  /** The broker has them all; that it is still there is seen by a ping, so that none is sent twice to find it out. */
  private async confirm(records: readonly OutboxRecord[], { link }: Standing, signal: AbortSignal): Promise<Verdict> {
    const { timeoutMs } = this.settings;
    const { clock } = this.dependencies;
    const answer = link.confirm().then(
      () => undefined,
      (thrown: unknown) => toPm500Error(thrown),
    );
    const error = await within(answer, { clock, signal, timeoutMs }, () =>
      signal.aborted ? aborted() : unansweredPing(this.broker, timeoutMs),
    );
    if (error !== undefined) {
      if (hasCode(error, 'MQTT_NO_ACKNOWLEDGMENT')) this.connection.drop(error);
      return { kind: 'retry', error, isGeneral: true };
    }
    for (const record of records) this.acknowledged.delete(record);
    return { kind: 'written' };
  }

  private async send(
    records: readonly OutboxRecord[],
    open: readonly OutboxRecord[],
    standing: Standing,
    signal: AbortSignal,
  ): Promise<Verdict> {
    const packed = pack(open, this.packLimits(open, standing));
    let result = await this.transmit(packed.messages, standing, signal);
    const mixed = result.refused.filter(({ message, error }) => isOfRecord(error) && message.places.length > 1);
    // The broker refuses a message, and the fault is one of its records: each is tried alone.
    if (mixed.length > 0 && result.error === undefined)
      result = await this.sendApart(open, mixed, result, standing, signal);
    const failed = new Set([
      ...packed.tooLarge,
      ...result.unknown.flatMap(({ places }) => places),
      ...result.refused.flatMap(({ message }) => message.places),
    ]);
    if (failed.size === 0 && result.error === undefined) {
      for (const record of records) this.acknowledged.delete(record);
      this.rights.noteTaken(new Set(packed.messages.map(({ topic }) => topic)));
      return { kind: 'written' };
    }
    const taken = open.filter((_, place) => !failed.has(place));
    for (const record of taken) this.acknowledged.add(record);
    const verdict = verdictOfTransmission(result, {
      forbidden: this.forbiddenOf(open, taken, failed, result),
      tooLarge: {
        places: packed.tooLarge,
        error: packed.tooLarge.length === 0 ? undefined : recordTooLarge(this.broker),
      },
    });
    return verdict.kind === 'rejected' && verdict.named !== undefined
      ? { ...verdict, named: placesIn(records, open, verdict.named) }
      : verdict;
  }

  private async sendApart(
    open: readonly OutboxRecord[],
    mixed: Transmitted['refused'],
    { refused }: Transmitted,
    standing: Standing,
    signal: AbortSignal,
  ): Promise<Transmitted> {
    const places = mixed.flatMap(({ message }) => message.places);
    const suspected = places.flatMap((place) => open[place] ?? []);
    // With an envelope all the same: the shape of messages is not to depend on what was refused before.
    const limits = this.packLimits(suspected, standing);
    const apart = suspected.map((record) => pack([record], limits));
    const messages = apart.flatMap(({ messages: own }, at): readonly Message[] =>
      own.map((message) => ({ ...message, places: [places[at] ?? 0] })),
    );
    const again = await this.transmit(messages, standing, signal);
    return { ...again, refused: [...refused.filter((each) => !mixed.includes(each)), ...again.refused] };
  }

  private async transmit(messages: readonly Message[], standing: Standing, signal: AbortSignal): Promise<Transmitted> {
    const { clock } = this.dependencies;
    // A broker that says none, which MQTT 5.0 forbids (3.2.2.3.3), would get nothing for ever.
    const window = Math.max(1, Math.min(this.limits.unacknowledged, standing.receiveMaximum));
    const { pace, broker } = this;
    const patienceMs = this.settings.timeoutMs;
    const { isOneByOne: isOneTopicAtATime } = this.rights;
    const result = await transmit(isOneTopicAtATime ? byTopic(messages) : messages, standing, {
      ...{ clock, pace, window, isOneTopicAtATime, patienceMs, broker, signal },
    });
    if (result.error !== undefined && standing.ended === undefined && !signal.aborted)
      this.connection.drop(result.error);
    return result;
  }

  private packLimits(records: readonly OutboxRecord[], { maximumBytes }: Standing): PackLimits {
    const { payloadBytes } = this.limits;
    return limitsWithin(maximumBytes, { payloadBytes, records: this.settings.recordsPerMessage }, records);
  }

  /** The records that failed because of their topics: of those also what was not sent any more. */
  private forbiddenOf(
    open: readonly OutboxRecord[],
    taken: readonly OutboxRecord[],
    failed: ReadonlySet<number>,
    result: Transmitted,
  ): Parameters<typeof verdictOfTransmission>[1]['forbidden'] {
    const { refused, isOtherTaken } = this.rights.note(result, new Set(taken.map(topicOf)));
    const [topic] = refused;
    if (topic === undefined) return { places: [], error: undefined, isOtherTaken };
    const places = open.flatMap((record, place) => (failed.has(place) && refused.has(topicOf(record)) ? place : []));
    const said = result.refused.find(({ message }) => refused.has(message.topic))?.error;
    return { places, error: said ?? publishNotAllowed(topic, this.broker, result.error), isOtherTaken };
  }
}

/** Places among all records of places among the open ones. */
function placesIn(
  records: readonly OutboxRecord[],
  open: readonly OutboxRecord[],
  places: readonly number[],
): readonly number[] {
  const wanted = new Set(places.map((place) => open[place]));
  return records.flatMap((record, at) => (wanted.has(record) ? at : []));
}

export function createIotDestination(settings: IotSettings, dependencies: IotDependencies): Destination {
  return new IotDestination(settings, dependencies);
}
