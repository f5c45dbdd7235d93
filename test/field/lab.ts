import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Served } from '../../src/simulator/served';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { LAB_METERS } from './lab-meters';
import type { MeterNews, MeterOrder } from './meter-process';
import { NameServer } from './name-server';

/** Rules of the link, as link.py explains them. */
export interface LinkRules {
  readonly drop?: readonly ('all' | 'arp' | 'tcp' | 'udp' | 'icmp' | 'rst')[];
  readonly way?: 'to_meter' | 'to_host';
  readonly loss?: number;
  readonly duplicate?: number;
  readonly corrupt?: number;
  readonly mangle?: number;
  readonly reorder?: number;
  readonly delay_ms?: number;
  readonly jitter_ms?: number;
  readonly bytes_per_s?: number;
  readonly closed?: readonly number[];
  readonly rst?: true;
}

const HOST_ADDRESS = '10.77.0.1/24';
const NAME_SERVER_ADDRESS = '127.0.0.53';
const DOMAIN = 'lab.test';

const ip = (...args: readonly string[]): void => void execFileSync('ip', args);

/** The name by which a meter of the lab is reached. */
export const nameOf = (meter: string): string => `${meter}.${DOMAIN}`;

/** Has names looked up by the name server of the lab, in this mount namespace alone. */
function useNameServer(): void {
  const file = join(temporaryFolder('lab'), 'resolv.conf');
  writeFileSync(file, `nameserver ${NAME_SERVER_ADDRESS}\n`);
  execFileSync('mount', ['--bind', file, '/etc/resolv.conf']);
}

/** A link, the meters at its other end in a network namespace of their own, and a name server on this side. */
export class Lab {
  private orders = 0;
  private readonly answers = new Map<number, (news: MeterNews & { readonly kind: 'done' }) => void>();
  private readonly listeners: ((meter: number, served: Served) => void)[] = [];
  private readonly linkAnswers: (() => void)[] = [];

  private constructor(
    private readonly meters: ChildProcess,
    private readonly link: ChildProcess,
    lines: Interface,
    readonly names: NameServer,
  ) {
    meters.on('message', (news: MeterNews) => {
      if (news.kind === 'served') for (const listener of this.listeners) listener(news.meter, news.served);
      else this.answers.get(news.number)?.(news);
    });
    lines.on('line', () => this.linkAnswers.shift()?.());
    for (const part of [meters, link]) part.once('exit', this.endEarly);
  }

  /** Without one of its parts nothing that follows would mean anything. */
  private readonly endEarly = (code: number | null): never => {
    console.error(`A part of the lab ended with ${code ?? 'a signal'}.`);
    process.exit(2);
  };

  /** Builds it in the network and mount namespace of this process, which are nobody else's. */
  static async open(): Promise<Lab> {
    ip('link', 'set', 'lo', 'up');
    useNameServer();
    const addresses = new Map(LAB_METERS.map(({ name, address }) => [nameOf(name), address]));
    const names = await NameServer.open(NAME_SERVER_ADDRESS, addresses);
    const link = spawn('python3', [join(__dirname, 'link.py'), 'host0', 'meter0'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: link.stdout });
    await once(lines, 'line');
    const meters = spawn(
      'unshare',
      ['--net', process.execPath, '--require', 'tsx/cjs', join(__dirname, 'meter-process.ts')],
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' },
    );
    const lab = new Lab(meters, link, lines, names);
    // One that answers has left this namespace.
    await lab.order('sync');
    ip('link', 'set', 'meter0', 'netns', String(meters.pid));
    ip('address', 'add', HOST_ADDRESS, 'dev', 'host0');
    ip('link', 'set', 'host0', 'up');
    ip('route', 'add', 'default', 'dev', 'host0');
    await lab.order('start');
    return lab;
  }

  /** Calls `listener` for all that a meter serves, by its place in the list of meters. */
  onServed(listener: (meter: number, served: Served) => void): void {
    this.listeners.push(listener);
  }

  /** Sets what the link does from now on, in place of what it did. */
  async harm(rules: LinkRules): Promise<void> {
    const done = new Promise<void>((resolve) => this.linkAnswers.push(resolve));
    this.link.stdin?.write(`${JSON.stringify(rules)}\n`);
    await done;
  }

  /** Resolves when it is done, and everything that was served before has been told; with whether PLCs own their meters. */
  order(what: MeterOrder['do']): Promise<readonly (boolean | undefined)[]> {
    const number = ++this.orders;
    const order: MeterOrder = { number, do: what };
    return new Promise((resolve) => {
      this.answers.set(number, ({ owners }) => {
        this.answers.delete(number);
        resolve(owners ?? []);
      });
      this.meters.send(order);
    });
  }

  /** The meters stand still, as firmware that hangs: the network answers for them, they do not. */
  freeze(): void {
    this.meters.kill('SIGSTOP');
  }

  thaw(): void {
    this.meters.kill('SIGCONT');
  }

  /** What this computer knows of its neighbors is forgotten. */
  forgetNeighbors(): void {
    ip('neigh', 'flush', 'dev', 'host0');
  }

  async close(): Promise<void> {
    for (const part of [this.meters, this.link]) part.off('exit', this.endEarly);
    const ended = Promise.all([once(this.meters, 'exit'), once(this.link, 'exit')]);
    this.meters.send({ number: 0, do: 'stop' } satisfies MeterOrder);
    this.link.stdin?.end();
    this.names.close();
    await ended;
  }
}
