export { catalogue } from './demo/catalogue.ts';
export { machineMonth } from './demo/context.ts';
export type { DemoSettings } from './demo/settings.ts';
export { playStory } from './demo/story.ts';
export { breaches } from './parts/invariants.ts';
export { startMailbox, type Mail } from './parts/mailbox.ts';
export {
  compileServices,
  startServiceProcess,
  type ServiceProcess,
  type Settings,
} from './parts/service-process.ts';
export { auditSettingsOf, settingsFor, startSystem, type System } from './parts/system.ts';
