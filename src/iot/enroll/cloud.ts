/** A certificate with its private key, in PEM or as the URI of a key in a token, and the client ID to connect with. */
export interface Persona {
  readonly clientId: string;
  readonly certificate: string;
  readonly key: string;
  /** True: it may only ask for others. */
  readonly isClaim?: boolean;
}

export interface IssuedCertificate {
  readonly certificateId: string;
  readonly certificatePem: string;
  /** Proves for an hour that the certificate is ours to register. */
  readonly token: string;
}

/** A job of AWS IoT that a thing is to do. */
export interface CloudJob {
  readonly jobId: string;
  readonly version: number;
  readonly document: unknown;
}

/** What a job came to when it was reported: `dropped` where the job was canceled or is gone. */
export type Reported = 'taken' | 'dropped';

/** One connection on which certificates are asked for. All of it throws Pm500Error: IDENTITY_REFUSED where it is answered no. */
export interface CloudSession {
  /** @param request PKCS#10 in PEM: all that ever leaves of a key */
  createCertificate(request: string): Promise<IssuedCertificate>;
  /** Has a certificate made active, for a thing. */
  register(template: string, token: string, thing: string): Promise<void>;
  /** The certificate of this connection becomes the one of the thing; the others are revoked. May be asked again. */
  commit(thing: string, certificateId: string): Promise<void>;
  /** The job that is next, as it is: it may not be one for us. */
  nextJob(thing: string): Promise<CloudJob | undefined>;
  /** Says that it is in progress. @returns its version then */
  startJob(thing: string, job: Pick<CloudJob, 'jobId' | 'version'>): Promise<number>;
  finishJob(thing: string, job: Pick<CloudJob, 'jobId' | 'version'>): Promise<Reported>;
  close(): Promise<void>;
}

/** Opens a connection with a certificate. @throws Pm500Error MQTT_* */
export type OpenCloudSession = (persona: Persona) => Promise<CloudSession>;
