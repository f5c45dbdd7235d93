import { InfluxDB, Point } from '@influxdata/influxdb-client';
import { DEFAULTS } from '../nodes/shared/forms';
import type { Telemetry } from '../src/domain/messages/telemetry';
import type { Endpoint } from '../src/influx/endpoint';
import { LineMapper } from '../src/influx/line-mapper';
import { createInfluxDestination } from '../src/influx/destination';
import { Delivery } from '../src/delivery/delivery';
import { DEFAULT_BATCH_BYTES, DEFAULT_RECHECK_MS, DEFAULT_RETRY } from '../src/delivery/settings';
import { openOutbox } from '../src/outbox/disk';
import { systemClock } from '../src/support/clock';
import { silentLogger } from '../src/support/logger';
import { openContribNode } from './influx-contrib-node';
import { pause } from './within';

/**
 * The ways to bring telemetry into a database that are compared. The comparison is fair: ours and the client library make
 * batches of the same number of lines, send one at a time, wait for the answer to each, and compress nothing, which no
 * sender does to a database on its own machine (`compression: auto`). Beyond that, ours checks each message against its
 * contract, counts what has no value, and has the disk sync every line before it is accepted; the client library keeps
 * lines in memory only.
 */
export const WAYS = {
  ours: 'disk outbox',
  writeApi: 'WriteApi of @influxdata/influxdb-client',
  contrib: 'node-red-contrib-influxdb',
} as const;
export type Way = keyof typeof WAYS;

import type { BenchWriter } from './influx-writer';
export type Api = 'v1' | 'v2';

/** Database of InfluxDB 1 and bucket of InfluxDB 2, and the measurement in it. */
export const BENCH_NAME = 'bench';
const { batchLines, flushMs, timeoutMs, maximumMegabytes } = DEFAULTS['influx-target'];
/** More does not wait: the bench measures what is sustained, not how much fits on the disk. */
const MOST_WAITING = 4 * batchLines;
/** Points on their way to the disk; the client library takes five times as many before it waits. */
const MOST_UNSYNCED = batchLines / 5;
const LOOK_EVERY_MS = 5;

const ENDPOINTS: Readonly<Record<Api, Endpoint>> = {
  v1: { api: 'v1', database: BENCH_NAME, retentionPolicy: '', user: '', password: '' },
  v2: { api: 'v2', org: '', bucket: BENCH_NAME, token: '' },
};

/** Lets everything else that waits have its turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What `influx-out` and `influx-target` do with messages, with the settings that a new node has. */
function openOurs(url: string, api: Api, folder: string, isSlow: boolean): BenchWriter {
  const limits = { maximumBytes: maximumMegabytes * 1e6 };
  const outbox = openOutbox({ folder, limits, clock: systemClock, logger: silentLogger });
  const destination = createInfluxDestination(
    { url, endpoint: ENDPOINTS[api], timeoutMs, precision: 'ms' },
    systemClock,
  );
  const target = new Delivery(
    {
      batch: { records: batchLines, bytes: DEFAULT_BATCH_BYTES, flushMs },
      retry: DEFAULT_RETRY,
      recheckMs: DEFAULT_RECHECK_MS,
    },
    { outbox, destination, clock: systemClock, random: Math.random, logger: silentLogger },
  );
  const mapper = new LineMapper();
  const defaults = { influxMeasurement: BENCH_NAME, timestamp: 0 };
  const lots: Promise<unknown>[] = [];
  let onTheirWay = 0;
  const drained = async (most: number): Promise<void> => {
    while (outbox.stats().depth > most) await pause(LOOK_EVERY_MS);
  };
  const settle = async (): Promise<void> => {
    await Promise.all(lots);
    await drained(0);
  };
  return {
    write: async (telemetries) => {
      const lot = Promise.all(
        telemetries.map((telemetry) => target.submit([...mapper.map(telemetry, defaults).lines], BENCH_NAME)),
      );
      if (isSlow) await lot;
      lots.push(lot);
      onTheirWay += telemetries.length;
      // As in Node-RED, further messages come, each in a turn of its own, while the disk is still busy with those before.
      await turn();
      while (onTheirWay >= MOST_UNSYNCED) {
        await lots.shift();
        onTheirWay -= telemetries.length;
      }
      await drained(MOST_WAITING);
    },
    settle,
    close: async () => {
      await settle();
      await target.close();
      await outbox.close();
    },
  };
}

function toPoint({ meter, metrics, timestamp }: Telemetry): Point {
  const point = new Point(BENCH_NAME).tag('meter', meter.name).timestamp(timestamp);
  for (const tag in meter.tags) point.tag(tag, meter.tags[tag] ?? '');
  for (const name in metrics) {
    const value = metrics[name]?.value;
    if (typeof value === 'number') point.floatField(name, value);
    else if (typeof value === 'boolean') point.booleanField(name, value);
    else if (typeof value === 'string') point.stringField(name, value);
  }
  return point;
}

/**
 * The write API of the client. It begins to send a batch by itself when it has grown to the batch size, and neither its
 * flush nor its close waits for that; so here it never grows to it, and every batch is sent by a flush that is awaited.
 * Without that, requests would pile up until the database refuses them.
 */
function openWriteApi(url: string, isSlow: boolean): BenchWriter {
  const client = new InfluxDB({ url, token: 'none', timeout: timeoutMs });
  const api = client.getWriteApi('none', BENCH_NAME, 'ms', {
    batchSize: 2 * batchLines,
    flushInterval: isSlow ? flushMs : 0,
    gzipThreshold: Infinity,
  });
  let buffered = 0;
  return {
    write: async (telemetries) => {
      api.writePoints(telemetries.map(toPoint));
      buffered += telemetries.length;
      if (isSlow || buffered < batchLines) return;
      buffered = 0;
      await api.flush();
    },
    settle: () => api.flush(true),
    // Its close alone would throw away what waits to be sent again.
    close: async () => {
      await api.flush(true);
      await api.close();
    },
  };
}

/** @param isSlow whether messages come one by one, far slower than they could be written */
export function openWay(way: Way, url: string, api: Api, folder: string, isSlow: boolean): BenchWriter {
  if (way === 'ours') return openOurs(url, api, folder, isSlow);
  return way === 'writeApi' ? openWriteApi(url, isSlow) : openContribNode(url, api, BENCH_NAME);
}
