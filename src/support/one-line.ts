/**
 * Text from outside as part of a line: names come from flows, lists, files and servers, and in a terminal nothing of them
 * may move the cursor or turn what is read.
 */
export const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, ' ');
