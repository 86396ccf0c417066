import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { asText, type Piece } from './place';

/** Every file below a folder. @param isWanted by its path; every one where it is left out */
export function* filesBelow(folder: string, isWanted: (file: string) => boolean = () => true): Iterable<Piece> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && isWanted(file)) yield { from: file, text: asText(readFileSync(file)) };
  }
}
