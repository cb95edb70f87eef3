export const blobs: { get(key: string): Promise<Blob> } = { get: async () => new Blob() };

export async function put(
  _blob: Blob,
  name: string,
  _options: { signal: AbortSignal; onProgress(fraction: number): void },
): Promise<string> {
  return `https://example.com/${name}`;
}
