import { PM500 } from '../../src/meters/pm500';

/** Names of the metrics that a meter gives over EtherNet/IP, in order of the assemblies. */
export const ASSEMBLY_METRICS: readonly string[] = PM500.layout.assemblies.flatMap(({ measurements }) =>
  measurements.map(({ metric }) => metric),
);
