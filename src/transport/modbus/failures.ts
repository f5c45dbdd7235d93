import { Pm500Error, type ErrorCode } from '../../support/errors';
import { describeSocketError } from '../ethernet-ip/session/socket';

/** What the exception codes mean (Modbus Application Protocol 1.1b3, 7) and what to do. */
const EXCEPTIONS: ReadonlyMap<number, string> = new Map([
  [1, 'illegal function; choose the other read function (03 or 04)'],
  [2, 'illegal data address; check that this firmware has the register'],
  [3, 'illegal data value; check that this firmware allows to read so many registers at once'],
  [4, 'server device failure; read again, and look at the meter when it stays so'],
  [5, 'acknowledge, the answer takes long; read again later'],
  [6, 'server device busy; read again later'],
]);
const MAY_PASS: readonly number[] = [4, 5, 6];

/** What a gateway answers in place of a unit that it does not reach (the same, 7). */
const GATEWAY_EXCEPTIONS: ReadonlyMap<number, string> = new Map([
  [10, 'the gateway has no path to it (exception 10); check the settings of the gateway and the unit identifier'],
  [11, 'the gateway got no answer from it (exception 11); check the unit identifier, the wiring and its power'],
]);

/**
 * An exception reply: MODBUS_EXCEPTION when the meter refuses, MODBUS_UNIT_ABSENT when a gateway says that the unit does
 * not answer. The connection is as good as before.
 */
export function exceptionError(what: string, exceptionCode: number): Pm500Error {
  const absence = GATEWAY_EXCEPTIONS.get(exceptionCode);
  if (absence !== undefined) {
    return new Pm500Error('MODBUS_UNIT_ABSENT', `${what}: ${absence}.`, {
      retryable: true,
      details: { exceptionCode },
    });
  }
  const meaning = EXCEPTIONS.get(exceptionCode) ?? 'a code that Modbus does not define; check the device';
  return new Pm500Error('MODBUS_EXCEPTION', `${what} was refused with exception ${exceptionCode}: ${meaning}.`, {
    retryable: MAY_PASS.includes(exceptionCode),
    details: { exceptionCode },
  });
}

export function connectTimedOut(where: string, timeoutMs: number): Pm500Error {
  return new Pm500Error(
    'MODBUS_CONNECT_TIMEOUT',
    `${where} did not accept a connection within ${timeoutMs} ms; check the address and that the meter is powered.`,
    { retryable: true },
  );
}

/** @param receivedBytes that came in its place: half a reply, one of another unit, or noise */
export function replyTimedOut(what: string, timeoutMs: number, receivedBytes: number): Pm500Error {
  const found = receivedBytes === 0 ? '' : `, but ${receivedBytes} bytes that are none`;
  const advice =
    receivedBytes === 0
      ? 'check the unit identifier, the wiring and its power'
      : 'check the wiring, the rate and the parity, and that no other unit has its identifier';
  return new Pm500Error('MODBUS_REPLY_TIMEOUT', `${what}: no reply within ${timeoutMs} ms${found}; ${advice}.`, {
    retryable: true,
    details: { receivedBytes },
  });
}

/** The line sends back every request, which a two-wire adapter with local echo does. */
export function requestEchoed(what: string): Pm500Error {
  return new Pm500Error(
    'MODBUS_ECHO',
    `${what}: the line sent the request itself back, as a two-wire RS-485 adapter with local echo does; turn the echo off at the adapter, or tick "Drop the echo" (dropEcho in a list, --drop-echo).`,
  );
}

/** @param reason what is wrong with it, a clause without a period */
export function replyInvalid(what: string, reason: string, cause?: unknown): Pm500Error {
  return new Pm500Error('MODBUS_REPLY_INVALID', `${what}: ${reason}; the connection is opened again.`, {
    cause,
    retryable: true,
  });
}

