// Light, dark, or as the system says; kept in this browser's storage.
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'chinhchu.theme';

function kept(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}

class ThemeChoice {
  #current = $state<Theme>(kept());

  get current(): Theme {
    return this.#current;
  }

  choose(theme: Theme): void {
    this.#current = theme;
    this.apply();
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Without storage the choice holds until the page closes.
    }
  }

  /** Takes over what another window has chosen. */
  read(): void {
    this.#current = kept();
    this.apply();
  }

  /** Puts the choice on the document; call once at start. */
  apply(): void {
    if (this.#current === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.#current;
  }
}

export const theme = new ThemeChoice();
