/** Of an option that may be given several times: all that it was given. */
export const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
