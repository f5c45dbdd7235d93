import { toPm500Error } from '../support/errors';
import { REBIRTH } from './node-metrics';
import { type DecodedMetric, type DecodedPayload, decodePayload } from './payload';

export interface Command {
  /** True: all births are asked for. */
  readonly isRebirth: boolean;
  /** Metrics that somebody wanted to write and that cannot be written; a message that cannot be read counts as one. */
  readonly refusals: number;
  /** One sentence for each thing that was refused. */
  readonly warnings: readonly string[];
}

function isRebirthRequest({ name, value, raw }: DecodedMetric): boolean {
  // A command may leave the datatype out, then only the raw value is there.
  return name === REBIRTH && (value === true || (value === undefined && raw?.content === true));
}

function describe(metric: DecodedMetric): string {
  return metric.name === undefined ? `alias ${metric.alias?.toString() ?? '?'}` : `"${metric.name.slice(0, 60)}"`;
}

/**
 * Reads an NCMD message. A retained rebirth request is a mistake of its sender, replayed at every subscribe: refused.
 */
export function readCommand(bytes: Uint8Array, isRetained: boolean): Command {
  let payload: DecodedPayload;
  try {
    payload = decodePayload(bytes);
  } catch (thrown) {
    return { isRebirth: false, refusals: 1, warnings: [`Sparkplug NCMD refused: ${toPm500Error(thrown).message}`] };
  }
  const isRebirth = payload.metrics.some(isRebirthRequest);
  const others = payload.metrics.filter((metric) => metric.name !== REBIRTH);
  const warnings = others.map(
    (metric) => `Sparkplug NCMD refused: ${describe(metric)} cannot be written; only "${REBIRTH}" is a command here.`,
  );
  if (isRebirth && isRetained) {
    const warning = `Sparkplug NCMD refused: "${REBIRTH}" was retained; publish commands without the retain flag.`;
    return { isRebirth: false, refusals: others.length + 1, warnings: [...warnings, warning] };
  }
  return { isRebirth, refusals: others.length, warnings };
}
