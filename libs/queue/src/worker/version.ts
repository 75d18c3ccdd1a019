/** Of this package, as workers announce it. Its spec compares it with `package.json`. */
export const version = '0.1.0';
