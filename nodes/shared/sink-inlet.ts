import type { Node, NodeMessageInFlow } from 'node-red';
import type { Delivery } from '../../src/delivery/delivery';
import { hasCode } from '../../src/support/errors';
import { onClose } from './close';
import { sendDiagnostics } from './delivery-diagnostics';
import { showDelivery, type SinkNotice } from './delivery-status';
import { onInput } from './input';
import type { StatusLine } from './status';

export interface InletSettings {
  /** When a message is done: as soon as its records are kept, or when the other side has them. */
  readonly acknowledge: 'queued' | 'written';
  /** How often diagnostics are sent; 0 for changes only. */
  readonly diagnosticsSeconds: number;
  /** What its status tells beside delivery. */
  readonly notice?: SinkNotice;
}

/** Hands records to a sink. Resolves when they are queued or written, as was chosen. @throws Pm500Error as `Delivery` does */
export type Submit = (records: readonly string[]) => Promise<void>;

/** Makes records of messages. */
export interface Serializer<Message> {
  /** Resolves when the message is done. @throws Pm500Error what is wrong with it */
  take(message: Message): Promise<void>;
  /** Resolves when nothing is on its way any more; where `take` may come back before. */
  idle?(): Promise<void>;
}

/** What closes while it waits for an acknowledgment is written after the deployment: neither done nor failed. */
const forever = new Promise<never>(() => undefined);

/**
 * A node that hands records to a sink: what it shows under it and sends as diagnostics, where it tells of refused records,
 * and that the sink stays until the node's last message has come.
 * @param serializerOf gets the way into the sink
 */
export function feedSink<Message extends NodeMessageInFlow>(
  node: Node,
  status: StatusLine,
  sink: Delivery,
  { acknowledge, diagnosticsSeconds, notice }: InletSettings,
  serializerOf: (submit: Submit) => Serializer<Message>,
): void {
  const leave = sink.users.enter();
  let isRestarting = false;
  const submitAndWait: Submit = async (records) => {
    try {
      await sink.submitAndWait(records, node.id);
    } catch (thrown) {
      if (!isRestarting || !hasCode(thrown, 'DELIVERY_STILL_WAITING')) throw thrown;
      await forever;
    }
  };
  const serializer = serializerOf(async (records) => {
    await (acknowledge === 'written' ? submitAndWait(records) : sink.submit(records, node.id));
  });

  const show = (): void => {
    showDelivery(status, sink, notice);
  };
  const stopListening = [
    sink.onChange(show),
    ...(notice === undefined ? [] : [notice.onChange(show)]),
    sendDiagnostics(node, sink, diagnosticsSeconds),
    sink.onRefused(node.id, ({ payload, message, count }) => {
      node.error(message, { payload, count });
    }),
  ];
  show();

  onInput(
    node,
    (message) => serializer.take(message as Message),
    () => {
      // Where the outbox takes nothing, no message is to blame.
      if (sink.stats.problem === undefined) status.show('failed', 'messageRefused');
      else show();
    },
  );

  onClose(node, async (removed) => {
    for (const stop of stopListening) stop();
    await serializer.idle?.();
    isRestarting = !removed;
    await sink.users.leaveLate(leave);
  });
}
