import type { Reader, Writer } from 'protobufjs/minimal';
import { isCount, refuseCount } from './check-value';
import { readEnd, readFlag, readMessage, readText } from './decode-fields';
import type { MetaData } from './model';
import { META_DATA_TAGS } from './wire';
import { readSafeInteger, writeSafeInteger } from './varint';

const COUNTS = ['size', 'seq'] as const;
const TEXTS = ['contentType', 'fileName', 'fileType', 'md5', 'description'] as const;

/**
 * Writes a MetaData message as the field `tag`, its fields in the order of their numbers.
 * @throws Pm500Error SPARKPLUG_VALUE_INVALID when a size is no whole number from 0
 */
export function writeMetaData(writer: Writer, tag: number, metaData: MetaData, owner: string): void {
  writer.uint32(tag).fork();
  const { isMultiPart, contentType, ...rest } = metaData;
  if (isMultiPart !== undefined) writer.uint32(META_DATA_TAGS.isMultiPart).bool(isMultiPart);
  if (contentType !== undefined) writer.uint32(META_DATA_TAGS.contentType).string(contentType);
  for (const key of COUNTS) {
    const count = rest[key];
    if (count === undefined) continue;
    if (!isCount(count)) refuseCount(count, key, owner);
    writer.uint32(META_DATA_TAGS[key]);
    writeSafeInteger(writer, count);
  }
  for (const key of TEXTS) {
    const text = key === 'contentType' ? undefined : rest[key];
    if (text !== undefined) writer.uint32(META_DATA_TAGS[key]).string(text);
  }
  writer.ldelim();
}

/** Reads the MetaData message that comes next, which has to end before `limit`. */
export function readMetaData(reader: Reader, limit: number): MetaData {
  const end = readEnd(reader, limit);
  const read: { -readonly [Key in keyof MetaData]: MetaData[Key] } = {};
  readMessage(reader, end, (tag) => {
    const count = COUNTS.find((key) => META_DATA_TAGS[key] === tag);
    const text = TEXTS.find((key) => META_DATA_TAGS[key] === tag);
    if (tag === META_DATA_TAGS.isMultiPart) read.isMultiPart = readFlag(reader, end);
    else if (count !== undefined) read[count] = readSafeInteger(reader, end);
    else if (text !== undefined) read[text] = readText(reader, end);
    else return false;
    return true;
  });
  return read;
}
