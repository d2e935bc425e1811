import { chanceOf, type Chance } from '../chance.ts';
import { breachesOf, type Breach } from './checks.ts';
import { choose } from './choice.ts';
import type { Ground } from './environment.ts';
import { openAccount, publishCatalogue, take, type Step } from './steps.ts';
import { Breakdown, World } from './system-model.ts';

export interface Outcome {
  readonly seed: number;
  readonly script: readonly Step[];
  readonly breaches: readonly Breach[];
  /** The steps that did something. */
  readonly effective: readonly Step['do'][];
}

/** The catalogue for all runs on this ground. */
export async function prepare(ground: Ground): Promise<void> {
  await ground.clear();
  await publishCatalogue(new World(ground, 0));
  await ground.clear();
}

async function begin(ground: Ground, seed: number): Promise<World> {
  await ground.clear();
  const world = new World(ground, seed);
  await openAccount(world);
  return world;
}

/** Takes steps until `next` has no more, brings everything to rest, and looks for what is broken. */
async function play(world: World, seed: number, next: () => Step | undefined): Promise<Outcome> {
  const script: Step[] = [];
  const effective: Step['do'][] = [];
  try {
    for (let step = next(); step; step = next()) {
      script.push(step);
      if (await take(world, step)) effective.push(step.do);
    }
    await world.settle();
  } catch (error) {
    if (!(error instanceof Breakdown)) throw error;
    return {
      seed,
      script,
      effective,
      breaches: [
        {
          rule: 'EVT-35',
          says: error.message.replaceAll(/[a-z]+_[0-9a-f]{32}/g, '…'),
          found: world.inNames(error.message),
        },
      ],
    };
  }
  return { seed, script, effective, breaches: await breachesOf(world) };
}

/** A run of its own for each seed. */
export async function simulate(ground: Ground, seed: number): Promise<Outcome> {
  const world = await begin(ground, seed);
  const chance: Chance = chanceOf(seed);
  let left = 20 + chance.below(30);
  const choice = choose(world, chance);
  return play(world, seed, () => (left-- > 0 ? choice() : undefined));
}

/** The same steps again. */
export async function replay(ground: Ground, script: readonly Step[]): Promise<Outcome> {
  const world = await begin(ground, 0);
  const steps = script.values();
  return play(world, 0, () => steps.next().value);
}
