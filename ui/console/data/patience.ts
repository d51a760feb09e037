/** How long is waited before the n-th attempt (1, 2, …) at a line that broke: at once at first, then up to 15 s. */
export function patience(attempt: number): number {
  const steps = [500, 1_000, 2_000, 4_000, 8_000];
  return steps[Math.max(0, attempt - 1)] ?? 15_000;
}
