export const apps: { name: string; base: string; pages: string[]; devPort: number }[];
