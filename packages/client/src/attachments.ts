export { type AttachmentUploadOptions, attachmentUpload } from './send/attachment-upload.ts';
