import { connect, createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { isRecord } from '../support/expect';

/** Who listens on a lock socket. */
export interface Owner {
  /** False while it does not know yet whether it is the only one. */
  readonly isOwner: boolean;
  /** For a sentence. */
  readonly who: string;
}

/** Somebody who listens but is too busy (or stopped) to say who it is owns the folder nevertheless. */
const ANSWER_MS = 1000;
const MOST_ANSWER_CHARACTERS = 1000;

export function describeProcess(): string {
  return `process ${process.pid} on ${hostname()}`;
}

/** A server that tells everybody who owns the lock, as `owner` is at that moment. */
export function answerWith(owner: Owner): Server {
  return createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(JSON.stringify(owner));
  });
}

/** Asks who listens at a socket; undefined when nobody does. */
export function askOwner(path: string): Promise<Owner | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ path });
    const finish = (owner: Owner | undefined): void => {
      clearTimeout(deadline);
      socket.destroy();
      resolve(owner);
    };
    const deadline = setTimeout(() => {
      finish(parseOwner(''));
    }, ANSWER_MS);
    socket.setEncoding('utf8');
    socket.on('data', (piece: string) => {
      text = `${text}${piece}`.slice(0, MOST_ANSWER_CHARACTERS);
    });
    socket.on('end', () => {
      finish(parseOwner(text));
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const isNobody = error.code === 'ECONNREFUSED' || error.code === 'ENOENT';
      finish(isNobody ? undefined : parseOwner(text));
    });
  });
}

function parseOwner(text: string): Owner {
  try {
    const answer: unknown = JSON.parse(text);
    if (isRecord(answer) && typeof answer['who'] === 'string') {
      return { isOwner: answer['isOwner'] !== false, who: answer['who'].slice(0, MOST_ANSWER_CHARACTERS) };
    }
  } catch {
    // Whatever it is, it listens there.
  }
  return { isOwner: true, who: 'another process' };
}
