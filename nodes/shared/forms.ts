import type { NodeCredentials } from 'node-red';
import { FORM as INFLUX_OUT } from '../influx-out/settings';
import { FORM as INFLUX_TARGET } from '../influx-target/settings';
import { FORM as IOT_OUT } from '../iot-out/settings';
import { FORM as IOT_TARGET } from '../iot-target/settings';
import { FORM as PM500_METER } from '../pm500-meter/settings';
import { FORM as PM500_NORMALIZE } from '../pm500-normalize/settings';
import { FORM as PM500_POLL } from '../pm500-poll/settings';
import { FORM as PM500_SIM } from '../pm500-sim/settings';
import { FORM as SPARKPLUG_EDGE } from '../sparkplug-edge/settings';
import { FORM as SPARKPLUG_OUT } from '../sparkplug-out/settings';
import { FORM as UI_PM500_METER } from '../ui-pm500-meter/settings';
import { FORM as UI_PM500_PHASOR } from '../ui-pm500-phasor/settings';
import { secretsIn, type Field, type Fields } from './field';

/** Every type of node, and what it can be set to. */
export const FORMS = {
  'pm500-meter': PM500_METER,
  'pm500-poll': PM500_POLL,
  'pm500-normalize': PM500_NORMALIZE,
  'sparkplug-edge': SPARKPLUG_EDGE,
  'sparkplug-out': SPARKPLUG_OUT,
  'influx-target': INFLUX_TARGET,
  'influx-out': INFLUX_OUT,
  'iot-target': IOT_TARGET,
  'iot-out': IOT_OUT,
  'pm500-sim': PM500_SIM,
  'ui-pm500-meter': UI_PM500_METER,
  'ui-pm500-phasor': UI_PM500_PHASOR,
} as const;

export type NodeType = keyof typeof FORMS;
export type FieldsOf<Type extends NodeType> = (typeof FORMS)[Type]['fields'];

export const NODE_TYPES = Object.keys(FORMS) as readonly NodeType[];

/** Nodes that are a part of a dashboard, and need `@flowfuse/node-red-dashboard`. */
export type WidgetType = Extract<NodeType, `ui-${string}`>;
export const WIDGET_TYPES = NODE_TYPES.filter((type): type is WidgetType => type.startsWith('ui-'));

export const fieldsOf = (type: NodeType): Fields => FORMS[type].fields;

/** Raised when a saved setting is renamed or means something else; `migrations.ts` then has a step more. */
export const CONFIG_VERSIONS: Readonly<Partial<Record<NodeType, number>>> = {};

type DefaultOf<Row> =
  Row extends Field<infer Setting> ? (Setting extends { readonly default: infer Default } ? Default : never) : never;

/** Default of every setting that a flow saves. */
export type DefaultsOf<Type extends NodeType> = {
  readonly [Name in keyof FieldsOf<Type> as DefaultOf<FieldsOf<Type>[Name]> extends never ? never : Name]: DefaultOf<
    FieldsOf<Type>[Name]
  >;
} & { readonly configVersion: number };

function defaultsOf(type: NodeType): Readonly<Record<string, unknown>> {
  const kept = Object.entries(fieldsOf(type)).flatMap(([name, { setting }]) =>
    setting === undefined || setting.kind === 'secret' ? [] : [[name, setting.default] as const],
  );
  return { ...Object.fromEntries(kept), configVersion: CONFIG_VERSIONS[type] ?? 1 };
}

/** What a flow that does not say otherwise has set; it follows from the rows. */
export const DEFAULTS = Object.fromEntries(NODE_TYPES.map((type) => [type, defaultsOf(type)])) as unknown as {
  readonly [Type in NodeType]: DefaultsOf<Type>;
};

type SecretOf<Type extends NodeType> = {
  [Name in keyof FieldsOf<Type>]: FieldsOf<Type>[Name] extends Field<infer Row>
    ? Row extends { readonly kind: 'secret' }
      ? Name
      : never
    : never;
}[keyof FieldsOf<Type>];

/** What the credential store may hold for a node; whoever reads it checks it. */
export type CredentialsOf<Type extends NodeType> = Readonly<Record<SecretOf<Type>, unknown>>;

/** What `registerType` is told of the secrets of a type. */
export function credentialsOf<Type extends NodeType>(type: Type): NodeCredentials<CredentialsOf<Type>> {
  return secretsIn(fieldsOf(type)) as NodeCredentials<CredentialsOf<Type>>;
}
