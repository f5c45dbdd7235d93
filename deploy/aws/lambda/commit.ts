/** What the rule of the commit hands on. */
export interface CommitRequest {
  /** Of the topic, in which the policy lets an edge write its own name alone. */
  readonly thing?: unknown;
  /** Which certificate the edge says is in use. */
  readonly certificateId?: unknown;
  readonly clientToken?: unknown;
  /** The certificate of the connection, by AWS IoT itself. */
  readonly principal?: unknown;
}

/** What the cloud can do for a commit. */
export interface CommitCloud {
  /** IDs of the certificates of a thing. */
  certificatesOf(thing: string): Promise<readonly string[]>;
  /** Does nothing to one that is revoked, and ends its connections. */
  revoke(certificateId: string): Promise<void>;
  publish(topic: string, payload: Readonly<Record<string, unknown>>): Promise<void>;
}

/** @returns code and message of a refusal; undefined where the request is to be granted */
function refusal(
  { certificateId, principal }: CommitRequest,
  own: readonly string[],
): { readonly code: string; readonly message: string } | undefined {
  if (typeof certificateId !== 'string')
    return { code: 'InvalidRequest', message: 'The payload has no certificateId.' };
  if (certificateId !== principal)
    return { code: 'PrincipalMismatch', message: 'The connection is that of another certificate.' };
  if (!own.includes(certificateId))
    return { code: 'ThingMismatch', message: 'The certificate is that of another thing.' };
  return undefined;
}

/**
 * Ends a rotation: revokes the other certificates of the thing, since the connection itself proves that the edge has the new
 * one and its key. The answer comes last, so that a request that was cut off is repeated whole; repeating it changes nothing.
 * @param now epoch milliseconds
 */
export async function commit(request: CommitRequest, cloud: CommitCloud, now: number): Promise<void> {
  const { thing, certificateId, clientToken } = request;
  if (typeof thing !== 'string' || thing === '') throw new Error('The rule hands on no thing.');
  const topic = `pm500/${thing}/certificate/commit`;
  const token = clientToken === undefined ? {} : { clientToken };
  const own = await cloud.certificatesOf(thing);
  const refused = refusal(request, own);
  if (refused !== undefined) {
    await cloud.publish(`${topic}/rejected`, { ...refused, ...token });
    return;
  }
  for (const id of own) if (id !== certificateId) await cloud.revoke(id);
  await cloud.publish(`${topic}/accepted`, { certificateId, ...token, timestamp: Math.floor(now / 1000) });
}
