import { checkSamples } from './check-samples';
import { Commands } from './commands';
import { DeviceList } from './device-list';
import { toPm500Error } from '../../support/errors';
import { bearDevice, bearOversized, forwardHistory, loseDevice, sayData } from './device-messages';
import { DuplicateWatch } from './duplicate-watch';
import type { EdgeCounts, EdgeEffect, EdgeEvent, EdgePhase, LeaveReason } from './edge-events';
import { type TemplateSettings, templateModel } from '../metrics/metric-model';
import { type HostTurn, PrimaryHost, type PrimaryHostSettings } from './primary-host';
import { type MetricNaming, Publisher } from './publisher';
import { instanceNameOf, isInstanceName } from '../metrics/template-instances';
import { type EdgeNodeDescriptor, checkId, nodeTopic } from './topic';

export interface EdgeNodeSettings extends EdgeNodeDescriptor, PrimaryHostSettings {
  /** True: read the own NBIRTH topic, where another edge node with the same IDs would show. */
  readonly watchesDuplicates?: boolean;
  /** Gather metrics in instances of templates, with the health of the edge node; flat metrics where absent. */
  readonly templates?: TemplateSettings;
  readonly naming?: MetricNaming;
}

type EventOf<Kind extends EdgeEvent['kind']> = Extract<EdgeEvent, { kind: Kind }>;
type Effects = readonly EdgeEffect[];

/**
 * A Sparkplug edge node as a pure state machine: events in, effects out, no time and no network of its own. Effects must
 * be carried out at once and in order, because a message has its `seq` when it leaves this class.
 */
export class EdgeNode {
  private readonly settings: EdgeNodeSettings;
  private readonly devices: DeviceList;
  private readonly publisher: Publisher;
  private readonly counted = { births: 0, suppressed: 0, historical: 0, foreignBirths: 0 };
  private readonly commands: Commands;
  private readonly duplicates = new DuplicateWatch();
  private readonly host: PrimaryHost;
  private current: EdgePhase = 'offline';
  /** True for a time after every NBIRTH: a rebirth asked for meanwhile is made when it is over. */
  private isQuiet = false;
  private isRebirthDue = false;
  private isCongested = false;

  /** @throws Pm500Error SPARKPLUG_ID_INVALID */
  constructor(settings: EdgeNodeSettings) {
    checkId('group ID', settings.groupId);
    checkId('edge node ID', settings.edgeNodeId);
    if (settings.primaryHostId !== undefined) checkId('primary host ID', settings.primaryHostId);
    this.settings = settings;
    this.host = new PrimaryHost(settings);
    this.commands = new Commands(settings.hasFurtherServers === true);
    this.devices = new DeviceList(settings.templates && instanceNameOf);
    this.publisher = new Publisher(settings, settings.templates && templateModel(settings.templates), settings.naming);
  }

  get phase(): EdgePhase {
    return this.current;
  }

  get counts(): EdgeCounts {
    return { ...this.publisher.counts, ...this.commands.counts, ...this.counted };
  }

  /** IDs of devices that are born. */
  get bornDevices(): readonly string[] {
    return this.devices.bornIds;
  }

  /**
   * Takes one event in.
   * @throws Pm500Error SPARKPLUG_ID_INVALID, SPARKPLUG_VALUE_INVALID for samples that cannot be sent; nothing has changed
   */
  handle(event: EdgeEvent): Effects {
    if (this.current === 'closed') return [];
    switch (event.kind) {
      case 'connecting':
        return this.beginSession(event);
      case 'connected':
        this.current = 'subscribing';
        this.publisher.maximumBytes = event.maximumBytes ?? Number.POSITIVE_INFINITY;
        return [this.subscriptions()];
      case 'subscribed':
        return this.current === 'subscribing' ? this.birthOrWait(event.at) : [];
      case 'disconnected':
        return this.endSession('offline');
      case 'message':
        return this.onMessage(event);
      case 'samples':
        return this.onSamples(event);
      case 'settled':
        return this.onSettled(event);
      case 'removed':
        return loseDevice(this.publisher, this.devices.remove(event.deviceId), event.at);
      case 'quietOver':
        this.isQuiet = false;
        return this.isRebirthDue && !this.isCongested ? this.birthAll(event.at) : [];
      case 'healthDue':
        return this.current === 'born' ? this.sayHealth(event.at) : [];
      case 'sizeDue':
        this.publisher.maximumBytes = event.maximumBytes;
        return this.mayPublishData ? bearOversized(this.publisher, this.devices, event.at) : [{ kind: 'oversized' }];
      case 'congested':
        this.isCongested = true;
        return [];
      case 'drained':
        this.isCongested = false;
        return this.current === 'born' ? this.catchUp(event.at) : [];
      case 'hostMissing':
        return this.current === 'waiting' ? this.onHostMissing(event.at) : [];
      case 'history':
        return this.onHistory(event);
      case 'closing':
        return this.leave('closing', event.at);
    }
  }

