import { isIPv4 } from 'node:net';
import type { Evidence, EvidenceWords, FirstWords, Who } from '../../domain/causes/evidence';
import { PROTOCOL_FACTS } from '../../meters/protocol-facts';
import type { Clock } from '../../support/clock';
import type { Pm500Error } from '../../support/errors';
import { silentLogger } from '../../support/logger';
import { plain, sentences, type Sentence } from '../../support/sentence';
import { discoverByUdp, type DiscoveredDevice } from '../../transport/ethernet-ip/discovery';
import { hearFirstWords, type PortAnswer } from '../../transport/ethernet-ip/first-words';
import { COMMAND } from '../../transport/ethernet-ip/wire/encapsulation';
import type { MeterIdentity } from '../../transport/transport';
import type { ResolveHost } from '../link-claim';
import { isHostName, whereOf } from '../meter-address';
import { describeMismatch } from '../meter-identity';
import type { MeterSettings } from '../meter-settings';

export interface EvidenceSources {
  readonly clock: Clock;
  readonly resolveHost: ResolveHost;
}

/** What one attempt gave. */
export interface Attempt {
  readonly settings: MeterSettings;
  /** What kept the meter from being read. */
  readonly error?: Pm500Error;
  readonly identity?: MeterIdentity;
}

/** How long each further question is waited for: whoever is there answers within milliseconds. */
const QUESTION_MS = 800;
/** Of a device that answers something else than its identity: no more is shown to a person. */
const LONGEST_WORDS = 40;
/** First byte of a TLS record that is an alert, and the first byte of its version (RFC 8446, 5.1). */
const TLS_ALERT = [0x15, 0x03] as const;
/** Errors after which another connection is asked what it is. */
const ASKED_AGAIN: readonly string[] = [
  'ENIP_CONNECTION_LOST',
  'ENIP_FRAME_INVALID',
  'ENIP_REPLY_TIMEOUT',
  'ENIP_REPLY_MISMATCH',
  'CIP_REPLY_INVALID',
];
/** Errors after which it is asked by UDP who is at the address. */
const NOT_REACHED: readonly string[] = [
  'ENIP_CONNECT_FAILED',
  'ENIP_CONNECT_TIMEOUT',
  'MODBUS_CONNECT_FAILED',
  'MODBUS_CONNECT_TIMEOUT',
];

/** What the operating system said, at the bottom of an error. */
function socketCodeOf(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (
      'code' in at &&
      typeof at.code === 'string' &&
      /^E[A-Z]+(_[A-Z]+)?$/.test(at.code) &&
      !at.code.startsWith('ENIP')
    )
      return at.code;
  }
  return undefined;
}

function whoIs({ model, catalogNumber }: MeterSettings, identity: MeterIdentity): Who {
  if (describeMismatch(model, identity) !== undefined) return 'other';
  return describeMismatch(model, identity, catalogNumber) === undefined ? 'model' : 'other-catalog-number';
}

/** What devices call themselves, within a sentence. */
export const DEVICE_WORDS = sentences('device', {
  firmware: 'firmware "{firmware}"',
  identity: '{what}, serial {serial}',
  named: '"{product}" (vendor {vendor})',
  web: 'as a web server does ("{line}")',
  bytes: 'bytes that begin with {bytes}',
});

/** What a device calls itself, for a sentence. */
function describeIdentity({ model }: Pick<MeterSettings, 'model'>, identity: MeterIdentity): Sentence {
  if (!('vendorId' in identity)) return DEVICE_WORDS.say('firmware', { firmware: identity.firmwareBase });
  const { productName, productCode, vendorId, deviceType, serialNumber } = identity;
  const row = model.identity.catalogNumbers.find((each) => each.productCode === productCode);
  const isModel = vendorId === model.identity.vendorId && deviceType === model.identity.deviceType;
  const named = DEVICE_WORDS.say('named', { product: productName, vendor: vendorId });
  return DEVICE_WORDS.say('identity', {
    what: isModel && row !== undefined ? row.catalogNumber : named,
    serial: serialNumber,
  });
}

