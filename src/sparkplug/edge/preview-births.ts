import { TELEMETRY_SCHEMA } from '../../domain/messages/telemetry';
import type { MeterModel } from '../../meters/meter-model';
import { ALL_METRICS } from '../../metrics/derived-metrics';
import { plain, type Sentence } from '../../support/sentence';
import { decodePayload, type Datatype, type MetricValue } from '../codec/payload';
import { metricsOf, type MetricSample } from '../metrics/metrics';
import type { EdgeEffect } from './edge-events';
import { EdgeNode, type EdgeNodeSettings } from './edge-node';

/** The first messages of an edge node with one meter. */
export interface BirthPreview {
  /** Topic, size and metrics of each, a line each. */
  readonly lines: readonly string[];
  /** What the edge node would say of them, for instance that one is too large. */
  readonly warnings: readonly Sentence[];
}

/** In place of the name of a meter. */
const METER = '<meter>';
const MOST_NAMED = 6;
const BYTES_PER_KILOBYTE = 1000;

/** Values that take as much room as measured ones. */
const VALUES: Readonly<Partial<Record<Datatype, MetricValue>>> = { Float: 1, Double: 1, Boolean: true, String: '' };

/** Every metric that a meter of a model has. */
function samplesOf({ layout }: MeterModel, at: number): readonly MetricSample[] {
  const rows = layout.assemblies.flatMap(({ measurements }) => measurements);
  const metrics = Object.fromEntries(
    rows.map(({ metric, provenance }) => {
      const unit = ALL_METRICS.find(({ name }) => name === metric)?.unit ?? '';
      return [metric, { value: 1, unit, quality: 'good', provenance, timestamp: at } as const];
    }),
  );
  const samples = metricsOf({
    schema: TELEMETRY_SCHEMA,
    meter: { name: METER, host: '', tags: {} },
    timestamp: at,
    metrics,
  });
  return samples.map((sample) => ({ ...sample, value: VALUES[sample.type] ?? null }));
}

function sizeOf(bytes: number): string {
  return bytes < BYTES_PER_KILOBYTE ? `${bytes} bytes` : `${(bytes / BYTES_PER_KILOBYTE).toFixed(1)} kB`;
}

function linesOf(effect: EdgeEffect): readonly string[] {
  if (effect.kind !== 'publish') return [];
  const names = decodePayload(effect.payload).metrics.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const more = names.length > MOST_NAMED ? ', …' : '';
  return [
    `${effect.topic}  ${sizeOf(effect.payload.byteLength)}, ${effect.metricCount} metrics`,
    `  ${names.slice(0, MOST_NAMED).join(', ')}${more}`,
  ];
}

/**
 * What an edge node would publish first, made by the edge node itself. Nothing leaves.
 * @param at epoch milliseconds UTC
 * @param maximumBytes that the broker takes; no limit where absent
 * @throws Pm500Error SPARKPLUG_ID_INVALID
 */
export function previewBirths(
  settings: EdgeNodeSettings,
  model: MeterModel,
  at: number,
  maximumBytes?: number,
): BirthPreview {
  // Births wait for no host here.
  const { groupId, edgeNodeId, hasFurtherServers = false, templates, naming = {} } = settings;
  const models = templates === undefined ? {} : { templates };
  const edge = new EdgeNode({ groupId, edgeNodeId, hasFurtherServers, naming, ...models });
  const limit = maximumBytes === undefined ? {} : { maximumBytes };
  edge.handle({ kind: 'connecting', bdSeq: 0, at });
  edge.handle({ kind: 'connected', ...limit });
  const effects = [
    ...edge.handle({ kind: 'subscribed', at }),
    ...edge.handle({ kind: 'samples', deviceId: METER, samples: samplesOf(model, at), isLost: false, at }),
    ...edge.handle({ kind: 'settled', deviceId: METER, at }),
  ];
  const warnings = effects.flatMap((effect) =>
    effect.kind === 'warn' ? [plain(effect.message)] : effect.kind === 'failed' ? [effect.error.sentence] : [],
  );
  return { lines: effects.flatMap(linesOf), warnings };
}
