import type { IncomingMessage } from 'node:http';
import { readComplaint } from './reply-words';
import type { Reply } from './response-rules';

/** What a server says to a write beyond this is not read: the connection is closed instead. */
export const MOST_ANSWER_BYTES = 64 * 1024;
/** Of a version, which is for people. */
const MOST_VERSION_CHARACTERS = 40;

const PACKED = 'an answer that is compressed, which was not asked for, and is not unpacked';

/**
 * Gathers an answer, of which `mostBytes` are kept. Nothing is unpacked: a small answer could become as large as
 * it likes.
 * @param onReply called once, with the whole answer or with the beginning of one that is too long
 * @param onFailure called instead when the connection ends before the answer does
 */
export function readAnswer(
  response: IncomingMessage,
  onReply: (reply: Reply) => void,
  onFailure: (cause: Error) => void,
  mostBytes: number,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = (): void => {
    onReply(toReply(response, Buffer.concat(chunks).subarray(0, mostBytes)));
  };
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes <= mostBytes) return;
    finish();
    response.destroy();
  });
  response.once('end', finish);
  response.on('error', onFailure);
  response.once('close', () => {
    if (!response.complete) onFailure(Object.assign(new Error('the answer was cut'), { code: 'ECONNRESET' }));
  });
}

/** What the rules look at, of an answer with this body. */
export function toReply({ statusCode = 0, headers }: IncomingMessage, body: Buffer): Reply {
  const version = headers['x-influxdb-version'];
  const { date } = headers;
  const retryAfter = headers['retry-after'];
  return {
    status: statusCode,
    contentType: headers['content-type'] ?? '',
    ...complaintOf(headers, body),
    ...(typeof version === 'string' && version !== '' ? { version: version.slice(0, MOST_VERSION_CHARACTERS) } : {}),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(date === undefined ? {} : { date }),
  };
}

function complaintOf(headers: IncomingMessage['headers'], body: Buffer): ReturnType<typeof readComplaint> {
  const text = body.toString('utf8');
  if (text === '') {
    const said = headers['x-influxdb-error'];
    return { text: typeof said === 'string' ? said : '' };
  }
  if (!/^(identity)?$/i.test(headers['content-encoding'] ?? '')) return { text: PACKED };
  return readComplaint(text, parseJson(text));
}

function parseJson(text: string): unknown {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
