import type { Node, NodeAPI, NodeDef } from 'node-red';
import { feedSink } from '../../nodes/shared/sink-inlet';
import { isSinkNode, openSink } from '../../nodes/shared/sinks';
import { StatusLine } from '../../nodes/shared/status';
import { DEFAULT_RETRY } from '../../src/delivery/settings';
import { boardDestination, serialize } from './board';

/** Shorter than the defaults, so that a test need not wait. */
const DELIVERY = {
  batch: { records: 100, bytes: 100_000, flushMs: 0 },
  retry: { ...DEFAULT_RETRY, initialMs: 10, maximumMs: 50 },
  recheckMs: 50,
};

/** The made-up sink as two nodes: one that is the board, and one that hands it what messages say. */
export function registerBoard(RED: NodeAPI): void {
  function Target(this: Node, definition: NodeDef & { readonly url: string }): void {
    RED.nodes.createNode(this, definition);
    openSink(RED, this, boardDestination(definition.url), {
      delivery: DELIVERY,
      outbox: 'memory',
      limits: { maximumBytes: 100_000 },
      refused: { megabytes: 1, extension: 'json' },
    });
  }

  function Out(this: Node, definition: NodeDef & { readonly target: string }): void {
    RED.nodes.createNode(this, definition);
    const target: unknown = RED.nodes.getNode(definition.target);
    if (!isSinkNode(target, 'board-target')) throw new Error('The test has no board.');
    const settings = { acknowledge: 'queued', diagnosticsSeconds: 0 } as const;
    feedSink(this, new StatusLine(RED, this), target.sink, settings, (submit) => ({
      take: async ({ payload }) => {
        await submit(serialize(payload));
      },
    }));
  }

  RED.nodes.registerType('board-target', Target, {});
  RED.nodes.registerType('board-out', Out, {});
}
