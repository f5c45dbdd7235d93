import { fieldsOf, type NodeType } from '../nodes/shared/forms';

/** What shows a field: the first value of each that its condition names. */
export function shownWith(type: NodeType, property: string): object {
  const { shownWhen = {} } = fieldsOf(type)[property] ?? {};
  const values = Object.entries(shownWhen).map(([name, wanted]) => {
    if (wanted === 'filled') return [name, 'H'];
    const { setting } = fieldsOf(type)[name] ?? {};
    if (!('not' in wanted)) return [name, setting?.kind === 'choices' ? [wanted[0]] : wanted[0]];
    const other = setting?.kind === 'choice' ? setting.options.find(({ value }) => value !== wanted.not)?.value : 2;
    return [name, other];
  });
  return Object.fromEntries(values) as object;
}
