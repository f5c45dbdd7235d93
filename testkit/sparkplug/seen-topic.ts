const NODE_MESSAGES = ['NBIRTH', 'NDATA', 'NDEATH', 'NCMD'];
const DEVICE_MESSAGES = ['DBIRTH', 'DDATA', 'DDEATH', 'DCMD'];

export interface SeenTopic {
  readonly type: string;
  readonly node: string;
  readonly deviceId?: string;
}

/** Takes a topic apart after the text of the specification (topic-structure). */
export function readTopic(topic: string): SeenTopic | undefined {
  const parts = topic.split('/');
  const [namespace, group = '', type = '', node = '', deviceId] = parts;
  if (namespace !== 'spBv1.0' || parts.some((part) => part === '' || /[+#]/.test(part))) return undefined;
  if (parts.length === 3 && group === 'STATE') return { type: 'STATE', node: type };
  if (parts.length === 4 && NODE_MESSAGES.includes(type)) return { type, node: `${group}/${node}` };
  if (parts.length !== 5 || deviceId === undefined || !DEVICE_MESSAGES.includes(type)) return undefined;
  return { type, node: `${group}/${node}`, deviceId };
}
