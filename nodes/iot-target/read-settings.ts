import { resolve } from 'node:path';
import {
  DEFAULT_BATCH_BYTES,
  DEFAULT_RECHECK_MS,
  DEFAULT_RETRY,
  type DeliverySettings,
} from '../../src/delivery/settings';
import type { ReplaceableIdentity } from '../../src/iot/connection';
import { concernOf, readCredentials, type CredentialFiles } from '../../src/iot/credentials';
import type { IotSettings } from '../../src/iot/destination';
import { IdentityCredentials } from '../../src/iot/enroll/identity-credentials';
import type { KeeperSettings } from '../../src/iot/enroll/keeper';
import { alpnOf } from '../../src/iot/enroll/mqtt-cloud';
import { ThingName } from '../../src/iot/enroll/thing-name';
import { isTokenUri } from '../../src/iot/token-key';
import { checkCertificate, checkClientId } from '../../src/iot/profiles';
import { createClientId } from '../../src/mqtt/client-id';
import type { BrokerSettings, ProtocolVersion } from '../../src/mqtt/mqtt-options';
import { parseHost } from '../../src/mqtt/server-list';
import type { ConfigReader } from '../shared/config';

type Config = ConfigReader<'iot-target'>;

const CONNECT_TIMEOUT_MS = 10_000;
const VERSIONS: Readonly<Record<'3.1.1' | '5', ProtocolVersion>> = { '3.1.1': 4, '5': 5 };
/** Records of one delivery: enough for a fast broker to be busy, and for batches of many meters to fill. */
const BATCH_RECORDS = 5000;

export interface TargetSettings {
  readonly iot: IotSettings;
  /** For topics. @throws Pm500Error where it stands in an identity that could never be read */
  readonly clientIdNow: () => string;
  /** What holds for the next connection; files are read anew. @throws Pm500Error MQTT_CREDENTIALS_INVALID, IDENTITY_INVALID */
  readonly brokerNow: () => BrokerSettings;
  /** Absent where the certificate is not that of an identity. */
  readonly identity?: ReplaceableIdentity;
  readonly concernNow: () => string;
  /** Certificate and authorities of now; undefined where none are used. @throws Pm500Error as `brokerNow` */
  readonly filesNow: () => CredentialFiles | undefined;
  readonly delivery: DeliverySettings;
  /** The identity that the node itself renews; absent where there is none, or the broker is not AWS IoT Core. */
  readonly keeper?: KeeperSettings;
}

/** Where a node keeps and looks for files. */
export interface TargetPlaces {
  /** Path of the file that keeps the name of the thing of an identity. */
  readonly memory?: string;
  /** Of relative paths. */
  readonly userDir?: string;
}

/** The client ID for topics, and for the next connection. An identity need not be readable at the start: records wait for it. */
function readClientId(
  config: Config,
  folder: string,
  memory: string | undefined,
): readonly [forTopics: () => string, now: () => string] {
  const given = config.text('clientId');
  if (given === '' && folder !== '') {
    const thing = new ThingName(folder, memory);
    return [() => thing.get(), () => thing.read()];
  }
  checkClientId(config.choice('profile'), given);
  const clientId = given === '' ? createClientId(Math.random) : given;
  return [() => clientId, () => clientId];
}

/**
 * @throws Pm500Error CONFIG_INVALID in one sentence
 */
export function readTargetSettings(
  config: Config,
  credentials: unknown,
  ownId: () => number | undefined,
  { memory, userDir = '.' }: TargetPlaces = {},
): TargetSettings {
  const profile = config.choice('profile');
  const isAws = profile === 'aws-iot-core';
  const host = parseHost(config.text('host'));
  const port = isAws ? config.choice('awsPort') : config.number('port');
  const pathOf = (property: 'certificateFile' | 'keyFile' | 'caFile' | 'identityFolder'): string => {
    const path = config.text(property);
    return path === '' || isTokenUri(path) ? path : resolve(userDir, path);
  };
  const folder = pathOf('identityFolder');
  const [clientIdNow, ownClientId] = readClientId(config, folder, memory);
  const files: CredentialFiles = {
    certificate: pathOf('certificateFile'),
    key: pathOf('keyFile'),
    ca: pathOf('caFile'),
  };
  // A certificate without TLS would be of no use, whatever the box says.
  const hasTls = isAws || config.flag('useTls') || folder !== '';
  const identity = folder === '' ? undefined : new IdentityCredentials(folder, files.ca);
  if (identity === undefined) checkCertificate(profile, files.certificate);
  const username = config.secret(credentials, 'username');
  const password = config.secret(credentials, 'password');
  const broker: Omit<BrokerSettings, 'clientId'> = {
    ...{ host, port },
    keepAliveSeconds: config.number('keepAliveSeconds'),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    protocolVersion: VERSIONS[config.choice('protocolVersion')],
    ...(isAws || username === '' ? {} : { username }),
    ...(isAws || password === '' ? {} : { password }),
  };
  const alpn = isAws ? alpnOf(port) : {};
  const thing = config.text('clientId');
  const beginning = thing === '' ? {} : { beginning: { thing, host, port, caFile: files.ca } };
  return {
    ...(isAws && folder !== '' ? { keeper: { folder, renewDays: config.number('renewDays'), ...beginning } } : {}),
    iot: {
      ...{ profile, host, port },
      recordsPerMessage: config.number('recordsPerMessage'),
      timeoutMs: config.number('timeoutMs'),
    },
    clientIdNow,
    brokerNow: () => ({
      ...{ ...broker, clientId: ownClientId() },
      ...(hasTls
        ? { tls: { ...readCredentials(identity?.next() ?? files, ownId), rejectUnauthorized: true, ...alpn } }
        : {}),
    }),
    ...(identity === undefined ? {} : { identity }),
    concernNow: () => (hasTls ? concernOf(identity?.certificate ?? files.certificate, Date.now()) : ''),
    filesNow: () => (hasTls ? (identity?.current() ?? (folder === '' ? files : undefined)) : undefined),
    delivery: {
      batch: { records: BATCH_RECORDS, bytes: DEFAULT_BATCH_BYTES, flushMs: config.number('flushMs') },
      retry: DEFAULT_RETRY,
      recheckMs: DEFAULT_RECHECK_MS,
    },
  };
}
