// The parts that a service needs which renders by threads.
export { openRenderPool, RenderRefused } from './render-pool.ts';
export { serveRendering } from './render-worker.ts';
