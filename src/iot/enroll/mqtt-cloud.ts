import type { LinkListener, MqttLink, AcknowledgedLink } from '../../mqtt/mqtt-link';
import type { BrokerSettings } from '../../mqtt/mqtt-options';
import { within, type Clock } from '../../support/clock';
import { hasCode, Pm500Error, toPm500Error } from '../../support/errors';
import { isRecord, type UnknownRecord } from '../../support/expect';
import { concernOfPem, type OwnId } from '../credentials';
import { explainFailure } from '../explain';
import { isTokenUri, readTokenKey, type TokenKey } from '../token-key';
import type { CloudJob, CloudSession, IssuedCertificate, OpenCloudSession, Persona, Reported } from './cloud';
import type { IdentityPlace } from './state';

type OpenCloudLink = (
  settings: BrokerSettings,
  will: undefined,
  listener: LinkListener,
) => Pick<MqttLink, 'subscribe' | 'end'> & Pick<AcknowledgedLink, 'publishAcknowledged'>;

export interface MqttCloudDependencies {
  readonly openLink: OpenCloudLink;
  readonly clock: Clock;
  readonly place: Pick<IdentityPlace, 'host' | 'port'>;
  /** Certificates of authorities in PEM; those of Node.js where absent. */
  readonly ca?: string;
  readonly signal: AbortSignal;
  /** Who may read the PIN of a token; whoever, where absent. */
  readonly ownId?: OwnId;
}

const CREATE = '$aws/certificates/create-from-csr/json';
const ANSWER_MS = 15_000;
const CONNECT_MS = 10_000;
const KEEP_ALIVE_SECONDS = 60;
const COPIED =
  'Where another computer has a copy of this identity and has rotated it, this one was revoked: enroll each edge as a thing of its own';
/** What AWS IoT Core is told on the port of HTTPS, so that it speaks MQTT with client certificates there. */
const AWS_ALPN = ['x-amzn-mqtt-ca'];
const HTTPS_PORT = 443;

/** How MQTT is asked for at a port of AWS IoT Core. */
export const alpnOf = (port: number): { readonly alpnProtocols?: readonly string[] } =>
  port === HTTPS_PORT ? { alpnProtocols: AWS_ALPN } : {};

/** The two topics of the answer to what is published on `topic`. */
const answersOf = (topic: string): readonly string[] => [`${topic}/accepted`, `${topic}/rejected`];

const textIn = (record: UnknownRecord, name: string): string => {
  const value = record[name];
  return typeof value === 'string' ? value : '';
};

/** What the cloud cannot do now and may do later: too much is asked of it, or it has a fault of its own. */
const PASSING = /throttl|internal|unavailable|limitexceeded|toomanyrequests/i;
const TOO_MANY = 429;
const FIRST_OWN_FAULT = 500;
const isPassing = (code: string, status: unknown): boolean =>
  PASSING.test(code) || (typeof status === 'number' && (status === TOO_MANY || status >= FIRST_OWN_FAULT));

function parse(payload: Uint8Array): UnknownRecord {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString());
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

class MqttCloudSession implements CloudSession {
  link: ReturnType<OpenCloudLink> | undefined;
  private ended: Pm500Error | undefined;
  private readonly waiting = new Map<string, (payload: Uint8Array) => void>();
  private fail: (error: Pm500Error) => void = () => undefined;

  constructor(
    private readonly dependencies: MqttCloudDependencies,
    private readonly server: string,
  ) {}

  onMessage(topic: string, payload: Uint8Array): void {
    this.waiting.get(topic)?.(payload);
  }

  onEnded(error: Pm500Error): void {
    this.ended ??= error;
    this.fail(error);
  }

  async createCertificate(request: string): Promise<IssuedCertificate> {
    const answer = await this.ask(CREATE, { certificateSigningRequest: request });
    const found = {
      certificateId: textIn(answer, 'certificateId'),
      certificatePem: textIn(answer, 'certificatePem'),
      token: textIn(answer, 'certificateOwnershipToken'),
    };
    if (Object.values(found).every((each) => each !== '')) return found;
    throw this.refused(CREATE, { code: 'incomplete answer' });
  }

