import type { ScreenPoint } from './gauge-scale';

/** An arrow on the screen: its line, and the triangle at its end as an SVG list of points. */
export interface DrawnArrow {
  readonly tip: ScreenPoint;
  /** Where the line ends, at the foot of the triangle. */
  readonly neck: ScreenPoint;
  readonly head: string;
  /** Where its name stands: beyond the tip. */
  readonly label: ScreenPoint;
}

const HEAD_LENGTH = 8;
const HEAD_WIDTH = 6;
const LABEL_GAP = 10;

/** A point in a direction; degrees counterclockwise from the right, as angles of phasors are drawn. The screen's y is downward. */
export function inDirection(center: ScreenPoint, distance: number, angle: number): ScreenPoint {
  const radians = (angle * Math.PI) / 180;
  return { x: center.x + distance * Math.cos(radians), y: center.y - distance * Math.sin(radians) };
}

const written = ({ x, y }: ScreenPoint): string => `${x.toFixed(2)},${y.toFixed(2)}`;

/** @param distance from the center to the tip; a short arrow has a short head */
export function drawArrow(center: ScreenPoint, distance: number, angle: number): DrawnArrow {
  const headLength = Math.min(HEAD_LENGTH, distance / 2);
  const neck = inDirection(center, distance - headLength, angle);
  const tip = inDirection(center, distance, angle);
  const width = (HEAD_WIDTH * headLength) / HEAD_LENGTH / 2;
  const [left, right] = [inDirection(neck, width, angle + 90), inDirection(neck, width, angle - 90)];
  return {
    tip,
    neck,
    head: [tip, left, right].map(written).join(' '),
    label: inDirection(center, distance + LABEL_GAP, angle),
  };
}
