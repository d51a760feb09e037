// Which language the screens speak. Vietnamese first; the choice is kept in this browser's storage.
export type Language = 'vi' | 'en';

const KEY = 'chinhchu.language';

function kept(): Language {
  try {
    return localStorage.getItem(KEY) === 'en' ? 'en' : 'vi';
  } catch {
    return 'vi';
  }
}

class LanguageChoice {
  #current = $state<Language>(kept());

  get current(): Language {
    return this.#current;
  }

  /** Takes over what another window has chosen. */
  read(): void {
    this.#current = kept();
    document.documentElement.lang = this.#current;
  }

  choose(language: Language): void {
    this.#current = language;
    if (typeof document !== 'undefined') document.documentElement.lang = language;
    try {
      localStorage.setItem(KEY, language);
    } catch {
      // Private windows have no storage: the choice then holds until the page closes.
    }
  }
}

export const language = new LanguageChoice();
