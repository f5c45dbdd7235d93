import { createServer, type Server } from 'node:http';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { freePort } from './ports';
import { startProcess, type RunningProcess } from './processes';
import { findProgram } from './programs';
import { removeFolder, temporaryFolder } from '../temporary-folder';
import { waitFor } from '../wait';

/** What a person was told of one alert. */
export interface Told {
  readonly alert: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The last part of the address, which tells the receiver. */
  readonly receiver: string;
}

interface WebhookBody {
  readonly alerts: readonly {
    readonly status: Told['status'];
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

export interface AlertingOptions {
  /** Speaks PromQL. */
  readonly databaseUrl: string;
  /** Rule file for vmalert. */
  readonly rules: string;
  /**
   * Configuration of Alertmanager, as it ships.
   * @param webhook where its web hooks go
   */
  readonly alertmanager: (webhook: string) => string;
  /** The label `environment` of all alerts. */
  readonly environment: string;
}

const PATIENCE = { timeoutMs: 150_000, everyMs: 100 };

/** vmalert and Alertmanager, and the person who is told: everything that web hooks brought. */
export class Alerting {
  readonly told: Told[] = [];
  private readonly folder = temporaryFolder('alerting');
  private readonly processes: RunningProcess[] = [];

  private constructor(private readonly people: Server) {}

  static async start(options: AlertingOptions): Promise<Alerting> {
    const people = createServer();
    const alerting = new Alerting(people);
    people.on('request', (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const receiver = (request.url ?? '').split('/').at(-1) ?? '';
        for (const { status, labels, annotations } of (JSON.parse(body) as WebhookBody).alerts) {
          alerting.told.push({ alert: labels['alertname'] ?? '', status, labels, annotations, receiver });
        }
        response.end();
      });
    });
    await new Promise<void>((listening) => people.listen(0, '127.0.0.1', listening));
    try {
      await alerting.startServers(options, `http://127.0.0.1:${(people.address() as AddressInfo).port}`);
    } catch (thrown) {
      await alerting.stop();
      throw thrown;
    }
    return alerting;
  }

  /**
   * Resolves when the last that somebody was told of this alert is that it fires.
   * @param of only where it has these labels
   */
  async fires(alert: string, of: Told['labels'] = {}): Promise<Told> {
    return waitFor(`the alert ${alert}`, () => this.lastOf(alert, 'firing', of), PATIENCE);
  }

  /** Resolves when somebody has been told that it is over. */
  async clears(alert: string, of: Told['labels'] = {}): Promise<void> {
    await waitFor(`the end of the alert ${alert}`, () => this.lastOf(alert, 'resolved', of), PATIENCE);
  }

  /** What is firing now, by what was told. */
  get firing(): readonly string[] {
    const names = new Set(this.told.map(({ alert }) => alert));
    return [...names].filter((alert) => this.lastOf(alert, 'firing', {}) !== undefined).sort();
  }

  async stop(): Promise<void> {
    for (const running of this.processes) await running.stop();
    this.people.closeAllConnections();
    await new Promise((closed) => this.people.close(closed));
    removeFolder(this.folder);
  }

  /** The newest word about an alert, if it is this one. */
  private lastOf(alert: string, status: Told['status'], of: Told['labels']): Told | undefined {
    const last = this.told.findLast(
      (told) => told.alert === alert && Object.entries(of).every(([name, value]) => told.labels[name] === value),
    );
    return last?.status === status ? last : undefined;
  }

  private async startServers(options: AlertingOptions, webhook: string): Promise<void> {
    const [managerPort, vmalertPort] = [await freePort(), await freePort()];
    const managerUrl = `http://127.0.0.1:${managerPort}`;
    writeFileSync(join(this.folder, 'alertmanager.yml'), options.alertmanager(webhook));
    writeFileSync(join(this.folder, 'rules.yml'), options.rules);
    this.processes.push(
      await startProcess({
        name: 'alertmanager',
        command: findProgram('prometheus-alertmanager', 'alertmanager'),
        args: [
          `--config.file=${join(this.folder, 'alertmanager.yml')}`,
          `--storage.path=${join(this.folder, 'alertmanager')}`,
          `--web.listen-address=127.0.0.1:${managerPort}`,
          '--cluster.listen-address=',
        ],
        ready: async () => (await fetch(`${managerUrl}/-/ready`)).ok,
      }),
    );
    this.processes.push(
      await startProcess({
        name: 'vmalert',
        command: findProgram('vmalert', 'vmalert-prod'),
        args: [
          `-rule=${join(this.folder, 'rules.yml')}`,
          `-datasource.url=${options.databaseUrl}`,
          `-notifier.url=${managerUrl}`,
          `-remoteWrite.url=${options.databaseUrl}`,
          `-remoteRead.url=${options.databaseUrl}`,
          `-external.label=environment=${options.environment}`,
          `-httpListenAddr=127.0.0.1:${vmalertPort}`,
          '-loggerLevel=WARN',
        ],
        ready: async () => (await fetch(`http://127.0.0.1:${vmalertPort}/health`)).ok,
      }),
    );
  }
}
