import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HookEvent } from '../../deploy/aws/lambda/hook';
import { ROOT } from '../root';
import type { Account, Registered } from './account';
import { LIMITS, Refusal } from './rules';

type Value = string | { readonly Ref: string };

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, Value | readonly string[]>>;
}

/** A provisioning template as it is written (Developer Guide, "Provisioning templates"). */
export interface Template {
  readonly Parameters: Readonly<Record<string, { readonly Type: string; readonly Default?: string }>>;
  readonly Resources: Readonly<Record<string, Resource>>;
}

export type Hook = (event: HookEvent) => boolean;

/** A template of `deploy/aws/templates/`. */
export const deployedTemplate = (name: 'provision' | 'own-authority'): Template =>
  JSON.parse(readFileSync(join(ROOT, 'deploy/aws/templates', `${name}.json`), 'utf8')) as Template;
const nameIn = (pem: string): string | undefined => /^CN=(.*)$/m.exec(new X509Certificate(pem).subject)?.[1];

/** Fleet provisioning: certificates for requests, and things for certificates. */
export class Provisioning {
  /** Things that may be provisioned by claim. */
  readonly expected = new Set<string>();
  readonly templates = new Map<string, { readonly template: Template; hook: Hook }>([
    [
      'pm500-claim',
      {
        template: deployedTemplate('provision'),
        hook: ({ parameters: { ThingName = '' }, certificatePem }) =>
          this.expected.has(ThingName) &&
          nameIn(certificatePem) === ThingName &&
          this.account.activeOf(ThingName).length === 0,
      },
    ],
    [
      'pm500-rotation',
      {
        template: deployedTemplate('provision'),
        // The client ID was proven by the policy of who asks.
        hook: ({ parameters: { ThingName = '' }, certificatePem, clientId }) =>
          clientId === `${ThingName}.identity` && nameIn(certificatePem) === ThingName,
      },
    ],
  ]);
  /** By the hash of the token. */
  private readonly tokens = new Map<string, { readonly certificate: Registered; readonly at: number }>();

  constructor(private readonly account: Account) {}

  createFromCsr(request: unknown): Readonly<Record<string, string>> {
    if (typeof request !== 'string') throw new Refusal('InvalidParameter', 'certificateSigningRequest is missing.');
    let certificate: Registered;
    try {
      certificate = this.account.issue(request);
    } catch (thrown) {
      const isForged = thrown instanceof Error && thrown.message === 'wrong signature';
      if (!isForged || this.account.enforces('request-signature'))
        throw new Refusal('InvalidCertificateSigningRequest', 'The CSR is not valid.');
      return {};
    }
    const token = randomBytes(32).toString('base64url');
    this.tokens.set(hashOf(token), { certificate, at: this.account.now() });
    const { id, pem } = certificate;
    return { certificateId: id, certificatePem: pem, certificateOwnershipToken: token };
  }

  registerThing(
    name: string,
    { token, parameters }: { readonly token: unknown; readonly parameters: Readonly<Record<string, string>> },
    from: { readonly certificateId: string; readonly clientId: string },
  ): Readonly<Record<string, unknown>> {
    const found = this.templates.get(name);
    if (found === undefined) throw new Refusal('ResourceNotFound', `Template ${name} is not there.`, 404);
    const certificate = this.owned(token);
    const values: Record<string, string> = { 'AWS::IoT::Certificate::Id': certificate.id };
    for (const [key, { Default }] of Object.entries(found.template.Parameters)) {
      const value = parameters[key] ?? Default ?? values[key];
      if (value !== undefined) values[key] = value;
      else if (this.account.enforces('template-parameters'))
        throw new Refusal('InvalidParameters', `Parameter ${key} is missing.`);
    }
    const { id: certificateId, pem: certificatePem } = certificate;
    const event = { claimCertificateId: from.certificateId, certificateId, certificatePem, parameters };
    if (this.account.enforces('hook') && !found.hook({ ...event, clientId: from.clientId }))
      throw new Refusal('AccessDenied', 'The pre-provisioning hook did not allow it.', 403);
    if (this.account.enforces('token-once')) this.tokens.delete(hashOf(String(token)));
    const thingName = this.provision(found.template, values, certificate);
    return { deviceConfiguration: {}, thingName };
  }

  private owned(token: unknown): Registered {
    const found = this.tokens.get(hashOf(String(token)));
    const isOld = found !== undefined && this.account.now() - found.at > LIMITS.tokenMs;
    if (found !== undefined && !(isOld && this.account.enforces('token-age'))) return found.certificate;
    const last = [...this.tokens.values()].at(-1)?.certificate;
    if (!this.account.enforces('ownership-token') && last !== undefined) return last;
    throw new Refusal('InvalidCertificateOwnershipToken', 'The token of ownership is not valid.');
  }

  /** Makes what the template says. */
  provision(template: Template, values: Readonly<Record<string, string>>, certificate: Registered): string {
    const read = (value: Value | readonly string[] | undefined): string => {
      if (typeof value === 'object') return 'Ref' in value ? (values[value.Ref] ?? '') : '';
      return value ?? '';
    };
    let thingName = '';
    for (const { Type, Properties } of Object.values(template.Resources)) {
      if (Type === 'AWS::IoT::Thing') thingName = read(Properties['ThingName']);
      else if (Type === 'AWS::IoT::Policy') certificate.policies.add(read(Properties['PolicyName']));
      else if (Type === 'AWS::IoT::Certificate')
        certificate.status = read(Properties['Status']).toUpperCase() === 'ACTIVE' ? 'ACTIVE' : 'INACTIVE';
      else throw new Error(`The double knows no resource ${Type}.`);
    }
    this.account.things.add(thingName);
    certificate.thing = thingName;
    return thingName;
  }
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');
