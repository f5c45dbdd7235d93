import { X509Certificate } from 'node:crypto';
import type { NodeAPI } from 'node-red';
import type { Labels, MetricFamily, PrometheusSample } from '../../src/domain/diagnostics/prometheus';
import { isRecord } from '../../src/support/expect';
import { MOST_PEM_BYTES, readRegularFile } from '../../src/support/read-text-file';
import { fieldsOf, NODE_TYPES, type NodeType } from './forms';
import { readTlsOptions } from './tls';

interface FilePaths {
  readonly certificate: string;
  readonly ca: string;
}

/** Nodes that choose TLS settings, by their field `tls`. */
const USERS = NODE_TYPES.filter((type) => 'tls' in fieldsOf(type));
const PARTS = ['cert', 'ca'] as const;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
/** A bundle of authorities has some hundred certificates; the rest is not looked at. */
const MOST_CERTIFICATES = 500;

/** When the first of the certificates in a PEM text to end does so, seconds since 1970; undefined where none can be read. */
function endOf(pem: string | Buffer): number | undefined {
  const ends = (pem.toString().match(CERTIFICATE) ?? []).slice(0, MOST_CERTIFICATES).flatMap((text) => {
    try {
      return [Date.parse(new X509Certificate(text).validTo) / 1000];
    } catch {
      return [];
    }
  });
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function samplesOf(RED: NodeAPI, type: NodeType, node: string, tls: string): readonly PrometheusSample[] {
  try {
    const options = readTlsOptions(RED, type, tls, 'CONFIG_INVALID') ?? {};
    return PARTS.flatMap((part) => {
      const pem = options[part];
      const value = pem === undefined ? undefined : endOf(pem);
      return value === undefined ? [] : [{ labels: { node, part }, value }];
    });
  } catch {
    // The node that uses it says so.
    return [];
  }
}

export const certificateFamily = (samples: readonly PrometheusSample[]): readonly MetricFamily[] => [
  {
    name: 'pm500_certificate_expires_seconds',
    help: 'When the certificate (cert) or the first of the authorities (ca) of a sink, or that of its broker (server), ends, seconds since 1970.',
    type: 'gauge',
    samples,
  },
];

/** The same of files that a node names in its own settings. */
export function fileMetrics(node: string, filesNow: () => FilePaths | undefined): readonly MetricFamily[] {
  try {
    const { certificate = '', ca = '' } = filesNow() ?? {};
    return certificateFamily([
      ...fileSamples({ node, part: 'cert' }, certificate),
      ...fileSamples({ node, part: 'ca' }, ca),
    ]);
  } catch {
    // What keeps an identity from being read is said by the delivery.
    return [];
  }
}

function fileSamples(labels: Labels, path: string): readonly PrometheusSample[] {
  if (path === '') return [];
  try {
    const value = endOf(readRegularFile(path, MOST_PEM_BYTES));
    return value === undefined ? [] : [{ labels, value }];
  } catch {
    return [];
  }
}

/** When the certificates that sinks use end, read from their files as they are now. */
export function certificateMetrics(RED: NodeAPI): readonly MetricFamily[] {
  const samples: PrometheusSample[] = [];
  RED.nodes.eachNode((definition) => {
    const type = USERS.find((user) => user === definition.type);
    const tls: unknown = isRecord(definition) ? definition['tls'] : undefined;
    if (type === undefined || typeof tls !== 'string' || tls === '') return;
    samples.push(...samplesOf(RED, type, definition.id, tls));
  });
  return certificateFamily(samples);
}
