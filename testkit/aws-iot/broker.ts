import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import type { AccountOptions } from './account';
import { certificateIdOf } from './authority';
import { LIMITS, type Rule } from './rules';
import { Services } from './services';
import { Session, type Hub } from './session';

/** A message that went through the broker, or by Basic Ingest straight to a rule. */
export interface Passed {
  readonly topic: string;
  readonly payload: string;
  /** The payload as it came. */
  readonly bytes: Buffer;
  readonly clientId: string;
  readonly certificateId: string;
}

/**
 * AWS IoT Core as its documents describe it, at a port of this computer: mutual TLS, policies, limits, fleet provisioning,
 * jobs, Basic Ingest. Who breaks a rule is disconnected, and `violations` says which rule.
 */
export class AwsIotDouble implements Hub {
  readonly services: Services;
  acknowledges = true;
  readonly violations: { readonly rule: Rule; readonly clientId: string }[] = [];
  readonly messages: Passed[] = [];
  readonly connects: { readonly clientId: string; readonly certificateId: string }[] = [];
  /** Connections that stand. */
  readonly sessions = new Set<Session>();
  private readonly lastConnect = new Map<string, number>();
  private server: Server | undefined;

  constructor(options: AccountOptions = {}) {
    this.services = new Services(options);
    this.services.account.onCut = (id) => {
      for (const session of this.sessions) if (session.certificateId === id) session.end();
    };
    this.services.jobs.onChange = (thing) => {
      const { jobs } = this.services;
      const topic = `$aws/things/${thing}/jobs`;
      for (const session of this.sessions) {
        session.deliver(`${topic}/notify-next`, JSON.stringify(jobs.get(thing, '$next')));
        session.deliver(`${topic}/notify`, JSON.stringify(jobs.changed(thing)));
      }
    };
  }

  async start(port = 0): Promise<this> {
    const { authority, ownAuthorities } = this.services.account;
    const ca = [authority, ...ownAuthorities].map(({ certificate }) => certificate);
    const options = { ...authority.server(), ca, requestCert: true, rejectUnauthorized: true };
    const server = createServer(options, (socket) => {
      this.accept(socket);
    });
    server.on('tlsClientError', () => undefined);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    this.server = server;
    return this;
  }

  get port(): number {
    return (this.server?.address() as AddressInfo).port;
  }

  /** PEM of the authority that signs the certificate of the server. */
  get ca(): string {
    return this.services.account.authority.certificate;
  }

  async stop(): Promise<void> {
    for (const session of this.sessions) session.end();
    this.server?.close();
    if (this.server !== undefined) await once(this.server, 'close');
  }

  note(rule: Rule, clientId: string): void {
    this.violations.push({ rule, clientId });
  }

  admit(session: Session): boolean {
    const { account } = this.services;
    const now = account.now();
    const last = this.lastConnect.get(session.clientId) ?? -Infinity;
    this.lastConnect.set(session.clientId, now);
    if (now - last < LIMITS.connectEveryMs && account.enforces('connect-rate')) {
      this.note('connect-rate', session.clientId);
      return false;
    }
    const others = [...this.sessions].filter((each) => each !== session && each.clientId === session.clientId);
    if (account.enforces('takeover')) for (const other of others) other.takeOver();
    this.connects.push({ clientId: session.clientId, certificateId: session.certificateId });
    return true;
  }

  publish(topic: string, bytes: Buffer, { clientId, certificateId }: Session): void {
    this.messages.push({ topic, payload: bytes.toString(), bytes, clientId, certificateId });
    // Basic Ingest goes past the broker.
    if (topic.startsWith('$aws/rules/')) return;
    for (const session of this.sessions) session.deliver(topic, bytes);
  }

  leave(session: Session): void {
    this.sessions.delete(session);
  }

  private accept(socket: TLSSocket): void {
    const { raw } = socket.getPeerCertificate();
    const pem = new X509Certificate(raw).toString();
    const id = certificateIdOf(pem);
    if (this.services.account.certificates.has(id)) {
      this.sessions.add(new Session(socket, id, this));
      return;
    }
    this.services.seen(pem);
    socket.on('error', () => undefined);
    socket.end();
  }
}
