import { z } from 'zod';
import { Id } from '@accord/events/fields';

export const NotificationId = z.strictObject({ notificationId: Id });
export const reader = { customer: 'notifications:read', operator: true } as const;
