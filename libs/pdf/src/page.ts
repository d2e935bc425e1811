import type { Weight } from './typeface.ts';

/** A4 in points (72 to the inch), y downwards. Content lies within the margins, running head and foot outside. */
export const page = {
  width: 595.28,
  height: 841.89,
  left: 45,
  right: 550.28,
  top: 66,
  bottom: 786,
  contentWidth: 505.28,
};

export const colors = {
  text: '#1a1a1a',
  faint: '#6b6b6b',
  line: '#9a9a9a',
  fill: '#f2f2f2',
  mark: '#b00020',
};

export interface TextStyle {
  /** Points. */
  readonly size: number;
  readonly weight?: Weight;
  readonly color?: string;
  readonly align?: 'left' | 'center' | 'right';
}

/** Distance of baselines, as a multiple of the size. */
export const leading = 1.5;

/** Points from one baseline to the next. */
export const lineHeight = (style: TextStyle): number => style.size * leading;

/** Points on a page, from its upper left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}
