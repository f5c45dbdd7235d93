import type { Clock } from '../support/clock';
import { type Pm500Error, toPm500Error } from '../support/errors';
import type { Logger } from '../support/logger';
import type { Random } from '../support/random';
import { type RetryPolicy, retryDelays } from '../support/retry';
import type { BdSeqCounter } from './bd-seq';
import type { EdgeCounts, EdgeEffect, EdgeEvent, EdgePhase } from './edge-events';
import { EdgeNode, type EdgeNodeSettings } from './edge-node';
import type { MetricSample } from './metrics';
import type { BrokerSettings, MqttLink, OpenLink } from './mqtt-link';
import { TimerSet } from './timer-set';

export interface EdgeSessionSettings {
  readonly node: EdgeNodeSettings;
  readonly broker: Omit<BrokerSettings, 'clientId'>;
  /** How long a device's first or changed DBIRTH waits for metrics of other groups. */
  readonly settleMs?: number;
  /** Least time between an NBIRTH and a rebirth that a host asks for. */
  readonly quietMs?: number;
}

export interface EdgeSessionDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly openLink: OpenLink;
  readonly bdSeq: BdSeqCounter;
}

/** What an edge node shows of itself. */
export interface EdgeState {
  readonly phase: EdgePhase;
  /** IDs of devices that are born. */
  readonly devices: readonly string[];
  /** Why there is no session, until there is one again. */
  readonly error?: Pm500Error;
}

const DEFAULT_SETTLE_MS = 1000;
const DEFAULT_QUIET_MS = 1000;
const RETRY: RetryPolicy = { initialMs: 1000, maximumMs: 30_000, factor: 2, jitter: 0.3 };

/** A client ID that no other session has: 22 letters and digits, within what every broker takes (MQTT 3.1.1, 3.1.3.1). */
function createClientId(random: Random): string {
  const digits = Array.from({ length: 17 }, () => Math.floor(random() * 36).toString(36));
  return `pm500${digits.join('')}`;
}

/** One Sparkplug edge node on one broker: runs the state machine, keeps the time, and connects again after failures. */
export class EdgeSession {
  readonly #settings: EdgeSessionSettings;
  readonly #dependencies: EdgeSessionDependencies;
  readonly #edge: EdgeNode;
  readonly #clientId: string;
  readonly #timers: TimerSet;
  readonly #listeners = new Set<(state: EdgeState) => void>();
  #delays: Generator<number, never>;
  #link: MqttLink | undefined;
  #state: EdgeState = { phase: 'offline', devices: [] };
  #isStarted = false;
  #closing: Promise<void> | undefined;

  /** @throws Pm500Error SPARKPLUG_ID_INVALID */
  constructor(settings: EdgeSessionSettings, dependencies: EdgeSessionDependencies) {
    this.#settings = settings;
    this.#dependencies = dependencies;
    this.#edge = new EdgeNode(settings.node);
    this.#clientId = createClientId(dependencies.random);
    this.#timers = new TimerSet(dependencies.clock);
    this.#delays = retryDelays(RETRY, dependencies.random);
  }

  get state(): EdgeState {
    return this.#state;
  }

  get counts(): EdgeCounts {
    return this.#edge.counts;
  }

  /** Connects and stays connected until `close`. Calling it again does nothing. */
  start(): void {
    if (this.#isStarted || this.#closing !== undefined) return;
    this.#isStarted = true;
    this.#connect();
  }

  /**
   * Takes values of a device: publishes them now, or has the newest in the next birth.
   * @throws Pm500Error SPARKPLUG_ID_INVALID, SPARKPLUG_VALUE_INVALID; then nothing of them was taken
   */
  publish(deviceId: string, samples: readonly MetricSample[]): void {
    this.#dispatch({ kind: 'samples', deviceId, samples, at: this.#now() });
  }

  /** The device has gone: DDEATH, and it is forgotten. */
  remove(deviceId: string): void {
    this.#timers.cancel(`settle ${deviceId}`);
    this.#dispatch({ kind: 'removed', deviceId, at: this.#now() });
  }

  /** Calls `listener` on every change of phase, devices or error, until the returned function is called. */
  onState(listener: (state: EdgeState) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Says NDEATH and disconnects, for good. Never rejects; may be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#timers.cancelAll();
    this.#dispatch({ kind: 'closing', at: this.#now() });
    await this.#link?.end();
    this.#announce(undefined);
  }

  #now(): number {
    return this.#dependencies.clock.now();
  }

