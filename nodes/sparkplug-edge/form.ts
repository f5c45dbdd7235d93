import type { StoreAnswer } from '../shared/store-page';
import { offerConnectionTest } from '../shared/editor/connection-test';
import { FACTS } from '../shared/editor/facts';
import { registerForm } from '../shared/editor/form';
import { wordsOf } from '../shared/editor/text';

const BYTES_PER_MEGABYTE = 1_000_000;
const FEW_HOURS = 10;

const text = wordsOf('sparkplug-edge');

registerForm(FACTS, {
  label: ({ groupId, edgeNodeId }) =>
    [groupId, edgeNodeId].filter((part) => typeof part === 'string' && part !== '').join(' / '),
  prepare: ({ id }, form) => {
    offerConnectionTest(id, form, 'pm500/sparkplug-test', wordsOf('sparkplug-edge'));
    // Of a node that is deployed, once it has seen what comes.
    void $.getJSON(`pm500/stores/${encodeURIComponent(id)}`, ({ hours, maximumBytes = 0 }: StoreAnswer) => {
      if (hours === undefined) return;
      const shown = hours < FEW_HOURS ? hours.toFixed(1) : Math.round(hours);
      const megabytes = Math.round(maximumBytes / BYTES_PER_MEGABYTE);
      form
        .place('holds')
        .addClass('pm500-tip')
        .text(text('tip.holds', { hours: shown, megabytes }));
    });
  },
});