  async register(template: string, token: string, thing: string): Promise<void> {
    const parameters = { ThingName: thing };
    await this.ask(`$aws/provisioning-templates/${template}/provision/json`, {
      ...{ certificateOwnershipToken: token, parameters },
    });
  }

  async commit(thing: string, certificateId: string): Promise<void> {
    await this.ask(`pm500/${thing}/certificate/commit`, { certificateId });
  }

  async nextJob(thing: string): Promise<CloudJob | undefined> {
    const { execution } = await this.ask(`$aws/things/${thing}/jobs/$next/get`, {});
    if (!isRecord(execution)) return undefined;
    const { versionNumber, jobDocument } = execution;
    const version = typeof versionNumber === 'number' ? versionNumber : 0;
    const jobId = textIn(execution, 'jobId');
    return jobId === '' ? undefined : { jobId, version, document: jobDocument };
  }

  async startJob(thing: string, { jobId, version }: Pick<CloudJob, 'jobId' | 'version'>): Promise<number> {
    const request = { status: 'IN_PROGRESS', expectedVersion: version, includeJobExecutionState: true };
    const { executionState } = await this.ask(`$aws/things/${thing}/jobs/${jobId}/update`, request);
    const now = isRecord(executionState) ? executionState['versionNumber'] : undefined;
    return typeof now === 'number' ? now : version + 1;
  }

  async finishJob(thing: string, { jobId, version }: Pick<CloudJob, 'jobId' | 'version'>): Promise<Reported> {
    const update = (expectedVersion: number): Promise<UnknownRecord> =>
      this.ask(`$aws/things/${thing}/jobs/${jobId}/update`, { status: 'SUCCEEDED', expectedVersion });
    try {
      await update(version);
      return 'taken';
    } catch (thrown) {
      // Too much was asked of the cloud: the job is still to be told.
      if (!hasCode(thrown, 'IDENTITY_REFUSED') || toPm500Error(thrown).retryable) throw thrown;
      // Changed by somebody meanwhile: canceled, or touched and still to be done.
      const now = toPm500Error(thrown).details['executionState'];
      if (!isRecord(now) || now['status'] !== 'IN_PROGRESS' || typeof now['versionNumber'] !== 'number')
        return 'dropped';
      await update(now['versionNumber']);
      return 'taken';
    }
  }

  async close(): Promise<void> {
    await this.link?.end();
  }

  /** Subscribes to the answers before it asks. */
  private async ask(topic: string, request: UnknownRecord): Promise<UnknownRecord> {
    const [accepted = '', rejected = ''] = answersOf(topic);
    const answer = new Promise<readonly [boolean, Uint8Array]>((resolve, reject) => {
      this.waiting.set(accepted, (payload) => {
        resolve([true, payload]);
      });
      this.waiting.set(rejected, (payload) => {
        resolve([false, payload]);
      });
      this.fail = reject;
    });
    // Whoever fails first is awaited below; this one then has nobody to tell.
    answer.catch(() => undefined);
    const exchange = async (): Promise<readonly [boolean, Uint8Array]> => {
      await this.link?.subscribe([accepted, rejected]);
      this.link?.publishAcknowledged(topic, Buffer.from(JSON.stringify(request)), (refusal) => {
        if (refusal !== undefined) this.fail(refusal);
      });
      return answer;
    };
    try {
      if (this.ended !== undefined) throw this.ended;
      const { clock, signal } = this.dependencies;
      // A broker that never grants a subscription is one that does not answer.
      const given = await within(exchange(), { clock, signal, timeoutMs: ANSWER_MS }, () => undefined);
      if (given === undefined) throw this.unanswered(topic);
      const [isAccepted, payload] = given;
      if (isAccepted) return parse(payload);
      throw this.refused(topic, parse(payload));
    } catch (thrown) {
      throw this.forbidden(topic, toPm500Error(thrown));
    } finally {
      this.waiting.clear();
    }
  }

