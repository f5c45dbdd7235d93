import { Pm500Error, toPm500Error } from '../../../support/errors';
import type { AssemblyBlock } from '../../transport';
import { ASSEMBLY_ATTRIBUTE, CONNECTION_SERVICE, SERVICE } from '../wire/cip';
import { connectionRefused, isConnectionNotFound } from '../wire/connection-status';
import { CPF_ITEM, type ReceivedCpfItem } from '../wire/cpf';
import { acceptAssemblySize, type Exchange, type Settlement } from './exchange';
import type { ForwardClose } from '../wire/forward-close';
import { decodeForwardOpenReply, type ForwardOpen, type ForwardOpenReply } from '../wire/forward-open';
import { decodeReply, decodeReplyItems, withSubject } from '../wire/reply';
import { forwardCloseRequest, forwardOpenRequest, type ReadRequests, type RequestFrame } from '../wire/requests';
import { decodeSocketAddress, type SocketAddress } from '../wire/socket-address';

/** A connection that the target has opened. */
export interface OpenedConnection extends ForwardOpenReply {
  /** Where O->T datagrams shall go, when the target says so. */
  readonly sendTo?: SocketAddress;
  /** Where T->O datagrams go, when the target says so: the group and port of a multicast. */
  readonly receiveAt?: SocketAddress;
}

function addressIn(items: readonly ReceivedCpfItem[], type: number): SocketAddress | undefined {
  const item = items.find((candidate) => candidate.type === type);
  return item === undefined ? undefined : decodeSocketAddress(item.data);
}

/** How the outcome of a Forward Open reaches its caller. */
export interface OpenOutcome extends Settlement<OpenedConnection> {
  /** The target granted it by a reply that cannot be read or belongs to another connection. */
  readonly unusable: (error: Pm500Error) => void;
}

/** Forward Open. */
export class OpenConnection implements Exchange {
  /** @param purpose the task as the subject of a sentence */
  constructor(
    private readonly purpose: string,
    private readonly session: number,
    private readonly request: ForwardOpen,
    private readonly receivePort: number | undefined,
    private readonly outcome: OpenOutcome,
  ) {}

  what(): string {
    return this.purpose;
  }

  begin(): RequestFrame {
    return forwardOpenRequest(this.session, this.request, this.receivePort);
  }

  accept(frame: Buffer): undefined {
    const what = (): string => this.purpose;
    const { generalStatus, extendedStatus, data } = decodeReply(frame, CONNECTION_SERVICE.forwardOpen, what);
    if (generalStatus !== 0) {
      this.outcome.reject(connectionRefused(this.purpose, generalStatus, extendedStatus));
      return;
    }
    let opened: OpenedConnection;
    try {
      opened = withSubject(what, () => this.read(data, decodeReplyItems(frame)));
    } catch (thrown) {
      this.outcome.unusable(toPm500Error(thrown));
      return;
    }
    this.outcome.resolve(opened);
  }

  fail(error: Pm500Error): void {
    this.outcome.reject(error);
  }

  private read(data: Buffer, items: readonly ReceivedCpfItem[]): OpenedConnection {
    const reply = decodeForwardOpenReply(data);
    const { connectionSerial, originatorSerial, vendorId } = this.request;
    const ours =
      reply.connectionSerial === connectionSerial &&
      reply.originatorSerial === originatorSerial &&
      reply.vendorId === vendorId;
    if (!ours) throw new Pm500Error('ENIP_REPLY_MISMATCH', 'The reply belongs to the connection of somebody else.');
    const sendTo = addressIn(items, CPF_ITEM.socketAddressOriginatorToTarget);
    const receiveAt = addressIn(items, CPF_ITEM.socketAddressTargetToOriginator);
    return {
      ...reply,
      ...(sendTo === undefined ? {} : { sendTo }),
      ...(receiveAt === undefined ? {} : { receiveAt }),
    };
  }
}

/** Forward Close; the result is whether the target still knew the connection. That it did not is as good. */
export class CloseConnection implements Exchange {
  constructor(
    private readonly purpose: string,
    private readonly session: number,
    private readonly request: ForwardClose,
    private readonly outcome: Settlement<boolean>,
  ) {}

  what(): string {
    return this.purpose;
  }

  begin(): RequestFrame {
    return forwardCloseRequest(this.session, this.request);
  }

  accept(frame: Buffer): undefined {
    const { generalStatus, extendedStatus } = decodeReply(frame, CONNECTION_SERVICE.forwardClose, () => this.purpose);
    this.outcome.resolve(!isConnectionNotFound(generalStatus, extendedStatus));
  }

  fail(error: Pm500Error): void {
    this.outcome.reject(error);
  }
}

/** Compares attribute 4 (Size) of an assembly with the layout. A device may keep it to itself. */
export class CheckAssemblySize implements Exchange {
  constructor(
    private readonly where: string,
    private readonly requests: ReadRequests,
    private readonly block: AssemblyBlock,
    private readonly outcome: Settlement<undefined>,
  ) {}

  what(): string {
    return `Reading assembly ${this.block.instance} of ${this.where}`;
  }

  begin(): RequestFrame {
    return this.requests.readAssembly(this.block.instance, ASSEMBLY_ATTRIBUTE.size);
  }

  accept(frame: Buffer): undefined {
    const response = decodeReply(frame, SERVICE.getAttributeSingle, () => this.what());
    const mismatch = acceptAssemblySize(this.what(), response, this.block);
    if (mismatch === undefined) this.outcome.resolve(undefined);
    else this.outcome.reject(mismatch);
  }

  fail(error: Pm500Error): void {
    this.outcome.reject(error);
  }
}
