/**
 * What a lane calls its jobs. An id's tail is 24 characters of base 32; here it is written in base 64, 20 characters, as
 * each is stored three times (birth, header, list): 12 bytes less per waiting job. Both alphabets stand in the order of
 * their characters, so ids and codes sort alike.
 */
const base32 = '0123456789abcdefghjkmnpqrstvwxyz';
const base64 = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';

const digit = (alphabet: string) => {
  const values = new Uint8Array(128);
  for (let i = 0; i < alphabet.length; i++) values[alphabet.charCodeAt(i)] = i;
  return values;
};
const from32 = digit(base32);
const from64 = digit(base64);

/** The code of an id's tail. */
export function codeOf(local: string): string {
  let code = '';
  // Six characters of five bits are five of six.
  for (let at = 0; at < 24; at += 6) {
    let bits = 0;
    for (let i = 0; i < 6; i++) bits = bits * 32 + from32[local.charCodeAt(at + i)]!;
    code +=
      base64[(bits >>> 24) & 63]! +
      base64[(bits >>> 18) & 63]! +
      base64[(bits >>> 12) & 63]! +
      base64[(bits >>> 6) & 63]! +
      base64[bits & 63]!;
  }
  return code;
}

/** The tail of an id, from its code. */
export function localOf(code: string): string {
  let local = '';
  for (let at = 0; at < 20; at += 5) {
    let bits = 0;
    for (let i = 0; i < 5; i++) bits = bits * 64 + from64[code.charCodeAt(at + i)]!;
    local +=
      base32[(bits >>> 25) & 31]! +
      base32[(bits >>> 20) & 31]! +
      base32[(bits >>> 15) & 31]! +
      base32[(bits >>> 10) & 31]! +
      base32[(bits >>> 5) & 31]! +
      base32[bits & 31]!;
  }
  return local;
}
