export { type ChatHooks, createChatHooks } from './react/create-chat-hooks.ts';
