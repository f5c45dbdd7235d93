/** First line of every file that can have a comment; a dashboard says the same in its description. */
export const GENERATED = 'Generated from the meter table by tools/grafana; do not edit: npx tsx tools/grafana/main.ts';

/** UIDs of the data sources of deploy/grafana. They are pinned: a dashboard that knows no UID finds no data source. */
export const INFLUX_DATASOURCE = 'pm500-influx';
export const METRICS_DATASOURCE = 'pm500-metrics';
/** Of Grafana itself. */
export const MIXED_DATASOURCE = '-- Mixed --';

/** The variables of every dashboard by which a person chooses other data sources. */
export const INFLUX_VARIABLE = 'datasource';
export const METRICS_VARIABLE = 'metrics';
/** Where the documents of the package are served. */
export const DOCS_VARIABLE = 'docs';
