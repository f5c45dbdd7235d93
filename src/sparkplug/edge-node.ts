import { checkName, checkValue, isCount, refuseCount } from './check-value';
import { readCommand } from './command';
import type { Device } from './device';
import { DeviceList } from './device-list';
import type { EdgeCounts, EdgeEffect, EdgeEvent, EdgePhase } from './edge-events';
import { HostWatch, parseHostState } from './host-state';
import { Publisher } from './publisher';
import { type EdgeNodeDescriptor, checkId, nodeTopic, stateTopic } from './topic';

export interface EdgeNodeSettings extends EdgeNodeDescriptor {
  /** Publish only while this host application is online; undefined: always. */
  readonly primaryHostId?: string;
}

type EventOf<Kind extends EdgeEvent['kind']> = Extract<EdgeEvent, { kind: Kind }>;
type Effects = readonly EdgeEffect[];

function checkSamples({ deviceId, samples }: EventOf<'samples'>): void {
  checkId('device ID', deviceId);
  for (const { name, type, value, timestamp } of samples) {
    checkName(name, `a metric name of device "${deviceId}"`);
    checkValue(type, value, name);
    if (!isCount(timestamp)) refuseCount(timestamp, 'timestamp', `metric ${name}`);
  }
}

/**
 * A Sparkplug edge node as a pure state machine: events in, effects out, no time and no network of its own. Effects must
 * be carried out at once and in order, because a message has its `seq` when it leaves this class.
 */
export class EdgeNode {
  readonly #settings: EdgeNodeSettings;
  readonly #devices = new DeviceList();
  readonly #publisher: Publisher;
  readonly #counts = { births: 0, rebirthRequests: 0, suppressed: 0, refusedCommands: 0 };
  #phase: EdgePhase = 'offline';
  #host = new HostWatch();
  /** True for a time after every NBIRTH: a rebirth asked for meanwhile is made when it is over. */
  #isQuiet = false;
  #isRebirthDue = false;
  #isCongested = false;

  /** @throws Pm500Error SPARKPLUG_ID_INVALID */
  constructor(settings: EdgeNodeSettings) {
    checkId('group ID', settings.groupId);
    checkId('edge node ID', settings.edgeNodeId);
    if (settings.primaryHostId !== undefined) checkId('primary host ID', settings.primaryHostId);
    this.#settings = settings;
    this.#publisher = new Publisher(settings);
  }

  get phase(): EdgePhase {
    return this.#phase;
  }

