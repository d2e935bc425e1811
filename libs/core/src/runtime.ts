// The parts of core that serve a running service and that no domain file needs.
export { newEventId } from './ids.ts';
export { isStorable, JsonError, type JsonFault, type JsonLimits, readJson } from './json.ts';
export { readSettings } from './settings.ts';
export { type Wakeup, newWakeup } from './wakeup.ts';
export { anyVersion } from './version.ts';
