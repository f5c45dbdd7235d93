import type { Node, NodeAPI, NodeDef } from 'node-red';
import { createHttpSender, type SenderSettings } from '../src/influx/sender';
import { InfluxTarget } from '../src/influx/target';
import {
  DEFAULT_BATCH_BYTES,
  DEFAULT_RECHECK_MS,
  DEFAULT_RETRY,
  type WriterSettings,
} from '../src/influx/writer-settings';
import { systemClock } from '../src/support/clock';
import { isRecord } from '../src/support/expect';
import { onClose } from './shared/close';
import type { ConfigReader, NumberRange } from './shared/config';
import { outboxShelf, type InfluxTargetNode } from './shared/influx-targets';
import { nodeLogger } from './shared/logger';
import { startNode } from './shared/start';
import { readTlsOptions } from './shared/tls';

const LINES_RANGE: NumberRange = { min: 1, max: 50_000, whole: true };
const FLUSH_RANGE: NumberRange = { min: 0, max: 60_000, unit: 'ms' };
const TIMEOUT_RANGE: NumberRange = { min: 100, max: 300_000, unit: 'ms' };
const MEGABYTES_RANGE: NumberRange = { min: 1, max: 100_000 };
const BYTES_PER_MEGABYTE = 1_000_000;

interface Credentials {
  readonly token: unknown;
}

type Config = ConfigReader<'influx-target'>;

function readSender(RED: NodeAPI, config: Config, token: string): SenderSettings {
  const tls = readTlsOptions(RED, 'influx-target', config.text('tls'));
  return {
    url: config.requiredText('url'),
    org: config.text('org'),
    bucket: config.requiredText('bucket'),
    token,
    timeoutMs: config.number('timeoutMs', TIMEOUT_RANGE),
    ...(tls === undefined ? {} : { tls }),
  };
}

/** Node-RED gives no credentials at all where none were ever set. */
function readToken(credentials: unknown): string {
  return isRecord(credentials) && typeof credentials['token'] === 'string' ? credentials['token'].trim() : '';
}

function readWriter(config: Config): WriterSettings {
  const lines = config.number('batchLines', LINES_RANGE);
  const flushMs = config.number('flushMs', FLUSH_RANGE);
  return { batch: { lines, bytes: DEFAULT_BATCH_BYTES, flushMs }, retry: DEFAULT_RETRY, recheckMs: DEFAULT_RECHECK_MS };
}

/** One InfluxDB: where it is, and the outbox and the writer that all nodes share. */
export = (RED: NodeAPI): void => {
  function Target(this: Node<Credentials>, definition: NodeDef): void {
    startNode(RED, this, 'influx-target', definition, (config) => {
      const sender = createHttpSender(readSender(RED, config, readToken(this.credentials)), systemClock);
      const settings = readWriter(config);
      const maximumBytes = config.number('maximumMegabytes', MEGABYTES_RANGE) * BYTES_PER_MEGABYTE;
      const outbox = outboxShelf.take(this.id, { maximumBytes });
      const logger = nodeLogger(this);
      const target = new InfluxTarget(settings, { outbox, sender, clock: systemClock, random: Math.random, logger });
      Object.assign<Node, Pick<InfluxTargetNode, 'target'>>(this, { target });

      onClose(this, async (removed) => {
        const { depth } = await target.close();
        if (!removed) {
          outboxShelf.putBack(this.id, outbox);
          return;
        }
        await outbox.close();
        if (depth > 0) this.warn(`${depth} points that still waited for InfluxDB went with the removed target.`);
      });
    });
  }
  RED.nodes.registerType('influx-target', Target, { credentials: { token: { type: 'password' } } });
};