  #connect(): void {
    this.#dispatch({ kind: 'connecting', bdSeq: this.#dependencies.bdSeq.next(), at: this.#now() });
  }

  #dispatch(event: EdgeEvent): void {
    const before = this.#edge.phase;
    let hasDeviceChanged = false;
    for (const effect of this.#edge.handle(event)) {
      this.#perform(effect);
      hasDeviceChanged ||= effect.kind === 'publish' && effect.message !== 'DDATA';
    }
    const { phase } = this.#edge;
    if (phase !== before && (phase === 'born' || phase === 'waiting')) this.#onStanding();
    else if (hasDeviceChanged || phase !== before) this.#announce(this.#state.error);
  }

  /** The broker took the session and granted everything: what went wrong before is over. */
  #onStanding(): void {
    this.#delays = retryDelays(RETRY, this.#dependencies.random);
    this.#announce(undefined);
  }

  #perform(effect: EdgeEffect): void {
    const { logger } = this.#dependencies;
    switch (effect.kind) {
      case 'connect':
        this.#open(effect.will);
        break;
      case 'subscribe':
        this.#subscribe(effect.topics);
        break;
      case 'publish':
        if (this.#link?.publish(effect.topic, effect.payload) === true) this.#dispatch({ kind: 'congested' });
        break;
      case 'disconnect':
        if (effect.reason === 'host_offline') logger.info('The primary host is offline; waiting for it.');
        void this.#link?.end();
        break;
      case 'settle': {
        const { deviceId } = effect;
        this.#timers.set(`settle ${deviceId}`, this.#settings.settleMs ?? DEFAULT_SETTLE_MS, () => {
          this.#dispatch({ kind: 'settled', deviceId, at: this.#now() });
        });
        break;
      }
      case 'quiet':
        this.#timers.set('quiet', this.#settings.quietMs ?? DEFAULT_QUIET_MS, () => {
          this.#dispatch({ kind: 'quietOver', at: this.#now() });
        });
        break;
      case 'superseded':
        break;
      case 'warn':
        logger.warn(effect.message);
        break;
    }
  }

  #open(will: { readonly topic: string; readonly payload: Uint8Array }): void {
    const { openLink } = this.#dependencies;
    const broker = { ...this.#settings.broker, clientId: this.#clientId };
    const link: MqttLink = openLink(broker, will, {
      onConnected: () => {
        if (this.#link === link) this.#dispatch({ kind: 'connected' });
      },
      onMessage: (topic, payload, isRetained) => {
        if (this.#link === link) this.#dispatch({ kind: 'message', topic, payload, isRetained, at: this.#now() });
      },
      onDrained: () => {
        if (this.#link === link) this.#dispatch({ kind: 'drained', at: this.#now() });
      },
      onClosed: (error) => {
        if (this.#link === link) this.#onClosed(error);
      },
    });
    this.#link = link;
  }

  #subscribe(topics: readonly string[]): void {
    const link = this.#link;
    link?.subscribe(topics).then(
      () => {
        if (this.#link === link) this.#dispatch({ kind: 'subscribed', at: this.#now() });
      },
      (thrown: unknown) => {
        if (this.#link !== link) return;
        this.#fail(toPm500Error(thrown));
        void link.end();
      },
    );
  }

  #onClosed(error: Pm500Error | undefined): void {
    this.#link = undefined;
    this.#timers.cancel('quiet');
    if (error !== undefined) this.#fail(error);
    this.#dispatch({ kind: 'disconnected' });
    if (this.#closing !== undefined) return;
    this.#timers.set('retry', this.#delays.next().value, () => {
      this.#connect();
    });
  }

  /** Shows an error, and logs it unless it is what was logged last. */
  #fail(error: Pm500Error): void {
    if (error.message !== this.#state.error?.message) this.#dependencies.logger.warn(error.message);
    this.#announce(error);
  }

  #announce(error: Pm500Error | undefined): void {
    const { phase, bornDevices: devices } = this.#edge;
    this.#state = error === undefined ? { phase, devices } : { phase, devices, error };
    for (const listener of this.#listeners) listener(this.#state);
  }
}
