import { Stack, Tags, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Identities } from './identities';
import { storageKey } from './key';
import { Lake } from './lake';
import { Rules } from './rules';
import type { Settings } from './settings';
import { Sparkplug } from './sparkplug';
import { Watch } from './watch';
import { acceptFindings } from './wildcards';

/** All of PowerMonitor 500 in one account and region. */
export class Pm500Stack extends Stack {
  constructor(scope: Construct, id: string, settings: Settings, props?: StackProps) {
    super(scope, id, {
      description: 'PowerMonitor 500 for Node-RED: identities of edges, rules, lake, alarms',
      ...props,
    });
    Tags.of(this).add('project', 'pm500');
    const key = storageKey(this);
    const identities = new Identities(this, 'Identities', settings, key);
    const lake = new Lake(this, 'Lake', key);
    const rules = new Rules(this, 'Rules', key, lake, settings);
    const { sparkplugGroup: group } = settings;
    const sparkplug = group === undefined ? undefined : new Sparkplug(this, 'Sparkplug', key, { lake, rules, group });
    new Watch(this, 'Watch', key, settings, { identities, lake, rules, sparkplug });
    acceptFindings(this);
  }
}
