import { chanceOf, type Chance } from '../chance.ts';
import { breachesOf, type Breach } from './checks.ts';
import { choose } from './choice.ts';
import type { Environment } from './environment.ts';
import { openAccount, publishCatalogue, take, type Step } from './steps.ts';
import { Breakdown, SystemModel } from './system-model.ts';

export interface Outcome {
  readonly seed: number;
  readonly script: readonly Step[];
  readonly breaches: readonly Breach[];
  /** The steps that did something. */
  readonly effective: readonly Step['do'][];
}

/** The catalogue for all runs in this environment. */
export async function prepare(environment: Environment): Promise<void> {
  await environment.clear();
  await publishCatalogue(new SystemModel(environment, 0));
  await environment.clear();
}

async function begin(environment: Environment, seed: number): Promise<SystemModel> {
  await environment.clear();
  const model = new SystemModel(environment, seed);
  await openAccount(model);
  return model;
}

/** Takes steps until `next` has no more, brings everything to rest, and looks for what is broken. */
async function runSteps(model: SystemModel, seed: number, next: () => Step | undefined): Promise<Outcome> {
  const script: Step[] = [];
  const effective: Step['do'][] = [];
  try {
    for (let step = next(); step; step = next()) {
      script.push(step);
      if (await take(model, step)) effective.push(step.do);
    }
    await model.settle();
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
          found: model.inNames(error.message),
        },
      ],
    };
  }
  return { seed, script, effective, breaches: await breachesOf(model) };
}

/** A run of its own for each seed. */
export async function simulate(environment: Environment, seed: number): Promise<Outcome> {
  const model = await begin(environment, seed);
  const chance: Chance = chanceOf(seed);
  let left = 20 + chance.below(30);
  const choice = choose(model, chance);
  return runSteps(model, seed, () => (left-- > 0 ? choice() : undefined));
}

/** The same steps again. */
export async function replay(environment: Environment, script: readonly Step[]): Promise<Outcome> {
  const model = await begin(environment, 0);
  const steps = script.values();
  return runSteps(model, 0, () => steps.next().value);
}
