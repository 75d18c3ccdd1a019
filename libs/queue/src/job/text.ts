import type { Codec } from './envelope.js';
import { fromPlain, type PlainOptions, toPlain, Undecodable } from './plain.js';

/** A value as one text, for results, progress, checkpoints and steps. Throws `NotPlain`. */
export function encode(value: unknown, options: PlainOptions & { codec?: Codec } = {}): string {
  const { text, tags } = toPlain(value, options);
  // A value that looks like our wrapper is wrapped too, so that reading is never in doubt.
  const wrapped = tags ?? (text.startsWith('{') && text.includes('"$tags"') ? [] : undefined);
  const whole = wrapped ? `{"$tags":${JSON.stringify(wrapped)},"value":${text}}` : text;
  return options.codec ? options.codec.encode(whole) : whole;
}

/** The value of a text that `encode` made. Throws `Undecodable`. */
export function decode(text: string, codec?: Codec): unknown {
  try {
    const parsed: unknown = JSON.parse(codec ? codec.decode(text) : text);
    if (!isWrapper(parsed)) return parsed;
    return fromPlain(parsed.value, parsed.$tags.length > 0 ? parsed.$tags : undefined);
  } catch (error) {
    throw error instanceof Undecodable ? error : new Undecodable(error);
  }
}

function isWrapper(parsed: unknown): parsed is { $tags: unknown[]; value: unknown } {
  return typeof parsed === 'object' && parsed !== null && Object.hasOwn(parsed, '$tags');
}
