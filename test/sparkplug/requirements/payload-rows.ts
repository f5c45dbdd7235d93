import { PROOF as p } from './proofs';
import { row, without, type Chapter } from './row';

/** Metrics, datatypes, properties, DataSets and templates. */
export const PAYLOAD_CHAPTERS: readonly Chapter[] = [
  {
    title: 'Metrics, names, aliases, timestamps',
    rows: [
      row(
        'MUST',
        'payloads-timestamp-in-UTC payloads-metric-timestamp-in-UTC payloads-name-birth-data-requirement',
        'publisher device',
        p.times,
        p.random,
      ),
      without(
        'MAY',
        'payloads-name-cmd-requirement',
        'This software sends no commands; it takes them with and without timestamps.',
      ),
      row('MUST', 'payloads-name-requirement', 'encode-metric', p.namesNeeded, p.namesAndAliases),
      {
        ...row('SHOULD', 'case-sensitivity-metric-names', 'src/metrics/catalog.ts', p.namesDiffer),
        remark: 'The metrics of a meter; a flow that makes up names of its own is told by docs/sparkplug.md.',
      },
      row('MUST', 'payloads-alias-uniqueness', 'alias', p.aliases, p.changes, p.random),
      {
        ...row('MUST', 'payloads-alias-birth-requirement', 'device', p.namesAndAliases, p.random),
        remark:
          'For metrics that have an alias. Instances of templates have none: decoders of Eclipse Tahu find members by the name of the instance.',
      },
      row('MUST', 'payloads-alias-data-cmd-requirement', 'encode-metric', p.namesAndAliases, p.dataForm, p.random),
    ],
  },
  {
    title: 'Datatypes and values',
    rows: [
      row(
        'MUST',
        'payloads-metric-datatype-value-type payloads-metric-datatype-value',
        'datatypes encode-value',
        p.datatypes,
        p.arrays,
        p.unfitValues,
      ),
      row('MUST', 'payloads-metric-datatype-req', 'encode-metric', p.namesAndAliases, p.random),
      row('SHOULD', 'payloads-metric-datatype-not-req', 'encode-metric', p.namesAndAliases, p.dataForm),
    ],
  },
  {
    title: 'Properties and quality',
    rows: [
      row(
        'MUST',
        'payloads-propertyset-keys-array-size payloads-propertyset-values-array-size',
        'encode-properties',
        p.properties,
        p.everyPart,
      ),
      row(
        'MUST',
        'payloads-metric-propertyvalue-type-type payloads-metric-propertyvalue-type-value payloads-metric-propertyvalue-type-req',
        'encode-properties',
        p.properties,
        p.propertySets,
        p.everyPart,
      ),
      row(
        'MUST',
        'payloads-propertyset-quality-value-type payloads-propertyset-quality-value-value',
        'metric-condition encode-properties',
        p.quality,
        p.properties,
        p.propertySets,
        p.random,
      ),
    ],
  },
  {
    title: 'DataSets',
    rows: [
      row(
        'MUST',
        'payloads-dataset-column-size payloads-dataset-column-num-headers payloads-dataset-types-num',
        'encode-data-set',
        p.dataSet,
        p.dataSetRefused,
        p.dataSetOfOthers,
      ),
      row(
        'MUST',
        'payloads-dataset-types-def payloads-dataset-types-type payloads-dataset-types-value payloads-dataset-parameter-type-req',
        'encode-data-set datatypes',
        p.dataSet,
        p.dataSetRefused,
      ),
      row('MUST', 'payloads-template-dataset-value', 'encode-data-set', p.dataSet, p.dataSetOfOthers),
    ],
  },
  {
    title: 'Templates',
    rows: [
      row(
        'MUST',
        'payloads-template-definition-nbirth-only payloads-template-definition-nbirth',
        'templates metric-model',
        p.definedInBirth,
        p.random,
      ),
      row(
        'MUST',
        'payloads-template-is-definition payloads-template-is-definition-definition payloads-template-definition-is-definition payloads-template-definition-ref payloads-template-ref-definition',
        'encode-metric templates',
        p.definitions,
        p.template,
      ),
      row(
        'MUST',
        'payloads-template-definition-members payloads-template-instance-members',
        'templates template-instances',
        p.unfitMembers,
        p.instances,
        p.random,
      ),
      row('MUST', 'payloads-template-version', 'templates encode-metric', p.templateVersion, p.definedInBirth),
      row(
        'MUST',
        'payloads-template-is-definition-instance payloads-template-instance-is-definition payloads-template-instance-ref payloads-template-ref-instance',
        'encode-metric templates',
        p.template,
        p.birthInstance,
      ),
      row(
        'MUST',
        'payloads-template-instance-members-birth',
        'template-instances',
        p.birthInstance,
        p.instances,
        p.random,
      ),
      row('MAY', 'payloads-template-instance-members-data', 'template-instances', p.dataInstance, p.instances),
      {
        ...row(
          'MUST',
          'payloads-template-definition-parameters payloads-template-parameter-name-required payloads-template-parameter-name-type payloads-template-parameter-value-type payloads-template-parameter-type-value payloads-template-parameter-type-req payloads-template-parameter-value',
          'encode-metric',
          p.template,
          p.templateRefused,
        ),
        remark: 'The codec can; the templates of the edge node have no parameters.',
      },
      without(
        'MAY',
        'payloads-template-definition-parameters-default payloads-template-instance-parameters',
        'The templates of the edge node have no parameters.',
      ),
    ],
  },
];
