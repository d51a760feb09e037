// Texts of the caller app. Entries are [Vietnamese, English]; see catalogue.ts.
import { texts } from './catalogue';

export const caller = texts({
  title: ['Chính Chủ', 'Chính Chủ'],
});