  private refused(topic: string, answer: UnknownRecord): Pm500Error {
    const code = textIn(answer, 'errorCode') || textIn(answer, 'code') || 'no reason';
    const words = (textIn(answer, 'errorMessage') || textIn(answer, 'message')).replace(/[\s.]+/g, ' ').slice(0, 200);
    const why = words === '' ? code : `${code}: ${words.trim()}`;
    const retryable = isPassing(code, answer['statusCode']);
    const advice = retryable
      ? 'it may do so later: run the command again'
      : 'see that the thing is expected there, and that template, hook and policy are in place';
    return new Pm500Error(
      'IDENTITY_REFUSED',
      `${this.server} refused what was asked on ${topic} (${why}); ${advice}.`,
      {
        retryable,
        details: { code, executionState: answer['executionState'] },
      },
    );
  }

  private unanswered(topic: string): Pm500Error {
    if (this.dependencies.signal.aborted)
      return new Pm500Error(
        'ABORTED',
        'The command was ended before it was done; run it again, it goes on where it was.',
      );
    return new Pm500Error(
      'IDENTITY_UNANSWERED',
      `${this.server} did not answer on ${topic} within ${ANSWER_MS / 1000} s; see that the policy allows iot:Receive on ${topic}/* and that something answers there.`,
      { retryable: true },
    );
  }

  /** The broker ended the connection over a topic, which says that a policy lacks it. */
  private forbidden(topic: string, error: Pm500Error): Pm500Error {
    if (!hasCode(error, 'MQTT_CONNECTION_LOST', 'MQTT_REFUSED', 'MQTT_PUBLISH_REFUSED')) return error;
    const advice = `This happened over ${topic}: the policy must allow iot:Publish on it, and iot:Subscribe and iot:Receive on ${topic}/*.`;
    const { code, message, cause, retryable, details } = error;
    return new Pm500Error(code, `${message} ${advice}`, { cause, retryable, details });
  }
}

/** What else may keep a certificate from being let in. */
function concernOf(error: Pm500Error, { certificate, isClaim = false }: Persona, nowMs: number): string {
  try {
    const dates = concernOfPem(certificate, 'certificate that pm500 connects with', nowMs);
    // Where this side did not take the server it is not about who has this certificate.
    const isLetIn = hasCode(error, 'MQTT_TLS_FAILED') && error.details['alert'] === undefined;
    return dates === '' && !isLetIn && !isClaim ? COPIED : dates;
  } catch {
    return 'The certificate that pm500 connects with is no certificate in PEM: correct its path';
  }
}

/** Sessions with AWS IoT Core, or what speaks like it, over MQTT 5 with mutual TLS. */
export function createOpenCloudSession(dependencies: MqttCloudDependencies): OpenCloudSession {
  const { openLink, place, ca, clock, ownId = () => undefined } = dependencies;
  const keyOf = (key: string, certificate: string): { readonly key: string } | TokenKey =>
    isTokenUri(key) ? readTokenKey(key, Buffer.from(certificate), ownId()) : { key };
  const { host, port } = place;
  return (persona) =>
    new Promise((resolve, reject) => {
      const { clientId, certificate, key } = persona;
      const session = new MqttCloudSession(dependencies, `${host}:${port}`);
      const settings: BrokerSettings = {
        ...{ host, port, clientId, keepAliveSeconds: KEEP_ALIVE_SECONDS, connectTimeoutMs: CONNECT_MS },
        protocolVersion: 5,
        tls: {
          ...{ cert: certificate, ...keyOf(key, certificate), rejectUnauthorized: true, ...alpnOf(port) },
          ...(ca === undefined ? {} : { ca }),
        },
      };
      session.link = openLink(settings, undefined, {
        onConnecting: () => undefined,
        onDrained: () => undefined,
        onConnected: () => {
          resolve(session);
        },
        onMessage: (topic, payload) => {
          session.onMessage(topic, payload);
        },
        onClosed: (error) => {
          const ended =
            error ?? new Pm500Error('MQTT_CONNECTION_LOST', `The connection to ${host}:${port} was closed by pm500.`);
          // Before the CONNACK whoever opens waits; after it this does nothing.
          reject(explainFailure(ended, 'aws-iot-core', concernOf(ended, persona, clock.now())));
          session.onEnded(ended);
        },
      });
    });
}
