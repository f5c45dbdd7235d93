import { X509Certificate } from 'node:crypto';

/** What a pre-provisioning hook is asked (AWS IoT Developer Guide, "Pre-provisioning hooks"). */
export interface HookEvent {
  readonly claimCertificateId: string;
  readonly certificateId: string;
  readonly certificatePem: string;
  readonly clientId: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface HookAnswer {
  readonly allowProvisioning: boolean;
}

/** What the registry knows of a thing. */
export interface Registry {
  /** Whether somebody has named it beforehand, as an edge. */
  isExpected(thing: string): Promise<boolean>;
  hasActiveCertificate(thing: string): Promise<boolean>;
}

/** What the registry takes as a name, as long as the common name of a certificate may be (RFC 5280, ub-common-name). */
const THING = /^[a-zA-Z0-9:_-]{1,64}$/;

/** The thing that is asked for, where the certificate was made for it; undefined otherwise. */
function thingOf({ parameters, certificatePem }: HookEvent): string | undefined {
  const thing = parameters['ThingName'] ?? '';
  if (!THING.test(thing)) return undefined;
  try {
    const names = new X509Certificate(certificatePem).subject.split('\n').filter((part) => part.startsWith('CN='));
    return names.length === 1 && names[0] === `CN=${thing}` ? thing : undefined;
  } catch {
    return undefined;
  }
}

/** A claim gives a first certificate, to a thing that is expected and has no other. */
export async function mayClaim(event: HookEvent, registry: Registry): Promise<boolean> {
  const thing = thingOf(event);
  return (
    thing !== undefined &&
    event.clientId === `${thing}.claim` &&
    (await registry.isExpected(thing)) &&
    !(await registry.hasActiveCertificate(thing))
  );
}

/** A thing gives itself another certificate: by the policy of edges nobody else has this client ID. */
export function mayRotate(event: HookEvent): boolean {
  const thing = thingOf(event);
  return thing !== undefined && event.clientId === `${thing}.identity`;
}
