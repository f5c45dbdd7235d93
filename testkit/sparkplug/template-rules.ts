import { type SeenMetric, type SeenValue, membersOf, valueOf } from './independent-decoder';

const TEMPLATE = 19;

/** A member of an instance that a message brought. */
export interface SeenMember {
  readonly name: string;
  readonly metric: SeenMetric;
  readonly value: SeenValue | undefined;
}

function has(message: object, field: string): boolean {
  return Object.hasOwn(message, field) && (message as Record<string, unknown>)[field] !== null;
}

function versionOf(template: { readonly version?: string | null }): string | undefined {
  return has(template, 'version') ? (template.version ?? undefined) : undefined;
}

/** Checks templates after the text of Sparkplug 3.0.0, 6.4.19: what NBIRTH defines, and instances of it. */
export class TemplateRules {
  /** Name of the definition to its members and their datatypes. */
  private definitions = new Map<string, ReadonlyMap<string, number>>();
  /** Name of the definition to its version. */
  private readonly versions = new Map<string, string | undefined>();
  private readonly complain: (fault: string) => void;

  constructor(complain: (fault: string) => void) {
    this.complain = complain;
  }

  get names(): Iterable<string> {
    return this.definitions.keys();
  }

  /** Takes the definitions of an NBIRTH over. @returns the metrics that are none */
  define(metrics: readonly SeenMetric[]): readonly SeenMetric[] {
    this.definitions = new Map();
    this.versions.clear();
    return metrics.filter((metric) => {
      const template = metric.wire.templateValue;
      if (metric.datatype !== TEMPLATE || template?.isDefinition !== true) return true;
      const { name = '' } = metric;
      if (has(template, 'templateRef')) this.complain(`definition ${name} has a template_ref`);
      if (has(template, 'version') && typeof template.version !== 'string') this.complain(`version of ${name}`);
      const members = new Map<string, number>();
      for (const { name: member, datatype } of membersOf(metric)) {
        if (member === undefined || datatype === undefined) this.complain(`definition ${name} has a nameless member`);
        else members.set(member, datatype);
      }
      if (this.definitions.has(name)) this.complain(`definition ${name} twice`);
      this.definitions.set(name, members);
      this.versions.set(name, versionOf(template));
      return false;
    });
  }

  /** Checks an instance, and gives what it holds. */
  checkInstance(name: string, metric: SeenMetric, isBirth: boolean): readonly SeenMember[] {
    const template = metric.wire.templateValue;
    if (template === undefined || template === null) return [];
    if (!has(template, 'isDefinition') || template.isDefinition !== false) {
      this.complain(`instance ${name} does not say that it is no definition`);
    }
    const definition = this.definitions.get(template.templateRef ?? '');
    if (definition === undefined) {
      this.complain(`instance ${name} refers to ${String(template.templateRef)}, which NBIRTH did not define`);
      return [];
    }
    const version = versionOf(template);
    if (version !== undefined && version !== this.versions.get(template.templateRef ?? ''))
      this.complain(`instance ${name} has version ${version}, and its definition another one`);
    const found = membersOf(metric).map((member) => this.checkMember(name, member, definition, isBirth));
    const names = new Set(found.map((member) => member.name));
    if (names.size !== found.length) this.complain(`instance ${name} has a member twice`);
    if (isBirth && names.size < definition.size) this.complain(`instance ${name} lacks members in a birth`);
    if (found.length === 0) this.complain(`instance ${name} is empty`);
    return found;
  }

  private checkMember(
    instance: string,
    member: SeenMetric,
    definition: ReadonlyMap<string, number>,
    isBirth: boolean,
  ): SeenMember {
    const { name = '', datatype, timestamp, isNull, field } = member;
    const where = `${instance}/${name}`;
    const defined = definition.get(name);
    if (defined === undefined) this.complain(`${where} is not in the definition`);
    if (isBirth ? datatype !== defined : datatype !== undefined) this.complain(`${where}: datatype ${datatype}`);
    if (timestamp === undefined) this.complain(`${where} without timestamp`);
    if (isNull === (field !== undefined)) this.complain(`${where} is neither null nor has a value, or both`);
    const value = valueOf(member, defined ?? 0);
    if (value === undefined) this.complain(`${where} has no value of its datatype`);
    return { name, metric: member, value };
  }
}
