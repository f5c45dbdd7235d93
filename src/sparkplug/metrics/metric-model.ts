import type { PayloadMetric } from '../codec/payload';
import { groupBirth, groupData } from './template-instances';
import { PLAIN_NAMES, templateDefinitions, templateInstance, VERSIONED_NAMES } from './templates';

/** What an edge node says of its own health, and how its templates are called. */
export interface TemplateSettings {
  /** Version of this software. */
  readonly version: string;
  /** When the edge node was made, epoch milliseconds UTC. */
  readonly startedAt: number;
  /** True: definitions have their version in the name. */
  readonly versionedNames?: boolean;
}

/** How metrics stand in messages. */
export interface MetricModel {
  /** What NBIRTH has beside bdSeq and the controls. */
  nodeBirth(at: number): readonly PayloadMetric[];
  /** What changes of the edge node itself, for NDATA; empty where nothing does. */
  nodeData(at: number): readonly PayloadMetric[];
  /** @param metrics in order of time */
  deviceBirth(metrics: readonly PayloadMetric[]): readonly PayloadMetric[];
  /** @param metrics in order of time */
  deviceData(metrics: readonly PayloadMetric[]): readonly PayloadMetric[];
}

const NOTHING: readonly PayloadMetric[] = [];

/** Every metric by itself. */
export const FLAT_MODEL: MetricModel = {
  nodeBirth: () => NOTHING,
  nodeData: () => NOTHING,
  deviceBirth: (metrics) => metrics,
  deviceData: (metrics) => metrics,
};

/** Name of the health instance. */
const HEALTH_INSTANCE = 'edge_health';
const MS_PER_SECOND = 1000;

/** Metrics that belong together in instances of templates, whose definitions NBIRTH has. */
export function templateModel({ version, startedAt, versionedNames = false }: TemplateSettings): MetricModel {
  const nameOf = versionedNames ? VERSIONED_NAMES : PLAIN_NAMES;
  /** Uptime in seconds; a clock that was set back shows as 0. */
  const health = (at: number): PayloadMetric => {
    const uptime = Math.max(0, Math.floor((at - startedAt) / MS_PER_SECOND));
    return templateInstance('tpl_edge_health', HEALTH_INSTANCE, at, { uptime, version }, nameOf);
  };
  return {
    nodeBirth: (at) => [...templateDefinitions(at, nameOf), health(at)],
    nodeData: (at) => [health(at)],
    deviceBirth: (metrics) => groupBirth(metrics, nameOf),
    deviceData: (metrics) => groupData(metrics, nameOf),
  };
}
