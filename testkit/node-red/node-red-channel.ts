import { createRequire } from 'node:module';
import { waitFor, type WaitOptions } from '../wait';

export interface NodeStatusSeen {
  readonly fill?: string;
  readonly shape?: string;
  readonly text?: string;
}

export interface DebugSeen {
  /** Id of the debug node. */
  readonly id: string;
  /** What it shows; objects as JSON text. */
  readonly msg?: unknown;
  readonly [property: string]: unknown;
}

interface Socket {
  on(event: 'message', listener: (message: Buffer) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  once(event: 'open' | 'close', listener: () => void): void;
  send(text: string): void;
  terminate(): void;
}

type SocketClass = new (url: string) => Socket;

/** The WebSocket that Node-RED itself uses; Node 20 has none. */
const WebSocket = createRequire(require.resolve('@node-red/editor-api'))('ws') as SocketClass;

interface Notification {
  readonly topic?: string;
  readonly data: unknown;
  readonly auth?: string;
}

/** Messages of all topics that are kept. */
const MOST_OTHERS = 1000;

/** The channel between Node-RED and an open editor (/comms): the status of every node, and debug messages. */
export class EditorChannel {
  private readonly statuses = new Map<string, NodeStatusSeen>();
  private readonly history: { readonly id: string; readonly status: NodeStatusSeen }[] = [];
  private readonly debugged: DebugSeen[] = [];
  private readonly others: { readonly topic: string; readonly data: unknown }[] = [];
  private isLoggedIn = false;
  /** Of the flows that have started, in order. */
  private readonly revisions: string[] = [];

  private constructor(private readonly socket: Socket) {
    socket.on('message', (message) => {
      const parsed = JSON.parse(message.toString()) as Notification | readonly Notification[];
      for (const notification of Array.isArray(parsed) ? (parsed as readonly Notification[]) : [parsed]) {
        this.take(notification as Notification);
      }
    });
  }

  /**
   * Connects to the Node-RED on this port of the loopback interface.
   * @param root of its editor, with a slash at the end
   * @param token of who is logged in
   */
  static async open(port: number, root = '/', token?: string): Promise<EditorChannel> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${root}comms`);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.on('error', reject);
    });
    const channel = new EditorChannel(socket);
    if (token !== undefined) {
      socket.send(JSON.stringify({ auth: token }));
      await waitFor('the login', () => Promise.resolve(channel.isLoggedIn));
    }
    for (const topic of ['status/#', 'debug', 'notification/#']) socket.send(JSON.stringify({ subscribe: topic }));
    return channel;
  }

  private take({ topic = '', data, auth }: Notification): void {
    if (auth === 'ok') this.isLoggedIn = true;
    if (topic === 'notification/runtime-deploy')
      this.revisions.push(String((data as { readonly revision?: unknown } | null)?.revision));
    this.others.push({ topic, data });
    if (this.others.length > MOST_OTHERS) this.others.shift();
    if (topic.startsWith('status/')) {
      const id = topic.slice('status/'.length);
      const status = (data ?? {}) as NodeStatusSeen;
      this.statuses.set(id, status);
      this.history.push({ id, status });
    } else if (topic === 'debug') {
      this.debugged.push(data as DebugSeen);
    }
  }

  /** How often it was told, since the channel was opened, that flows have started; those from before it count as one. */
  get deployments(): number {
    return this.revisions.length;
  }

  /** True where it was told that the flows of this revision have started, after so many others. */
  hasStarted(revision: string, after: number): boolean {
    return this.revisions.includes(revision, after);
  }

  /** The status that is shown under a node now; empty when it has none. */
  status(id: string): NodeStatusSeen {
    return this.statuses.get(id) ?? {};
  }

  /** Every status a node has shown since the channel was opened. */
  statusesOf(id: string): readonly NodeStatusSeen[] {
    return this.history.filter((seen) => seen.id === id).map(({ status }) => status);
  }

  /** What a debug node has shown. */
  debugsOf(id: string): readonly DebugSeen[] {
    return this.debugged.filter((seen) => seen.id === id);
  }

  /** Resolves when the status of a node fits: the one that it shows now, or any that it shows from now on, however briefly. */
  waitForStatus(id: string, fits: (status: NodeStatusSeen) => boolean, options?: WaitOptions): Promise<NodeStatusSeen> {
    const unseen = [this.status(id)];
    let looked = this.history.length;
    return waitFor(
      `the status of ${id}`,
      () => {
        for (; looked < this.history.length; looked++) {
          const seen = this.history[looked];
          if (seen?.id === id) unseen.push(seen.status);
        }
        const found = unseen.splice(0).find(fits);
        if (found !== undefined) return found;
        throw new Error(`it shows ${JSON.stringify(this.status(id))}`);
      },
      options,
    );
  }

  /** What came of a topic, of late. */
  messagesOf(topic: string): readonly unknown[] {
    return this.others.filter((seen) => seen.topic === topic).map(({ data }) => data);
  }

  /** Says something to Node-RED, as the editor does. */
  send(topic: string, data: object): void {
    this.socket.send(JSON.stringify({ topic, data }));
  }

  close(): void {
    this.socket.terminate();
  }
}
