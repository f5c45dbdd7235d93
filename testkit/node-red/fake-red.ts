import { EventEmitter } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessage, NodeStatus } from 'node-red';
import { ROOT } from '../root';

type Constructor = (this: Node, definition: NodeDef) => void;
interface Catalog {
  readonly [key: string]: Catalog | string;
}

function readCatalog(folder: string): Catalog {
  const path = join(ROOT, 'nodes', folder, 'en-US.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Catalog) : {};
}

function textAt(catalog: Catalog, keys: readonly string[]): Catalog | string | undefined {
  return keys.reduce<Catalog | string | undefined>(
    (level, part) => (typeof level === 'object' ? level[part] : undefined),
    catalog,
  );
}

/** The text of a key in the catalogs of this package; throws where it is missing, so that tests see it. */
function lookUp(key: string, values: Readonly<Record<string, unknown>> = {}): string {
  const [type = '', ...keys] = key.split('.');
  // The build lays what all types share into the catalog of each.
  const found = textAt(readCatalog(type), [type, ...keys]) ?? textAt(readCatalog('shared'), keys);
  if (typeof found !== 'string') throw new Error(`The catalog of ${type} has no text "${key}".`);
  return found.replaceAll(/__(\w+)__/g, (_place, name: string) => String(values[name]));
}

/** What goes out of one output. */
type Output = NodeMessage | readonly NodeMessage[] | null;
/** What a node sends: messages of its only output, or of each output. */
type Outgoing = NodeMessage | readonly Output[];

function messagesOf(output: Output | undefined): readonly NodeMessage[] {
  if (output === null || output === undefined) return [];
  return Array.isArray(output) ? (output as readonly NodeMessage[]) : [output as NodeMessage];
}

function outputsOf(out: Outgoing): readonly [first: readonly NodeMessage[], second: readonly NodeMessage[]] {
  const list = Array.isArray(out) ? (out as readonly Output[]) : [out as NodeMessage];
  return [messagesOf(list[0]), messagesOf(list[1])];
}

/** The functions that Node-RED gives to nodes, JSONata among them. */
const { util } = createRequire(createRequire(__filename).resolve('node-red/package.json'))('@node-red/util') as {
  readonly util: unknown;
};

/** What answers a page of the admin API; tests call it with as much of a request as it needs. */
export type Page = (request: object, response: object) => void;

/** A node that remembers what it did. */
export class FakeNode extends EventEmitter {
  readonly statuses: NodeStatus[] = [];
  /** Of the first output. */
  readonly sent: NodeMessage[] = [];
  /** Of the second output, by itself or because of a message. */
  readonly sentSecond: NodeMessage[] = [];
  readonly errors: unknown[] = [];
  readonly logged: unknown[] = [];
  readonly warnings: unknown[] = [];

  constructor(
    readonly type: string,
    readonly id = 'f00d',
  ) {
    super();
  }

  status(status: NodeStatus): void {
    this.statuses.push(status);
  }
  send(message: Outgoing): void {
    const [first, second] = outputsOf(message);
    this.sent.push(...first);
    this.sentSecond.push(...second);
  }
  error(message: unknown): void {
    this.errors.push(message);
  }
  warn(message: unknown): void {
    this.warnings.push(message);
  }
  log(message: unknown): void {
    this.logged.push(message);
  }
  debug(message: unknown): void {
    this.logged.push(message);
  }

  get lastStatus(): NodeStatus | undefined {
    return this.statuses.at(-1);
  }

  /** Gives the node a message and tells how it ended; a second `done` throws. */
  receive(message: NodeMessage): Promise<{ readonly sent: NodeMessage[]; readonly error: unknown }> {
    return new Promise((done, reject) => {
      const sent: NodeMessage[] = [];
      let calls = 0;
      const finish = (error?: unknown): void => {
        calls++;
        if (calls > 1) reject(new Error('done was called twice'));
        // A second call in the same turn must be seen before the test goes on.
        else
          setImmediate(() => {
            done({ sent, error });
          });
      };
      const send = (out: Outgoing): void => {
        const [first, second] = outputsOf(out);
        sent.push(...first);
        this.sentSecond.push(...second);
      };
      this.emit('input', message, send, finish);
    });
  }

  /** Closes it as Node-RED does. */
  close(removed = false): Promise<void> {
    return new Promise((closed) => {
      this.emit('close', removed, closed);
      // A listener without parameters is done when it returns.
      if (this.listeners('close').every(({ length }) => length === 0)) closed();
    });
  }
}

/** As much of Node-RED as an adapter sees. */
export class FakeRed {
  private readonly constructors = new Map<string, Constructor>();
  /** What RED.nodes.getNode gives. */
  readonly configurations = new Map<string, unknown>();
  /** What RED.nodes.eachNode goes through: nodes as a flow has them. */
  readonly definitions: NodeDef[] = [];
  /** What the credential store has, by node. */
  readonly credentials = new Map<string, object>();
  /** What Node-RED tells, and is told, beside messages: the channel to the editor among it. */
  readonly events = new EventEmitter();
  /** Pages of the admin API by path, and the permission that each asks for. */
  readonly pages = new Map<string, { readonly permission: string; readonly page: Page }>();
  private readonly httpAdmin = {
    get: (path: string, permission: string, page: Page) => this.pages.set(path, { permission, page }),
    post: (path: string, permission: string, page: Page) => this.pages.set(path, { permission, page }),
    delete: (path: string, permission: string, page: Page) => this.pages.set(path, { permission, page }),
  };

  /** @param settings of settings.js; without a user directory nothing is kept over a restart */
  constructor(readonly settings: { userDir?: string } = {}) {}

  /** This, as the type that adapters take. Only what they use is there. */
  get api(): NodeAPI {
    const ignore = (): void => undefined;
    const api = {
      _: lookUp,
      settings: this.settings,
      util,
      httpAdmin: this.httpAdmin,
      events: this.events,
      auth: { needsPermission: (permission: string) => permission },
      log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      nodes: {
        createNode: ignore,
        getNode: (id: string) => this.configurations.get(id) ?? null,
        getCredentials: (id: string) => this.credentials.get(id),
        eachNode: (visit: (definition: NodeDef) => void) => {
          for (const definition of this.definitions) visit(definition);
        },
        registerType: (type: string, constructor: Constructor) => this.constructors.set(type, constructor),
      },
    };
    return api as unknown as NodeAPI;
  }

  /** Makes a node of a registered type. */
  create(type: string, properties: object): FakeNode {
    const { id } = properties as { readonly id?: string };
    const node = new FakeNode(type, id);
    const constructor = this.constructors.get(type);
    if (constructor === undefined) throw new Error(`${type} was not registered.`);
    const definition: NodeDef = { id: node.id, type, name: '', z: '', ...properties };
    this.definitions.push(definition);
    // As createNode does.
    const credentials = this.credentials.get(node.id);
    if (credentials !== undefined) Object.assign(node, { credentials });
    constructor.call(node as unknown as Node, definition);
    return node;
  }
}
