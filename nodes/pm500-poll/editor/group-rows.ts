import type { Option } from '../../../src/support/setting';
import { wordsOf } from '../../shared/editor/text';
import { textOf } from '../../shared/editor/values';

const text = wordsOf('pm500-poll');

const PROVENANCE_WORDS: Readonly<Record<string, () => string>> = {
  verified: () => text('provenance.verified'),
  inferred: () => text('provenance.inferred'),
  assumed: () => text('provenance.assumed'),
};

/** The groups in the form of a node: which are read, and at which pace of their own. */
export class GroupRows {
  constructor(
    private readonly box: JQuery,
    groups: readonly Option[],
    chosen: readonly unknown[],
    own: Readonly<Record<string, unknown>>,
  ) {
    box.addClass('pm500-choices');
    for (const group of groups) this.add(group, chosen.includes(group.value), own[group.value]);
  }

  private add({ value, note = '', badge = '' }: Option, isChosen: boolean, intervalMs: unknown): void {
    const row = $('<div class="pm500-choice">').appendTo(this.box);
    const label = $('<label>').appendTo(row);
    $('<input type="checkbox">').val(value).prop('checked', isChosen).appendTo(label);
    const assemblies = text('label.assemblies', { count: note.split(',').length, instances: note });
    const name = text(`choice.groups.${value}`);
    const interval = text('placeholder.groupInterval');
    $('<span>').text(name).append($('<small>').text(assemblies)).appendTo(label);
    $('<span class="pm500-badge">')
      .addClass(`pm500-badge-${badge}`)
      .text(PROVENANCE_WORDS[badge]?.() ?? badge)
      .appendTo(label);
    $('<input type="text" class="pm500-scheduled">')
      .attr({ 'data-group': value, placeholder: interval, 'aria-label': `${name}: ${interval}` })
      .val(textOf(intervalMs))
      .appendTo(row);
  }

  /** Names of the groups that are read. */
  get groups(): readonly string[] {
    const boxes = this.box.find<HTMLInputElement>('input:checked').toArray();
    return boxes.map((each) => each.value);
  }

  /** Intervals by group, as they were typed. */
  get intervals(): Readonly<Record<string, string>> {
    const inputs = this.box.find<HTMLInputElement>('[data-group]').toArray();
    const given = inputs.filter((input) => input.value.trim() !== '');
    return Object.fromEntries(given.map((input) => [input.dataset['group'] ?? '', input.value.trim()]));
  }
}
