import type { DeliveryStats } from '../../delivery/stats';
import type { Pm500Error } from '../../support/errors';
import { BirthAlarm } from './birth-alarm';
import { createClientId } from '../../mqtt/client-id';
import { ConnectionWatch } from './connection-watch';
import { type EdgeCounts, type EdgeEffect, type EdgeEvent, LEAVE_WORDS } from '../edge/edge-events';
import { EdgeNode } from '../edge/edge-node';
import { EdgeTimers } from './edge-timers';
import { closedBefore, FlushWaits } from './flush-waits';
import { createHistory } from '../history/create-history';
import type { Acceptance, History } from '../history/history';
import { forwardedBy } from '../history/drain-port';
import { deliveryOf, type HistoryStats } from '../history/history-stats';
import { NoStore } from '../history/no-store';
import type { MetricSample } from '../metrics/metrics';
import { explainMqttError } from '../../mqtt/mqtt-errors';
import type { LinkLoss } from '../../mqtt/mqtt-link';
import { brokerSettings, type Will } from '../../mqtt/mqtt-options';
import { ServerList } from '../../mqtt/server-list';
import { SessionLink, type SessionLinkListener } from './session-link';
import type { EdgeSessionDependencies, EdgeSessionSettings, EdgeState } from './session-settings';
import { StateBoard } from './state-board';
import { TimerSet } from '../../support/timer-set';

/** One Sparkplug edge node on one broker: runs the state machine, keeps the time, and connects again after failures. */
export class EdgeSession {
  private readonly dependencies: EdgeSessionDependencies;
  private readonly edge: EdgeNode;
  private readonly clientId: string;
  private readonly timers: TimerSet;
  private readonly waits: EdgeTimers;
  private readonly servers: ServerList;
  private readonly connection: ConnectionWatch;
  private readonly alarm: BirthAlarm;
  private readonly stored: History | undefined;
  private readonly noStore: NoStore;
  private readonly flushes: FlushWaits;
  private readonly board: StateBoard;
  private readonly link: SessionLink;
  private isStarted = false;
  /** True once this connection has been good for something. */
  private hasStood = false;
  private closing: Promise<void> | undefined;

  /** @throws Pm500Error SPARKPLUG_ID_INVALID */
  constructor(settings: EdgeSessionSettings, dependencies: EdgeSessionDependencies) {
    this.dependencies = dependencies;
    this.servers = new ServerList(settings.broker, settings.furtherServers ?? [], dependencies.random);
    this.edge = new EdgeNode({ ...settings.node, hasFurtherServers: this.servers.hasFurther });
    this.clientId = settings.clientId ?? createClientId(dependencies.random);
    this.timers = new TimerSet(dependencies.clock);
    const maximumBytes = (): number => this.connection.maximumBytes;
    this.waits = new EdgeTimers(settings, this.timers, dependencies.clock, maximumBytes, (event) => {
      this.dispatch(event);
    });
    const announce = (): void => {
      this.board.announce();
    };
    const { node, birthReturnMs, maximumMessageBytes } = settings;
    const { clock, logger } = dependencies;
    this.connection = new ConnectionWatch(this.servers, this.timers, clock, logger, maximumMessageBytes);
    this.alarm = new BirthAlarm(node, this.timers, logger, announce, birthReturnMs);
    this.board = new StateBoard(logger, () => {
      const { phase, bornDevices: devices } = this.edge;
      const { error: alarm } = this.alarm;
      return alarm === undefined ? { phase, devices } : { phase, devices, alarm };
    });
    this.link = new SessionLink(
      dependencies,
      () => brokerSettings(settings, this.servers.current, this.clientId),
      this.listener(),
    );
    this.flushes = new FlushWaits((deviceId) => this.edge.hasPending(deviceId));
    this.noStore = new NoStore(clock, logger);
    this.stored = createHistory(settings, dependencies, {
      linkOf: () => this.link.current,
      isFlowing: () => this.edge.isFlowing,
      isBorn: (deviceId) => this.edge.isBorn(deviceId),
      forward: (record, isForced, allowed) => {
        const effects = this.dispatch({ kind: 'history', ...record, isForced, allowed, at: this.now() });
        return forwardedBy(effects, this.edge.isFlowing && this.edge.isBorn(record.deviceId));
      },
    });
  }

  get state(): EdgeState {
    return this.board.state;
  }

  get counts(): EdgeCounts {
    return this.edge.counts;
  }

  /** True while live data waits in this process for the socket. */
  get isBacklogged(): boolean {
    return this.link.current?.isBacklogged ?? false;
  }

  /** How store and forward stands; undefined without it. */
  get history(): HistoryStats | undefined {
    return this.stored?.stats;
  }

  /** The same as for every other sink, also without store and forward. */
  get delivery(): DeliveryStats {
    const { state, counts } = this;
    const { stats, capacity } = this.stored ?? {};
    return stats ? deliveryOf(stats, state, counts.leftOut, capacity) : this.noStore.delivery(state, counts.leftOut);
  }

  /** Connects and stays connected until `close`. Calling it again does nothing. */
  start(): void {
    if (this.isStarted || this.closing !== undefined) return;
    this.isStarted = true;
    this.connect();
  }

  /**
   * Takes values of a device: publishes them now, or has the newest in the next birth and keeps all for later.
   * @param isLost whether the meter is lost; undefined: as before
   * @throws Pm500Error SPARKPLUG_ID_INVALID, SPARKPLUG_VALUE_INVALID; then nothing of them was taken
   */
  publish(deviceId: string, samples: readonly MetricSample[], isLost?: boolean): void {
    this.dispatch({ kind: 'samples', deviceId, samples, isLost, at: this.now() });
  }

