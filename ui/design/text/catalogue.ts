// The text catalogue: every text a person reads is an entry `[vietnamese, english]` in one section per app.
// A text with a value in it is a pair of functions. `texts(section)` reads in the language chosen now, and
// Svelte templates follow a change by themselves.
import { language, type Language } from './language.svelte';

/** Vietnamese first, English second. */
export type Text = readonly [vi: string, en: string];
/** A text with values in it; both languages take the same values. */
export type TextOf = readonly [vi: (...values: never[]) => string, en: (...values: never[]) => string];
export type Section = Readonly<Record<string, Text | TextOf>>;

type Read<Entry> = Entry extends readonly [infer Vietnamese, unknown]
  ? Vietnamese extends string
    ? string
    : Vietnamese
  : never;
export type Texts<S extends Section> = { readonly [Key in keyof S]: Read<S[Key]> };

const place: Record<Language, 0 | 1> = { vi: 0, en: 1 };

/** The texts of a section, each read in the current language at the moment of use. */
export function texts<const S extends Section>(section: S): Texts<S> {
  const read = {} as Record<string, unknown>;
  for (const key of Object.keys(section)) {
    Object.defineProperty(read, key, {
      enumerable: true,
      get: () => section[key]?.[place[language.current]],
    });
  }
  return read as Texts<S>;
}

/** One entry in the current language. */
export function say(text: Text): string {
  return text[place[language.current]];
}
