export { type AnyClient, type ChatHooks, type Conversation, createChatHooks, type HooksOf, type Messages, } from './react/create-chat-hooks.ts';
export { type ChatSession, type Startable, useChatClient } from './react/use-chat-client.ts';
