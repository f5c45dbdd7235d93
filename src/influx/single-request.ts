import type * as http from 'node:http';
import { MOST_ANSWER_BYTES, readAnswer, toReply } from './answer';
import { ANSWERED_EARLY, type Reply } from './response-rules';

/**
 * A kept connection ended when it was used again, before a word of an answer: servers close what rests, and may do so just
 * when a request is on its way. It says nothing about the server.
 */
export class StaleConnection extends Error {}

/**
 * Sends one request and reads its answer. Always ends: with the connection, or with `signal`. What is left of a request
 * that was answered before it was read is not sent, and its connection ends: nobody may ever read it.
 * @param open begins a request as `http.request` does
 * @param mostBytes of the answer are kept
 * @throws the cause of the failure, StaleConnection where a new connection may do better
 */
export function sendOnce(
  open: (onResponse: (response: http.IncomingMessage) => void) => http.ClientRequest,
  body: Uint8Array,
  signal: AbortSignal,
  mostBytes = MOST_ANSWER_BYTES,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let isAnswered = false;
    const fail = (cause: Error): void => {
      const isStale = request.reusedSocket && !isAnswered && !signal.aborted && wasCut(cause);
      reject(isStale ? new StaleConnection('', { cause }) : cause);
    };
    const finish = (reply: Reply): void => {
      if (request.writableFinished) {
        resolve(reply);
        return;
      }
      // Over TLS what was sent is told with the next turn.
      setImmediate(() => {
        const isSent = request.writableFinished;
        if (!isSent) request.destroy();
        if (isSent || reply.status >= 300) resolve(reply);
        else reject(withCode(ANSWERED_EARLY, 'the answer came before the request was read'));
      });
    };
    const request = open((response) => {
      isAnswered = true;
      readAnswer(response, finish, fail, mostBytes);
    });
    // Else the connection of a server that wants to speak something else ends without a word.
    request.once('upgrade', (response, socket) => {
      socket.destroy();
      resolve(toReply(response, Buffer.alloc(0)));
    });
    // Stays: a connection may fail again after its request is over.
    request.on('error', fail);
    request.once('close', () => {
      if (!isAnswered) fail(withCode('ECONNRESET', 'the connection ended'));
    });
    // Not left to the request: one that waits for a connection does not hear of it.
    const abort = (): void => {
      reject(withCode('ABORT_ERR', 'the request was given up'));
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    request.end(body);
  });
}

/** An error with a code as Node.js gives it. */
function withCode(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function wasCut(cause: Error): boolean {
  return 'code' in cause && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE');
}