export function unasked(where: string): Pm500Error {
  return replyInvalid(where, 'a reply arrived that nothing had asked for');
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

export function tcpConnectFailed(where: string, cause: unknown): Pm500Error {
  const reason =
    codeOf(cause) === 'ECONNREFUSED'
      ? 'nothing listens there; check the address and the Modbus TCP port set at the front panel.'
      : describeSocketError(cause);
  return new Pm500Error('MODBUS_CONNECT_FAILED', `No Modbus connection to ${where}: ${reason}`, {
    cause,
    retryable: true,
  });
}

/** @param cause the socket's error; absent when the meter just closed */
export function tcpConnectionLost(where: string, cause?: unknown): Pm500Error {
  const reason =
    cause === undefined || codeOf(cause) === 'ECONNRESET'
      ? 'the meter closed it; check that no other client holds its only Modbus socket.'
      : describeSocketError(cause);
  return new Pm500Error('MODBUS_CONNECTION_LOST', `The Modbus connection to ${where} was lost: ${reason}`, {
    cause,
    retryable: true,
  });
}

function describeSerialError(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : 'it was closed';
  if (/lock/i.test(message)) return 'another program holds it; end that program or use another port.';
  if (/permission|access denied/i.test(message)) {
    return 'the operating system does not allow it; give this user the right to serial ports.';
  }
  if (/no such file|not found/i.test(message)) return 'there is no such port; check its name and the adapter.';
  return `${message}; check the adapter and the wiring.`;
}

export function serialConnectFailed(path: string, cause: unknown): Pm500Error {
  const reason = describeSerialError(cause);
  return new Pm500Error('MODBUS_CONNECT_FAILED', `The serial port ${path} could not be opened: ${reason}`, {
    cause,
    retryable: true,
  });
}

export function serialOpenTimedOut(path: string, timeoutMs: number): Pm500Error {
  return new Pm500Error(
    'MODBUS_CONNECT_TIMEOUT',
    `The serial port ${path} did not open within ${timeoutMs} ms; check the adapter and its driver.`,
    { retryable: true },
  );
}

export function serialConnectionLost(path: string, cause?: unknown): Pm500Error {
  const reason = describeSerialError(cause);
  return new Pm500Error('MODBUS_CONNECTION_LOST', `The serial port ${path} was lost: ${reason}`, {
    cause,
    retryable: true,
  });
}

/** What says that a unit did not answer, not that its line is broken or that it refused. */
const SILENCE: readonly ErrorCode[] = [
  'MODBUS_REPLY_TIMEOUT',
  'MODBUS_REPLY_INVALID',
  'MODBUS_UNIT_ABSENT',
  'MODBUS_CONNECTION_LOST',
];

export function isSilence({ code }: Pm500Error): boolean {
  return SILENCE.includes(code);
}

/** The same failure, with the time for which its unit is not asked again: `retryAfterMs` of its details. */
export function withRetryAfter(error: Pm500Error, retryAfterMs: number): Pm500Error {
  if (retryAfterMs <= 0) return error;
  const { code, message, retryable, details, cause } = error;
  return new Pm500Error(code, message, { retryable, details: { ...details, retryAfterMs }, cause });
}

/**
 * A unit that did not answer before is not asked yet, so that it does not hold the others of its line up.
 * @param last what it failed with
 */
export function unitDemoted(where: string, retryAfterMs: number, last?: Pm500Error): Pm500Error {
  const before = last === undefined ? `${where} did not answer.` : last.message;
  return new Pm500Error(
    last?.code ?? 'MODBUS_REPLY_TIMEOUT',
    `${before} The others on its line go first: it is asked again in ${Math.ceil(retryAfterMs / 1000)} s.`,
    { retryable: true, details: { ...last?.details, retryAfterMs }, cause: last },
  );
}

export function notOpen(where: string): Pm500Error {
  return new Pm500Error('METER_CLOSED', `There is no connection to ${where}; open it before reading.`);
}

export function closedOnRequest(where: string): Pm500Error {
  return new Pm500Error('METER_CLOSED', `The connection to ${where} was closed before the reply came.`);
}

/** What the caller hears who stopped a task. */
export function stopped(what: string): Pm500Error {
  return new Pm500Error('ABORTED', `${what} was stopped on request before it ended.`);
}

/** What others hear when a stopped task takes the connection along. */
export function droppedWith(what: string, cause: Pm500Error): Pm500Error {
  return new Pm500Error('MODBUS_CONNECTION_LOST', `${what} was stopped, and its connection dropped with it.`, {
    cause,
    retryable: true,
  });
}

/** What a task hears whose turn never came. */
export function notSent(what: string, cause: Pm500Error): Pm500Error {
  if (cause.code === 'METER_CLOSED') return cause;
  return new Pm500Error(
    'MODBUS_CONNECTION_LOST',
    `${what} was not asked for, because the connection was lost: ${cause.message}`,
    { cause, retryable: true },
  );
}
