import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import { DEFAULTS } from '../../../nodes/shared/forms';
import { PROCESS_INSTANCE } from '../../../src/sparkplug/metrics/template-instances';
import { startMosquitto, type Mosquitto } from '../../../testkit/servers/mosquitto';
import { freePort } from '../../../testkit/servers/ports';
import type { SeenPacket } from '../../../testkit/mqtt/packets';
import { removeFolder, temporaryFolder } from '../../../testkit/temporary-folder';
import { waitFor } from '../../../testkit/wait';
import { CountedValues } from './counted-values';
import { EdgeProcess } from './edge-process';
import { FaultyLink } from './faulty-link';
import { Judge } from './judge';
import { COUNTING_METRIC, type EdgeReport } from './orders';
import { WireRules } from './wire-rules';

/** One way to send: everything is tried in each. */
export interface Variant {
  readonly name: string;
  readonly metricModel: 'flat' | 'templates';
  readonly withoutAliases: boolean;
  readonly protocolVersion: '3.1.1' | '5';
}

export const VARIANTS: readonly Variant[] = (['flat', 'templates'] as const).flatMap((metricModel) =>
  [false, true].flatMap((withoutAliases) =>
    (['3.1.1', '5'] as const).map((protocolVersion) => ({
      name: `${metricModel}, ${withoutAliases ? 'names' : 'aliases'}, MQTT ${protocolVersion}`,
      metricModel,
      withoutAliases,
      protocolVersion,
    })),
  ),
);

export const GROUP = 'plant';
export const EDGE_NODE = 'edge';
export const DEVICES = ['M1', 'M2'];
const COMMANDS = `spBv1.0/${GROUP}/NCMD/${EDGE_NODE}`;
const BARRIER = 'soak/barrier';
const SETTLE_MS = 120_000;
const LASTING_MS = 11_000;

/** One edge node of a variant on a broker of its own, the way between them, and the host that judges. */
export class Plant {
  readonly judge: Judge;
  readonly edge: EdgeProcess;
  readonly wire: WireRules;
  readonly variant: Variant;
  broker!: Mosquitto;
  watcher!: MqttClient;
  private readonly folder = temporaryFolder('sparkplug-soak');
  private readonly access = join(this.folder, 'access');
  private readonly port: number;
  private connectedAt = 0;
  private barriers = 0;
  private barrierSeen = 0;
  private brokerLines: readonly string[] = [];

  private constructor(
    variant: Variant,
    port: number,
    readonly link: FaultyLink,
  ) {
    const { metricModel, withoutAliases, protocolVersion } = variant;
    this.variant = variant;
    this.port = port;
    const notes = join(this.folder, 'acknowledged');
    writeFileSync(notes, '');
    this.writeAccess();
    const instance = metricModel === 'templates' ? PROCESS_INSTANCE : undefined;
    this.judge = new Judge(notes, (complain) => new CountedValues(DEVICES, COUNTING_METRIC, instance, complain));
    this.wire = new WireRules(protocolVersion === '5' ? 5 : 4, (fault) => {
      this.judge.complain(`on the wire: ${fault}`);
    });
    this.edge = new EdgeProcess({
      userDir: this.folder,
      notes,
      devices: DEVICES,
      edge: {
        ...DEFAULTS['sparkplug-edge'],
        host: '127.0.0.1',
        port: link.port,
        groupId: GROUP,
        edgeNodeId: EDGE_NODE,
        keepAliveSeconds: 2,
        metricModel,
        withoutAliases,
        protocolVersion,
      },
    });
  }

  static async open(variant: Variant): Promise<Plant> {
    const port = await freePort();
    const opened: { plant?: Plant } = {};
    const link = await FaultyLink.open(port, {
      onConnect: (id, packet, isPassedOn) => opened.plant?.onConnect(id, packet, isPassedOn) ?? Promise.resolve(),
      onPacket: (id, packet) => opened.plant?.wire.onPacket(id, packet),
    });
    const plant = new Plant(variant, port, link);
    opened.plant = plant;
    await plant.startBroker();
    await plant.edge.start();
    return plant;
  }

  /** The edge node connects. @param isPassedOn false where nobody will hear of it */
  async onConnect(id: number, packet: SeenPacket, isPassedOn: boolean): Promise<void> {
    // What the broker took of older sessions shall be with the host before the will of the next one is known.
    if (isPassedOn) await this.barrier();
    this.connectedAt = performance.now();
    const { topic, payload } = this.wire.onConnect(id, packet);
    this.judge.onWill(topic, payload);
  }

