import type { Graphic, Typeface, Typefaces } from '@accord/pdf';

/** 42 mm across, as company seals are. */
export const sealRadius = 59;

const red = '0.82 0.05 0.09';
/** The radius on which the letters of the ring stand, and the part of the ring they may take (radians). */
const baseline = 40;
const ringSpan = 4.4;
const han = /\p{Script=Han}/u;

type Matrix = readonly [number, number, number, number, number, number];

/**
 * The provider's round seal as outlines: ring, star, its name around, what it is for below, and TEST SEAL
 * across where it is one (CTR-18, CTR-22).
 */
export function drawSeal(
  seal: { name: string; caption: string; test: boolean },
  typefaces: Typefaces,
): Graphic {
  const parts = [
    '/Ink gs',
    `${red} rg ${red} RG`,
    `2.6 w ${circle(sealRadius - 1.3)} S`,
    `${star(17)} f`,
    ...ringText(seal.name, typefaces.regular),
    ...lineText(seal.caption, typefaces.bold, { size: han.test(seal.caption) ? 10 : 7, y: -36 }),
    ...(seal.test ? testBand(typefaces.bold) : []),
  ];
  return { operators: parts.join('\n'), extent: sealRadius };
}

/** The letters of a name along the upper ring, as large as its length allows. */
function ringText(name: string, typeface: Typeface): string[] {
  const letters = [...name.trim()];
  const em = letters.reduce((sum, letter) => sum + typeface.advance(letter), 0);
  if (em === 0) return [];
  const chinese = han.test(name);
  const radius = baseline + 5;
  const spacing = chinese ? 1.22 : 1.06;
  const size = Math.min(chinese ? 13.5 : 10, (ringSpan * radius) / (em * spacing * (chinese ? 0.62 : 0.92)));
  const squeeze = Math.min(0.92, (ringSpan * radius) / (em * spacing * size));
  const angleOf = (letter: string) => (typeface.advance(letter) * size * squeeze * spacing) / radius;
  let angle = -letters.reduce((sum, letter) => sum + angleOf(letter), 0) / 2;
  return letters.map((letter) => {
    const middle = angle + angleOf(letter) / 2;
    angle += angleOf(letter);
    const [cos, sin] = [Math.cos(middle), Math.sin(middle)];
    const along = -(typeface.advance(letter) * size * squeeze) / 2;
    const at: Matrix = [cos, -sin, sin, cos, baseline * sin + along * cos, baseline * cos - along * sin];
    return outline(letter, typeface, at, { x: size * squeeze, y: size });
  });
}

/** Upright letters around the middle, their foot at `y`. */
function lineText(text: string, typeface: Typeface, { size, y }: { size: number; y: number }): string[] {
  const letters = [...text];
  const width = letters.reduce((sum, letter) => sum + typeface.advance(letter) * size, 0);
  let x = -width / 2;
  return letters.map((letter) => {
    const drawn = outline(letter, typeface, [1, 0, 0, 1, x, y], { x: size, y: size });
    x += typeface.advance(letter) * size;
    return drawn;
  });
}

const testBand = (typeface: Typeface): string[] => [
  'q /Opaque gs 0.966 0.259 -0.259 0.966 0 0 cm',
  '1 1 1 rg 1.2 w -38 -8.5 76 17 re B',
  `${red} rg`,
  ...lineText('TEST SEAL', typeface, { size: 12, y: -4.3 }),
  'Q',
];

function outline(letter: string, { font }: Typeface, at: Matrix, size: { x: number; y: number }): string {
  const path = font.glyphForCodePoint(letter.codePointAt(0) ?? 0).path;
  const [a, b, c, d, e, f] = at;
  let from: [number, number] = [0, 0];
  const place = (x: number, y: number) => {
    const [u, v] = [(x / font.unitsPerEm) * size.x, (y / font.unitsPerEm) * size.y];
    return `${(a * u + c * v + e).toFixed(2)} ${(b * u + d * v + f).toFixed(2)}`;
  };
  const steps = path.commands.map(({ command, args }) => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, x3 = 0, y3 = 0] = args;
    const [x0, y0] = from;
    if (args.length >= 2) from = [args.at(-2) ?? 0, args.at(-1) ?? 0];
    switch (command) {
      case 'moveTo':
        return `${place(x1, y1)} m`;
      case 'lineTo':
        return `${place(x1, y1)} l`;
      case 'quadraticCurveTo':
        // As a cubic curve, the only kind that PDF has.
        return [
          place(x0 + (2 / 3) * (x1 - x0), y0 + (2 / 3) * (y1 - y0)),
          place(x2 + (2 / 3) * (x1 - x2), y2 + (2 / 3) * (y1 - y2)),
          `${place(x2, y2)} c`,
        ].join(' ');
      case 'bezierCurveTo':
        return `${place(x1, y1)} ${place(x2, y2)} ${place(x3, y3)} c`;
      default:
        return 'h';
    }
  });
  return steps.length > 0 ? `${steps.join(' ')} f` : '';
}

function circle(r: number): string {
  const k = (0.5523 * r).toFixed(2);
  const [p, n] = [r.toFixed(2), (-r).toFixed(2)];
  return [
    `${p} 0 m`,
    `${p} ${k} ${k} ${p} 0 ${p} c`,
    `-${k} ${p} ${n} ${k} ${n} 0 c`,
    `${n} -${k} -${k} ${n} 0 ${n} c`,
    `${k} ${n} ${p} -${k} ${p} 0 c h`,
  ].join(' ');
}

/** Five points, one up. */
function star(r: number): string {
  const points = Array.from({ length: 10 }, (_, i) => {
    const reach = i % 2 === 0 ? r : r * 0.382;
    const angle = (i * Math.PI) / 5;
    return `${(reach * Math.sin(angle)).toFixed(2)} ${(reach * Math.cos(angle)).toFixed(2)}`;
  });
  return `${points[0] ?? ''} m ${points
    .slice(1)
    .map((point) => `${point} l`)
    .join(' ')} h`;
}