  get counts(): EdgeCounts {
    return { ...this.#publisher.counts, ...this.#counts };
  }

  /** IDs of devices that are born. */
  get bornDevices(): readonly string[] {
    return this.#devices.bornIds;
  }

  /**
   * Takes one event in.
   * @throws Pm500Error SPARKPLUG_ID_INVALID, SPARKPLUG_VALUE_INVALID for samples that cannot be sent; nothing has changed
   */
  handle(event: EdgeEvent): Effects {
    if (this.#phase === 'closed') return [];
    switch (event.kind) {
      case 'connecting':
        this.#endSession('connecting');
        this.#publisher.bdSeq = event.bdSeq;
        return [{ kind: 'connect', will: this.#publisher.will(event.at) }];
      case 'connected':
        this.#phase = 'subscribing';
        return [{ kind: 'subscribe', topics: this.#subscriptions() }];
      case 'subscribed':
        return this.#phase === 'subscribing' ? this.#birthOrWait(event.at) : [];
      case 'disconnected':
        this.#endSession('offline');
        return [];
      case 'message':
        return this.#onMessage(event);
      case 'samples':
        return this.#onSamples(event);
      case 'settled':
        return this.#onSettled(event);
      case 'removed':
        return this.#killDevice(this.#devices.remove(event.deviceId), event.at);
      case 'quietOver':
        this.#isQuiet = false;
        return this.#isRebirthDue && !this.#isCongested ? this.#birthAll(event.at) : [];
      case 'congested':
        this.#isCongested = true;
        return [];
      case 'drained':
        this.#isCongested = false;
        return this.#phase === 'born' ? this.#catchUp(event.at) : [];
      case 'closing':
        return this.#leave('closing', event.at);
    }
  }

  get #mayPublishData(): boolean {
    return this.#phase === 'born' && !this.#isRebirthDue && !this.#isCongested;
  }

  #subscriptions(): readonly string[] {
    const { primaryHostId } = this.#settings;
    const ownCommands = nodeTopic('NCMD', this.#settings);
    return primaryHostId === undefined ? [ownCommands] : [ownCommands, stateTopic(primaryHostId)];
  }

  #birthOrWait(at: number): Effects {
    if (this.#settings.primaryHostId === undefined || this.#host.isOnline) return this.#birthAll(at);
    this.#phase = 'waiting';
    return [];
  }

  #endSession(phase: EdgePhase): void {
    this.#phase = phase;
    this.#host = new HostWatch();
    this.#isRebirthDue = false;
    this.#isCongested = false;
    for (const device of this.#devices) device.isBorn = false;
  }

  #onMessage(event: EventOf<'message'>): Effects {
    const { primaryHostId } = this.#settings;
    if (this.#phase === 'offline' || this.#phase === 'connecting') return [];
    if (primaryHostId !== undefined && event.topic === stateTopic(primaryHostId)) return this.#onHostState(event);
    return event.topic === nodeTopic('NCMD', this.#settings) ? this.#onCommand(event) : [];
  }

  #onHostState({ topic, payload, at }: EventOf<'message'>): Effects {
    const state = parseHostState(payload);
    if (state === undefined) {
      const message = `Sparkplug: the message on ${topic} is not {"online": ..., "timestamp": ...}; it was ignored.`;
      return [{ kind: 'warn', message }];
    }
    if (!this.#host.take(state)) return [];
    if (state.online) return this.#phase === 'waiting' ? this.#birthAll(at) : [];
    return this.#phase === 'born' ? this.#leave('host_offline', at) : [];
  }

  #onCommand({ payload, isRetained, at }: EventOf<'message'>): Effects {
    const { isRebirth, refusals, warnings } = readCommand(payload, isRetained);
    this.#counts.refusedCommands += refusals;
    const effects: EdgeEffect[] = warnings.map((message) => ({ kind: 'warn', message }));
    if (!isRebirth) return effects;
    this.#counts.rebirthRequests++;
    if (this.#phase !== 'born') return effects;
    // Data stops here; a request so soon after a birth waits, and all that come meanwhile share the next birth.
    this.#isRebirthDue = true;
    return this.#isQuiet || this.#isCongested ? effects : [...effects, ...this.#birthAll(at)];
  }

  #onSamples(event: EventOf<'samples'>): Effects {
    const { deviceId, samples, at } = event;
    checkSamples(event);
    if (samples.length === 0) return [];
    const device = this.#devices.obtain(deviceId);
    device.watch(samples);
    const isLive = this.#mayPublishData && device.isBorn && !device.isLost;
    const { metrics, superseded } = device.take(samples, isLive);
    const effects: EdgeEffect[] = [];
    if (superseded.length > 0) {
      this.#counts.suppressed += superseded.length;
      effects.push({ kind: 'superseded', deviceId, samples: superseded });
    }
    if (device.isLost) return [...effects, ...this.#killDevice(device, at)];
    if (metrics.length > 0) effects.push(this.#publisher.deviceData(deviceId, metrics, at));
    if (device.isSettled && !device.isBorn && this.#mayPublishData) effects.push(this.#birthDevice(device, at));
    else if (device.needsSettling) {
      device.isSettling = true;
      effects.push({ kind: 'settle', deviceId });
    }
    return effects;
  }

  #onSettled({ deviceId, at }: EventOf<'settled'>): Effects {
    const device = this.#devices.find(deviceId);
    if (device === undefined) return [];
    device.isSettling = false;
    // A meter that stopped answering meanwhile settles anew when it is back.
    if (device.isLost) return [];
    device.isSettled = true;
    return this.#mayPublishData && device.needsBirth ? [this.#birthDevice(device, at)] : [];
  }

  #killDevice(device: Device | undefined, at: number): Effects {
    if (device?.isBorn !== true) return [];
    device.isBorn = false;
    return [this.#publisher.deviceDeath(device.id, at)];
  }

  /** After congestion: the birth that was asked for meanwhile, else whatever each device has to say. */
  #catchUp(at: number): Effects {
    if (this.#isRebirthDue) return this.#isQuiet ? [] : this.#birthAll(at);
    const effects: EdgeEffect[] = [];
    for (const device of this.#devices) {
      if (!device.isSettled || device.isLost) continue;
      if (device.needsBirth && !device.isSettling) effects.push(this.#birthDevice(device, at));
      else if (device.isBorn) {
        const metrics = device.takePending();
        if (metrics.length > 0) effects.push(this.#publisher.deviceData(device.id, metrics, at));
      }
    }
    return effects;
  }

  #birthAll(at: number): Effects {
    this.#phase = 'born';
    this.#isRebirthDue = false;
    this.#isQuiet = true;
    this.#counts.births++;
    const effects: EdgeEffect[] = [this.#publisher.nodeBirth(at), { kind: 'quiet' }];
    for (const device of this.#devices) {
      if (device.isSettled && !device.isLost) effects.push(this.#birthDevice(device, at));
    }
    return effects;
  }

  #birthDevice(device: Device, at: number): EdgeEffect {
    device.isBorn = true;
    return this.#publisher.deviceBirth(device.id, device.takeBirth(), at);
  }

  /** Says NDEATH, which only a node that was born may say, and ends the session. */
  #leave(reason: 'host_offline' | 'closing', at: number): Effects {
    const phase = this.#phase;
    this.#endSession(reason === 'closing' ? 'closed' : 'offline');
    if (phase === 'offline') return [];
    const disconnect: EdgeEffect = { kind: 'disconnect', reason };
    return phase === 'born' ? [this.#publisher.nodeDeath(at), disconnect] : [disconnect];
  }
}
