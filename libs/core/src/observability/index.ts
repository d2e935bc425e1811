export { type Context, currentContext, withContext } from './context.ts';
export { makeLog } from './log.ts';
export { makeMetrics, ofService, type Metrics } from './metrics.ts';
export {
  activeTraceparent,
  currentTraceparent,
  nameSpan,
  span,
  stopTracing,
  validTraceparent,
  withTraceparent,
} from './tracing.ts';
