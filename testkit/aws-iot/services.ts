import { X509Certificate } from 'node:crypto';
import { Account, type AccountOptions } from './account';
import { Jobs } from './jobs';
import { deployedTemplate, Provisioning } from './provisioning';
import { Refusal } from './rules';

/** Who sends a request. */
export interface Sender {
  /** The principal: the certificate of the connection. */
  readonly certificateId: string;
  readonly clientId: string;
}

/** The answer to a request, and the topic that it goes to. */
export interface Answer {
  readonly topic: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** True where it reaches who asked without a subscription (jobs). */
  readonly isUnasked: boolean;
}

const CREATE = '$aws/certificates/create-from-csr/json';
const REGISTER = /^\$aws\/provisioning-templates\/([^/]+)\/provision\/json$/;
const JOB = /^\$aws\/things\/([^/]+)\/jobs\/(?:(get|start-next)|([^/]+)\/(get|update))$/;
const COMMIT = /^pm500\/([^/]+)\/certificate\/commit$/;

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw new Refusal('InvalidJson', 'The payload is no JSON object.');
}

/** What answers messages: fleet provisioning, jobs, and the rule of this project that commits a rotation. */
export class Services {
  readonly account: Account;
  readonly provisioning: Provisioning;
  readonly jobs: Jobs;

  constructor(options: AccountOptions = {}) {
    this.account = new Account(options);
    this.provisioning = new Provisioning(this.account);
    this.jobs = new Jobs(this.account);
  }

  /**
   * Just-in-time provisioning: a certificate of a registered authority that was never seen becomes that of the thing in its
   * subject. Its first connection is ended all the same.
   */
  seen(pem: string): void {
    const { account, provisioning } = this;
    const isOwn = account.ownAuthorities.some(({ certificate }) =>
      new X509Certificate(pem).checkIssued(new X509Certificate(certificate)),
    );
    if (!isOwn) return;
    const certificate = account.register(pem, 'PENDING_ACTIVATION');
    const values = {
      'AWS::IoT::Certificate::Id': certificate.id,
      'AWS::IoT::Certificate::CommonName': certificate.commonName ?? '',
    };
    provisioning.provision(deployedTemplate('own-authority'), values, certificate);
  }

  /** Undefined where a topic is not that of a request. */
  answer(topic: string, text: string, sender: Sender): Answer | undefined {
    const work = this.workOf(topic, sender);
    if (work === undefined) return undefined;
    const isUnasked = JOB.test(topic);
    let clientToken: Readonly<Record<string, unknown>> = {};
    try {
      const request = parse(text);
      if ('clientToken' in request) clientToken = { clientToken: request['clientToken'] };
      const payload = { ...work(request), ...clientToken, timestamp: Math.floor(this.account.now() / 1000) };
      return { topic: `${topic}/accepted`, payload, isUnasked };
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      const { code, message, statusCode, further } = thrown;
      // Jobs say `code`, provisioning says `errorCode`.
      const words =
        isUnasked || COMMIT.test(topic) ? { code, message } : { statusCode, errorCode: code, errorMessage: message };
      return { topic: `${topic}/rejected`, payload: { ...words, ...further, ...clientToken }, isUnasked };
    }
  }

  private workOf(
    topic: string,
    sender: Sender,
  ): ((request: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>) | undefined {
    if (topic === CREATE)
      return ({ certificateSigningRequest }) => this.provisioning.createFromCsr(certificateSigningRequest);
    const template = REGISTER.exec(topic)?.[1];
    if (template !== undefined)
      return ({ certificateOwnershipToken: token, parameters }) =>
        this.provisioning.registerThing(
          template,
          { token, parameters: (parameters ?? {}) as Readonly<Record<string, string>> },
          sender,
        );
    const [, thing = '', ofAll, jobId = '', ofOne] = JOB.exec(topic) ?? [];
    if (ofAll === 'get') return () => this.jobs.pending(thing);
    if (ofAll === 'start-next') return () => this.jobs.startNext(thing);
    if (ofOne === 'get') return () => this.jobs.get(thing, jobId);
    if (ofOne === 'update') return (request) => this.jobs.update(thing, jobId, request);
    const committed = COMMIT.exec(topic)?.[1];
    return committed === undefined ? undefined : (request) => this.commit(committed, request, sender);
  }

  /** A rule with `principal()`: the connection itself proves that the edge has the new certificate and its key. */
  private commit(
    thing: string,
    { certificateId }: Readonly<Record<string, unknown>>,
    sender: Sender,
  ): Readonly<Record<string, unknown>> {
    const { account } = this;
    if (certificateId !== sender.certificateId && account.enforces('commit-principal'))
      throw new Refusal('PrincipalMismatch', 'The connection is that of another certificate.', 403);
    const own = account.certificates.get(String(certificateId));
    if (own?.thing !== thing && account.enforces('commit-thing'))
      throw new Refusal('ThingMismatch', 'The certificate is that of another thing.', 403);
    for (const { id } of account.activeOf(thing)) if (id !== certificateId) account.setStatus(id, 'REVOKED');
    return { certificateId };
  }
}
