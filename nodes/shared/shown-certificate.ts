import type { MqttConnect } from '../../src/mqtt/mqtt-link';
import type { MetricFamily } from '../../src/domain/diagnostics/prometheus';
import { certificateFamily } from './certificate-metrics';

/** A broker whose certificate is noted whenever it takes a connection. */
export interface WatchedBroker {
  readonly connect: MqttConnect;
  /** When the certificate ends that the broker of this node showed last; nothing where none was seen. */
  metrics(node: string): readonly MetricFamily[];
}

/** What a connection by TLS has, and no other. */
interface ShowsCertificate {
  getPeerCertificate(): { readonly valid_to: string };
}

const isTls = (stream: object): stream is ShowsCertificate =>
  'getPeerCertificate' in stream && typeof stream.getPeerCertificate === 'function';

/**
 * Notes what a broker shows of itself, and not what lies on a disk: it takes a new certificate only when it is started again, and
 * may run on a computer that tells nothing.
 */
export function watchCertificate(connect: MqttConnect): WatchedBroker {
  let end: number | undefined;
  return {
    connect: (options) => {
      const client = connect(options);
      client.on('connect', () => {
        const { stream } = client;
        if (!isTls(stream)) return;
        const ends = Date.parse(stream.getPeerCertificate().valid_to) / 1000;
        if (!Number.isNaN(ends)) end = ends;
      });
      return client;
    },
    metrics: (node) => certificateFamily(end === undefined ? [] : [{ labels: { node, part: 'server' }, value: end }]),
  };
}
