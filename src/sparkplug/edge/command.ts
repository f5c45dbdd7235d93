import { toPm500Error } from '../../support/errors';
import { NEXT_SERVER, REBIRTH } from './node-metrics';
import { type DecodedMetric, type DecodedPayload, decodePayload } from '../codec/payload';

export interface Command {
  /** True: all births are asked for. */
  readonly isRebirth: boolean;
  /** True: the edge node shall go to the next server of its list. */
  readonly isNextServer: boolean;
  /** Metrics that somebody wanted to write and that cannot be written; a message that cannot be read counts as one. */
  readonly refusals: number;
  /** One sentence for all that cannot be written, and one for a retained request. */
  readonly warnings: readonly string[];
}

/** Metrics that a sentence names. */
const MOST_NAMED = 3;

function isRequest({ name, value, raw }: DecodedMetric, command: string): boolean {
  // A command may leave the datatype out, then only the raw value is there.
  return name === command && (value === true || (value === undefined && raw?.content === true));
}

function describe(metric: DecodedMetric): string {
  return metric.name === undefined ? `alias ${metric.alias?.toString() ?? '?'}` : `"${metric.name.slice(0, 60)}"`;
}

/** However many there are, the sentence stays short. */
function describeAll(metrics: readonly DecodedMetric[]): string {
  const named = metrics.slice(0, MOST_NAMED).map(describe).join(', ');
  return metrics.length > MOST_NAMED ? `${named} and ${metrics.length - MOST_NAMED} more` : named;
}

function refuse(warning: string): Command {
  return { isRebirth: false, isNextServer: false, refusals: 1, warnings: [`Sparkplug NCMD refused: ${warning}`] };
}

/**
 * Reads an NCMD message. A retained request is a mistake of its sender, replayed at every subscribe: refused.
 * @param hasFurtherServers whether there is another server to go to
 */
export function readCommand(bytes: Uint8Array, isRetained: boolean, hasFurtherServers = false): Command {
  let payload: DecodedPayload;
  try {
    payload = decodePayload(bytes);
  } catch (thrown) {
    return refuse(toPm500Error(thrown).message);
  }
  const commands = hasFurtherServers ? [REBIRTH, NEXT_SERVER] : [REBIRTH];
  const isAsked = (command: string): boolean => payload.metrics.some((metric) => isRequest(metric, command));
  const others = payload.metrics.filter(({ name }) => name === undefined || !commands.includes(name));
  const offered = commands.map((command) => `"${command}"`).join(' and ');
  const warnings =
    others.length === 0
      ? []
      : [`Sparkplug NCMD refused: ${describeAll(others)} cannot be written; commands here: ${offered}.`];
  const asked = commands.filter(isAsked);
  if (isRetained && asked.length > 0) {
    const { refusals, warnings: further } = refuse(
      `"${asked.join('" and "')}" was retained; publish commands without the retain flag.`,
    );
    return {
      isRebirth: false,
      isNextServer: false,
      refusals: others.length + refusals,
      warnings: [...warnings, ...further],
    };
  }
  const isNextServer = asked.includes(NEXT_SERVER);
  return { isRebirth: asked.includes(REBIRTH), isNextServer, refusals: others.length, warnings };
}
