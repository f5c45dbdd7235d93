import { Expect } from '../../support/expect';
import { constant, COUNT, FLAG, object, optional, TEXT, choice, list, type TypeOf } from '../../support/shape';

/** What `identity.json` is. Nothing secret stands in it but the token of a certificate that is being registered. */
const IDENTITY = object({
  schema: constant('pm500.identity/1'),
  /** Name of the thing, and the client ID of telemetry. */
  thing: TEXT,
  /** Where certificates are asked for, and used. */
  place: object({
    host: TEXT,
    port: COUNT,
    /** Path of a PEM file with authorities; empty: those of Node.js. */
    caFile: TEXT,
    /** Provisioning templates of the first certificate and of those after it. */
    claimTemplate: TEXT,
    rotationTemplate: TEXT,
    /** Whether something in the cloud answers a commit, and revokes the certificate of before. */
    hasCommits: FLAG,
  }),
  /** The newest pair of key and certificate that was ever begun: numbers never come twice. */
  newest: COUNT,
  /** `isByHand`: a person had its certificate made, and so it is with the one after it. */
  current: optional(object({ number: COUNT, certificateId: TEXT, isByHand: optional(FLAG) })),
  /** The pair that is being made. */
  next: optional(
    object({
      number: COUNT,
      stage: choice(['requested', 'issued', 'registered', 'proven']),
      /** True: a person has the certificate made. */
      isByHand: FLAG,
      certificateId: optional(TEXT),
      token: optional(TEXT),
    }),
  ),
  /** Where keys are made and stay; absent: in files of the folder. */
  token: optional(
    object({
      /** RFC 7512, of the token and of the file with its PIN, without a key. */
      uri: TEXT,
      /** In the names of keys, so that another identity of the same thing takes or removes none of them. */
      mark: TEXT,
    }),
  ),
  /** Pairs whose files go. */
  retired: list(COUNT),
  /** The job of AWS IoT that asked for the rotation, and the pair that was current then. */
  job: optional(object({ jobId: TEXT, version: COUNT, from: COUNT })),
  /** The job that was reported last: who gives it again wants no other certificate. */
  lastJob: optional(TEXT),
});

export type IdentityState = TypeOf<typeof IDENTITY>;
export type IdentityPlace = IdentityState['place'];
export type IdentityToken = NonNullable<IdentityState['token']>;
export type PairNumber = number;

/** Provisioning templates as `deploy/aws/` names them, and a cloud that answers a commit. */
export const DEFAULT_PLACE = {
  claimTemplate: 'pm500-claim',
  rotationTemplate: 'pm500-rotation',
  hasCommits: true,
} as const satisfies Partial<IdentityPlace>;

/** Names of things of AWS IoT; a longer one fits in no certificate. */
const THING = /^[a-zA-Z0-9:_-]{1,64}$/;
export const isThingName = (text: string): boolean => THING.test(text);

const expect = new Expect(
  'IDENTITY_INVALID',
  'it was damaged or written by something else: restore it from a backup, or enroll into an empty folder.',
);

/** @throws Pm500Error IDENTITY_INVALID */
export function parseIdentity(text: string): IdentityState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    expect.fail('The file identity.json', text, 'JSON');
  }
  if (!IDENTITY.fits(value)) IDENTITY.explain(expect, 'The file identity.json', value);
  return value as IdentityState;
}

export const newIdentity = (thing: string, place: IdentityPlace, token?: IdentityToken): IdentityState => ({
  schema: 'pm500.identity/1',
  ...{ thing, place, newest: 0, retired: [] },
  ...(token === undefined ? {} : { token }),
});
