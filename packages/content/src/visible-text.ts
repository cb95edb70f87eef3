/**
 * What leaves no mark on a screen: white space, characters that are to be ignored where they can't be shown (zero-width ones,
 * fillers of Hangul and Khmer, variation selectors), controls and formats, halves of surrogate pairs, and letters that are
 * drawn as nothing: the blank Braille pattern, a blank notehead, blank hieroglyphs.
 */
const INVISIBLE =
  /[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Cs}\u{2800}\u{1d159}\u{13441}\u{13442}]/gu;

/** Whether a person would see nothing of it. */
export function isBlank(text: string): boolean {
  return text.replace(INVISIBLE, '') === '';
}
