// The parts of core that serve a running service and that no domain file needs.
export { newEventId } from './ids.ts';
export { readSettings } from './settings.ts';
export { type Wakeup, newWakeup } from './wakeup.ts';
export { anyVersion } from './version.ts';
