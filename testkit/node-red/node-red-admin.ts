import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { waitFor } from '../wait';
import type { EditorChannel } from './node-red-channel';

/** One entry of a flow file. */
export interface FlowEntry {
  readonly id: string;
  readonly type: string;
  readonly name?: string;
  readonly [property: string]: unknown;
}

export type DeploymentType = 'full' | 'nodes' | 'flows' | 'reload';

/** A file of node types as Node-RED has loaded it, or failed to. */
export interface NodeSet {
  readonly id: string;
  readonly name: string;
  readonly types: readonly string[];
  readonly enabled: boolean;
  readonly module: string;
  /** Present when loading failed. */
  readonly err?: unknown;
}

/** Credentials by id of the node they belong to. */
export type Credentials = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The admin API of a Node-RED without authentication. */
export class NodeRedAdmin {
  /** @param channel tells when flows have started: the answer to their deployment comes before that */
  constructor(
    private readonly url: string,
    private readonly channel?: EditorChannel,
  ) {}

  private async request(method: string, path: string, body?: unknown, headers: object = {}): Promise<string> {
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
    return text;
  }

  /** Replaces all flows and resolves when they have started. */
  async deploy(
    flow: readonly FlowEntry[],
    credentials: Credentials = {},
    type: DeploymentType = 'full',
  ): Promise<void> {
    const entries = flow.map((entry) => {
      const secret = credentials[entry.id];
      return secret === undefined ? entry : { ...entry, credentials: secret };
    });
    const { channel } = this;
    const before = channel?.deployments ?? 0;
    const headers = { 'Node-RED-Deployment-Type': type, 'Node-RED-API-Version': 'v2' };
    const { rev } = JSON.parse(await this.request('POST', 'flows', { flows: entries }, headers)) as { rev: string };
    if (channel === undefined) return;
    // By its revision: that the flows of before have started may be told only now.
    await waitFor('the flows to start', () => channel.hasStarted(rev, before), { timeoutMs: 60_000, everyMs: 5 });
  }

  /** The flows as they are deployed. */
  async flows(): Promise<readonly FlowEntry[]> {
    return JSON.parse(await this.request('GET', 'flows')) as readonly FlowEntry[];
  }

  /** Every file of nodes, of Node-RED itself and of packages. */
  async nodes(): Promise<readonly NodeSet[]> {
    return JSON.parse(await this.request('GET', 'nodes')) as readonly NodeSet[];
  }

  /** Presses the button of an inject node. */
  async inject(id: string): Promise<void> {
    await this.request('POST', `inject/${id}`, {});
  }

  /** Every plugin: sidebars and the like. */
  async plugins(): Promise<readonly NodeSet[]> {
    return JSON.parse(await this.request('GET', 'plugins')) as readonly NodeSet[];
  }

  /** Installs a tarball while Node-RED runs, as the palette of the editor does. */
  async install(tarball: string): Promise<void> {
    const form = new FormData();
    form.append('tarball', new Blob([readFileSync(tarball)]), basename(tarball));
    const response = await fetch(new URL('nodes', this.url), { method: 'POST', body: form });
    if (!response.ok) throw new Error(`Installing answered ${response.status}: ${await response.text()}`);
  }

  /** Uninstalls a module while Node-RED runs, as the palette of the editor does. */
  async uninstall(module: string): Promise<void> {
    await this.request('DELETE', `nodes/${module}`);
  }

  /** The page that the editor loads from an admin path, such as the forms of all nodes. */
  async html(path: string): Promise<string> {
    return this.request('GET', path, undefined, { accept: 'text/html' });
  }

  /** Raw answer of any admin path, for instance "examples/..." or "icons". */
  async get(path: string): Promise<string> {
    return this.request('GET', path);
  }
}
