import { drawArrow, inDirection } from '../../../src/dashboard/phasor-drawing';
import { qualityAt } from '../../../src/dashboard/shown';
import type { ShownPhasor, WidgetPhasors } from '../../../src/dashboard/views';
import { elWith, type Drawn } from './vue';
import { text } from './words';

const CENTER = { x: 110, y: 110 };
const VOLTAGE_RADIUS = 86;
/** Currents are shorter, so that one in phase does not hide its voltage. */
const CURRENT_RADIUS = 56;
const GRID_ANGLES = [0, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 330];

/** An angle as people read it. */
export const angleWords = (angle: number | undefined): string => (angle === undefined ? '–' : `${angle.toFixed(1)}°`);

function arrow(phasor: ShownPhasor, letter: 'U' | 'I', radius: number, nowMs: number): Drawn {
  const { phase, angle, length } = phasor;
  if (angle === undefined || length <= 0) return null;
  const { quality } = qualityAt(phasor, nowMs);
  const { neck, head, label } = drawArrow(CENTER, radius * length, angle);
  return elWith(
    'g',
    {
      class: `pm500-phasor pm500-phasor-${letter} pm500-phase-${phase} pm500-shows-${quality}`,
      'data-phasor': `${letter}-${phase}`,
      'data-angle': angle.toFixed(2),
      'data-quality': quality,
    },
    elWith('line', { x1: CENTER.x, y1: CENTER.y, x2: neck.x, y2: neck.y }),
    elWith('polygon', { points: head }),
    elWith(
      'text',
      { x: label.x, y: label.y + 4, 'text-anchor': 'middle' },
      letter === 'U' ? phase.toUpperCase() : `I${phase.slice(1)}`,
    ),
  );
}

function saidOf(phasors: readonly ShownPhasor[], letter: 'U' | 'I'): readonly string[] {
  return phasors.map(({ phase, text: shown, unit, angle }) =>
    text('phasor.said', {
      name: `${letter} ${phase.toUpperCase()}`,
      value: shown === '' ? '–' : `${shown} ${unit}`,
      angle: angleWords(angle),
    }),
  );
}

/** The arrows. What has no angle, or is bad, is not drawn; what is doubtful or old is drawn broken. */
export function phasorPicture({ voltages, currents }: WidgetPhasors, nowMs: number): Drawn {
  const said = [...saidOf(voltages, 'U'), ...saidOf(currents, 'I')].join(', ');
  return elWith(
    'svg',
    { viewBox: '0 0 220 220', class: 'pm500-phasors', role: 'img', 'aria-label': said },
    elWith('circle', { class: 'pm500-grid', cx: CENTER.x, cy: CENTER.y, r: VOLTAGE_RADIUS }),
    elWith('circle', { class: 'pm500-grid', cx: CENTER.x, cy: CENTER.y, r: CURRENT_RADIUS }),
    ...GRID_ANGLES.map((angle) => {
      const end = inDirection(CENTER, VOLTAGE_RADIUS, angle);
      return elWith('line', { class: 'pm500-grid', x1: CENTER.x, y1: CENTER.y, x2: end.x, y2: end.y });
    }),
    ...voltages.map((phasor) => arrow(phasor, 'U', VOLTAGE_RADIUS, nowMs)),
    ...currents.map((phasor) => arrow(phasor, 'I', CURRENT_RADIUS, nowMs)),
  );
}
