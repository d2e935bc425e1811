import { z } from 'zod';

export const Id = z.string().min(1).max(64);
export const NotificationId = z.strictObject({ notificationId: Id });
export const reader = { customer: 'notifications:read', operator: true } as const;
