/**
 * What a lane calls its jobs. An id's tail is 24 characters of base 32; here it is written in base 64, 20 characters, as
 * each is stored three times (birth, header, list): 12 bytes less per waiting job. Both alphabets stand in the order of
 * their characters, so ids and codes sort alike.
 */
const base32 = '0123456789abcdefghjkmnpqrstvwxyz';
const base64 = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';

const valuesOf = (alphabet: string) => {
  const values = new Uint8Array(128);
  for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i;
  return values;
};
const from32 = valuesOf(base32);
const from64 = valuesOf(base64);
const to32 = Uint8Array.from(Buffer.from(base32, 'latin1'));
const to64 = Uint8Array.from(Buffer.from(base64, 'latin1'));
const { fromCharCode } = String;

/** Six characters of five bits, from `at` on, as one number: five characters of six bits. */
function bits32(text: string, at: number): number {
  let bits = 0;
  for (let i = at; i < at + 6; i++) bits = (bits << 5) | from32[text.charCodeAt(i)]!;
  return bits;
}

function bits64(text: string, at: number): number {
  let bits = 0;
  for (let i = at; i < at + 5; i++) bits = (bits << 6) | from64[text.charCodeAt(i)]!;
  return bits;
}

// A text made of all its characters at once is one string; put together one by one it would be twenty.

/** The code of an id's tail. */
export function codeOf(local: string): string {
  const [a, b, c, d] = [bits32(local, 0), bits32(local, 6), bits32(local, 12), bits32(local, 18)];
  // prettier-ignore
  return fromCharCode(
    to64[(a >> 24) & 63]!, to64[(a >> 18) & 63]!, to64[(a >> 12) & 63]!, to64[(a >> 6) & 63]!, to64[a & 63]!,
    to64[(b >> 24) & 63]!, to64[(b >> 18) & 63]!, to64[(b >> 12) & 63]!, to64[(b >> 6) & 63]!, to64[b & 63]!,
    to64[(c >> 24) & 63]!, to64[(c >> 18) & 63]!, to64[(c >> 12) & 63]!, to64[(c >> 6) & 63]!, to64[c & 63]!,
    to64[(d >> 24) & 63]!, to64[(d >> 18) & 63]!, to64[(d >> 12) & 63]!, to64[(d >> 6) & 63]!, to64[d & 63]!,
  );
}

/** The tail of an id, from its code. */
export function localOf(code: string): string {
  const [a, b, c, d] = [bits64(code, 0), bits64(code, 5), bits64(code, 10), bits64(code, 15)];
  // prettier-ignore
  return fromCharCode(
    to32[(a >> 25) & 31]!, to32[(a >> 20) & 31]!, to32[(a >> 15) & 31]!, to32[(a >> 10) & 31]!, to32[(a >> 5) & 31]!, to32[a & 31]!,
    to32[(b >> 25) & 31]!, to32[(b >> 20) & 31]!, to32[(b >> 15) & 31]!, to32[(b >> 10) & 31]!, to32[(b >> 5) & 31]!, to32[b & 31]!,
    to32[(c >> 25) & 31]!, to32[(c >> 20) & 31]!, to32[(c >> 15) & 31]!, to32[(c >> 10) & 31]!, to32[(c >> 5) & 31]!, to32[c & 31]!,
    to32[(d >> 25) & 31]!, to32[(d >> 20) & 31]!, to32[(d >> 15) & 31]!, to32[(d >> 10) & 31]!, to32[(d >> 5) & 31]!, to32[d & 31]!,
  );
}
