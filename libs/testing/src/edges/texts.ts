import type { Locale } from '@accord/core';

/** Texts without one character that can be seen by itself: no reason, no name (API-2). */
export const unreadableTexts = [
  ' ',
  '\u3000',
  '\u200b\u2060',
  '\u00ad\ufeff',
  '\u3164\u2800',
  '\u0301',
  '\uffff',
  '\ue000',
] as const;

/** Whether the text is in the language that was asked for, and says all of it (API-16). */
export const reads = (language: Locale, text: string): boolean =>
  /\p{Script=Han}/u.test(text) === (language === 'zh-CN') && !/\{\w+\}|undefined|null/.test(text);
