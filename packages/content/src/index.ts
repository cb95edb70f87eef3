export { entityTrouble, type TextEntity, textEntities, textEntity } from './entities.ts';
export { type FileRef, fileRef } from './file-ref.ts';
export { type PreviewedContent, type PreviewOptions, type PreviewWords, previewOf, searchTextOf } from './preview.ts';
export { type StandardContent, standardContent } from './standard-content.ts';
export { isBlank } from './visible-text.ts';
