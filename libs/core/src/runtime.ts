// The parts of core that serve a running service and that no domain file needs.
export { tlsFilesOf } from './database-tls.ts';
export { newEventId } from './ids.ts';
export { isStorable, JsonError, type JsonFault, readJson } from './json.ts';
export { isPlainWire, type PlainWireSettings, wires } from './plain-wires.ts';
export { constant, type Renewed, renewed } from './renewed.ts';
export { readSettings } from './settings.ts';
export { type TlsMaterial, tlsOf } from './tls-files.ts';
export { type Wakeup, newWakeup } from './wakeup.ts';
export { anyVersion } from './version.ts';
