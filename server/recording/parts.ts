/** The files of a recording's folder. The first three are chained; the chain and the manifest tell about them. */
export const chainedParts = ['typescript', 'typescript.timing', 'events.ndjson'] as const;
export type ChainedPart = (typeof chainedParts)[number];

export const chainName = 'chain.ndjson';
export const manifestName = 'manifest.json';
/** Where a manifest is written before it gets its name, so that a manifest is whole or absent. */
export const unfinishedManifestName = 'manifest.json.partial';

export const partNames = [...chainedParts, chainName, manifestName] as const;
export type PartName = (typeof partNames)[number];

/** Made from the recording when it is sealed, and no evidence: it is neither chained nor copied. */
export const indexName = 'index.bin';
/** Where an index is written before it gets its name. */
export const unfinishedIndexName = 'index.bin.partial';

/** What is left of a deleted recording, beside its manifest: when and why, signed. */
export const tombstoneName = 'deleted.json';
/** Where a tombstone is written before it gets its name. */
export const unfinishedTombstoneName = 'deleted.json.partial';

/** What goes when a recording is deleted: everything but its manifest. The manifest names what the rest was. */
export const erasedNames = [
  ...chainedParts,
  chainName,
  indexName,
  unfinishedIndexName,
  unfinishedManifestName,
] as const;

export type ReadableName = PartName | typeof indexName;

export function isReadableName(name: string): name is ReadableName {
  return name === indexName || (partNames as readonly string[]).includes(name);
}

/** One value for each chained part. */
export function perPart<T>(value: (part: ChainedPart) => T): Record<ChainedPart, T> {
  return {
    typescript: value('typescript'),
    'typescript.timing': value('typescript.timing'),
    'events.ndjson': value('events.ndjson'),
  };
}
