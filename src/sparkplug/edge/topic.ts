import { Pm500Error } from '../../support/errors';

/** Which edge node: group ID and edge node ID together are unique in the whole infrastructure. */
export interface EdgeNodeDescriptor {
  readonly groupId: string;
  readonly edgeNodeId: string;
}

export type NodeMessage = 'NBIRTH' | 'NDATA' | 'NDEATH' | 'NCMD';
export type DeviceMessageType = 'DBIRTH' | 'DDATA' | 'DDEATH' | 'DCMD';

/** First element of every topic of Sparkplug B. */
const NAMESPACE = 'spBv1.0';

const NODE_MESSAGES: readonly string[] = ['NBIRTH', 'NDATA', 'NDEATH', 'NCMD'] satisfies NodeMessage[];
const DEVICE_MESSAGES: readonly string[] = ['DBIRTH', 'DDATA', 'DDEATH', 'DCMD'] satisfies DeviceMessageType[];
/** A topic has at most 65535 bytes (MQTT 3.1.1, 1.5.3); three IDs of this length stay below. */
const LONGEST_ID_BYTES = 1024;

function faultOf(id: string): string | undefined {
  if (id === '') return 'is empty';
  const forbidden = /[+/#]/.exec(id)?.[0];
  if (forbidden !== undefined) return `contains "${forbidden}"`;
  if (/[\p{Cc}\p{Surrogate}\uFFFE\uFFFF]/u.test(id)) return 'contains a character that MQTT does not allow in a topic';
  return Buffer.byteLength(id) > LONGEST_ID_BYTES ? `is longer than ${LONGEST_ID_BYTES} bytes` : undefined;
}

/** What an element of a topic looks like. */
export const ID_PATTERN = '^[^+/#]+$';

/**
 * Refuses what cannot be an element of a topic.
 * @param what the kind of ID, for the message: "group ID", "edge node ID", "device ID", "primary host ID"
 * @throws Pm500Error SPARKPLUG_ID_INVALID
 */
export function checkId(what: string, id: string): void {
  const fault = faultOf(id);
  if (fault === undefined) return;
  throw new Pm500Error(
    'SPARKPLUG_ID_INVALID',
    `Sparkplug: the ${what} "${id.slice(0, 60)}" ${fault}; use a short name without "/", "+" and "#".`,
  );
}

/** Topic of a message of the edge node itself; the IDs have been checked. */
export function nodeTopic(type: NodeMessage, node: EdgeNodeDescriptor): string {
  return `${NAMESPACE}/${node.groupId}/${type}/${node.edgeNodeId}`;
}

/** Topic of a message of one of its devices; the IDs have been checked. */
export function deviceTopic(type: DeviceMessageType, node: EdgeNodeDescriptor, deviceId: string): string {
  return `${NAMESPACE}/${node.groupId}/${type}/${node.edgeNodeId}/${deviceId}`;
}

/** Filter of everything that an edge node and its devices publish, and of commands to them. */
export function ownTopics(node: EdgeNodeDescriptor): string {
  return `${NAMESPACE}/${node.groupId}/+/${node.edgeNodeId}/#`;
}

/** Topic on which a host application says whether it is online. */
export function stateTopic(hostId: string): string {
  return `${NAMESPACE}/STATE/${hostId}`;
}

export type ParsedTopic =
  | { readonly type: 'STATE'; readonly hostId: string }
  | { readonly type: NodeMessage; readonly node: EdgeNodeDescriptor }
  | { readonly type: DeviceMessageType; readonly node: EdgeNodeDescriptor; readonly deviceId: string };

/** Takes a topic apart; undefined when it is not one of Sparkplug B. */
export function parseTopic(topic: string): ParsedTopic | undefined {
  const elements = topic.split('/');
  const [namespace, first = '', type = '', edgeNodeId = '', deviceId = ''] = elements;
  if (namespace !== NAMESPACE || elements.includes('')) return undefined;
  if (elements.length === 3) return first === 'STATE' ? { type: 'STATE', hostId: type } : undefined;
  const node = { groupId: first, edgeNodeId };
  if (elements.length === 4 && NODE_MESSAGES.includes(type)) return { type: type as NodeMessage, node };
  if (elements.length === 5 && DEVICE_MESSAGES.includes(type))
    return { type: type as DeviceMessageType, node, deviceId };
  return undefined;
}
