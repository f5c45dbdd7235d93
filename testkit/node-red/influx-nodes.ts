import influxOut from '../../nodes/influx-out';
import influxTarget from '../../nodes/influx-target';
import { ScriptedInflux } from '../servers/scripted-influx';
import { waitFor } from '../wait';
import { FakeRed, type FakeNode } from './fake-red';

/** The InfluxDB nodes in a pretended Node-RED, with a scripted database. */
export class InfluxNodes {
  readonly server = new ScriptedInflux();
  readonly red = new FakeRed();
  private nodes: FakeNode[] = [];

  private constructor() {
    influxTarget(this.red.api);
    influxOut(this.red.api);
  }

  static async start(): Promise<InfluxNodes> {
    const nodes = new InfluxNodes();
    await nodes.server.start();
    return nodes;
  }

  /** A target that writes to the scripted database, unless told otherwise; outputs made later hand in to it. */
  createTarget(properties: object = {}): FakeNode {
    const defaults = { url: this.server.url, org: 'o', bucket: 'b', flushMs: 0 };
    const target = this.red.create('influx-target', { ...defaults, ...properties });
    this.red.configurations.set('target', target);
    this.nodes.push(target);
    return target;
  }

  createOut(properties: object = {}): FakeNode {
    const out = this.red.create('influx-out', { target: 'target', ...properties });
    this.nodes.push(out);
    return out;
  }

  /** Says that the nodes made so far have been closed by the test itself. */
  forget(): void {
    this.nodes = [];
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.close(true)));
    await this.server.stop();
  }
}

export const fillOf = (node: FakeNode): unknown => node.lastStatus?.fill;
export const textOf = (node: FakeNode): string => node.lastStatus?.text ?? '';

/** Waits for what nodes show. */
export async function untilShown(isTrue: () => boolean): Promise<void> {
  await waitFor('what the nodes show', isTrue, { everyMs: 5 });
}
