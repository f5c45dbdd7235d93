import { Pm500Error } from '../../support/errors';
import { PROTOCOL_FACTS } from '../../meters/protocol-facts';
import { CONNECTION_SERVICE, type CipRequest } from '../../transport/ethernet-ip/wire/cip';
import { CONNECTION_STATUS } from '../../transport/ethernet-ip/wire/connection-status';
import { CPF_ITEM, type CpfItem, type ReceivedCpfItem } from '../../transport/ethernet-ip/wire/cpf';
import { decodeForwardClose, encodeForwardCloseReply } from '../../transport/ethernet-ip/wire/forward-close';
import {
  decodeForwardOpen,
  encodeConnectionFailure,
  encodeForwardOpenReply,
} from '../../transport/ethernet-ip/wire/forward-open';
import { decodeSocketAddress, encodeSocketAddress } from '../../transport/ethernet-ip/wire/socket-address';
import { CIP_STATUS } from '../../transport/ethernet-ip/wire/status';
import type { CipAnswer } from './cip-objects';
import type { ConnectionTable } from './connection-table';

/** The other side of a request to open or close a connection. */
export interface Caller {
  readonly address: string;
  readonly link: object;
}

/** An answer and the items that go with it. */
export interface ConnectionAnswer {
  readonly answer: CipAnswer;
  readonly items: readonly CpfItem[];
}

const ANY_ADDRESS = '0.0.0.0';

function receivePort(items: readonly ReceivedCpfItem[]): number {
  const item = items.find(({ type }) => type === CPF_ITEM.socketAddressTargetToOriginator);
  return item === undefined ? PROTOCOL_FACTS.implicitPort.value : decodeSocketAddress(item.data).port;
}

/** Connection Manager object, class 0x06, instance 1: Forward Open and Forward Close (CIP Vol 1, 3-5.5). */
export class ConnectionObject {
  /** @param receivesAt UDP port that heartbeats arrive at */
  constructor(
    private readonly table: ConnectionTable,
    private readonly receivesAt: () => number,
  ) {}

  /** Never throws for any request. */
  handle(request: CipRequest, caller: Caller, items: readonly ReceivedCpfItem[]): ConnectionAnswer {
    try {
      if (request.path.instanceId !== 1) return only({ generalStatus: CIP_STATUS.pathDestinationUnknown });
      switch (request.service) {
        case CONNECTION_SERVICE.forwardOpen:
          return this.open(request, caller, items);
        case CONNECTION_SERVICE.forwardClose:
          return only(this.close(request));
        default:
          return only({ generalStatus: CIP_STATUS.serviceNotSupported });
      }
    } catch (thrown) {
      return only(refusalOf(thrown));
    }
  }

  private open(request: CipRequest, caller: Caller, items: readonly ReceivedCpfItem[]): ConnectionAnswer {
    const wanted = decodeForwardOpen(request.data);
    const outcome = this.table.open(wanted, { ...caller, receivePort: receivePort(items) });
    if ('extendedStatus' in outcome) {
      const generalStatus = CIP_STATUS.connectionFailure;
      const { extendedStatus } = outcome;
      return only({ generalStatus, extendedStatus, data: encodeConnectionFailure(wanted) });
    }
    const answer = { data: encodeForwardOpenReply(outcome.reply) };
    if (wanted.path.points.length === 0) return only(answer);
    const port = this.receivesAt();
    const sendTo = {
      type: CPF_ITEM.socketAddressOriginatorToTarget,
      data: encodeSocketAddress({ address: ANY_ADDRESS, port }),
    };
    if (outcome.group === undefined) return { answer, items: [sendTo] };
    const group = { type: CPF_ITEM.socketAddressTargetToOriginator, data: encodeSocketAddress(outcome.group) };
    return { answer, items: [sendTo, group] };
  }

  private close(request: CipRequest): CipAnswer {
    const wanted = decodeForwardClose(request.data);
    if (this.table.close(wanted)) return { data: encodeForwardCloseReply(wanted) };
    return {
      generalStatus: CIP_STATUS.connectionFailure,
      extendedStatus: [CONNECTION_STATUS.notFound],
      data: encodeConnectionFailure(wanted),
    };
  }
}

function only(answer: CipAnswer): ConnectionAnswer {
  return { answer, items: [] };
}

function refusalOf(thrown: unknown): CipAnswer {
  const { generalStatus, extendedStatus } = thrown instanceof Pm500Error ? thrown.details : {};
  return {
    generalStatus: typeof generalStatus === 'number' ? generalStatus : CIP_STATUS.connectionFailure,
    ...(Array.isArray(extendedStatus) ? { extendedStatus: extendedStatus as number[] } : {}),
  };
}