function readWords(answer: PortAnswer): { readonly words: FirstWords; readonly device: string | Sentence } {
  if (answer.kind !== 'bytes') return { words: answer.kind, device: '' };
  const { bytes } = answer;
  if (bytes.length >= 2 && bytes.readUInt16LE(0) === COMMAND.listIdentity) return { words: 'identity', device: '' };
  if (TLS_ALERT.every((byte, index) => bytes[index] === byte)) return { words: 'tls', device: '' };
  const line = bytes.toString('latin1').split(/[\r\n]/)[0] ?? '';
  if (line.startsWith('HTTP/')) return { words: 'http', device: DEVICE_WORDS.say('web', { line }) };
  const isText = /^[\x20-\x7e]{3,}$/.test(line);
  if (isText) return { words: 'others', device: `"${line.slice(0, LONGEST_WORDS)}"` };
  return { words: 'others', device: DEVICE_WORDS.say('bytes', { bytes: bytes.toString('hex', 0, 8) }) };
}

/** Whoever answers List Identity by UDP, at the port that was tried and at the usual one. */
async function askByUdp(
  address: string,
  ports: readonly number[],
  { clock }: EvidenceSources,
): Promise<DiscoveredDevice | undefined> {
  const asked = ports.map((port) =>
    discoverByUdp({ address, port, timeoutMs: QUESTION_MS, stopAfter: 1 }, { clock, logger: silentLogger }).catch(
      () => [],
    ),
  );
  return (await Promise.all(asked)).flat()[0];
}

/** Where the meter is by its address; undefined where it has none, or it cannot be asked by UDP. */
async function addressOf({ host }: MeterSettings, { resolveHost }: EvidenceSources): Promise<string | undefined> {
  const address = isHostName(host) ? await resolveHost(host).catch(() => undefined) : host;
  return address !== undefined && isIPv4(address) ? address : undefined;
}

/**
 * Finds out more about an attempt that failed, by List Identity alone: by UDP who is there, and by another connection, once
 * the first one is gone, what speaks at the port. A Modbus port gets no further question.
 */
export async function gatherEvidence(
  { settings, error, identity }: Attempt,
  sources: EvidenceSources,
): Promise<{ readonly evidence: Evidence; readonly words: EvidenceWords }> {
  const { host, port, transport, model } = settings;
  const kind = transport?.kind ?? 'ucmm';
  const way = kind === 'modbus-tcp' || kind === 'modbus-rtu' || kind === 'modbus-rtu-tcp' ? kind : 'ethernet-ip';
  const code = error?.code ?? '';
  const socket = socketCodeOf(error);
  const hasPort = way === 'ethernet-ip' && ASKED_AGAIN.includes(code);
  const isUnreached = NOT_REACHED.includes(code) && way !== 'modbus-rtu' && way !== 'modbus-rtu-tcp';
  const address = hasPort || isUnreached ? await addressOf(settings, sources) : undefined;
  const enipPort = transport?.kind === 'modbus-tcp' ? transport.enipPort : port;
  const ports = [...new Set([enipPort, PROTOCOL_FACTS.enipPort.value])];
  const found = address === undefined ? undefined : await askByUdp(address, ports, sources);
  const heard = hasPort
    ? readWords(await hearFirstWords({ host: address ?? host, port, timeoutMs: QUESTION_MS }, sources))
    : undefined;
  const known = identity ?? found?.identity;
  const evidence: Evidence = {
    way,
    ...(error === undefined ? {} : { error: error.code }),
    ...(socket === undefined ? {} : { socket }),
    ...(heard === undefined ? {} : { words: heard.words }),
    ...(address === undefined ? {} : { udp: found === undefined ? 'silence' : whoIs(settings, found.identity) }),
    ...(found === undefined || way !== 'ethernet-ip' ? {} : { hasOtherPort: found.port !== port }),
    ...(Number(error?.details['receivedBytes'] ?? 0) > 0 ? { hasStrangeBytes: true } : {}),
    ...(known === undefined ? {} : { device: whoIs(settings, known) }),
  };
  const words: EvidenceWords = {
    where: whereOf(settings),
    host,
    port,
    unit: transport !== undefined && 'unitId' in transport ? transport.unitId : 0,
    model: model.name,
    device: known === undefined ? (heard?.device ?? '') : describeIdentity(settings, known),
    announced: found?.port ?? 0,
    detail: error?.sentence ?? plain(''),
  };
  return { evidence, words };
}
