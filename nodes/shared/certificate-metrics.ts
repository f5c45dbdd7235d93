import { X509Certificate } from 'node:crypto';
import type { NodeAPI } from 'node-red';
import type { MetricFamily, PrometheusSample } from '../../src/domain/diagnostics/prometheus';
import { isRecord } from '../../src/support/expect';
import { fieldsOf, NODE_TYPES, type NodeType } from './forms';
import { readTlsOptions } from './tls';

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

/** When the certificates that sinks use end, read from their files as they are now. */
export function certificateMetrics(RED: NodeAPI): readonly MetricFamily[] {
  const samples: PrometheusSample[] = [];
  RED.nodes.eachNode((definition) => {
    const type = USERS.find((user) => user === definition.type);
    const tls: unknown = isRecord(definition) ? definition['tls'] : undefined;
    if (type === undefined || typeof tls !== 'string' || tls === '') return;
    samples.push(...samplesOf(RED, type, definition.id, tls));
  });
  return [
    {
      name: 'pm500_certificate_expires_seconds',
      help: 'When the certificate (cert) or the first of the authorities (ca) of a sink ends, seconds since 1970.',
      type: 'gauge',
      samples,
    },
  ];
}
