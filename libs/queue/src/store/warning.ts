/** Where a store says what is not wrong but may surprise, unless it was given another ear. */
export const emitWarning = (message: string): void => process.emitWarning(message, 'MillraceWarning');
