import { Pm500Error } from '../../../support/errors';
import type { AssemblyBlock, Identity } from '../../transport';
import { ASSEMBLY_ATTRIBUTE, SERVICE, type CipResponse } from '../wire/cip';
import { HEADER_OFFSET } from '../wire/encapsulation';
import { decodeIdentity } from '../wire/identity-object';
import { decodeReply, locateReplyData, withSubject } from '../wire/reply';
import { registerSessionRequest, type ReadRequests, type RequestFrame } from '../wire/requests';
import { cipStatusError } from '../wire/status';

/** One task of a session: a request and its reply, or two of each. Exactly one of its outcomes is ever told. */
export interface Exchange {
  /** The task as the subject of a sentence. */
  what(): string;
  /** The first request. */
  begin(): RequestFrame;
  /**
   * Takes a reply whose header belongs to the request.
   * @returns the next request, or undefined when the outcome was told
   * @throws Pm500Error when the reply is doubtful: the connection must be dropped
   */
  accept(frame: Buffer): RequestFrame | undefined;
  fail(error: Pm500Error): void;
}

/** How the outcome of an exchange reaches its caller. */
export interface Settlement<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Pm500Error) => void;
}

/** Register Session; the result is the session handle. */
export class RegisterSession implements Exchange {
  constructor(
    private readonly where: string,
    private readonly outcome: Settlement<number>,
  ) {}

  what(): string {
    return `Registering a session with ${this.where}`;
  }

  begin(): RequestFrame {
    return registerSessionRequest();
  }

  accept(frame: Buffer): undefined {
    const session = frame.readUInt32LE(HEADER_OFFSET.session);
    if (session === 0) {
      throw new Pm500Error(
        'ENIP_REPLY_MISMATCH',
        `${this.what()}: the reply holds no session handle; try again later.`,
        {
          retryable: true,
        },
      );
    }
    this.outcome.resolve(session);
  }

  fail(error: Pm500Error): void {
    this.outcome.reject(error);
  }
}

/** Get_Attributes_All of the Identity object. */
export class ReadIdentity implements Exchange {
  constructor(
    private readonly where: string,
    private readonly requests: ReadRequests,
    private readonly outcome: Settlement<Identity>,
  ) {}

  what(): string {
    return `Reading the identity of ${this.where}`;
  }

  begin(): RequestFrame {
    return this.requests.readIdentity();
  }

  accept(frame: Buffer): undefined {
    const what = (): string => this.what();
    const response = decodeReply(frame, SERVICE.getAttributesAll, what);
    if (response.generalStatus === 0) this.outcome.resolve(withSubject(what, () => decodeIdentity(response.data)));
    else this.outcome.reject(cipStatusError(this.what(), response.generalStatus, response.extendedStatus));
  }

  fail(error: Pm500Error): void {
    this.outcome.reject(error);
  }
}

/** What one session knows of one assembly: its prepared requests and what its attribute 4 said. */
export interface AssemblyPlan {
  readonly dataRequest: RequestFrame;
  readonly sizeRequest: RequestFrame;
  /** True once attribute 4 agreed with the layout, or the device does not tell it, or nobody wants to know. */
  sizeChecked: boolean;
  /** Called when that was found out. */
  readonly onSizeChecked: () => void;
}

/** @param sizeChecked nobody wants to know the size, or it is known already */
export function planAssembly(
  requests: ReadRequests,
  instance: number,
  sizeChecked: boolean,
  onSizeChecked: () => void,
): AssemblyPlan {
  return {
    dataRequest: requests.readAssembly(instance, ASSEMBLY_ATTRIBUTE.data),
    sizeRequest: requests.readAssembly(instance, ASSEMBLY_ATTRIBUTE.size),
    sizeChecked,
    onSizeChecked,
  };
}

/**
 * @param what the request, as the subject of a sentence
 * @returns METER_SIZE_MISMATCH
 */
export function sizeMismatch(what: string, block: AssemblyBlock, gotBytes: number, says: string): Pm500Error {
  const { instance, sizeBytes } = block;
  return new Pm500Error(
    'METER_SIZE_MISMATCH',
    `${what}: ${says} ${gotBytes} bytes, but the layout expects ${sizeBytes}; give this meter a layout file that fits its firmware.`,
    { details: { assembly: instance, gotBytes, expectedBytes: sizeBytes } },
  );
}

/**
 * Compares attribute 4 (Size) with the layout. A device may keep the size to itself; the length of the data is checked in
 * any case.
 * @throws Pm500Error CIP_REPLY_INVALID when it is no size
 */
export function acceptAssemblySize(
  what: string,
  { generalStatus, data }: CipResponse,
  block: AssemblyBlock,
): Pm500Error | undefined {
  if (generalStatus !== 0) return undefined;
  if (data.length !== 2) {
    throw new Pm500Error(
      'CIP_REPLY_INVALID',
      `${what}: attribute 4 (Size) has ${data.length} bytes instead of 2; check that this is the address of the meter.`,
      { retryable: true },
    );
  }
  const sizeBytes = data.readUInt16LE(0);
  return sizeBytes === block.sizeBytes ? undefined : sizeMismatch(what, block, sizeBytes, 'attribute 4 (Size) says');
}

/** Get_Attribute_Single of an assembly's data, and before it, unless it is known, of its size. */
export class ReadAssembly implements Exchange {
  private asksSize = false;

  constructor(
    private readonly where: string,
    private readonly plan: AssemblyPlan,
    private readonly block: AssemblyBlock,
    private readonly outcome: Settlement<Uint8Array>,
  ) {}

  what(): string {
    return `Reading assembly ${this.block.instance} of ${this.where}`;
  }

  begin(): RequestFrame {
    this.asksSize = !this.plan.sizeChecked;
    return this.asksSize ? this.plan.sizeRequest : this.plan.dataRequest;
  }

  accept(frame: Buffer): RequestFrame | undefined {
    const offset = locateReplyData(frame, SERVICE.getAttributeSingle);
    if (offset !== 0 && !this.asksSize) {
      this.deliver(frame.subarray(offset));
      return undefined;
    }
    const response = decodeReply(frame, SERVICE.getAttributeSingle, () => this.what());
    if (this.asksSize) return this.acceptSize(response);
    if (response.generalStatus === 0) this.deliver(response.data);
    else this.outcome.reject(this.refusal(response));
    return undefined;
  }

  fail(error: Pm500Error): void {
    this.outcome.reject(error);
  }

  private acceptSize(response: CipResponse): RequestFrame | undefined {
    this.asksSize = false;
    const mismatch = acceptAssemblySize(this.what(), response, this.block);
    if (mismatch === undefined) {
      this.plan.sizeChecked = true;
      this.plan.onSizeChecked();
      return this.plan.dataRequest;
    }
    this.outcome.reject(mismatch);
    return undefined;
  }

  private refusal({ generalStatus, extendedStatus }: CipResponse): Pm500Error {
    const advice = 'check that this is the address of the meter, and that the meter has this assembly.';
    return cipStatusError(this.what(), generalStatus, extendedStatus, advice);
  }

  private deliver(data: Buffer): void {
    if (data.length === this.block.sizeBytes) this.outcome.resolve(new Uint8Array(data));
    else this.outcome.reject(sizeMismatch(this.what(), this.block, data.length, 'the reply has'));
  }
}