  private get mayPublishData(): boolean {
    return this.current === 'born' && !this.isRebirthDue && !this.isCongested;
  }

  /** True when data could be published now: history may follow. */
  get isFlowing(): boolean {
    return this.mayPublishData;
  }

  /** True between DBIRTH and DDEATH of a device. */
  isBorn(deviceId: string): boolean {
    return this.devices.find(deviceId)?.isBorn === true;
  }

  /** True while a value of the device has neither been published nor been given out as unsent. */
  hasPending(deviceId: string): boolean {
    return this.devices.find(deviceId)?.hasPending ?? false;
  }

  private subscriptions(): EdgeEffect {
    const { needed, unlikely } = this.host.topics;
    const topics = [nodeTopic('NCMD', this.settings), ...needed];
    // Who does without it has a broker that ends connections which ask for more than they may read.
    if (this.settings.watchesDuplicates !== true) return { kind: 'subscribe', topics };
    const watched = nodeTopic('NBIRTH', this.settings);
    return { kind: 'subscribe', topics, watched, ...(unlikely === undefined ? {} : { unlikely }) };
  }

  private beginSession({ bdSeq, at }: EventOf<'connecting'>): Effects {
    const unsent = this.endSession('connecting');
    this.publisher.bdSeq = bdSeq;
    return [...unsent, { kind: 'connect', will: this.publisher.will(at) }];
  }

  private birthOrWait(at: number): Effects {
    if (this.host.isOnline) return this.birthAll(at);
    this.current = 'waiting';
    return [];
  }

  /** Forgets the session, and gives out what it could not publish any more. */
  private endSession(phase: EdgePhase): Effects {
    this.current = phase;
    this.host.restart();
    this.isRebirthDue = false;
    this.isCongested = false;
    const effects: EdgeEffect[] = [];
    for (const device of this.devices) {
      device.isBorn = false;
      const samples = device.holdPending();
      if (samples.length > 0) effects.push({ kind: 'unsent', deviceId: device.id, samples });
    }
    return effects;
  }

  private onMessage(event: EventOf<'message'>): Effects {
    if (this.current === 'offline' || this.current === 'connecting') return [];
    const host = this.host.take(event.topic, event.payload);
    if (host !== undefined) return this.onHost(host, event.at);
    if (event.topic === nodeTopic('NCMD', this.settings)) return this.onCommand(event);
    return event.topic === nodeTopic('NBIRTH', this.settings) ? this.onNodeBirth(event) : [];
  }

  private onNodeBirth({ payload }: EventOf<'message'>): Effects {
    if (!this.duplicates.isForeign(payload)) return [{ kind: 'returned' }];
    this.counted.foreignBirths++;
    return [{ kind: 'duplicate' }];
  }

  private onHost({ kind, effects }: HostTurn, at: number): Effects {
    if (kind === 'nothing') return effects;
    if (kind === 'online') return this.current === 'waiting' ? this.birthAll(at) : [];
    const isLeaving = this.current === 'born' || (this.current === 'waiting' && this.host.mayBeElsewhere);
    return isLeaving ? this.leave('host_offline', at) : [];
  }

  private onHostMissing(at: number): Effects {
    return this.host.mayBeElsewhere ? this.leave('host_offline', at) : this.host.explainSilence();
  }

  private onCommand({ payload, isRetained, at }: EventOf<'message'>): Effects {
    const { kind, effects } = this.commands.take(payload, isRetained, this.current === 'born', at);
    if (kind === 'next_server') return [...effects, ...this.leave('next_server', at)];
    if (kind === 'nothing') return effects;
    // Data stops here; a request so soon after a birth waits, and all that come meanwhile share the next birth.
    this.isRebirthDue = true;
    return this.isQuiet || this.isCongested ? effects : [...effects, ...this.birthAll(at)];
  }

