export const shots: readonly { name: string; path: string }[];
