import type { Node } from 'node-red';
import { DiagnosticsReporter } from '../../src/delivery/diagnostics';
import { totalLoss, type DeliveryStats } from '../../src/delivery/stats';
import { systemClock, type Clock } from '../../src/support/clock';

/** A sink whose delivery can be watched. */
export interface Delivering {
  readonly stats: DeliveryStats;
  /** Calls `listener` when `stats` may have changed, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

/** Whether delivery goes well is worth a message at once, and that records begin to get lost; how requests go is not. */
function conditionOf(stats: DeliveryStats): string {
  const { state, problem, refused } = stats;
  const delivery = state === 'held' || state === 'retrying' ? state : 'well';
  const losses = `${totalLoss(stats) > 0 ? 'lost' : ''} ${refused > 0 ? 'refused' : ''}`;
  return `${delivery} ${problem?.code ?? ''} ${losses}`;
}

/**
 * Sends diagnostics of delivery from a node: whenever it begins to fail or goes well again, and every `seconds`.
 * @param seconds 0 for changes only
 * @returns stops it
 */
export function sendDiagnostics(
  node: Pick<Node, 'send'>,
  sink: Delivering,
  seconds: number,
  clock: Clock = systemClock,
): () => void {
  const reporter = new DiagnosticsReporter(sink.stats, clock.monotonic());
  let condition = conditionOf(sink.stats);
  const send = (): void => {
    condition = conditionOf(sink.stats);
    node.send({ topic: 'delivery', payload: reporter.report(sink.stats, clock.now(), clock.monotonic()) });
  };
  const stopListening = sink.onChange(() => {
    if (conditionOf(sink.stats) !== condition) send();
  });
  const repeat = (): ReturnType<Clock['after']> =>
    clock.after(
      seconds * 1000,
      () => {
        send();
        timer = repeat();
      },
      true,
    );
  let timer = seconds > 0 ? repeat() : undefined;
  return () => {
    stopListening();
    timer?.cancel();
  };
}
