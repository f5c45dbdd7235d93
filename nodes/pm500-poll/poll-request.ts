import type { NodeMessageInFlow } from 'node-red';
import { Pm500Error } from '../../src/support/errors';
import type { Send } from '../shared/input';
import type { PollMember } from './poll-member';

/**
 * Reads meters now and sends one reading of each, on the message that asked for it.
 * @throws Pm500Error when meters could not be read; their readings, which say so, have been sent
 */
export async function readNow(members: readonly PollMember[], message: NodeMessageInFlow, send: Send): Promise<void> {
  if (members.length === 0) {
    throw new Pm500Error('CONFIG_INVALID', 'No meter can be read; check the meter list of the node.');
  }
  const failed: { readonly name: string; readonly failure: Pm500Error }[] = [];
  await Promise.all(
    members.map(async ({ name, poll }) => {
      const outcome = await poll.readNow();
      if (outcome === undefined) return;
      send([{ ...message, topic: name, payload: outcome.reading }, null]);
      if (outcome.failure !== undefined) failed.push({ name, failure: outcome.failure });
    }),
  );
  const [first] = failed;
  if (first === undefined) return;
  if (members.length === 1) throw first.failure;
  const names = failed.map(({ name }) => name).join(', ');
  throw new Pm500Error(
    first.failure.code,
    `${failed.length} of ${members.length} meters could not be read (${names}): ${first.failure.message}`,
    { cause: first.failure, retryable: true },
  );
}