  /**
   * Begins to watch over values of a device that are about to be published. What it returns, called after `publish`,
   * resolves when they cannot be lost any more: the broker has read them, or the outbox has them. Without store and
   * forward that is not waited for.
   * @throws Pm500Error SPARKPLUG_OFFLINE when the session is closed
   */
  watch(deviceId: string): Acceptance {
    if (this.edge.phase === 'closed') throw closedBefore(deviceId);
    const accepted = this.stored?.watch();
    if (accepted === undefined) return () => Promise.resolve();
    return () => this.flushes.wait(deviceId)?.then(accepted) ?? accepted();
  }

  /** The device has gone: DDEATH, and it is forgotten. */
  remove(deviceId: string): void {
    this.waits.forget(deviceId);
    this.dispatch({ kind: 'removed', deviceId, at: this.now() });
  }

  /** Calls `listener` on every change of phase, devices or error, until the returned function is called. */
  onState(listener: (state: EdgeState) => void): () => void {
    return this.board.onState(listener);
  }

  /** Says NDEATH and disconnects, for good. Never rejects; may be called again. */
  close(): Promise<void> {
    this.closing ??= this.closeNow();
    return this.closing;
  }

  private async closeNow(): Promise<void> {
    this.timers.cancelAll();
    this.dispatch({ kind: 'closing', at: this.now() });
    const isClean = await this.link.current?.end();
    // Of a link that had to be closed by force nobody knows what has passed it.
    if (isClean === false) this.stored?.keepRecent('silent');
    await this.stored?.close();
    this.noStore.close();
    this.board.announceWell();
  }

  private now(): number {
    return this.dependencies.clock.now();
  }

  private connect(): void {
    this.dispatch({ kind: 'connecting', bdSeq: this.link.begin(), at: this.now() });
  }

  private dispatch(event: EdgeEvent): readonly EdgeEffect[] {
    const before = this.edge.phase;
    const effects = this.edge.handle(event);
    for (const effect of effects) this.perform(effect);
    const hasDeviceChanged = effects.some((effect) => effect.kind === 'publish' && !effect.message.endsWith('DATA'));
    const { phase } = this.edge;
    if (phase !== before && (phase === 'born' || phase === 'waiting')) this.onStanding();
    else if (hasDeviceChanged || phase !== before) this.board.announce();
    if (hasDeviceChanged || event.kind === 'drained') this.stored?.wake();
    const link = this.link.current;
    if (hasDeviceChanged && link !== undefined) this.connection.onBirth(() => link.confirm());
    this.flushes.look();
    return effects;
  }

  /** The broker took the session and granted everything: what went wrong before is over. */
  private onStanding(): void {
    this.hasStood = true;
    this.connection.onStanding();
    if (this.edge.phase === 'waiting') this.waits.waitForHost();
    this.board.announceWell();
  }

  private perform(effect: EdgeEffect): void {
    switch (effect.kind) {
      case 'connect':
        this.open(effect.will);
        break;
      case 'subscribe':
        this.link.subscribe(effect);
        break;
      case 'publish':
        if (effect.message === 'NBIRTH') this.alarm.onBirth(this.servers.label);
        if (effect.live !== undefined) this.stored?.remember(effect.live);
        if (effect.message === 'DBIRTH') this.noStore.onBirth(effect.live?.deviceId);
        this.connection.onPublish(effect);
        if (this.link.current?.publish(effect.topic, effect.payload) === true) this.dispatch({ kind: 'congested' });
        break;
      case 'disconnect':
        this.leave(effect);
        break;
      case 'settle':
      case 'quiet':
      case 'health':
      case 'oversized':
        this.waits.begin(effect);
        break;
      case 'unsent':
        (this.stored ?? this.noStore).keep(effect, this.edge.phase === 'born');
        break;
      case 'unfit':
        this.stored?.noteUnfit(effect.count);
        break;
      case 'held':
        break;
      case 'duplicate':
        this.alarm.onForeign(this.servers.label);
        break;
      case 'returned':
        this.alarm.onReturned();
        break;
      case 'failed':
        this.board.fail(effect.error);
        break;
      case 'warn':
        this.dependencies.logger.warn(effect.message);
        break;
    }
  }

  private leave({ reason, leavesWill }: Extract<EdgeEffect, { kind: 'disconnect' }>): void {
    const words = LEAVE_WORDS[reason];
    if (words !== undefined) this.dependencies.logger.info(words);
    // It was gone for a while before its will said so.
    if (reason === 'host_offline') this.stored?.keepRecent('silent');
    this.hasStood = false;
    void this.link.current?.end(leavesWill);
  }

  private open(will: Will): void {
    this.hasStood = false;
    try {
      this.link.open(will);
    } catch (thrown) {
      this.timers.set('retry', 0, () => {
        this.onClosed(explainMqttError(thrown, this.servers.label));
      });
    }
  }

  private listener(): SessionLinkListener {
    return {
      tell: (event) => {
        this.dispatch(event);
      },
      onAccepted: (announced) => this.connection.onConnected(announced),
      onRefused: (error) => {
        this.board.fail(error);
      },
      onWatching: (subscribed) => {
        this.alarm.watch(subscribed);
      },
      onClosed: (error, loss) => {
        this.onClosed(error, loss);
      },
    };
  }

  private onClosed(error: Pm500Error | undefined, loss: LinkLoss = 'silent'): void {
    this.waits.endSession();
    this.alarm.endSession();
    const explained = this.connection.onEnd(error);
    if (explained !== undefined) {
      this.stored?.keepRecent(loss);
      this.board.fail(explained);
    } else this.stored?.forgetRecent();
    this.dispatch({ kind: 'disconnected' });
    if (this.closing !== undefined) return;
    this.timers.set('retry', this.servers.next(this.hasStood), () => {
      this.connect();
    });
  }
}
