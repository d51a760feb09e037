// Times as people read them.

/** Local time of day, `14:05:09`. */
export function clockTime(at: string): string {
  return new Date(at).toLocaleTimeString('vi-VN', { hour12: false });
}

/** Local day and time, `23/11/2026 14:05:09`. */
export function dayTime(at: string): string {
  return `${new Date(at).toLocaleDateString('vi-VN', { day: '2-digit', month: '2-digit', year: 'numeric' })} ${clockTime(at)}`;
}
