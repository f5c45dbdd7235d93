import type { NodeDef } from 'node-red';
import type { ConfigReader } from './config';

/** Where Dashboard puts a widget, with the defaults that a saved flow leaves out. */
export function placeOf(
  definition: NodeDef,
  config: ConfigReader<'ui-pm500-meter'> | ConfigReader<'ui-pm500-phasor'>,
): object {
  return {
    ...definition,
    width: config.number('width'),
    height: config.number('height'),
    order: config.number('order'),
  };
}
