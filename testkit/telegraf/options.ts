/**
 * The options that Telegraf 1.39.3 (2026-08-10) has, as far as the configurations in deploy/telegraf could use them. What
 * stands in no list is refused, as Telegraf refuses to start with it. Sources, in the repository influxdata/telegraf at the
 * tag v1.39.3: docs/CONFIGURATION.md for what every plugin has, and the `toml` names of the Go structs for the rest.
 */
export const TELEGRAF_VERSION = '1.39.3';

/** A table of a configuration: its keys and what each may be. */
export interface Table {
  readonly options: Readonly<Record<string, OptionKind>>;
  readonly tables?: Readonly<Record<string, Table | FreeTable>>;
  readonly source: string;
}

/** A table whose keys the user chooses, all values of one kind. */
export interface FreeTable {
  readonly values: OptionKind;
}

export type OptionKind = 'text' | 'duration' | 'size' | 'whole' | 'number' | 'flag' | 'texts' | 'tables';

const texts = { values: 'text' } as const satisfies FreeTable;

function options<Kind extends OptionKind>(kind: Kind, ...names: readonly string[]): Readonly<Record<string, Kind>> {
  return Object.fromEntries(names.map((name) => [name, kind]));
}

const FILTER = {
  ...options('texts', 'namepass', 'namedrop', 'fieldinclude', 'fieldexclude', 'taginclude', 'tagexclude'),
  ...options('text', 'metricpass'),
} as const;

/** Of every input (docs/CONFIGURATION.md, Input Plugins). */
const INPUT = {
  ...options('text', 'alias', 'time_source', 'name_override', 'name_prefix', 'name_suffix', 'log_level'),
  ...options('text', 'startup_error_behavior'),
  ...options('duration', 'interval', 'precision', 'collection_jitter', 'collection_offset'),
  ...FILTER,
} as const;

/** Of every output (docs/CONFIGURATION.md, Output Plugins). */
const OUTPUT = {
  ...options('text', 'alias', 'name_override', 'name_prefix', 'name_suffix', 'log_level', 'startup_error_behavior'),
  ...options('duration', 'flush_interval', 'flush_jitter'),
  ...options('whole', 'metric_batch_size', 'metric_buffer_limit'),
  ...FILTER,
} as const;

const PROCESSOR = { ...options('text', 'alias', 'log_level'), ...options('whole', 'order'), ...FILTER } as const;

const CLIENT_TLS = {
  ...options('text', 'tls_ca', 'tls_cert', 'tls_key', 'tls_key_pwd', 'tls_min_version', 'tls_server_name'),
  ...options('flag', 'insecure_skip_verify', 'tls_enable'),
} as const;
const SERVER_TLS = {
  ...options('text', 'tls_cert', 'tls_key', 'tls_key_pwd', 'tls_min_version', 'tls_max_version'),
  ...options('texts', 'tls_allowed_cacerts', 'tls_allowed_dns_names', 'tls_cipher_suites'),
} as const;

const XPATH: Table = {
  source: 'plugins/parsers/xpath/parser.go, Config',
  options: {
    ...options('text', 'metric_name', 'metric_selection', 'timestamp', 'timestamp_format', 'timezone'),
    ...options('text', 'field_selection', 'field_name', 'field_value', 'tag_selection', 'tag_name', 'tag_value'),
    ...options('flag', 'field_name_expansion', 'tag_name_expansion'),
    ...options('texts', 'fields_bytes_as_hex', 'fields_bytes_as_base64'),
  },
  tables: { tags: texts, fields: texts, fields_int: texts },
};

const MODBUS_REQUEST: Table = {
  source: 'plugins/inputs/modbus/configuration_request.go, requestDefinition',
  options: {
    ...options('whole', 'slave_id', 'optimization_max_register_fill'),
    ...options('text', 'byte_order', 'register', 'measurement', 'optimization'),
    fields: 'tables',
  },
  tables: { tags: texts },
};

/** A field of a Modbus request (requestFieldDefinition). */
export const MODBUS_FIELD: Table = {
  source: 'plugins/inputs/modbus/configuration_request.go, requestFieldDefinition',
  options: {
    ...options('whole', 'address', 'length', 'bit'),
    ...options('text', 'name', 'type', 'output', 'measurement'),
    scale: 'number',
    omit: 'flag',
  },
};

export const AGENT: Table = {
  source: 'docs/CONFIGURATION.md, Agent',
  options: {
    ...options('duration', 'interval', 'flush_interval', 'flush_jitter', 'precision', 'collection_jitter'),
    ...options('duration', 'collection_offset', 'logfile_rotation_interval'),
    ...options('flag', 'round_interval', 'omit_hostname', 'debug', 'quiet', 'always_include_local_tags'),
    ...options('flag', 'always_include_global_tags', 'skip_processors_after_aggregators', 'buffer_disk_sync'),
    ...options('whole', 'metric_batch_size', 'metric_buffer_limit', 'logfile_rotation_max_archives'),
    ...options('text', 'logformat', 'logfile', 'hostname', 'statefile', 'buffer_strategy', 'buffer_directory'),
    ...options('text', 'log_with_timezone', 'snmp_translator', 'structured_log_message_key'),
    logfile_rotation_max_size: 'size',
  },
};

