export const isRefusedForContent = (_: unknown): boolean => false;
