/** Of this package, as workers announce it. A check compares it with `package.json`. */
export const version = '0.1.0';
