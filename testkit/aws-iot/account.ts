import { X509Certificate } from 'node:crypto';
import { Authority, certificateIdOf, type Span } from './authority';
import { deployedPolicy, isAllowed, type IotAction, type PolicyContext, type PolicyDocument } from './policy';
import type { Rule } from './rules';

const YEAR_MS = 365 * 86_400_000;

/** One for all accounts of a process. */
const AMAZON = new Authority('Amazon Root CA of the double');

export type CertificateStatus = 'PENDING_ACTIVATION' | 'ACTIVE' | 'INACTIVE' | 'REVOKED';

/** What the registry knows of a certificate. */
export interface Registered {
  readonly id: string;
  readonly pem: string;
  /** Of its subject. */
  readonly commonName: string | undefined;
  status: CertificateStatus;
  readonly policies: Set<string>;
  /** The thing that it is attached to, exclusively: then a client ID need not be the name of the thing. */
  thing: string | undefined;
}

export interface AccountOptions {
  /** The rule that is not enforced. */
  readonly without?: Rule;
  /** Epoch milliseconds UTC. */
  readonly now?: () => number;
}

/** Things, certificates and policies of an account of AWS. */
export class Account {
  readonly authority = AMAZON;
  readonly certificates = new Map<string, Registered>();
  readonly things = new Set<string>();
  readonly policies = new Map<string, PolicyDocument>([
    ['pm500-edge', deployedPolicy('edge')],
    ['pm500-claim', deployedPolicy('claim')],
    ['pm500-sparkplug', deployedPolicy('sparkplug')],
  ]);
  /** Authorities of enterprises, whose certificates are registered when they come (JITP). */
  readonly ownAuthorities: Authority[] = [];
  readonly now: () => number;
  /** Told of each certificate that may not connect any more. */
  onCut: (id: string) => void = () => undefined;
  private readonly without: Rule | undefined;
  /** One for each connection, so that policies are compiled once for it. */
  private readonly contexts = new Map<string, PolicyContext>();

  constructor({ without, now = Date.now }: AccountOptions = {}) {
    this.without = without;
    this.now = now;
  }

  enforces(rule: Rule): boolean {
    return rule !== this.without;
  }

  /** A certificate of AWS for a request, not active yet. @throws Error where the request is none */
  issue(request: string, span: Span = { fromMs: Date.now() - 60_000, toMs: Date.now() + YEAR_MS }): Registered {
    const status = this.enforces('pending-until-registered') ? 'PENDING_ACTIVATION' : 'ACTIVE';
    return this.register(this.authority.issue(request, span), status);
  }

  register(pem: string, status: CertificateStatus): Registered {
    const commonName = /^CN=(.*)$/m.exec(new X509Certificate(pem).subject)?.[1];
    const found: Registered = {
      id: certificateIdOf(pem),
      pem,
      commonName,
      status,
      policies: new Set(),
      thing: undefined,
    };
    this.certificates.set(found.id, found);
    return found;
  }

  setStatus(id: string, status: CertificateStatus): void {
    const certificate = this.certificates.get(id);
    if (certificate === undefined) throw new Error(`no certificate ${id}`);
    certificate.status = status;
    if (status !== 'ACTIVE' && this.enforces('revoked-is-cut')) this.onCut(id);
  }

  /** Certificates by which a thing can connect. */
  activeOf(thing: string): readonly Registered[] {
    return [...this.certificates.values()].filter((each) => each.thing === thing && each.status === 'ACTIVE');
  }

  mayConnect(id: string): boolean {
    return !this.enforces('certificate-status') || this.certificates.get(id)?.status === 'ACTIVE';
  }

  allows(id: string, clientId: string, action: IotAction, name: string): boolean {
    const certificate = this.certificates.get(id);
    if (certificate === undefined) return false;
    const policies = [...certificate.policies].flatMap((each) => this.policies.get(each) ?? []);
    const key = `${id} ${certificate.thing ?? ''} ${clientId}`;
    const context = this.contexts.get(key) ?? contextOf(certificate, clientId);
    this.contexts.set(key, context);
    return isAllowed(policies, action, name, context);
  }
}

function contextOf({ commonName, thing }: Registered, clientId: string): PolicyContext {
  return {
    clientId,
    ...(thing === undefined ? {} : { thingName: thing }),
    ...(commonName === undefined ? {} : { commonName }),
  };
}
