// Who is signed in. A session that ends while somebody works is told over the page as it stands, so that nothing typed
// is lost; signing in again goes on where it was, unless it is somebody else.
import type { ConsoleSignIn, FactorShown, Me, Right } from '$generated';
import { api, Failure, whenSignedOut } from './api';

export type Standing =
  | { is: 'opening' }
  | { is: 'unreachable'; failure: Failure }
  | { is: 'out' }
  /** The password was right; the second factor is wanted or has to be set up, or an own password has to be. */
  | { is: 'half'; me: Me }
  | { is: 'in'; me: Me };

class Session {
  standing = $state.raw<Standing>({ is: 'opening' });
  /** The session of the person shown has ended; the page under it is theirs. */
  over = $state(false);
  #ended = false;

  constructor() {
    whenSignedOut(() => {
      if (this.standing.is === 'in' && !this.#ended) this.over = true;
    });
  }

  get me(): Me | null {
    return this.standing.is === 'in' || this.standing.is === 'half' ? this.standing.me : null;
  }

  may(right: Right): boolean {
    return this.standing.is === 'in' && this.standing.me.rights.includes(right);
  }

  async open(): Promise<void> {
    try {
      this.take(await api.get<Me>('/me'));
    } catch (cause) {
      const failure = cause instanceof Failure ? cause : new Failure(0, 'internal');
      this.standing = failure.status === 401 ? { is: 'out' } : { is: 'unreachable', failure };
    }
  }

  async signIn(body: ConsoleSignIn): Promise<void> {
    this.take(await api.post<Me>('/session', body));
  }

  async secondFactor(shown: FactorShown): Promise<void> {
    this.take(await api.post<Me>('/session/second-factor', shown));
  }

  take(me: Me): void {
    const half = me.second_factor === 'wanted' || me.second_factor === 'to_set_up' || me.password_temporary;
    const before = this.standing.is === 'in' ? this.standing.me.person_id : null;
    if (this.over && before !== null && before !== me.person_id) {
      // Somebody else: nothing of the page before may stay.
      location.assign('/console/');
      return;
    }
    if (this.over && half) {
      // The page below stays; the window over it asks for what is missing.
      this.halfway = me;
      return;
    }
    this.halfway = null;
    this.over = false;
    this.standing = half ? { is: 'half', me } : { is: 'in', me };
  }

  /** Signed in again over the page, second factor or own password still to come. */
  halfway = $state.raw<Me | null>(null);

  async signOut(): Promise<void> {
    this.#ended = true;
    try {
      await api.delete('/session');
    } catch (cause) {
      // A session that is over already is signed out; anything else is told by the page that opens.
      if (!(cause instanceof Failure)) throw cause;
    }
    location.assign('/console/');
  }
}

export const session = new Session();
