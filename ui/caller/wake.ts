// Keeps the phone's screen on where the browser can; lost whenever the page is hidden, so it is asked again.

export class ScreenLock {
  private lock: WakeLockSentinel | null = null;
  private asking = false;

  want(awake: boolean): void {
    if (!awake) {
      void this.lock?.release();
      this.lock = null;
      return;
    }
    if (this.lock || this.asking || document.visibilityState !== 'visible') return;
    void this.ask();
  }

  private async ask(): Promise<void> {
    if (!('wakeLock' in navigator)) return;
    this.asking = true;
    try {
      const lock = await navigator.wakeLock.request('screen');
      lock.addEventListener('release', () => (this.lock = this.lock === lock ? null : this.lock));
      this.lock = lock;
    } catch {
      // Low battery or an old web view: the page asks the person to keep the screen on, in words.
    } finally {
      this.asking = false;
    }
  }
}
