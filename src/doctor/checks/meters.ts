import { settingsOf } from '../../acquisition/meter-settings';
import { toPm500Error } from '../../support/errors';
import { sentences } from '../../support/sentence';
import { counted, sightEach, sightOne, type DoctorCheck } from '../check';
import { nodesOf, textOf } from '../flows/saved-site';
import { lookFurther } from '../looked';
import { isOfPractice, listed, METERS, metersOf, nameOf, sharing } from '../meter-words';
import { SAMPLE_IDENTITY } from '../sample-identity';

/** What is found of meters. */
export const METER_FINDINGS = sentences('doctorMeters', {
  silent: '"{name}" ({where}): {cause} {remedy}',
  unconfirmed: 'The layout of {meter} is not confirmed.',
  sameAddress: '{meters} have one address, {address}.',
  sameName: '{addresses} are all "{name}".',
  unread: 'No node reads {meter}.',
  noSite: '{meter} has no site.',
  noAsset: '{meter} has no asset.',
  noTags: '{meter} has no site and no asset.',
  sampleNames: '{meter} bears {names} of the sample.',
  sampleGroup: '{label} publishes in the group "{group}" of the sample.',
  simulated: '{label} simulates meters beside those of the site.',
});
const { say } = METER_FINDINGS;

/** Which meters are read, and under which names. */
export const METER_CHECKS: readonly DoctorCheck[] = [
  {
    id: 'meter-answers',
    area: 'meters',
    severity: 'critical',
    title: 'meters answer',
    looksAt: 'one read of each meter by explicit messages, where its limits leave room for one more',
    remedy: 'Run pm500 test with the address of the meter: it names the cause, and what to do.',
    docs: 'docs/connection-test.md',
    look: ({ meters }) =>
      sightEach(
        meters,
        ({ name, test }) =>
          lookFurther(test, ({ where, cause }) =>
            cause === undefined ? [] : [say('silent', { name, where, cause: cause.sentence, remedy: cause.remedy })],
          ),
        METERS,
      ),
  },
  {
    id: 'meter-settings',
    area: 'meters',
    severity: 'critical',
    title: 'all meters of nodes and lists can be used',
    looksAt: 'settings of meters, rows of lists, layout files',
    remedy: 'Correct the row or the node; the other meters are read meanwhile.',
    docs: 'docs/fleet.md',
    look: ({ site, model }) =>
      sightOne(
        site,
        ({ meters, problems }) => [
          ...problems,
          ...meters.flatMap(({ choice }) => {
            try {
              settingsOf(model, choice);
              return [];
            } catch (thrown) {
              return [toPm500Error(thrown).sentence];
            }
          }),
        ],
        ({ meters }) => counted(meters.length, ...METERS),
      ),
  },
  {
    id: 'meter-layout-confirmed',
    area: 'meters',
    severity: 'warning',
    title: 'a person has confirmed the layout of each meter',
    looksAt: '"Layout confirmed" of meters that are not simulated here',
    remedy:
      'Compare values with the display, or run pm500 check, then tick "Layout confirmed"; until then values are uncertain.',
    docs: 'docs/layout-check.md',
    look: ({ site }) =>
      sightEach(
        metersOf(site),
        (meter) =>
          meter.choice.layoutConfirmed === true || isOfPractice(meter)
            ? []
            : [say('unconfirmed', { meter: nameOf(meter) })],
        METERS,
      ),
  },
  {
    id: 'meter-once',
    area: 'meters',
    severity: 'warning',
    title: 'each meter is set up once',
    looksAt: 'addresses of the meters in nodes and lists',
    remedy:
      'Let all pm500-poll nodes use one pm500-meter, and remove the other: the values would come twice, under two names.',
    docs: 'docs/fleet.md',
    look: ({ site }) =>
      sightOne(
        metersOf(site),
        (meters) =>
          sharing(meters, ({ address }) => address).map((same) =>
            say('sameAddress', { meters: listed(same), address: same[0]?.address ?? '' }),
          ),
        (meters) => counted(meters.length, ...METERS),
      ),
  },
  {
    id: 'meter-names',
    area: 'meters',
    severity: 'critical',
    title: 'each meter has a name of its own',
    looksAt: 'names of the meters in nodes and lists',
    remedy: 'Give each meter a name that no other has: under one name databases and hosts take two meters for one.',
    docs: 'docs/fleet.md',
    look: ({ site }) =>
      sightOne(
        metersOf(site),
        (meters) =>
          sharing(meters, ({ choice }) => choice.name)
            // One meter twice has a check of its own.
            .filter((same) => new Set(same.map(({ address }) => address)).size > 1)
            .map((same) =>
              say('sameName', {
                addresses: same.map(({ address }) => address).join(', '),
                name: same[0]?.choice.name ?? '',
              }),
            ),
        (meters) => counted(meters.length, ...METERS),
      ),
  },
  {
    id: 'meter-read',
    area: 'meters',
    severity: 'notice',
    title: 'each meter is read',
    looksAt: 'pm500-poll nodes of each meter',
    remedy: 'Add a pm500-poll for the meter, or delete its configuration node.',
    docs: 'docs/fleet.md',
    look: ({ site }) =>
      sightEach(
        metersOf(site),
        (meter) => (meter.readers.length === 0 ? [say('unread', { meter: nameOf(meter) })] : []),
        METERS,
      ),
  },
  {
    id: 'meter-tags',
    area: 'meters',
    severity: 'notice',
    title: 'each meter says where it is',
    looksAt: 'tags site and asset of the meters',
    remedy: 'Enter site and asset: dashboards, topics and reports go by them.',
    docs: 'docs/settings.md',
    look: ({ site }) =>
      sightEach(
        metersOf(site),
        (meter) => {
          const lacks = (tag: string): boolean => (meter.choice.tags?.[tag] ?? '') === '';
          if (isOfPractice(meter) || !(lacks('site') || lacks('asset'))) return [];
          const key = !lacks('site') ? 'noAsset' : !lacks('asset') ? 'noSite' : 'noTags';
          return [say(key, { meter: nameOf(meter) })];
        },
        METERS,
      ),
  },
  {
    id: 'sample-identity',
    area: 'meters',
    severity: 'warning',
    title: 'no meter of the site bears the names of the sample',
    looksAt: 'names, tags and Sparkplug IDs against those of the reference flows',
    remedy:
      'Enter the names of your site in the meter and in sparkplug-edge: data of the sample would stand among your own.',
    docs: 'docs/fleet.md',
    look: ({ site }) =>
      sightOne(
        site,
        (saved) => {
          const real = saved.meters.filter((meter) => !isOfPractice(meter));
          const ofMeters = real.flatMap((meter) => {
            const found = [meter.choice.name, ...Object.values(meter.choice.tags ?? {})].filter((word) =>
              SAMPLE_IDENTITY.includes(word),
            );
            const names = [...new Set(found)].map((word) => `"${word}"`).join(', ');
            return found.length === 0 ? [] : [say('sampleNames', { meter: nameOf(meter), names })];
          });
          const ofEdges = nodesOf(saved, 'sparkplug-edge')
            .filter((edge) => real.length > 0 && SAMPLE_IDENTITY.includes(textOf(edge, 'groupId')))
            .map((edge) => say('sampleGroup', { label: edge.label, group: textOf(edge, 'groupId') }));
          return [...ofMeters, ...ofEdges];
        },
        ({ meters }) => counted(meters.length, ...METERS),
      ),
  },
  {
    id: 'simulated-beside-real',
    area: 'meters',
    severity: 'warning',
    title: 'no simulated meter runs beside real ones',
    looksAt: 'pm500-sim nodes, where meters of other computers are read',
    remedy: 'Delete the pm500-sim node and the meter that reads it: its values would be taken for those of the site.',
    docs: 'docs/simulator.md',
    look: ({ site }) =>
      sightOne(
        site,
        (saved) =>
          saved.meters.some((meter) => !isOfPractice(meter)) && saved.meters.some(isOfPractice)
            ? nodesOf(saved, 'pm500-sim').map(({ label }) => say('simulated', { label }))
            : [],
        ({ meters }) => counted(meters.length, ...METERS),
      ),
  },
];
