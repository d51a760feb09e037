// Texts of the sandbox app. Entries are [Vietnamese, English]; see catalogue.ts.
import { texts } from './catalogue';

export const sandbox = texts({
  title: ['Chính Chủ', 'Chính Chủ'],
});
