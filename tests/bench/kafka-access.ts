import { readSettings } from '@accord/core/runtime';
import { kafkaAccess, kafkaSettings } from '@accord/platform';

export const accessOf = (wire: NodeJS.ProcessEnv) => kafkaAccess(readSettings(kafkaSettings, wire));
