import { Durations } from '../promql';
import type { AlertRule } from '../rule';
import { gatewayRules } from './gateway';
import { meterRules } from './meters';
import { supplyRules } from './supply';
import { demandRules } from './demand';
import { databaseRules } from './database';
import { deliveryRules } from './delivery';

/**
 * Every alert rule.
 * @param scale of all durations; less than 1 only in tests, which do not have hours
 */
export function alertRules(scale = 1): readonly AlertRule[] {
  const span = new Durations(scale);
  const rules = [gatewayRules, meterRules, supplyRules, demandRules, deliveryRules, databaseRules].flatMap((make) =>
    make(span),
  );
  return rules.map((rule) => ({ ...rule, forSeconds: rule.forSeconds * scale }));
}