  private onSamples(event: EventOf<'samples'>): Effects {
    const { deviceId, samples, at } = event;
    checkSamples(deviceId, samples, this.settings.templates === undefined ? undefined : isInstanceName);
    if (samples.length === 0) return [];
    const device = this.devices.obtain(deviceId);
    device.isLost = event.isLost ?? device.isLost;
    const isLive = this.mayPublishData && device.isBorn && !device.isLost;
    const isOffline = this.current !== 'born' || device.isTooLarge;
    const taken = device.take(samples, isLive ? 'live' : isOffline ? 'offline' : 'brief');
    const effects: EdgeEffect[] = [];
    if (taken.unsent.length > 0) {
      this.counted.suppressed += taken.unsent.length;
      effects.push({ kind: 'unsent', deviceId, samples: taken.unsent });
    }
    if (device.isLost) return [...effects, ...loseDevice(this.publisher, device, at)];
    if (taken.metrics.length > 0) effects.push(...sayData(this.publisher, device, taken, at));
    if (device.isSettled && !device.isBorn && this.mayPublishData)
      effects.push(...bearDevice(this.publisher, device, at));
    else if (device.needsSettling) {
      device.isSettling = true;
      effects.push({ kind: 'settle', deviceId });
    }
    return effects;
  }

  private onSettled({ deviceId, at }: EventOf<'settled'>): Effects {
    const device = this.devices.find(deviceId);
    if (device === undefined) return [];
    device.isSettling = false;
    // A meter that stopped answering meanwhile settles anew when it is back.
    if (device.isLost) return [];
    device.isSettled = true;
    return this.mayPublishData && device.needsBirth ? bearDevice(this.publisher, device, at) : [];
  }

  /** After congestion: the birth that was asked for meanwhile, else whatever each device has to say. */
  private catchUp(at: number): Effects {
    if (this.isRebirthDue) return this.isQuiet ? [] : this.birthAll(at);
    const effects: EdgeEffect[] = [];
    for (const device of this.devices) {
      if (!device.isSettled || device.isLost) continue;
      if (device.needsBirth && !device.isSettling) effects.push(...bearDevice(this.publisher, device, at));
      else if (device.isBorn) {
        const taken = device.takePending();
        if (taken.metrics.length > 0) effects.push(...sayData(this.publisher, device, taken, at));
      }
    }
    return effects;
  }

  private birthAll(at: number): Effects {
    let birth: Extract<EdgeEffect, { kind: 'publish' }>;
    try {
      birth = this.publisher.nodeBirth(at, this.settings.hasFurtherServers === true);
    } catch (thrown) {
      return [{ kind: 'failed', error: toPm500Error(thrown) }, ...this.leave('too_large', at)];
    }
    this.current = 'born';
    this.isRebirthDue = false;
    this.isQuiet = true;
    this.counted.births++;
    this.devices.restartAliases();
    this.duplicates.add(birth.payload);
    const effects: EdgeEffect[] = [birth, { kind: 'quiet' }];
    if (this.settings.templates !== undefined) effects.push({ kind: 'health' });
    for (const device of this.devices) {
      device.isTooLarge = false;
      if (device.isSettled && !device.isLost) effects.push(...bearDevice(this.publisher, device, at));
    }
    return effects;
  }

  private onHistory(event: EventOf<'history'>): Effects {
    const device = this.devices.find(event.deviceId);
    if (!this.mayPublishData || device?.isBorn !== true) return [];
    const { effects, forwarded } = forwardHistory(this.publisher, device, event);
    this.counted.historical += forwarded;
    return effects;
  }

  private sayHealth(at: number): Effects {
    const data = this.mayPublishData ? this.publisher.nodeData(at) : undefined;
    return data === undefined ? [{ kind: 'health' }] : [data, { kind: 'health' }];
  }

  /** Ends the session: a node that was born says NDEATH, for one that was not its will has to say it. */
  private leave(reason: LeaveReason, at: number): Effects {
    const phase = this.current;
    const unsent = this.endSession(reason === 'closing' ? 'closed' : 'offline');
    if (phase === 'offline') return unsent;
    const disconnect: EdgeEffect = { kind: 'disconnect', reason, leavesWill: phase !== 'born' };
    return phase === 'born' ? [this.publisher.nodeDeath(at), disconnect, ...unsent] : [disconnect, ...unsent];
  }
}