/** By kind and name, as in `[[inputs.modbus]]`. */
export const PLUGINS: Readonly<Record<'inputs' | 'processors' | 'outputs', Readonly<Record<string, Table>>>> = {
  inputs: {
    influxdb_v2_listener: {
      source: 'plugins/inputs/influxdb_v2_listener/influxdb_v2_listener.go, InfluxDBV2Listener',
      options: {
        ...INPUT,
        ...SERVER_TLS,
        ...options('text', 'service_address', 'token', 'bucket_tag', 'parser_type'),
        ...options('duration', 'read_timeout', 'write_timeout'),
        max_undelivered_metrics: 'whole',
        max_body_size: 'size',
        use_internal_statistics: 'flag',
      },
      tables: { tags: texts },
    },
    mqtt_consumer: {
      source:
        'plugins/inputs/mqtt_consumer/mqtt_consumer.go, MQTTConsumer, and plugins/parsers/xpath/parser.go, Parser',
      options: {
        ...INPUT,
        ...CLIENT_TLS,
        ...options('texts', 'servers', 'topics'),
        ...options('text', 'topic_tag', 'username', 'password', 'client_id', 'data_format'),
        ...options('whole', 'qos', 'max_undelivered_messages'),
        ...options('duration', 'connection_timeout', 'max_reconnect_interval', 'keepalive', 'ping_timeout'),
        ...options('flag', 'persistent_session', 'client_trace'),
        ...options('texts', 'xpath_protobuf_files', 'xpath_protobuf_import_paths'),
        ...options('flag', 'xpath_print_document', 'xpath_allow_empty_selection', 'xpath_native_types'),
        xpath_protobuf_type: 'text',
        xpath_protobuf_skip_bytes: 'whole',
      },
      tables: {
        tags: texts,
        xpath: XPATH,
        topic_parsing: {
          source: 'plugins/inputs/mqtt_consumer/topic_parser.go, topicParsingConfig',
          options: options('text', 'topic', 'measurement', 'tags', 'fields'),
          tables: { types: texts },
        },
      },
    },
    modbus: {
      source: 'plugins/inputs/modbus/modbus.go, Modbus',
      options: {
        ...INPUT,
        ...options('text', 'name', 'controller', 'transmission_mode', 'parity', 'configuration_type'),
        ...options('whole', 'baud_rate', 'data_bits', 'stop_bits', 'busy_retries'),
        ...options('duration', 'timeout', 'busy_retries_wait'),
        exclude_register_type_tag: 'flag',
      },
      tables: {
        tags: texts,
        request: MODBUS_REQUEST,
        workarounds: {
          source: 'plugins/inputs/modbus/modbus.go, workarounds',
          options: {
            ...options('duration', 'pause_after_connect', 'pause_between_requests'),
            ...options('flag', 'close_connection_after_gather', 'read_coils_starting_at_zero', 'one_request_per_field'),
            ...options('whole', 'max_bit_registers_per_request', 'max_word_registers_per_request'),
            string_register_location: 'text',
          },
        },
      },
    },
  },
  processors: {
    starlark: {
      source: 'plugins/processors/starlark/README.md',
      options: { ...PROCESSOR, ...options('text', 'source', 'script') },
    },
  },
  outputs: {
    influxdb: {
      source: 'plugins/outputs/influxdb/sample.conf',
      options: {
        ...OUTPUT,
        ...CLIENT_TLS,
        ...options('texts', 'urls'),
        ...options('text', 'local_address', 'database', 'database_tag', 'retention_policy', 'retention_policy_tag'),
        ...options('text', 'write_consistency', 'username', 'password', 'user_agent', 'http_proxy', 'content_encoding'),
        ...options('flag', 'exclude_database_tag', 'skip_database_creation', 'exclude_retention_policy_tag'),
        ...options('flag', 'influx_uint_support', 'influx_omit_timestamp'),
        timeout: 'duration',
        udp_payload: 'size',
      },
      tables: { http_headers: texts },
    },
    influxdb_v2: {
      source: 'plugins/outputs/influxdb_v2/sample.conf',
      options: {
        ...OUTPUT,
        ...CLIENT_TLS,
        ...options('texts', 'urls'),
        ...options(
          'text',
          'local_address',
          'token',
          'organization',
          'bucket',
          'bucket_tag',
          'http_proxy',
          'user_agent',
        ),
        ...options('text', 'content_encoding'),
        ...options('flag', 'exclude_bucket_tag', 'influx_uint_support', 'influx_omit_timestamp'),
        ...options('duration', 'timeout', 'ping_timeout', 'read_idle_timeout', 'rate_limit_period'),
        rate_limit: 'size',
        concurrent_writes: 'whole',
      },
      tables: { http_headers: texts },
    },
  },
};
