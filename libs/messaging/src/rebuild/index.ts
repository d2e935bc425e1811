export { type RebuildAsk, type Rebuilt, rebuild } from './rebuild.ts';