  get command(): (payload: Uint8Array, options?: { readonly retain: boolean }) => Promise<unknown> {
    return (payload, options = { retain: false }) =>
      this.watcher.publishAsync(COMMANDS, Buffer.from(payload), { qos: 0, ...options });
  }

  /** @param rules of an access file; what they do not deny is allowed */
  writeAccess(...rules: readonly string[]): void {
    writeFileSync(this.access, ['topic readwrite #', ...rules, ''].join('\n'));
  }

  /** Has the broker read its access file again. */
  reloadAccess(): void {
    process.kill(this.broker.process.pid, 'SIGHUP');
  }

  /** Starts the broker, and the host on it before the edge node can come. */
  async startBroker(lines: readonly string[] = this.brokerLines): Promise<void> {
    this.brokerLines = lines;
    this.broker = await startMosquitto({ port: this.port, lines: [`acl_file ${this.access}`, ...lines] });
    this.watcher = await connectAsync(this.broker.url, { reconnectPeriod: 0 });
    this.watcher.on('error', () => undefined);
    this.watcher.on('message', (topic, payload, { qos, retain }) => {
      if (topic === BARRIER) this.barrierSeen = Number(payload.toString());
      else this.judge.observe(topic, payload, { qos, retain });
    });
    await this.watcher.subscribeAsync(['spBv1.0/#', BARRIER], { qos: 1 });
    this.link.isAway = false;
  }

  /** Ends the broker. @param isKilled true: without a chance to say goodbye */
  async stopBroker(isKilled: boolean): Promise<void> {
    // Until the host is back, CONNECTs find nobody.
    this.link.isAway = true;
    await (isKilled ? this.broker.process.kill() : this.broker.process.stop());
    await this.watcher.endAsync(true);
  }

  /** Resolves when the host has read everything that the broker has taken so far. */
  async barrier(): Promise<void> {
    if (!this.watcher.connected) return;
    const barrier = ++this.barriers;
    this.watcher.publish(BARRIER, String(barrier), { qos: 1 });
    const isSeen = (): boolean => this.barrierSeen >= barrier || !this.watcher.connected;
    await waitFor('the host to have read everything', isSeen, { everyMs: 2 });
  }

  /** Resolves when the edge node says so. */
  async until(what: string, look: (report: EdgeReport) => boolean, timeoutMs = SETTLE_MS): Promise<void> {
    let last: EdgeReport | undefined;
    try {
      await waitFor(what, async () => look((last = await this.edge.report())), { timeoutMs, everyMs: 200 });
    } catch (thrown) {
      throw new Error(`${(thrown as Error).message} ${JSON.stringify({ ...last, logged: [] })}`, { cause: thrown });
    }
  }

  async untilBorn(): Promise<void> {
    const wanted = [...this.edge.devices].sort().join();
    await this.until('births', ({ phase, devices }) => phase === 'born' && [...devices].sort().join() === wanted);
  }

  /** Everything works again: all devices are born, nothing waits, and the host has every acknowledged value. */
  async settle(): Promise<void> {
    await this.untilBorn();
    await this.until('nothing to wait', ({ depth }) => depth === 0);
    // Connections that last are tried again soon; after others, pauses grow.
    await pause(Math.max(0, this.connectedAt + LASTING_MS - performance.now()));
    // Some more has to pass live.
    const before = this.judge.acknowledged;
    let missing = this.judge.missing();
    const isComplete = (): boolean => (missing = this.judge.missing()).length === 0 && this.judge.acknowledged > before;
    await waitFor('every acknowledged value', isComplete, { timeoutMs: SETTLE_MS }).catch(() => undefined);
    if (missing.length > 0)
      this.judge.complain(
        `${missing.length} acknowledged values have not come: ${JSON.stringify(missing.slice(0, 5))}`,
      );
    const { losses } = await this.edge.report();
    // Texts that a broker does not take are said as bad; whatever else is lost would be a fault.
    const causes = Object.entries(losses).filter(([cause, count]) => count > 0 && cause !== 'tooLarge');
    if (causes.length > 0) this.judge.complain(`lost: ${JSON.stringify(Object.fromEntries(causes))}`);
  }

  async close(): Promise<void> {
    await this.edge.kill().catch(() => undefined);
    this.link.close();
    await this.watcher.endAsync(true);
    await this.broker.stop();
    removeFolder(this.folder);
  }
}
